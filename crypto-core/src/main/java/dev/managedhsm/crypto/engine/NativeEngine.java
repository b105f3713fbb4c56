// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.managedhsm.crypto.algorithm.AesCbcHmac;
import dev.managedhsm.crypto.algorithm.EcKeys;
import dev.managedhsm.crypto.algorithm.NewKey;
import dev.managedhsm.crypto.algorithm.PairKey;
import dev.managedhsm.crypto.algorithm.RsaKeys;
import dev.managedhsm.crypto.algorithm.RsaTransport;
import dev.managedhsm.crypto.algorithm.Scratch;
import dev.managedhsm.crypto.algorithm.SymmetricKey;
import dev.managedhsm.crypto.foreign.CryptoLibrary;
import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.foreign.Secp256k1;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.SecretCells;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The engine for production: a libcrypto, and libsecp256k1 where it is there. Keys live inside the libraries or in
 * locked memory, never on the heap.
 *
 * <p>There is one chosen library per process, so two open engines share it; each has its own memory.
 */
public final class NativeEngine implements Engine {
    /** Room for a 32-byte key, or a secp256k1 scalar with its public key, or an ECPrivateKey without one (80 bytes). */
    private static final int CELL_LENGTH = 128;

    private static final int DERIVED_BLOCK_LENGTH = 64; // SHA-512
    private static final int COUNTER_LENGTH = 4;

    private static final ValueLayout.OfInt BIG_ENDIAN = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final LockedMemory derived = LockedMemory.allocate(DERIVED_BLOCK_LENGTH + Long.BYTES, "derived keys");
    private final SecretCells cells = new SecretCells(CELL_LENGTH, "keys");
    private final String description;
    private final Predicate<String> spoiled;

    private NativeEngine(String description, Predicate<String> spoiled) {
        this.description = description;
        this.spoiled = spoiled;
    }

    /**
     * Chooses the libraries, proves them, and opens the engine.
     *
     * @throws EngineFailure if no library can be used, or the chosen one fails a known-answer test
     */
    public static NativeEngine open() {
        return open(name -> false);
    }

    /** @param spoiled names of self-tests that are to fail; only tests name any */
    static NativeEngine open(Predicate<String> spoiled) {
        try {
            String library = CryptoLibrary.chosen().description();
            String curve = Secp256k1.available() ? "libsecp256k1" : "the same";
            NativeEngine engine = new NativeEngine("native engine: " + library + "; secp256k1 by " + curve, spoiled);
            engine.start();
            return engine;
        } catch (LibraryFailure e) {
            throw new EngineFailure(String.valueOf(e.getMessage()));
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            // A binding found a function missing or a context could not be made; the class that holds it can never be
            // used in this process.
            Throwable cause = e.getCause();
            throw new EngineFailure(
                    "the chosen libraries cannot be bound: " + (cause == null ? e : cause).getMessage());
        }
    }

    private void start() {
        try {
            selfTest();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public GeneratedKey generate(KeyClass keyClass, long publicExponent, MemorySegment secret) {
        return NativeCall.of(() -> {
            NewKey made = made(keyClass, publicExponent, secret);
            GeneratedKey key = new GeneratedKey(made.secretLength(), made.publicPart());
            SelfTest.checkPair(this, keyClass, key, secret, spoiled);
            return key;
        });
    }

    private NewKey made(KeyClass keyClass, long publicExponent, MemorySegment secret) {
        return switch (keyClass.type()) {
            case RSA -> RsaKeys.generate(keyClass, publicExponent, secret);
            case EC -> EcKeys.generate(keyClass, secret, cells);
            case OCT -> SymmetricKey.generate(keyClass, secret);
        };
    }

    @Override
    public Examined examine(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret) {
        Examination examination =
                new Examination(this, NativeArithmetic::new, (curve, scalar) -> EcKeys.point(curve, scalar, cells));
        return NativeCall.of(() -> examination.examine(keyClass, publicPart, secret));
    }

    @Override
    public EngineKey load(KeyClass keyClass, PublicPart publicPart, MemorySegment secret) {
        return new NativeKey(NativeCall.of(() -> switch (keyClass.type()) {
            case RSA -> RsaKeys.load(keyClass, publicPart, secret);
            case EC -> EcKeys.load(keyClass, publicPart, secret, cells);
            case OCT -> SymmetricKey.load(keyClass, secret, cells);
        }));
    }

    @Override
    public EngineWorker worker() {
        return new NativeWorker();
    }

    @Override
    public Sealer sealer(MemorySegment key) {
        return new NativeSealer(NativeCall.of(() -> SymmetricKey.load(KeyClass.OCT_256, key, cells)));
    }

    @Override
    public void derive(MemorySegment key, byte[] label, byte[] context, MemorySegment out) {
        expand(key, Derivation.fixedInput(label, context, out.byteSize()), out);
    }

    /** The counter mode itself: K(i) = HMAC(key, [i] ‖ fixed input). */
    void expand(MemorySegment key, byte[] fixedInput, MemorySegment out) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment input = arena.allocate(COUNTER_LENGTH + (long) fixedInput.length);
            MemorySegment.copy(fixedInput, 0, input, JAVA_BYTE, COUNTER_LENGTH, fixedInput.length);
            NativeCall.run(() -> derive(key, input, out));
        }
    }

    /** What is derived passes through locked memory that is taken once: a start derives once for every record. */
    private void derive(MemorySegment key, MemorySegment input, MemorySegment out) {
        synchronized (derived) {
            MemorySegment block = derived.segment().asSlice(0, DERIVED_BLOCK_LENGTH);
            MemorySegment macLength = derived.segment().asSlice(DERIVED_BLOCK_LENGTH, Long.BYTES);
            try {
                int counter = 0;
                for (long at = 0; at < out.byteSize(); at += DERIVED_BLOCK_LENGTH) {
                    input.set(BIG_ENDIAN, 0, ++counter);
                    boolean done = LibCrypto.hmac(
                            LibCrypto.SHA512,
                            key.address(),
                            key.byteSize(),
                            input.address(),
                            input.byteSize(),
                            block.address(),
                            macLength.address());
                    if (!done) {
                        LibCrypto.clearErrors();
                        throw new EngineFailure("the library could not derive a key");
                    }
                    MemorySegment.copy(block, 0, out, at, Math.min(DERIVED_BLOCK_LENGTH, out.byteSize() - at));
                }
            } finally {
                derived.wipe();
            }
        }
    }

    @Override
    public int wrapForTransport(KeyTransport transport, PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        TransportRules.checkWrap(to, plain, out);
        return TransportRules.suitable(to)
                ? withScratch(scratch -> RsaTransport.wrap(transport, to, plain, out, scratch))
                : TRANSPORT_FAILED;
    }

    @Override
    public int unwrapFromTransport(KeyTransport transport, EngineKey key, MemorySegment wrapped, MemorySegment out) {
        if (!(key instanceof NativeKey nativeKey && nativeKey.loaded() instanceof PairKey pair)) {
            throw new IllegalStateException("the key is no RSA key of this engine");
        }
        return TransportRules.canUnwrap(key, wrapped, out)
                ? withScratch(scratch -> RsaTransport.unwrap(transport, pair, wrapped, out, scratch))
                : TRANSPORT_FAILED;
    }

    @Override
    public int encryptTo(PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        if (!TransportRules.suitable(to)) {
            return TRANSPORT_FAILED;
        }
        TransportRules.checkEncrypt(to, plain, out);
        return withScratch(scratch -> RsaTransport.encrypt(to, plain, out, scratch));
    }

    @Override
    public int decryptWith(EngineKey key, MemorySegment sealed, MemorySegment out) {
        if (!(key instanceof NativeKey nativeKey && nativeKey.loaded() instanceof PairKey pair)) {
            throw new IllegalStateException("the key is no RSA key of this engine");
        }
        return TransportRules.canDecrypt(key, sealed, out)
                ? withScratch(scratch -> RsaTransport.decrypt(pair, sealed, out, scratch))
                : TRANSPORT_FAILED;
    }

    @Override
    public void sealContent(
            MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        ContentRules.checkSeal(key, iv, plaintext, out);
        NativeCall.run(() -> AesCbcHmac.seal(key, iv, aad, plaintext, out));
    }

    @Override
    public int openContent(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment sealed, MemorySegment out) {
        return ContentRules.openable(key, iv, sealed, out)
                ? NativeCall.of(() -> (int) AesCbcHmac.open(key, iv, aad, sealed, out))
                : CONTENT_NOT_OURS;
    }

    @Override
    public void random(MemorySegment out) {
        if (!NativeCall.of(() -> LibCrypto.random(out.address(), out.byteSize()))) {
            LibCrypto.clearErrors();
            throw new EngineFailure("the library has no random bytes");
        }
    }

    @Override
    public void forget() {
        NativeCall.run(() -> {});
    }

    @Override
    public void selfTest() {
        SelfTest.run(this, spoiled);
    }

    @Override
    public void close() {
        derived.close();
        cells.close();
    }

    /** How many cells keys hold, for tests about what is left. */
    long cellsTaken() {
        return cells.taken();
    }

    private static <T> T withScratch(Function<Scratch, T> work) {
        return NativeCall.of(() -> {
            try (Scratch scratch = new Scratch()) {
                return work.apply(scratch);
            }
        });
    }
}
