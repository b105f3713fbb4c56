// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

class HouseTest {
    private static final String ROOT = "dev.managedhsm.auth";

    /** From leaf to top: a package uses only those before it. */
    private static final List<String> PACKAGES = List.of("principal", "token", "role", "decision");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static String name(String tail) {
        return ROOT + "." + tail;
    }

    private static Set<String> packages() {
        return CLASSES.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    }

    @Test
    void packagesAreThoseOfThePlan() {
        assertEquals(PACKAGES.stream().map(HouseTest::name).collect(Collectors.toSet()), packages());
    }

    @Test
    void packagesUseOnlyThoseBelowThem() {
        for (int i = 0; i < PACKAGES.size() - 1; i++) {
            String[] above = PACKAGES.subList(i + 1, PACKAGES.size()).stream()
                    .map(HouseTest::name)
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(name(PACKAGES.get(i)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above)
                    .check(CLASSES);
        }
    }

    @Test
    void packagesHaveNoKnots() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyTokenKnowsVertxAndJackson() {
        noClasses()
                .that()
                .resideOutsideOfPackage(name("token"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx..", "io.netty..", "com.fasterxml..", "tools.jackson..")
                .check(CLASSES);
    }

    @Test
    void tokenUsesNoHttpServerAndNoEventLoop() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx.core.http..", "io.vertx.core.net..", "io.netty..")
                .check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.vertx.core.Vertx")
                .because("a token is verified by whoever calls, on no thread of ours")
                .check(CLASSES);
    }

    @Test
    void nobodyUsesNativeMemoryOrKnowsTheOtherRooms() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.lang.foreign..", "dev.managedhsm.crypto..", "dev.managedhsm.gateway..")
                .check(CLASSES);
    }

    @Test
    void nobodyWritesToStandardStreams() {
        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CLASSES);
    }

    @Test
    void nobodyLogs() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.slf4j..", "java.util.logging..")
                .because("tokens pass here; what happened is a value, and the caller decides what to record")
                .check(CLASSES);
    }

    @Test
    void everyPackageIsDocumentedAndNullMarked() throws ClassNotFoundException {
        for (String name : packages()) {
            Class<?> info = Class.forName(name + ".package-info");
            assertTrue(info.isAnnotationPresent(NullMarked.class), name);
        }
    }
}
