// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Reads public keys that have no private half here, as the vectors of others have. Only tests have such keys. */
public final class PublicKeys {
    private static final MethodHandle READ = CryptoLibrary.chosen().bind("d2i_PUBKEY", "pppn");

    private PublicKeys() {}

    /** The key in SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), to be freed; 0 if there is none. */
    public static long read(byte[] der) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(der.length).copyFrom(MemorySegment.ofArray(der));
            MemorySegment pointer = arena.allocateFrom(JAVA_LONG, copy.address());
            return (long) READ.invokeExact(0L, pointer.address(), (long) der.length);
        } catch (Throwable t) {
            throw Linkage.broken("d2i_PUBKEY", t);
        }
    }
}
