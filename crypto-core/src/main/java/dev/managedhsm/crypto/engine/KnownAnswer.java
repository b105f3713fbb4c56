// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One operation whose answer is known beforehand, with a published key.
 *
 * @param id what it shows, and where it is from
 * @param secret secret encoding of the key; published, so no secret
 * @param inputs what is asked
 * @param outcome how the operation must end
 * @param output value that must be answered; null where any is good, or none is answered
 */
@SuppressWarnings("ArrayRecordComponent") // never compared with another
record KnownAnswer(
        String id,
        KeyClass keyClass,
        PublicPart publicPart,
        byte[] secret,
        Operation operation,
        Algorithm algorithm,
        Map<Field, byte[]> inputs,
        Outcome outcome,
        byte @Nullable [] output) {

    /** The same with one bit of the value changed, which no engine may answer as if it were not. */
    KnownAnswer spoiled() {
        Map<Field, byte[]> changed = new EnumMap<>(inputs);
        changed.computeIfPresent(Field.VALUE, (field, bytes) -> {
            byte[] other = bytes.clone();
            other[0] ^= 1;
            return other;
        });
        return new KnownAnswer(
                id, keyClass, publicPart, secret, operation, algorithm, Map.copyOf(changed), outcome, output);
    }

    /** Loads the key into an engine. The caller closes it. */
    EngineKey load(Engine engine) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(secret.length, 1));
            copy.copyFrom(MemorySegment.ofArray(secret));
            return engine.load(keyClass, publicPart, copy.asSlice(0, secret.length));
        }
    }

    /**
     * Asks and compares.
     *
     * @return what is wrong, or null if all is as it must be
     */
    @Nullable
    String complaint(Rehearsal rehearsal, EngineKey key) {
        Outcome end = rehearsal.run(key, operation, algorithm, inputs);
        if (end != outcome) {
            return id + ": ended " + end + " instead of " + outcome;
        }
        return output != null && !Arrays.equals(output, rehearsal.value()) ? id + ": wrong value" : null;
    }

    /**
     * Does what this operation undoes or checks, then this operation again on what came out: the direction in which
     * an engine uses random bytes and so has no known answer.
     *
     * @return what is wrong, or null
     */
    @Nullable
    String complaintThereAndBack(Rehearsal rehearsal, EngineKey key) {
        Map<Field, byte[]> there = new EnumMap<>(inputs);
        Map<Field, byte[]> back = new EnumMap<>(inputs);
        there.keySet().retainAll(Set.of(Field.AAD, Field.VALUE));
        Operation forth = switch (operation) {
            case VERIFY -> Operation.SIGN;
            case DECRYPT -> Operation.ENCRYPT;
            default -> Operation.WRAP_KEY;
        };
        byte[] start = operation == Operation.VERIFY ? inputs.get(Field.DIGEST) : output;
        if (start == null) {
            return id + ": nothing to start from";
        }
        there.put(Field.VALUE, start);
        if (rehearsal.run(key, forth, algorithm, there) != Outcome.DONE) {
            return id + ": " + forth + " failed";
        }
        back.put(Field.VALUE, rehearsal.value());
        if (algorithm.family() == Algorithm.Family.AES_GCM) {
            back.put(Field.IV, rehearsal.iv());
            back.put(Field.TAG, rehearsal.tag());
        }
        return new KnownAnswer(
                        id + ", there and back",
                        keyClass,
                        publicPart,
                        secret,
                        operation,
                        algorithm,
                        back,
                        outcome,
                        output)
                .complaint(rehearsal, key);
    }

    @Override
    public String toString() {
        return id;
    }
}
