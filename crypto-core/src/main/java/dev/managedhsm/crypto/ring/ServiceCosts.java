// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.operation.Operation;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one operation takes a worker, in nanoseconds: a running average for each operation on each key class, because
 * within one lane the dearest operation takes thousands of times as long as the cheapest. Any thread may ask and tell;
 * an update that another one overwrites is lost, which an average survives.
 */
final class ServiceCosts {
    /** Weight of the newest time in the running average: 1/16. */
    private static final int AVERAGE_SHIFT = 4;

    private static final int KEY_CLASSES = KeyClass.values().length;

    private final AtomicLongArray averages = new AtomicLongArray(Operation.values().length * KEY_CLASSES);

    /** Starts from what current server cores take, so that the first burst after a start is not let in unlooked. */
    ServiceCosts() {
        for (Operation operation : Operation.values()) {
            for (KeyClass keyClass : KeyClass.values()) {
                averages.set(index(operation, keyClass), usualNanos(operation, keyClass));
            }
        }
    }

    /** What this operation on a key of this class takes. */
    long nanos(Operation operation, KeyClass keyClass) {
        return averages.getPlain(index(operation, keyClass));
    }

    /** One such operation took this long. */
    void served(Operation operation, KeyClass keyClass, long nanos) {
        int index = index(operation, keyClass);
        long average = averages.getPlain(index);
        averages.setOpaque(index, average + ((nanos - average) >> AVERAGE_SHIFT));
    }

    /** Whether an operation uses the private half of a pair, or the one secret of a symmetric key. */
    static boolean secret(Operation operation) {
        return switch (operation) {
            case SIGN, DECRYPT, UNWRAP_KEY -> true;
            case VERIFY, ENCRYPT, WRAP_KEY -> false;
        };
    }

    private static int index(Operation operation, KeyClass keyClass) {
        return operation.ordinal() * KEY_CLASSES + keyClass.ordinal();
    }

    private static long usualNanos(Operation operation, KeyClass keyClass) {
        if (keyClass.type() == KeyType.RSA && !secret(operation)) {
            return 50_000;
        }
        return switch (keyClass) {
            case RSA_2048 -> 700_000;
            case RSA_3072 -> 2_000_000;
            case RSA_4096 -> 4_500_000;
            case P_256 -> 30_000;
            case P_256K, P_384 -> 100_000;
            case P_521 -> 250_000;
            case OCT_128, OCT_192, OCT_256 -> 2_000;
        };
    }
}
