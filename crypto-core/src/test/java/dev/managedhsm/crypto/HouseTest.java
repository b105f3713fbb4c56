// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
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
    private static final String ROOT = "dev.managedhsm.crypto";

    /** From leaf to top: a package imports only from those before it. */
    private static final List<String> ORDER = List.of(
            "key",
            "operation",
            "foreign",
            "memory",
            "latency",
            "algorithm",
            "engine",
            "seal",
            "keyring",
            "lifecycle",
            "ring");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void everyPackageIsPlanned() {
        TreeSet<String> found = new TreeSet<>();
        CLASSES.forEach(type -> found.add(type.getPackageName()));
        TreeSet<String> planned = new TreeSet<>();
        ORDER.forEach(name -> planned.add(ROOT + "." + name));
        assertEquals(planned, found);
    }

    @Test
    void packagesImportOnlyFromThoseBelow() {
        for (int i = 0; i < ORDER.size(); i++) {
            List<String> above = new ArrayList<>();
            ORDER.subList(i + 1, ORDER.size()).forEach(name -> above.add(ROOT + "." + name + ".."));
            if (!above.isEmpty()) {
                noClasses()
                        .that()
                        .resideInAPackage(ROOT + "." + ORDER.get(i) + "..")
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
    void onlyForeignCallsNativeCode() {
        noClasses()
                .that(not(resideInAPackage(ROOT + ".foreign..")))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(CLASSES);
    }

    @Test
    void nothingKnowsHttpJsonTokensOrRoles() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "io.vertx..",
                        "io.netty..",
                        "com.fasterxml..",
                        "tools.jackson..",
                        "dev.managedhsm.auth..",
                        "dev.managedhsm.gateway.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheLifecycleAsksForSecrets() {
        noClasses()
                .that(not(resideInAnyPackage(ROOT + ".lifecycle..", ROOT + ".keyring..")))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName(ROOT + ".keyring.SecretAccess")
                .check(CLASSES);
    }

    @Test
    void nothingPrintsToTheConsole() {
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }

    @Test
    void noHeapArrayIsNamedLikeASecret() {
        // Sealed secrets are none any more, and known answers are published keys.
        fields().that()
                .haveNameMatching("(?i)(?!sealed).*(secret|plaintext|scalar|privatekey|password).*")
                .and()
                .areDeclaredInClassesThat()
                .haveSimpleNameNotContaining("KnownAnswer")
                .and()
                .areDeclaredInClassesThat()
                .haveSimpleNameNotContaining("SelfTest")
                .should()
                .notHaveRawType(byte[].class)
                .allowEmptyShould(true)
                .check(CLASSES);
    }
}
