// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;

/** What is asked again and again: an operation, its algorithm, the key's class and the length of what is protected. */
public enum Workload {
    ES256(Operation.SIGN, Algorithm.ES256, KeyClass.P_256, 32),
    RS256_2048(Operation.SIGN, Algorithm.RS256, KeyClass.RSA_2048, 32),
    ES384(Operation.SIGN, Algorithm.ES384, KeyClass.P_384, 48),
    HS256(Operation.SIGN, Algorithm.HS256, KeyClass.OCT_256, 32),
    A256GCM_1K(Operation.ENCRYPT, Algorithm.A256GCM, KeyClass.OCT_256, 1024),
    A256KW(Operation.WRAP_KEY, Algorithm.A256KW, KeyClass.OCT_256, 32),
    RSA_OAEP_256_2048_DECRYPT(Operation.DECRYPT, Algorithm.RSA_OAEP_256, KeyClass.RSA_2048, 32);

    private final Operation operation;
    private final Algorithm algorithm;
    private final KeyClass keyClass;
    private final int length;

    Workload(Operation operation, Algorithm algorithm, KeyClass keyClass, int length) {
        this.operation = operation;
        this.algorithm = algorithm;
        this.keyClass = keyClass;
        this.length = length;
    }

    Operation operation() {
        return operation;
    }

    Algorithm algorithm() {
        return algorithm;
    }

    KeyClass keyClass() {
        return keyClass;
    }

    /** Length of the digest, the plaintext or the key to wrap, in bytes. */
    int length() {
        return length;
    }
}
