// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.NativeStack;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.DrbgParameters;
import java.security.DrbgParameters.Capability;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.function.Predicate;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;

/**
 * The engine that runs wherever Java runs, on BouncyCastle's lightweight interface; also the oracle of the tests.
 *
 * <p>Any thread may call it. Its keys and sealers keep their secrets off-heap, in memory that is neither locked nor kept
 * out of core dumps, since that needs native calls.
 *
 * <p>Why it is not the default: each operation copies the secret to the heap. The arrays made here are overwritten
 * before the call returns, but some copies cannot be reached: the collector may have moved an array before it was
 * overwritten; the numbers of RSA and EC keys are {@link BigInteger}s (as are ECDSA nonces and all intermediate results),
 * which cannot be overwritten; the library's AES key schedules, HMAC states, GCM hash tables, and RFC 6979 generator keep
 * their own arrays; OAEP and key wrap leave intermediate blocks. They live until the collector reuses their memory. Nor
 * is the library's arithmetic free of timing differences: AES uses tables, and big numbers take time by their value. RSA
 * is blinded against that. The native engine has none of these faults.
 */
public final class PortableEngine implements Engine {
    /** Rounds of primality testing: more than FIPS 186-5 table B.1 asks for any of our sizes. */
    private static final int PRIME_CERTAINTY = 144;

    private static final int RANDOM_STRENGTH_BITS = 256;

    private final Predicate<String> spoiled;
    private final SecureRandom random = newRandom();

    /** @param spoiled names of self-tests that are to fail; only tests name any */
    PortableEngine(Predicate<String> spoiled) {
        this.spoiled = spoiled;
    }

    /**
     * A portable engine that has passed its known-answer tests. Takes some hundred milliseconds.
     *
     * @throws EngineFailure naming the test that failed
     */
    public static PortableEngine open() {
        PortableEngine engine = new PortableEngine(name -> false);
        engine.selfTest();
        return engine;
    }

    @Override
    public String description() {
        String version = BigIntegers.class.getPackage().getImplementationVersion();
        return "portable engine, BouncyCastle " + (version == null ? "of unknown version" : version);
    }

    @Override
    public GeneratedKey generate(KeyClass keyClass, long publicExponent, MemorySegment secret) {
        if (secret.byteSize() < SECRET_LENGTH_MAX) {
            throw new IllegalStateException("a secret needs room for " + SECRET_LENGTH_MAX + " bytes");
        }
        GeneratedKey key = switch (keyClass.type()) {
            case RSA -> generateRsa(keyClass, BigInteger.valueOf(publicExponent), secret);
            case EC -> generateEc(keyClass, secret);
            case OCT -> {
                random(secret.asSlice(0, keyClass.bytes()));
                yield new GeneratedKey(keyClass.bytes(), new PublicPart.None());
            }
        };
        SelfTest.checkPair(this, keyClass, key, secret, spoiled);
        return key;
    }

    private GeneratedKey generateRsa(KeyClass keyClass, BigInteger exponent, MemorySegment secret) {
        RSAKeyPairGenerator generator = new RSAKeyPairGenerator();
        generator.init(new RSAKeyGenerationParameters(exponent, random, keyClass.bits(), PRIME_CERTAINTY));
        RSAPrivateCrtKeyParameters pair =
                (RSAPrivateCrtKeyParameters) generator.generateKeyPair().getPrivate();
        PublicPart publicPart = new PublicPart.Rsa(
                BigIntegers.asUnsignedByteArray(pair.getModulus()),
                BigIntegers.asUnsignedByteArray(pair.getPublicExponent()));
        try (HeapCopies copies = new HeapCopies()) {
            return new GeneratedKey(RsaSecret.write(pair, secret, copies), publicPart);
        }
    }

    private GeneratedKey generateEc(KeyClass keyClass, MemorySegment secret) {
        ECKeyPairGenerator generator = new ECKeyPairGenerator();
        generator.init(new ECKeyGenerationParameters(PortableEcdsa.domain(keyClass), random));
        AsymmetricCipherKeyPair pair = generator.generateKeyPair();
        try (HeapCopies copies = new HeapCopies()) {
            BigInteger scalar = ((ECPrivateKeyParameters) pair.getPrivate()).getD();
            byte[] bytes = copies.keep(BigIntegers.asUnsignedByteArray(keyClass.bytes(), scalar));
            MemorySegment.copy(bytes, 0, secret, JAVA_BYTE, 0, bytes.length);
            ECPoint point = ((ECPublicKeyParameters) pair.getPublic()).getQ().normalize();
            PublicPart publicPart = new PublicPart.Point(
                    point.getAffineXCoord().getEncoded(),
                    point.getAffineYCoord().getEncoded());
            return new GeneratedKey(bytes.length, publicPart);
        }
    }

    @Override
    public Examined examine(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret) {
        return new Examination(this, key -> new PortableArithmetic(key, random), PortableEngine::point)
                .examine(keyClass, publicPart, secret);
    }

    private static PublicPart.Point point(KeyClass keyClass, MemorySegment secret) {
        try (HeapCopies copies = new HeapCopies()) {
            BigInteger scalar = new BigInteger(1, copies.copy(secret));
            ECPoint point = multiplied(PortableEcdsa.domain(keyClass), scalar).normalize();
            return new PublicPart.Point(
                    point.getAffineXCoord().getEncoded(),
                    point.getAffineYCoord().getEncoded());
        }
    }

    private static ECPoint multiplied(ECDomainParameters domain, BigInteger scalar) {
        return new FixedPointCombMultiplier().multiply(domain.getG(), scalar);
    }

    @Override
    public EngineKey load(KeyClass keyClass, PublicPart publicPart, MemorySegment secret) {
        try (HeapCopies copies = new HeapCopies()) {
            return new PortableKey(keyClass, checked(keyClass, publicPart, secret, copies), secret);
        }
    }

    /** The public key, once the secret is known to belong to it; null where there is none. */
    private static @Nullable AsymmetricKeyParameter checked(
            KeyClass keyClass, PublicPart publicPart, MemorySegment secret, HeapCopies copies) {
        return switch (keyClass.type()) {
            case RSA -> {
                RSAPrivateCrtKeyParameters key = RsaSecret.read(secret);
                RsaSecret.check(key, keyClass, part(publicPart, PublicPart.Rsa.class));
                yield new RSAKeyParameters(false, key.getModulus(), key.getPublicExponent(), true);
            }
            case EC -> {
                ECPublicKeyParameters key = PortableEcdsa.publicKey(keyClass, part(publicPart, PublicPart.Point.class));
                BigInteger scalar =
                        PortableEcdsa.privateKey(keyClass, copies.copy(secret)).getD();
                ECPoint point = multiplied(key.getParameters(), scalar);
                if (!point.equals(key.getQ())) {
                    throw new EngineFailure("the secret does not belong to the public part");
                }
                yield key;
            }
            case OCT -> {
                part(publicPart, PublicPart.None.class);
                if (secret.byteSize() != keyClass.bytes()) {
                    throw new EngineFailure("the secret has not the length of this class");
                }
                yield null;
            }
        };
    }

    private static <T extends PublicPart> T part(PublicPart publicPart, Class<T> type) {
        if (!type.isInstance(publicPart)) {
            throw new EngineFailure("the public part is not one of this class");
        }
        return type.cast(publicPart);
    }

    @Override
    public EngineWorker worker() {
        return new PortableWorker(newRandom());
    }

    @Override
    public Sealer sealer(MemorySegment key) {
        return new PortableSealer(key);
    }

    @Override
    public void derive(MemorySegment key, byte[] label, byte[] context, MemorySegment out) {
        expand(key, Derivation.fixedInput(label, context, out.byteSize()), out);
    }

    /** The counter mode itself: K(i) = HMAC(key, [i] ‖ fixed input). */
    void expand(MemorySegment key, byte[] fixedInput, MemorySegment out) {
        try (HeapCopies copies = new HeapCopies()) {
            PortableHmac.expand(key, fixedInput, out, copies);
        }
    }

    @Override
    public int wrapForTransport(KeyTransport transport, PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        TransportRules.checkWrap(to, plain, out);
        try (HeapCopies copies = new HeapCopies()) {
            return TransportRules.suitable(to)
                    ? new PortableTransport(transport, random).wrap(to, plain, out, copies)
                    : TRANSPORT_FAILED;
        }
    }

    @Override
    public int unwrapFromTransport(KeyTransport transport, EngineKey key, MemorySegment wrapped, MemorySegment out) {
        if (!(key instanceof PortableKey portableKey)) {
            throw new IllegalStateException("the key belongs to another engine");
        }
        try (HeapCopies copies = new HeapCopies()) {
            return TransportRules.canUnwrap(key, wrapped, out)
                    ? new PortableTransport(transport, random).unwrap(portableKey, wrapped, out, copies)
                    : TRANSPORT_FAILED;
        }
    }

    @Override
    public int encryptTo(PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        if (!TransportRules.suitable(to)) {
            return TRANSPORT_FAILED;
        }
        TransportRules.checkEncrypt(to, plain, out);
        try (HeapCopies copies = new HeapCopies()) {
            return new PortableTransport(KeyTransport.OAEP_SHA256, random).encrypt(to, plain, out, copies);
        }
    }

    @Override
    public int decryptWith(EngineKey key, MemorySegment sealed, MemorySegment out) {
        if (!(key instanceof PortableKey portableKey)) {
            throw new IllegalStateException("the key belongs to another engine");
        }
        try (HeapCopies copies = new HeapCopies()) {
            return TransportRules.canDecrypt(key, sealed, out)
                    ? new PortableTransport(KeyTransport.OAEP_SHA256, random).decrypt(portableKey, sealed, out, copies)
                    : TRANSPORT_FAILED;
        }
    }

    @Override
    public void sealContent(
            MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        ContentRules.checkSeal(key, iv, plaintext, out);
        PortableCbcHmac.seal(key, iv, aad, plaintext, out);
    }

    @Override
    public int openContent(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment sealed, MemorySegment out) {
        return ContentRules.openable(key, iv, sealed, out)
                ? PortableCbcHmac.open(key, iv, aad, sealed, out)
                : CONTENT_NOT_OURS;
    }

    @Override
    public void random(MemorySegment out) {
        try (HeapCopies copies = new HeapCopies()) {
            byte[] bytes = copies.allocate(Math.toIntExact(out.byteSize()));
            random.nextBytes(bytes);
            out.copyFrom(MemorySegment.ofArray(bytes));
        }
    }

    @Override
    public void forget() {
        NativeStack.wipe();
    }

    @Override
    public void selfTest() {
        SelfTest.run(this, spoiled);
    }

    /** Nothing to give back: keys and sealers own their memory. */
    @Override
    public void close() {}

    /**
     * A generator of NIST SP 800-90A that takes fresh entropy from the operating system for every request, so that two
     * machines resumed from one snapshot do not make the same vectors.
     */
    private static SecureRandom newRandom() {
        try {
            byte[] personalization = "managed-hsm portable engine".getBytes(StandardCharsets.US_ASCII);
            return SecureRandom.getInstance(
                    "DRBG",
                    DrbgParameters.instantiation(RANDOM_STRENGTH_BITS, Capability.PR_AND_RESEED, personalization));
        } catch (NoSuchAlgorithmException absent) {
            throw new EngineFailure("this Java has no DRBG; run it with the java.security file of its vendor");
        }
    }
}
