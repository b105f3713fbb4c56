// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.memory.SecretCells;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * One known-answer test.
 *
 * <p>Each can be made to fail, so that what happens then can be tested: name it in the system property
 * {@value #BREAK_PROPERTY}, and one bit of its answer is turned over before the comparison.
 *
 * @param name what it tests
 * @param expected the right answer, hexadecimal
 * @param answer computes the answer
 */
record SelfTest(String name, String expected, Answer answer) {
    /** System property with the name of a self-test, known-answer or pairwise, that shall fail. */
    static final String BREAK_PROPERTY = "hsm.selftest.break";

    /** Computes with the code that answers callers too. */
    interface Answer {
        byte[] compute(Scratch scratch, SecretCells cells);
    }

    /** Whether the answer is right. */
    boolean passes(Scratch scratch, SecretCells cells) {
        byte[] computed = answer.compute(scratch, cells);
        if (computed.length > 0 && broken(name)) {
            computed[0] ^= 1;
        }
        return Arrays.equals(computed, HexFormat.of().parseHex(expected));
    }

    /** What a pairwise test found, or false if it shall fail. */
    static boolean holds(String name, boolean found) {
        return found && !broken(name);
    }

    private static boolean broken(String name) {
        return name.equals(System.getProperty(BREAK_PROPERTY));
    }
}
