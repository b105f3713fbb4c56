// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

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
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The HSM's own signing key for statements about its keys: P-256, made when it is first needed, kept sealed with its
 * certificate under the anchor of the keys, and never any key's of a caller. Threads wait for each other; not for event
 * loops and workers.
 *
 * <pre>
 *   format (1 byte), x (32), y (32), secret (32), certificate
 * </pre>
 */
public final class AttestationKey implements AutoCloseable {
    private static final RecordName NAME = new RecordName(SealPurpose.ATTESTATION_KEY, "", "");
    private static final KeyClass KEY_CLASS = KeyClass.P_256;
    private static final byte FORMAT = 1;
    private static final int FIELD_LENGTH = 32;
    private static final int SECRET_AT = 1 + 2 * FIELD_LENGTH;
    private static final int CERTIFICATE_AT = SECRET_AT + FIELD_LENGTH;

    /** Makes the certificate of a new key. */
    @FunctionalInterface
    public interface Certifier {
        /**
         * Certifies.
         *
         * @param publicPart the new key's public part
         * @param signer signs with the new key
         * @return the certificate, DER, at most 2 KiB
         */
        byte[] certificate(PublicPart.Point publicPart, Signer signer);
    }

    /** Signs with ECDSA on P-256 and SHA-256. */
    @FunctionalInterface
    public interface Signer {
        /** The signature of a message: r, then s, 32 bytes each (RFC 7518 section 3.4). */
        byte[] sign(byte[] message);
    }

    /**
     * Signs what it is given, with the certificate to show.
     *
     * @param certificate DER
     * @param signer signs with the certified key
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    public record Certified(byte[] certificate, Signer signer) {}

    private final Engine engine;
    private final RecordSeal seal;
    private final KeyLifecycle lifecycle;
    private final Certifier certifier;
    private @Nullable EngineKey key;
    private @Nullable Certified certified;
    private boolean closed;

    /**
     * @param engine what makes the key and signs
     * @param seal opens its record
     * @param lifecycle keeps its record
     * @param certifier makes its certificate, once
     */
    public AttestationKey(Engine engine, RecordSeal seal, KeyLifecycle lifecycle, Certifier certifier) {
        this.engine = engine;
        this.seal = seal;
        this.lifecycle = lifecycle;
        this.certifier = certifier;
    }

    /**
     * The key, ready to sign. Made and made durable if there is none yet.
     *
     * @return the refusal if it could not be made durable now
     */
    public synchronized LifecycleAnswer<Certified> ready() {
        Certified known = certified;
        if (known != null) {
            return new LifecycleAnswer.Done<>(known);
        }
        try (LockedMemory memory = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "the attestation key")) {
            byte[] blob = lifecycle.ownRecord(NAME);
            MemorySegment content;
            if (blob == null) {
                content = make(memory.segment());
                if (lifecycle.keep(NAME, content).toCompletableFuture().join()
                        instanceof LifecycleAnswer.Refused<?>(LifecycleRefusal refusal)) {
                    return new LifecycleAnswer.Refused<>(refusal);
                }
            } else {
                content = open(blob, memory.segment());
            }
            return new LifecycleAnswer.Done<>(load(content));
        }
    }

    private MemorySegment open(byte[] blob, MemorySegment out) {
        try (Arena arena = Arena.ofConfined()) {
            int length = seal.open(NAME, arena.allocateFrom(JAVA_BYTE, blob), out);
            if (length <= CERTIFICATE_AT || out.get(JAVA_BYTE, 0) != FORMAT) {
                throw new SealFailure("the record \"" + NAME
                        + "\" was written by a newer version of this software; start that version, or a newer one");
            }
            return out.asSlice(0, length);
        }
    }

    private MemorySegment make(MemorySegment out) {
        Engine.GeneratedKey made = engine.generate(KEY_CLASS, out);
        MemorySegment.copy(out, 0, out, SECRET_AT, made.secretLength());
        PublicPart.Point point = (PublicPart.Point) made.publicPart();
        out.set(JAVA_BYTE, 0, FORMAT);
        MemorySegment.copy(point.x(), 0, out, JAVA_BYTE, 1, FIELD_LENGTH);
        MemorySegment.copy(point.y(), 0, out, JAVA_BYTE, 1L + FIELD_LENGTH, FIELD_LENGTH);
        byte[] certificate;
        try (EngineKey fresh = engine.load(KEY_CLASS, point, secret(out))) {
            certificate = certifier.certificate(point, message -> sign(fresh, message));
        }
        MemorySegment.copy(certificate, 0, out, JAVA_BYTE, CERTIFICATE_AT, certificate.length);
        return out.asSlice(0, CERTIFICATE_AT + (long) certificate.length);
    }

    private Certified load(MemorySegment content) {
        byte[] x = content.asSlice(1, FIELD_LENGTH).toArray(JAVA_BYTE);
        byte[] y = content.asSlice(1L + FIELD_LENGTH, FIELD_LENGTH).toArray(JAVA_BYTE);
        byte[] certificate = content.asSlice(CERTIFICATE_AT).toArray(JAVA_BYTE);
        EngineKey loaded = engine.load(KEY_CLASS, new PublicPart.Point(x, y), secret(content));
        key = loaded;
        Certified ready = new Certified(certificate, message -> sign(loaded, message));
        certified = ready;
        return ready;
    }

    private static MemorySegment secret(MemorySegment content) {
        return content.asSlice(SECRET_AT, FIELD_LENGTH);
    }

    private synchronized byte[] sign(EngineKey with, byte[] message) {
        if (closed) {
            throw new IllegalStateException("the attestation key was closed");
        }
        try (Rehearsal rehearsal = new Rehearsal(engine)) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(message);
            Outcome outcome = rehearsal.run(with, Operation.SIGN, Algorithm.ES256, Map.of(Field.VALUE, digest));
            if (outcome != Outcome.DONE) {
                throw new IllegalStateException("the attestation key does not sign: " + outcome);
            }
            return rehearsal.value();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Wipes the key; nothing is signed any more. To be closed before the engine. */
    @Override
    public synchronized void close() {
        EngineKey loaded = key;
        if (loaded != null && !closed) {
            loaded.close();
        }
        closed = true;
    }
}
