// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/** HMAC, FIPS 198-1, and the key derivation that is built on it. Stateless. */
final class PortableHmac {
    private PortableHmac() {}

    /** Signs a digest or verifies a signature, in constant time. */
    static void signature(OperationSlot slot, PortableKey key, HeapCopies copies) {
        int length = slot.algorithm().digestLength();
        HMac mac = new HMac(Digests.ofLength(length));
        mac.init(parameter(key.secret(copies), copies));
        boolean signs = slot.operation() == Operation.SIGN;
        mac.update(copies.copy(slot, signs ? Field.VALUE : Field.DIGEST), 0, length);
        byte[] signature = copies.allocate(length);
        mac.doFinal(signature, 0);
        if (signs) {
            Output.done(slot, signature);
        } else {
            boolean same = MessageDigest.isEqual(signature, copies.copy(slot, Field.VALUE));
            slot.end(same ? Outcome.SIGNATURE_VALID : Outcome.SIGNATURE_INVALID);
        }
    }

    /** NIST SP 800-108r1 section 4.1 as {@link Engine#derive} says: K(i) = HMAC(key, [i] ‖ fixed input). */
    static void expand(MemorySegment key, byte[] fixedInput, MemorySegment out, HeapCopies copies) {
        HMac mac = new HMac(new SHA512Digest());
        mac.init(parameter(copies.copy(key), copies));
        byte[] block = copies.allocate(mac.getMacSize());
        long at = 0;
        for (int i = 1; at < out.byteSize(); i++) {
            mac.update(number(i), 0, Integer.BYTES);
            mac.update(fixedInput, 0, fixedInput.length);
            mac.doFinal(block, 0);
            int length = (int) Math.min(block.length, out.byteSize() - at);
            MemorySegment.copy(block, 0, out, JAVA_BYTE, at, length);
            at += length;
        }
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    private static KeyParameter parameter(byte[] key, HeapCopies copies) {
        KeyParameter parameter = new KeyParameter(key);
        copies.keep(parameter.getKey());
        return parameter;
    }
}
