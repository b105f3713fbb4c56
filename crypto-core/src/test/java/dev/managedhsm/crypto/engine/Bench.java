// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** One engine with one worker and one key of every class, on which the contract's tests ask for operations. */
final class Bench implements AutoCloseable {
    private static final List<KnownAnswer> KEYS = KnownAnswerFile.read(Bench.class, "/vectors/keys.txt");

    /** What came out of an operation. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(Outcome outcome, byte[] value, byte[] iv, byte[] tag) {}

    /** An algorithm and a key that it fits. */
    record Pair(Algorithm algorithm, KeyClass keyClass) {
        @Override
        public String toString() {
            return algorithm + " with " + keyClass;
        }
    }

    private final Engine engine;
    private final Rehearsal rehearsal;
    private final GuardedSlot slot;
    private final Map<KeyClass, EngineKey> keys = new EnumMap<>(KeyClass.class);
    private final SecureRandom random = new SecureRandom();

    Bench(Engine engine) {
        this.engine = engine;
        this.rehearsal = new Rehearsal(engine);
        this.slot = new GuardedSlot(engine);
        for (KnownAnswer key : KEYS) {
            keys.put(key.keyClass(), key.load(engine));
        }
    }

    Engine engine() {
        return engine;
    }

    Rehearsal rehearsal() {
        return rehearsal;
    }

    /** The published key of a class, with an answer of its own. */
    static KnownAnswer published(KeyClass keyClass) {
        return KEYS.stream()
                .filter(key -> key.keyClass() == keyClass)
                .findFirst()
                .orElseThrow();
    }

    /** Every algorithm of these families with every key class that it fits. */
    static Stream<Pair> pairs(Algorithm.Family... families) {
        return Arrays.stream(Algorithm.values())
                .filter(algorithm -> List.of(families).contains(algorithm.family()))
                .flatMap(algorithm -> Arrays.stream(KeyClass.values())
                        .filter(algorithm::fits)
                        .map(keyClass -> new Pair(algorithm, keyClass)));
    }

    byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    Answer ask(Pair pair, Operation operation, Map<Field, byte[]> inputs) {
        EngineKey key = Objects.requireNonNull(keys.get(pair.keyClass()));
        return ask(key, operation, pair.algorithm(), inputs);
    }

    Answer ask(EngineKey key, Operation operation, Algorithm algorithm, Map<Field, byte[]> inputs) {
        return slot.ask(key, operation, algorithm, inputs);
    }

    Outcome outcome(Pair pair, Operation operation, Map<Field, byte[]> inputs) {
        return ask(pair, operation, inputs).outcome();
    }

    /** The signature over a digest, which must be made. */
    byte[] sign(Pair pair, byte[] digest) {
        return done(ask(pair, Operation.SIGN, Map.of(Field.VALUE, digest)));
    }

    Outcome verify(Pair pair, byte[] digest, byte[] signature) {
        return outcome(pair, Operation.VERIFY, Map.of(Field.DIGEST, digest, Field.VALUE, signature));
    }

    /** The value of an answer that must be good. */
    static byte[] done(Answer answer) {
        assertEquals(Outcome.DONE, answer.outcome());
        return answer.value();
    }

    /** A copy with one bit flipped. */
    static byte[] flipped(byte[] bytes, int bit) {
        byte[] other = bytes.clone();
        other[bit / 8] ^= (byte) (0x80 >> bit % 8);
        return other;
    }

    @Override
    public void close() {
        keys.values().forEach(EngineKey::close);
        rehearsal.close();
        slot.close();
    }
}
