// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PKCS7Padding;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** AES_256_CBC_HMAC_SHA_512, RFC 7518 section 5.2.5. Stateless. */
final class PortableCbcHmac {
    private static final int HALF = Engine.CONTENT_KEY_LENGTH / 2;

    private PortableCbcHmac() {}

    /** Encrypts as {@link Engine#sealContent} says. */
    static void seal(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        try (HeapCopies copies = new HeapCopies()) {
            byte[] keys = copies.copy(key);
            byte[] vector = copies.copy(iv);
            byte[] ciphertext = run(true, keys, vector, copies.copy(plaintext), copies);
            byte[] tag = tag(keys, aad, vector, ciphertext, copies);
            MemorySegment.copy(ciphertext, 0, out, JAVA_BYTE, 0, ciphertext.length);
            MemorySegment.copy(tag, 0, out, JAVA_BYTE, ciphertext.length, tag.length);
        }
    }

    /** Decrypts as {@link Engine#openContent} says. */
    static int open(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment sealed, MemorySegment out) {
        try (HeapCopies copies = new HeapCopies()) {
            byte[] keys = copies.copy(key);
            byte[] vector = copies.copy(iv);
            byte[] all = copies.copy(sealed);
            byte[] ciphertext = Arrays.copyOf(all, all.length - Engine.CONTENT_TAG_LENGTH);
            byte[] tag = Arrays.copyOfRange(all, ciphertext.length, all.length);
            if (!MessageDigest.isEqual(tag, tag(keys, aad, vector, ciphertext, copies))) {
                return Engine.CONTENT_NOT_OURS;
            }
            byte[] plaintext = run(false, keys, vector, ciphertext, copies);
            MemorySegment.copy(plaintext, 0, out, JAVA_BYTE, 0, plaintext.length);
            return plaintext.length;
        }
    }

    private static byte[] run(boolean encrypts, byte[] keys, byte[] iv, byte[] in, HeapCopies copies) {
        PaddedBufferedBlockCipher cipher =
                new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(AESEngine.newInstance()), new PKCS7Padding());
        KeyParameter parameter = new KeyParameter(keys, HALF, HALF);
        copies.keep(parameter.getKey());
        cipher.init(encrypts, new ParametersWithIV(parameter, iv));
        byte[] out = copies.allocate(cipher.getOutputSize(in.length));
        try {
            int length = cipher.processBytes(in, 0, in.length, out, 0);
            length += cipher.doFinal(out, length);
            return copies.keep(Arrays.copyOf(out, length));
        } catch (InvalidCipherTextException badPadding) {
            throw new EngineFailure("AES-CBC does not undo what it did");
        }
    }

    private static byte[] tag(byte[] keys, byte[] aad, byte[] iv, byte[] ciphertext, HeapCopies copies) {
        HMac mac = new HMac(new SHA512Digest());
        KeyParameter parameter = new KeyParameter(keys, 0, HALF);
        copies.keep(parameter.getKey());
        mac.init(parameter);
        mac.update(aad, 0, aad.length);
        mac.update(iv, 0, iv.length);
        mac.update(ciphertext, 0, ciphertext.length);
        byte[] bits = ByteBuffer.allocate(Long.BYTES).putLong(8L * aad.length).array();
        mac.update(bits, 0, bits.length);
        byte[] whole = copies.allocate(mac.getMacSize());
        mac.doFinal(whole, 0);
        return copies.keep(Arrays.copyOf(whole, Engine.CONTENT_TAG_LENGTH));
    }
}
