// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.PublicKeys;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/** Loaded keys of the native engine without a private half, for vectors that come without one. */
public final class PublicPairs {
    private PublicPairs() {}

    /**
     * A key that can verify; to be closed.
     *
     * @throws IllegalStateException if the library will not have it
     */
    public static LoadedKey ec(KeyClass keyClass, PublicPart.Point point) {
        byte[] algorithm = joined(HexFormat.of().parseHex("06072a8648ce3d0201"), EcKeys.oid(keyClass));
        byte[] bits = joined(new byte[] {0, 4}, point.x(), point.y());
        long address = PublicKeys.read(element(0x30, joined(element(0x30, algorithm), element(0x03, bits))));
        if (address == 0) {
            throw new IllegalStateException("no public key of class " + keyClass);
        }
        return new PairKey(keyClass, address);
    }

    private static byte[] element(int tag, byte[] content) {
        byte[] header = content.length < 0x80
                ? new byte[] {(byte) tag, (byte) content.length}
                : new byte[] {(byte) tag, (byte) 0x81, (byte) content.length};
        return joined(header, content);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
