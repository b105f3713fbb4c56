// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.AesCbc;
import dev.managedhsm.crypto.algorithm.AesGcm;
import dev.managedhsm.crypto.algorithm.AesKeyWrap;
import dev.managedhsm.crypto.algorithm.CurveEcdsa;
import dev.managedhsm.crypto.algorithm.CurveKey;
import dev.managedhsm.crypto.algorithm.Ecdsa;
import dev.managedhsm.crypto.algorithm.Hmac;
import dev.managedhsm.crypto.algorithm.LoadedKey;
import dev.managedhsm.crypto.algorithm.PairKey;
import dev.managedhsm.crypto.algorithm.Residue;
import dev.managedhsm.crypto.algorithm.RsaEncryption;
import dev.managedhsm.crypto.algorithm.RsaSignature;
import dev.managedhsm.crypto.algorithm.Scratch;
import dev.managedhsm.crypto.algorithm.SymmetricKey;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;

/** Executes operations with the native libraries, for one thread. */
final class NativeWorker implements EngineWorker {
    private final Scratch scratch = new Scratch();
    private boolean closed;

    @Override
    public void execute(OperationSlot slot, EngineKey key) {
        if (!(key instanceof NativeKey nativeKey)) {
            throw new IllegalStateException("the key belongs to another engine");
        }
        Outcome refusal = InputRules.refusal(slot, key.keyClass());
        if (refusal != Outcome.PENDING) {
            slot.end(refusal);
            return;
        }
        try {
            execute(slot, nativeKey.loaded());
        } catch (LibraryFailure e) {
            slot.end(Outcome.ENGINE_FAILED);
            throw new EngineFailure(String.valueOf(e.getMessage()));
        }
    }

    /** The rules have seen to it that algorithm and key are of one type, so no cast fails. */
    private void execute(OperationSlot slot, LoadedKey key) {
        switch (slot.algorithm().family()) {
            case RSA_PKCS1_SIGNATURE, RSA_PSS_SIGNATURE -> RsaSignature.execute(slot, (PairKey) key, scratch);
            case RSA_ENCRYPTION -> RsaEncryption.execute(slot, (PairKey) key, scratch);
            case ECDSA -> {
                if (key instanceof CurveKey curve) {
                    CurveEcdsa.execute(slot, curve, scratch);
                } else {
                    Ecdsa.execute(slot, (PairKey) key, scratch);
                }
            }
            case HMAC -> Hmac.execute(slot, (SymmetricKey) key, scratch);
            case AES_GCM -> AesGcm.execute(slot, (SymmetricKey) key, scratch);
            case AES_CBC, AES_CBC_PAD -> AesCbc.execute(slot, (SymmetricKey) key, scratch);
            case AES_KEY_WRAP, AES_KEY_WRAP_PAD -> AesKeyWrap.execute(slot, (SymmetricKey) key, scratch);
        }
    }

    @Override
    public void forget() {
        try {
            Residue.overwrite(scratch);
        } catch (LibraryFailure e) {
            throw new EngineFailure(String.valueOf(e.getMessage()));
        }
    }

    /** Threads other than the ring's make a worker for one operation, and wait for other things afterwards. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            forget();
        } finally {
            scratch.close();
        }
    }
}
