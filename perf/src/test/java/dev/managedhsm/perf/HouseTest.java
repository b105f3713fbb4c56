// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The plan of this room, as a test: which package may know which, and what none of them may do. */
class HouseTest {
    private static final String HOUSE = "dev.managedhsm";
    private static final String ROOT = HOUSE + ".perf";
    private static final String SUFFIX = "Benchmark";

    /** From leaf to top: a package imports only from those before it. */
    private static final List<String> ORDER = List.of(".micro", ".budget", ".rig", ".load", ".planner");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("jmh_generated"))
            .importPackages(HOUSE);

    private static final List<JavaClass> OWN = CLASSES.stream()
            .filter(type -> type.getPackageName().startsWith(ROOT))
            .toList();

    @Test
    void everyPackageIsPlanned() {
        TreeSet<String> found = new TreeSet<>();
        OWN.forEach(type -> found.add(type.getPackageName()));
        TreeSet<String> planned = new TreeSet<>();
        ORDER.forEach(name -> planned.add(ROOT + name));
        assertEquals(planned, found);
    }

    @Test
    void packagesImportOnlyFromThoseBelow() {
        for (int i = 0; i + 1 < ORDER.size(); i++) {
            List<String> above = new ArrayList<>();
            ORDER.subList(i + 1, ORDER.size()).forEach(name -> above.add(ROOT + name));
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + ORDER.get(i))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(above.toArray(String[]::new)))
                    .check(CLASSES);
        }
    }

    @Test
    void nothingThatIsShippedKnowsMeasurements() {
        noClasses()
                .that(not(resideInAPackage(ROOT + "..")))
                .should()
                .dependOnClassesThat(resideInAnyPackage(ROOT + "..", "org.openjdk.jmh.."))
                .check(CLASSES);
    }

    @Test
    void everyBenchmarkIsNamedAfterWhatItMeasures() {
        Set<String> shipped = CLASSES.stream()
                .filter(type -> !type.getPackageName().startsWith(ROOT))
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toSet());
        List<String> subjects = OWN.stream()
                .map(JavaClass::getSimpleName)
                .filter(name -> name.endsWith(SUFFIX))
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .toList();
        assertFalse(subjects.isEmpty());
        assertEquals(
                List.of(),
                subjects.stream().filter(name -> !shipped.contains(name)).toList());
    }

    @Test
    void benchmarksDoNotPrintToTheConsole() {
        noClasses()
                .that(resideInAPackage(ROOT + ".micro"))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }
}
