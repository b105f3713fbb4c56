// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * The two engines end every operation in the same way, and with the same bytes wherever no random ones are in them: asked with
 * anything, and asked with what one of them made and somebody changed.
 */
class EnginesAgreeProperties {
    private static final List<Pair> PAIRS =
            Bench.pairs(Family.values()).filter(pair -> !pair.keyClass().slow()).toList();
    private static final int[] LENGTHS = {
        0, 1, 7, 8, 9, 12, 15, 16, 17, 20, 23, 24, 25, 32, 33, 40, 48, 63, 64, 65, 96, 132, 190, 191, 214, 215, 245,
        246, 255, 256, 257, 8191, 8192, 8193, 8200, 8208, 8209
    };

    private static final Bench LIBRARY = new Bench(NativeEngine.open());
    private static final Bench PORTABLE = new Bench(new PortableEngine(name -> false));

    @AfterContainer
    static void close() {
        for (Bench bench : List.of(LIBRARY, PORTABLE)) {
            bench.close();
            bench.engine().close();
        }
    }

    @Property(tries = 1500)
    void endAlikeWhateverTheyAreAsked(@ForAll long seed) {
        askAnything(new Random(seed));
    }

    @Property(tries = 400)
    void endAlikeWhateverIsChanged(@ForAll long seed) {
        askWithChanges(new Random(seed));
    }

    /** Ten thousand times, or ten times as often as {@code -Djqwik.tries.default=4000} says. */
    @Tag("slow")
    @Property
    void endAlikeWhateverTheyAreAskedForLong(@ForAll long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 10; i++) {
            askAnything(random);
        }
    }

    /** A thousand times, or as often as {@code -Djqwik.tries.default=4000} says. */
    @Tag("slow")
    @Property
    void endAlikeWhateverIsChangedForLong(@ForAll long seed) {
        askWithChanges(new Random(seed));
    }

    private static void askAnything(Random random) {
        Pair pair = PAIRS.get(random.nextInt(PAIRS.size()));
        Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
        Map<Field, byte[]> inputs = new EnumMap<>(Field.class);
        int room = Limits.INPUT_LENGTH_MAX;
        for (Field field : Field.values()) {
            int length = Math.min(length(pair, field, random), room);
            if (random.nextInt(8) > 0) {
                inputs.put(field, bytes(length, random));
                room -= length;
            }
        }
        if (pair.algorithm().family() == Family.AES_GCM && operation == Operation.ENCRYPT && random.nextBoolean()) {
            inputs.remove(Field.IV);
        }
        agree(pair, operation, inputs);
    }

    /** The length that the algorithm wants, more often than not. */
    private static int length(Pair pair, Field field, Random random) {
        if (random.nextInt(3) == 0) {
            return LENGTHS[random.nextInt(LENGTHS.length)];
        }
        return switch (field) {
            case IV -> pair.algorithm().family() == Family.AES_GCM ? 12 : 16;
            case TAG -> 16;
            case AAD -> random.nextInt(64);
            case DIGEST -> Math.max(pair.algorithm().digestLength(), 20);
            case VALUE ->
                switch (pair.algorithm().family()) {
                    case RSA_PKCS1_SIGNATURE, RSA_PSS_SIGNATURE, ECDSA, HMAC ->
                        random.nextBoolean()
                                ? pair.algorithm().digestLength()
                                : InputRules.signatureLength(pair.algorithm(), pair.keyClass());
                    case RSA_ENCRYPTION ->
                        random.nextBoolean() ? pair.keyClass().bytes() : random.nextInt(200);
                    default -> 8 * random.nextInt(32);
                };
        };
    }

    private static byte[] bytes(int length, Random random) {
        byte[] bytes = new byte[length];
        switch (random.nextInt(6)) {
            case 0 -> Arrays.fill(bytes, (byte) 0xff);
            case 1 -> Arrays.fill(bytes, 0, length / 2, (byte) 0);
            case 2 -> Arrays.fill(bytes, (byte) random.nextInt(18));
            default -> random.nextBytes(bytes);
        }
        return bytes;
    }

    private static void askWithChanges(Random random) {
        Pair pair = PAIRS.get(random.nextInt(PAIRS.size()));
        Algorithm algorithm = pair.algorithm();
        Operation forth = algorithm.serves(Operation.SIGN)
                ? Operation.SIGN
                : algorithm.serves(Operation.ENCRYPT) ? Operation.ENCRYPT : Operation.WRAP_KEY;
        Operation back = switch (forth) {
            case SIGN -> Operation.VERIFY;
            case ENCRYPT -> Operation.DECRYPT;
            default -> Operation.UNWRAP_KEY;
        };
        byte[] start = new byte
                [forth == Operation.SIGN
                        ? Math.max(algorithm.digestLength(), 24)
                        : algorithm.family() == Family.RSA_ENCRYPTION
                                ? random.nextInt(190)
                                : 16 * (1 + random.nextInt(8))];
        random.nextBytes(start);
        Map<Field, byte[]> there = new EnumMap<>(Map.of(Field.VALUE, start));
        if (algorithm.family() == Family.AES_GCM) {
            there.put(Field.AAD, bytes(random.nextInt(40), random));
        } else {
            there.put(Field.IV, bytes(16, random));
        }
        Answer made = (random.nextBoolean() ? LIBRARY : PORTABLE).ask(pair, forth, there);
        Map<Field, byte[]> good = new EnumMap<>(there);
        good.put(Field.VALUE, Bench.done(made));
        if (forth == Operation.SIGN) {
            good.put(Field.DIGEST, start);
        } else if (algorithm.family() == Family.AES_GCM) {
            good.put(Field.IV, made.iv());
            good.put(Field.TAG, made.tag());
        }
        Outcome wanted = forth == Operation.SIGN ? Outcome.SIGNATURE_VALID : Outcome.DONE;
        assertEquals(wanted, agree(pair, back, good));
        List<Field> fields = List.copyOf(good.keySet());
        Field field = fields.get(random.nextInt(fields.size()));
        Map<Field, byte[]> changed = new EnumMap<>(good);
        changed.put(field, changed(good.getOrDefault(field, new byte[0]), random));
        agree(pair, back, changed);
    }

    private static byte[] changed(byte[] bytes, Random random) {
        byte[] other = bytes.clone();
        if (bytes.length == 0) {
            return new byte[1];
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(16));
            case 2 -> Arrays.copyOfRange(bytes, at, bytes.length);
            case 3 -> {
                Arrays.fill(other, at, bytes.length, (byte) 0);
                yield other;
            }
            case 4 -> {
                Arrays.fill(other, 0, at, (byte) 0xff);
                yield other;
            }
            default -> Bench.flipped(bytes, random.nextInt(8 * bytes.length));
        };
    }

    private static Outcome agree(Pair pair, Operation operation, Map<Field, byte[]> inputs) {
        Answer one = LIBRARY.ask(pair, operation, inputs);
        Answer other = PORTABLE.ask(pair, operation, inputs);
        assertEquals(other.outcome(), one.outcome(), () -> pair + ", " + operation);
        assertEquals(other.value().length, one.value().length);
        assertEquals(other.iv().length, one.iv().length);
        assertEquals(other.tag().length, one.tag().length);
        if (!random(pair.algorithm(), operation)) {
            assertArrayEquals(other.value(), one.value(), () -> pair + ", " + operation);
        }
        return one.outcome();
    }

    /** Whether an engine uses random bytes here. */
    private static boolean random(Algorithm algorithm, Operation operation) {
        boolean protects =
                operation == Operation.SIGN || operation == Operation.ENCRYPT || operation == Operation.WRAP_KEY;
        return protects
                && switch (algorithm.family()) {
                    case RSA_PSS_SIGNATURE, ECDSA, RSA_ENCRYPTION, AES_GCM -> true;
                    default -> false;
                };
    }
}
