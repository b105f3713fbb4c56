// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.memory.NativeStack;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import java.security.SecureRandom;

/** Executes operations with BouncyCastle, for one thread. Holds no secret between two operations. */
final class PortableWorker implements EngineWorker {
    private final PortableRsa rsa;
    private final PortableAes aes;

    /** @param random this worker's own, so that workers never wait for each other */
    PortableWorker(SecureRandom random) {
        this.rsa = new PortableRsa(random);
        this.aes = new PortableAes(random);
    }

    @Override
    public void execute(OperationSlot slot, EngineKey key) {
        if (!(key instanceof PortableKey portable)) {
            throw new IllegalStateException("the key belongs to another engine");
        }
        Outcome refusal = InputRules.refusal(slot, key.keyClass());
        if (refusal != Outcome.PENDING) {
            slot.end(refusal);
            return;
        }
        try (HeapCopies copies = new HeapCopies()) {
            switch (slot.algorithm().family()) {
                case RSA_PKCS1_SIGNATURE -> rsa.pkcs1Signature(slot, portable, copies);
                case RSA_PSS_SIGNATURE -> rsa.pssSignature(slot, portable, copies);
                case RSA_ENCRYPTION -> rsa.encryption(slot, portable, copies);
                case ECDSA -> PortableEcdsa.signature(slot, portable, copies);
                case HMAC -> PortableHmac.signature(slot, portable, copies);
                case AES_GCM -> aes.gcm(slot, portable, copies);
                case AES_CBC, AES_CBC_PAD -> aes.cbc(slot, portable, copies);
                case AES_KEY_WRAP, AES_KEY_WRAP_PAD -> aes.keyWrap(slot, portable, copies);
            }
        }
    }

    @Override
    public void forget() {
        NativeStack.wipe();
    }

    /** Nothing to give back: all scratch memory is wiped after each operation. */
    @Override
    public void close() {
        forget();
    }
}
