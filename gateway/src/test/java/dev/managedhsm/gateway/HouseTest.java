// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The plan of this room, as a test: which package may know which, and what none of them may do. */
class HouseTest {
    private static final String ROOT = "dev.managedhsm.gateway";

    /** From leaf to top: a package imports only from those before it. The empty name is the root package. */
    private static final List<String> ORDER = List.of(
            ".policy",
            ".attestation",
            ".wire",
            ".store",
            ".backup",
            ".dispatch",
            ".identity",
            ".refusal",
            ".audit",
            ".evidence",
            ".forward",
            ".trace",
            ".pulse",
            ".http",
            ".observe",
            ".dashboard",
            ".resource",
            "",
            ".config",
            ".cli");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void everyPackageIsPlanned() {
        TreeSet<String> found = new TreeSet<>();
        CLASSES.forEach(type -> found.add(type.getPackageName()));
        TreeSet<String> planned = new TreeSet<>();
        ORDER.forEach(name -> planned.add(ROOT + name));
        assertEquals(planned, found);
    }

    @Test
    void packagesImportOnlyFromThoseBelow() {
        for (int i = 0; i < ORDER.size(); i++) {
            List<String> above = new ArrayList<>();
            ORDER.subList(i + 1, ORDER.size()).forEach(name -> above.add(ROOT + name));
            if (!above.isEmpty()) {
                noClasses()
                        .that()
                        .resideInAPackage(ROOT + ORDER.get(i))
                        .should()
                        .dependOnClassesThat(resideInAnyPackage(above.toArray(String[]::new)))
                        .check(CLASSES);
            }
        }
    }

    @Test
    void packagesFormNoKnot() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nothingHereKnowsHowAnAlgorithmWorksOrCallsNativeCode() {
        noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("dev.managedhsm.crypto.algorithm..", "dev.managedhsm.crypto.foreign.."))
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(CLASSES);
    }

    @Test
    void nothingHereAsksForTheSecretOfAKey() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("dev.managedhsm.crypto.keyring.SecretAccess")
                .check(CLASSES);
    }

    @Test
    void onlyTheStoreKnowsTheDatabase() {
        noClasses()
                .that(not(resideInAPackage(ROOT + ".store")))
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.sql..", "org.sqlite.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandLinePrintsToTheConsole() {
        noClasses()
                .that(not(resideInAPackage(ROOT + ".cli")))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }
}
