// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.sun.management.ThreadMXBean;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A warm worker leaves the heap alone, also for operations that fail. */
@TestInstance(Lifecycle.PER_CLASS)
class NativeWorkerAllocationTest {
    private static final int WARM_UP = 12_000;
    private static final int MEASURED = 10_000;

    /** Operations of pairs cost tens of microseconds to a millisecond each, so that fewer have to do. */
    private static final int WARM_UP_SLOW = 100;

    private static final int MEASURED_SLOW = 100;
    private static final int ATTEMPTS = 5;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final NativeEngine engine = NativeEngine.open();
    private final Bench bench = new Bench(engine);
    private final Arena arena = Arena.ofShared();
    private final KeyHandle handle = new KeyHandle(0, 0, KeyClass.P_256);

    @AfterAll
    void close() {
        bench.close();
        engine.close();
        arena.close();
    }

    @TestFactory
    Stream<DynamicTest> allocatesNothingOnceWarm() {
        return Stream.of(
                        pair(Algorithm.RS256, KeyClass.RSA_2048),
                        pair(Algorithm.PS256, KeyClass.RSA_2048),
                        pair(Algorithm.RSA1_5, KeyClass.RSA_2048),
                        pair(Algorithm.RSA_OAEP_256, KeyClass.RSA_2048),
                        pair(Algorithm.ES256, KeyClass.P_256),
                        pair(Algorithm.ES512, KeyClass.P_521),
                        pair(Algorithm.ES256K, KeyClass.P_256K),
                        pair(Algorithm.HS256, KeyClass.OCT_256),
                        pair(Algorithm.A256GCM, KeyClass.OCT_256),
                        pair(Algorithm.A256CBC, KeyClass.OCT_256),
                        pair(Algorithm.A256CBCPAD, KeyClass.OCT_256),
                        pair(Algorithm.A256KW, KeyClass.OCT_256),
                        pair(Algorithm.CKM_AES_KEY_WRAP_PAD, KeyClass.OCT_256))
                .flatMap(pair -> Arrays.stream(Operation.values())
                        .filter(operation -> pair.algorithm().serves(operation))
                        .flatMap(operation -> Stream.of(true, false).map(good -> test(pair, operation, good))));
    }

    private static Bench.Pair pair(Algorithm algorithm, KeyClass keyClass) {
        return new Bench.Pair(algorithm, keyClass);
    }

    private DynamicTest test(Bench.Pair pair, Operation operation, boolean good) {
        String name = operation + " with " + pair.algorithm() + (good ? "" : ", refused");
        return dynamicTest(name, () -> {
            Map<Field, byte[]> inputs = inputs(pair, operation, good);
            OperationSlot slot = slot(inputs);
            boolean slow = pair.keyClass().type() != KeyType.OCT;
            try (EngineKey key = Bench.published(pair.keyClass()).load(engine);
                    EngineWorker worker = engine.worker()) {
                Outcome expected = run(worker, key, slot, pair.algorithm(), operation, 1);
                assertEquals(good, expected == Outcome.DONE || expected == Outcome.SIGNATURE_VALID, expected::name);
                assertNotEquals(Outcome.PENDING, expected);
                run(worker, key, slot, pair.algorithm(), operation, slow ? WARM_UP_SLOW : WARM_UP);
                int measured = slow ? MEASURED_SLOW : MEASURED;
                assertEquals(0, leastAllocated(() -> run(worker, key, slot, pair.algorithm(), operation, measured)));
            }
        });
    }

    /** The least of several rounds: the compiler can still be at work during the first ones. */
    private static long leastAllocated(Runnable round) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < ATTEMPTS && least > 0; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            round.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private Outcome run(
            EngineWorker worker,
            EngineKey key,
            OperationSlot slot,
            Algorithm algorithm,
            Operation operation,
            int times) {
        for (int i = 0; i < times; i++) {
            slot.ask(operation, algorithm, handle);
            worker.execute(slot, key);
            worker.forget();
        }
        return slot.outcome();
    }

    /** Inputs that succeed, or that fail as late as this operation can fail. */
    private Map<Field, byte[]> inputs(Bench.Pair pair, Operation operation, boolean good) {
        byte[] value = new byte[32];
        byte[] iv = new byte[16];
        return switch (operation) {
            case SIGN ->
                Map.of(Field.VALUE, good ? new byte[Math.max(pair.algorithm().digestLength(), 1)] : new byte[5]);
            case VERIFY -> {
                byte[] digest = new byte[pair.algorithm().digestLength()];
                byte[] signature = bench.sign(pair, digest);
                yield Map.of(Field.DIGEST, digest, Field.VALUE, good ? signature : Bench.flipped(signature, 77));
            }
            case ENCRYPT, WRAP_KEY ->
                switch (pair.algorithm().family()) {
                    case AES_CBC, AES_CBC_PAD -> Map.of(Field.VALUE, value, Field.IV, good ? iv : new byte[3]);
                    case AES_GCM -> good ? Map.of(Field.VALUE, value) : Map.of(Field.VALUE, value, Field.IV, iv);
                    case AES_KEY_WRAP_PAD -> Map.of(Field.VALUE, good ? value : new byte[0]);
                    default -> Map.of(Field.VALUE, good ? value : new byte[601]);
                };
            case DECRYPT, UNWRAP_KEY -> {
                Operation forward = operation == Operation.DECRYPT ? Operation.ENCRYPT : Operation.WRAP_KEY;
                Bench.Answer answer = bench.ask(pair, forward, inputs(pair, forward, true));
                yield switch (pair.algorithm().family()) {
                    case AES_CBC -> Map.of(Field.VALUE, good ? answer.value() : new byte[17], Field.IV, iv);
                    case AES_CBC_PAD -> Map.of(Field.VALUE, changed(answer.value(), good), Field.IV, iv);
                    case AES_GCM ->
                        Map.of(
                                Field.VALUE,
                                changed(answer.value(), good),
                                Field.IV,
                                answer.iv(),
                                Field.TAG,
                                answer.tag());
                    default -> Map.of(Field.VALUE, changed(answer.value(), good));
                };
            }
        };
    }

    /** A change in the last bit but one of the last block but one, which spoils a padding for certain. */
    private static byte[] changed(byte[] value, boolean good) {
        return good ? value : Bench.flipped(value, 8 * Math.max(value.length - 16, 1) - 2);
    }

    private OperationSlot slot(Map<Field, byte[]> inputs) {
        MemorySegment memory = arena.allocate(Limits.SLOT_LENGTH, 64);
        OperationSlot slot = new OperationSlot(0, memory, new Nobody());
        inputs.forEach((field, bytes) -> {
            MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, slot.inputEnd(), bytes.length);
            slot.put(field, bytes.length);
        });
        return slot;
    }

    private record Nobody() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("this slot is not handed back");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("this slot is not handed back");
        }
    }
}
