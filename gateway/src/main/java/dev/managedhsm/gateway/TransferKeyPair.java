// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Rehearsal;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.gateway.resource.DomainKeeper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;

/**
 * The key under which custodians send a security domain: RSA of 3072 bits, in memory only, for one HSM and one upload, with
 * a certificate that it signs itself because clients take the key out of one. Used by one thread at a time.
 */
final class TransferKeyPair implements AutoCloseable {
    private static final KeyClass KEY_CLASS = KeyClass.RSA_3072;
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    private static final Duration LIFE = Duration.ofDays(30);
    private static final int SERIAL_LENGTH = 16;

    private final EngineKey key;
    private final DomainKeeper.TransferKey shown;

    private TransferKeyPair(EngineKey key, DomainKeeper.TransferKey shown) {
        this.key = key;
        this.shown = shown;
    }

    /** Makes one. Takes some tenths of a second. */
    static TransferKeyPair make(Engine engine, Clock clock) {
        try (LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "transfer key")) {
            Engine.GeneratedKey made = engine.generate(KEY_CLASS, secret.segment());
            PublicPart.Rsa part = (PublicPart.Rsa) made.publicPart();
            EngineKey key = engine.load(KEY_CLASS, part, secret.segment().asSlice(0, made.secretLength()));
            try {
                byte[] certificate = certificate(engine, key, part, clock);
                return new TransferKeyPair(key, new DomainKeeper.TransferKey(certificate, part));
            } catch (RuntimeException e) {
                key.close();
                throw e;
            }
        }
    }

    EngineKey key() {
        return key;
    }

    DomainKeeper.TransferKey shown() {
        return shown;
    }

    private static byte[] certificate(Engine engine, EngineKey key, PublicPart.Rsa part, Clock clock) {
        X500Name name = new X500Name("CN=Security domain transfer key");
        RSAPublicKey publicKey =
                new RSAPublicKey(new BigInteger(1, part.modulus()), new BigInteger(1, part.exponent()));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment serial = arena.allocate(SERIAL_LENGTH);
            engine.random(serial);
            SubjectPublicKeyInfo info = new SubjectPublicKeyInfo(
                    new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE), publicKey);
            X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                    name,
                    new BigInteger(1, serial.toArray(JAVA_BYTE))
                            .clearBit(8 * SERIAL_LENGTH - 1)
                            .setBit(0),
                    Date.from(clock.instant().minus(CLOCK_SKEW)),
                    Date.from(clock.instant().plus(LIFE)),
                    name,
                    info);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyEncipherment));
            return builder.build(new Signing(engine, key)).getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here is read or written
        }
    }

    /** Wipes the key. */
    @Override
    public void close() {
        key.close();
    }

    /** Lets the key sign its own certificate. */
    private static final class Signing implements ContentSigner {
        private final Engine engine;
        private final EngineKey key;
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        Signing(Engine engine, EngineKey key) {
            this.engine = engine;
            this.key = key;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new AlgorithmIdentifier(PKCSObjectIdentifiers.sha256WithRSAEncryption, DERNull.INSTANCE);
        }

        @Override
        public OutputStream getOutputStream() {
            return content;
        }

        @Override
        public byte[] getSignature() {
            try (Rehearsal rehearsal = new Rehearsal(engine)) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.toByteArray());
                Outcome outcome = rehearsal.run(key, Operation.SIGN, Algorithm.RS256, Map.of(Field.VALUE, digest));
                if (outcome != Outcome.DONE) {
                    throw new IllegalStateException("the transfer key does not sign: " + outcome);
                }
                return rehearsal.value();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }
}
