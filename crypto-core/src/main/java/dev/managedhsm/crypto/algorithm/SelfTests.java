// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.memory.SecretCells;
import java.util.ArrayList;
import java.util.List;

/** All known-answer tests of this package, in one run of some ten milliseconds. */
public final class SelfTests {
    private static final List<SelfTest> ALL = all();

    private SelfTests() {}

    /**
     * Runs all tests.
     *
     * @throws LibraryFailure naming the first that failed
     */
    public static void run(Scratch scratch, SecretCells cells) {
        for (SelfTest test : ALL) {
            if (!passes(test, scratch, cells)) {
                throw new LibraryFailure("self-test failed: " + test.name());
            }
        }
    }

    /** The names of all tests, in the order in which they run. */
    static List<String> names() {
        return ALL.stream().map(SelfTest::name).toList();
    }

    private static boolean passes(SelfTest test, Scratch scratch, SecretCells cells) {
        try {
            return test.passes(scratch, cells);
        } catch (LibraryFailure e) {
            return false;
        }
    }

    private static List<SelfTest> all() {
        List<SelfTest> tests = new ArrayList<>(RsaSelfTests.all());
        tests.addAll(EcSelfTests.all());
        tests.addAll(SymmetricSelfTests.all());
        return List.copyOf(tests);
    }
}
