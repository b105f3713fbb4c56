// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libsecp256k1: ECDSA on secp256k1, about eight times as fast as a libcrypto. Taken from the pinned jar on the class
 * path, else from the system; without either the libcrypto does the work.
 *
 * <p>Any thread may call any method: they share one context, which is blinded when it is made and never changed after.
 * Signatures are 64 bytes r ‖ s; signing takes its nonce from RFC 6979 and makes s
 * low. Points are 65 bytes uncompressed (SEC 1 section 2.3.3). A parsed public key is {@link #PUBLIC_KEY_LENGTH} opaque
 * bytes.
 */
public final class Secp256k1 {
    /** Length of a parsed public key and of a parsed signature, in bytes. */
    public static final int PUBLIC_KEY_LENGTH = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Secp256k1.class);
    private static final String X86_64 = "25f0f0bfd3e4b202563f772963ea803f0f949e5593476d3cd4b755f800bf7704";
    private static final String AARCH64 = "4e9c780ba134d130799c5f2d15ba90bf9fb477b34fc78d0f5b55fee90a734e37";
    private static final List<String> SYSTEM_NAMES =
            List.of("libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.0");
    private static final int CONTEXT_NONE = 1;
    private static final int UNCOMPRESSED = 2;
    private static final long SEED_LENGTH = 32;

    private static final @Nullable SymbolLookup LOOKUP = choose();

    private Secp256k1() {}

    /** Whether the library is there; no other method may be called otherwise. */
    public static boolean available() {
        return LOOKUP != null;
    }

    /** Whether the 32 bytes are a private scalar, between 1 and the order less 1; if so makes its parsed public key. */
    public static boolean derive(long scalar, long publicKey) {
        try {
            return (int) Calls.DERIVE.invokeExact(Calls.CONTEXT, publicKey, scalar) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("secp256k1_ec_pubkey_create", t);
        }
    }

    /** The 65 bytes of the point of a parsed public key. */
    public static boolean point(long publicKey, MemorySegment point65) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_LONG, point65.byteSize());
            return (int) Calls.SERIALIZE.invokeExact(
                            Calls.CONTEXT, point65.address(), length.address(), publicKey, UNCOMPRESSED)
                    == 1;
        } catch (Throwable t) {
            throw Linkage.broken("secp256k1_ec_pubkey_serialize", t);
        }
    }

    /**
     * Signs.
     *
     * @param scalar 32 bytes
     * @param digest 32 bytes
     * @param parsed 64 bytes of scratch
     * @param signature where the 64 bytes go
     */
    public static boolean sign(long scalar, long digest, long parsed, long signature) {
        try {
            return (int) Calls.SIGN.invokeExact(Calls.CONTEXT, parsed, digest, scalar, 0L, 0L) == 1
                    && (int) Calls.COMPACT.invokeExact(Calls.CONTEXT, signature, parsed) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("secp256k1_ecdsa_sign", t);
        }
    }

    /**
     * Verifies, with high or low s: what is not low is normalised first, because the library refuses it.
     *
     * @param publicKey parsed
     * @param digest 32 bytes
     * @param parsed 64 bytes of scratch
     * @param signature 64 bytes
     */
    public static boolean verify(long publicKey, long digest, long parsed, long signature) {
        try {
            if ((int) Calls.PARSE.invokeExact(Calls.CONTEXT, parsed, signature) != 1) {
                return false;
            }
            int wasHigh = (int) Calls.NORMALIZE.invokeExact(Calls.CONTEXT, parsed, parsed);
            return wasHigh >= 0 && (int) Calls.VERIFY.invokeExact(Calls.CONTEXT, parsed, digest, publicKey) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("secp256k1_ecdsa_verify", t);
        }
    }

    private static @Nullable SymbolLookup choose() {
        if (!Linkage.KNOWN_PLATFORM) {
            return null;
        }
        List<String> skipped = new ArrayList<>();
        boolean x86 = Linkage.architecture().equals("x86_64");
        try {
            String machine = x86 ? "linux-x86_64" : "linux-aarch64";
            SymbolLookup lookup = Bundled.load(
                            "fr/acinq/secp256k1/jni/native/" + machine + "/libsecp256k1-jni.so", x86 ? X86_64 : AARCH64)
                    .lookup();
            LOG.info("libsecp256k1: the pinned one on the class path");
            return lookup;
        } catch (LibraryFailure e) {
            skipped.add("pinned jar: " + e.getMessage());
        }
        Optional<SymbolLookup> found =
                SYSTEM_NAMES.stream().flatMap(name -> system(name).stream()).findFirst();
        if (found.isEmpty()) {
            LOG.warn("libsecp256k1 is not there ({}); libcrypto does its work, more slowly", skipped.getFirst());
            return null;
        }
        LOG.info("libsecp256k1: the system's ({})", skipped.getFirst());
        return found.get();
    }

    @SuppressWarnings("restricted")
    private static Optional<SymbolLookup> system(String name) {
        try {
            SymbolLookup lookup = SymbolLookup.libraryLookup(name, Arena.global());
            return lookup.find("secp256k1_ecdsa_sign").map(there -> lookup);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Bound only when the library is there. */
    private static final class Calls {
        static final MethodHandle DERIVE = bind("secp256k1_ec_pubkey_create", 3);
        static final MethodHandle SERIALIZE = Linkage.handle(
                find("secp256k1_ec_pubkey_serialize"),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT));
        static final MethodHandle SIGN = bind("secp256k1_ecdsa_sign", 6);
        static final MethodHandle COMPACT = bind("secp256k1_ecdsa_signature_serialize_compact", 3);
        static final MethodHandle PARSE = bind("secp256k1_ecdsa_signature_parse_compact", 3);
        static final MethodHandle NORMALIZE = bind("secp256k1_ecdsa_signature_normalize", 3);
        static final MethodHandle VERIFY = bind("secp256k1_ecdsa_verify", 4);
        static final long CONTEXT = context();

        private static MethodHandle bind(String function, int pointers) {
            MemoryLayout[] parameters = new MemoryLayout[pointers];
            java.util.Arrays.fill(parameters, JAVA_LONG);
            return Linkage.handle(find(function), FunctionDescriptor.of(JAVA_INT, parameters));
        }

        private static MemorySegment find(String function) {
            if (LOOKUP == null) {
                throw new IllegalStateException("libsecp256k1 is not there");
            }
            return LOOKUP.find(function).orElseThrow(() -> new LibraryFailure("libsecp256k1 lacks " + function));
        }

        /** A context whose multiplications are blinded, here and once, because blinding races with every other use. */
        private static long context() {
            MethodHandle create =
                    Linkage.handle(find("secp256k1_context_create"), FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
            MethodHandle randomize = bind("secp256k1_context_randomize", 2);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment seed = arena.allocate(SEED_LENGTH);
                long context = (long) create.invokeExact(CONTEXT_NONE);
                boolean blinded = context != 0
                        && LibCrypto.random(seed.address(), SEED_LENGTH)
                        && (int) randomize.invokeExact(context, seed.address()) == 1;
                LibCrypto.wipe(seed.address(), SEED_LENGTH);
                if (!blinded) {
                    LibCrypto.clearErrors();
                    throw new LibraryFailure("libsecp256k1 could not be blinded");
                }
                return context;
            } catch (LibraryFailure e) {
                throw e;
            } catch (Throwable t) {
                throw Linkage.broken("secp256k1_context_create", t);
            }
        }
    }
}
