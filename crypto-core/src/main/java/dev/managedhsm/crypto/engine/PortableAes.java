// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.BlockCipher;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.Wrapper;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.RFC3394WrapEngine;
import org.bouncycastle.crypto.engines.RFC5649WrapEngine;
import org.bouncycastle.crypto.modes.AEADBlockCipher;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.modes.CBCModeCipher;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** AES and its modes. Belongs to one worker. */
final class PortableAes {
    private static final int BLOCK_LENGTH = InputRules.BLOCK_LENGTH;

    private final SecureRandom random;

    PortableAes(SecureRandom random) {
        this.random = random;
    }

    /** AES-GCM, NIST SP 800-38D; vectors are random, section 8.2.2. */
    void gcm(OperationSlot slot, PortableKey key, HeapCopies copies) {
        byte[] aad = copies.copy(slot, Field.AAD);
        byte[] value = copies.copy(slot, Field.VALUE);
        if (slot.operation() == Operation.ENCRYPT) {
            if (!key.takeEncryption()) {
                slot.end(Outcome.KEY_EXHAUSTED);
                return;
            }
            byte[] iv = new byte[InputRules.GCM_IV_LENGTH];
            random.nextBytes(iv);
            Output.done(slot, iv, sealed(key.secret(copies), iv, aad, value, copies), InputRules.GCM_TAG_LENGTH);
            return;
        }
        byte[] tag = copies.copy(slot, Field.TAG);
        byte[] sealed = copies.keep(Arrays.copyOf(value, value.length + tag.length));
        System.arraycopy(tag, 0, sealed, value.length, tag.length);
        byte[] opened = copies.allocate(value.length);
        if (opened(key.secret(copies), copies.copy(slot, Field.IV), aad, sealed, opened, copies)) {
            Output.done(slot, opened);
        } else {
            slot.end(Outcome.DECRYPTION_FAILED);
        }
    }

    /** Encrypts: ciphertext, then a tag of 16 bytes. */
    static byte[] sealed(byte[] key, byte[] iv, byte[] aad, byte[] plaintext, HeapCopies copies) {
        byte[] sealed = copies.allocate(plaintext.length + InputRules.GCM_TAG_LENGTH);
        if (!run(true, key, iv, aad, plaintext, sealed, copies)) {
            throw new EngineFailure("AES-GCM could not encrypt");
        }
        return sealed;
    }

    /** Decrypts ciphertext and tag; false, and nothing to be read from {@code plaintext}, if the tag is wrong. */
    static boolean opened(byte[] key, byte[] iv, byte[] aad, byte[] sealed, byte[] plaintext, HeapCopies copies) {
        boolean good = run(false, key, iv, aad, sealed, plaintext, copies);
        if (!good) {
            Arrays.fill(plaintext, (byte) 0);
        }
        return good;
    }

    private static boolean run(
            boolean seals, byte[] key, byte[] iv, byte[] aad, byte[] in, byte[] out, HeapCopies copies) {
        AEADBlockCipher gcm = GCMBlockCipher.newInstance(AESEngine.newInstance());
        KeyParameter parameter = parameter(key, copies);
        gcm.init(seals, new AEADParameters(parameter, 8 * InputRules.GCM_TAG_LENGTH, iv, aad));
        try {
            int length = gcm.processBytes(in, 0, in.length, out, 0);
            length += gcm.doFinal(out, length);
            return length == out.length;
        } catch (InvalidCipherTextException wrongTag) {
            return false;
        }
    }

    /** AES-CBC, NIST SP 800-38A section 6.2, with the padding of RFC 5652 section 6.3 where the algorithm pads. */
    void cbc(OperationSlot slot, PortableKey key, HeapCopies copies) {
        boolean encrypts = slot.operation() == Operation.ENCRYPT;
        boolean pads = slot.algorithm().family() == Algorithm.Family.AES_CBC_PAD;
        byte[] bytes = copies.copy(slot, Field.VALUE);
        if (encrypts && pads) {
            bytes = padded(bytes, copies);
        }
        CBCModeCipher cbc = CBCBlockCipher.newInstance(AESEngine.newInstance());
        KeyParameter parameter = parameter(key.secret(copies), copies);
        cbc.init(encrypts, new ParametersWithIV(parameter, copies.copy(slot, Field.IV)));
        for (int at = 0; at < bytes.length; at += BLOCK_LENGTH) {
            cbc.processBlock(bytes, at, bytes, at);
        }
        int padding = !encrypts && pads ? paddingLength(bytes) : 0;
        if (padding < 0) {
            slot.end(Outcome.DECRYPTION_FAILED);
        } else {
            Output.done(slot, bytes, bytes.length - padding);
        }
    }

    private static byte[] padded(byte[] bytes, HeapCopies copies) {
        int padding = BLOCK_LENGTH - bytes.length % BLOCK_LENGTH;
        byte[] padded = copies.keep(Arrays.copyOf(bytes, bytes.length + padding));
        Arrays.fill(padded, bytes.length, padded.length, (byte) padding);
        return padded;
    }

    /**
     * Length of the padding, or -1 if it is wrong. Looks at all 16 last bytes without a branch on any, because which of
     * them was wrong is all that a padding oracle needs.
     */
    static int paddingLength(byte[] bytes) {
        int padding = bytes[bytes.length - 1] & 0xff;
        int bad = (padding - 1) >> 31 | (BLOCK_LENGTH - padding) >> 31;
        for (int i = 0; i < BLOCK_LENGTH; i++) {
            int inPadding = (i - padding) >> 31;
            bad |= inPadding & ((bytes[bytes.length - 1 - i] & 0xff) ^ padding);
        }
        return bad == 0 ? padding : -1;
    }

    /** AES key wrap, RFC 3394, and with padding, RFC 5649 (both in NIST SP 800-38F). */
    void keyWrap(OperationSlot slot, PortableKey key, HeapCopies copies) {
        BlockCipher aes = AESEngine.newInstance();
        boolean pads = slot.algorithm().family() == Algorithm.Family.AES_KEY_WRAP_PAD;
        Wrapper wrapper = pads ? new RFC5649WrapEngine(aes) : new RFC3394WrapEngine(aes);
        boolean wraps = slot.operation() == Operation.WRAP_KEY;
        wrapper.init(wraps, parameter(key.secret(copies), copies));
        byte[] value = copies.copy(slot, Field.VALUE);
        try {
            byte[] out = wraps ? wrapper.wrap(value, 0, value.length) : wrapper.unwrap(value, 0, value.length);
            Output.done(slot, copies.keep(out));
        } catch (InvalidCipherTextException notIntact) {
            slot.end(Outcome.DECRYPTION_FAILED);
        }
    }

    private static KeyParameter parameter(byte[] key, HeapCopies copies) {
        KeyParameter parameter = new KeyParameter(key);
        copies.keep(parameter.getKey());
        return parameter;
    }
}
