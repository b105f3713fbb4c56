// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

/** Every number that bounds an operation, with the relations between them checked when the class is loaded. */
public final class Limits {
    /** All input fields of one operation together, in bytes. Enough for 8 KiB of plaintext with additional data. */
    public static final int INPUT_LENGTH_MAX = 10 * 1024;

    /** Longest value of one operation, in bytes. */
    public static final int VALUE_LENGTH_MAX = 8 * 1024;

    /** Longest initialisation vector or authentication tag in a slot's output, in bytes. */
    public static final int IV_LENGTH_MAX = 16;

    /** Longest authentication tag, in bytes. */
    public static final int TAG_LENGTH_MAX = 16;

    /** What any algorithm can add to the value: one AES block of padding, or the key-wrap integrity block. */
    public static final int EXPANSION_MAX = 16;

    /** Output of one operation: vector, tag, and value. */
    public static final int OUTPUT_LENGTH_MAX = IV_LENGTH_MAX + TAG_LENGTH_MAX + VALUE_LENGTH_MAX + EXPANSION_MAX;

    /** Largest RSA modulus and so largest signature, in bytes. */
    public static final int MODULUS_LENGTH_MAX = 512;

    /** Off-heap bytes of one slot: input, output. A multiple of the cache line, so that slots never share one. */
    public static final int SLOT_LENGTH = (INPUT_LENGTH_MAX + OUTPUT_LENGTH_MAX + 63) / 64 * 64;

    static {
        check(VALUE_LENGTH_MAX <= INPUT_LENGTH_MAX, "a longest value must fit the input");
        check(MODULUS_LENGTH_MAX <= VALUE_LENGTH_MAX, "a longest signature must fit the output");
        check(INPUT_LENGTH_MAX + OUTPUT_LENGTH_MAX <= SLOT_LENGTH, "input and output must fit the slot");
    }

    private Limits() {}

    private static void check(boolean holds, String relation) {
        if (!holds) {
            throw new IllegalStateException(relation);
        }
    }
}
