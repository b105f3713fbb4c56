// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import dev.managedhsm.crypto.key.KeyHandle;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One operation on its way through the machine: what is asked, its input and its answer in off-heap memory, how it
 * ended, and when it passed each stage.
 *
 * <p>Owned by one thread at a time: the event loop until the slot is in the ring, the worker that took it until the slot
 * is offered to its {@link Completions}, then the event loop again. The ring and the completion queue publish all fields
 * between them, so none is volatile. Preallocated and reused; {@link #wipe()} leaves no input, output or handle behind.
 *
 * <pre>
 *   memory, {@link Limits#SLOT_LENGTH} bytes
 *   0                       INPUT_LENGTH_MAX   +16       +32
 *   +-----------------------+------------------+---------+-----------------------+
 *   | input fields, packed  | output IV        | out tag | output value          |
 *   +-----------------------+------------------+---------+-----------------------+
 * </pre>
 */
public final class OperationSlot {
    /** The binary members an operation can have. */
    public enum Field {
        /** Digest to sign, plaintext, ciphertext, key to wrap, wrapped key; for verify: the signature. */
        VALUE,
        /** Initialisation vector. */
        IV,
        /** Additional authenticated data. */
        AAD,
        /** Authentication tag. */
        TAG,
        /** For verify: the digest. */
        DIGEST
    }

    /** Where the output vector starts in {@link #memory()}. */
    public static final int OUTPUT_IV = Limits.INPUT_LENGTH_MAX;

    /** Where the output tag starts in {@link #memory()}. */
    public static final int OUTPUT_TAG = OUTPUT_IV + Limits.IV_LENGTH_MAX;

    /** Where the output value starts in {@link #memory()}. */
    public static final int OUTPUT_VALUE = OUTPUT_TAG + Limits.TAG_LENGTH_MAX;

    /** Longest output value, in bytes. */
    public static final int OUTPUT_VALUE_LENGTH_MAX = Limits.VALUE_LENGTH_MAX + Limits.EXPANSION_MAX;

    private static final Field[] FIELDS = Field.values();
    private static final int ABSENT = -1;

    private final int index;
    private final MemorySegment memory;
    private final Completions home;
    private final int[] offsets = new int[FIELDS.length];
    private final int[] lengths = new int[FIELDS.length];
    private final long[] stamps = new long[Stage.values().length];

    private @Nullable Operation operation;
    private @Nullable Algorithm algorithm;
    private @Nullable KeyHandle key;
    private Outcome outcome = Outcome.PENDING;
    private int inputEnd;
    private int outputIvLength;
    private int outputTagLength;
    private int outputValueLength;
    private long startNanos;
    private long deadlineNanos;
    private long expectedNanos;

    /**
     * @param index place of this slot among its owner's slots
     * @param memory {@link Limits#SLOT_LENGTH} bytes that belong to this slot alone, zeroed
     * @param home where workers hand this slot back
     */
    public OperationSlot(int index, MemorySegment memory, Completions home) {
        if (memory.byteSize() != Limits.SLOT_LENGTH) {
            throw new IllegalStateException("a slot needs " + Limits.SLOT_LENGTH + " bytes");
        }
        this.index = index;
        this.memory = memory;
        this.home = home;
        Arrays.fill(lengths, ABSENT);
    }

    /** Place of this slot among its owner's slots. */
    public int index() {
        return index;
    }

    /** Where this slot is handed back. */
    public Completions home() {
        return home;
    }

    /** Starts the slot's use: says when the request began. */
    public void start(long nowNanos) {
        startNanos = nowNanos;
    }

    /** Says what is asked. The input fields are put before or after. */
    public void ask(Operation operation, Algorithm algorithm, KeyHandle key) {
        this.operation = operation;
        this.algorithm = algorithm;
        this.key = key;
        this.outcome = Outcome.PENDING;
    }

    /** What is asked; {@link #ask} must have been called. */
    public Operation operation() {
        return present(operation);
    }

    /** With which algorithm; {@link #ask} must have been called. */
    public Algorithm algorithm() {
        return present(algorithm);
    }

    /** Of which key version; {@link #ask} must have been called. */
    public KeyHandle key() {
        return present(key);
    }

    /** The slot's off-heap bytes; see the drawing above. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where the next input field starts in {@link #memory()}. */
    public int inputEnd() {
        return inputEnd;
    }

    /** How many bytes of input can still be put. */
    public int inputRoom() {
        return Limits.INPUT_LENGTH_MAX - inputEnd;
    }

    /**
     * Says that {@code length} bytes of a field have been written at {@link #inputEnd()}.
     *
     * @throws IllegalStateException if the field was put before or does not fit: the caller must have checked
     */
    public void put(Field field, int length) {
        if (lengths[field.ordinal()] != ABSENT || length < 0 || length > inputRoom()) {
            throw new IllegalStateException("field cannot be put");
        }
        offsets[field.ordinal()] = inputEnd;
        lengths[field.ordinal()] = length;
        inputEnd += length;
    }

    /** Whether the field was given, even if empty. */
    public boolean has(Field field) {
        return lengths[field.ordinal()] != ABSENT;
    }

    /** Where the field starts in {@link #memory()}; 0 where it was not given. */
    public int offset(Field field) {
        return offsets[field.ordinal()];
    }

    /** Length of the field in bytes; 0 where it was not given. */
    public int length(Field field) {
        return Math.max(lengths[field.ordinal()], 0);
    }

    /** How the operation ended. */
    public Outcome outcome() {
        return outcome;
    }

    /** Ends the operation without output. */
    public void end(Outcome end) {
        outcome = end;
    }

    /** Ends the operation with {@code length} bytes at {@link #OUTPUT_VALUE}. */
    public void done(int length) {
        outputValueLength = length;
        outcome = Outcome.DONE;
    }

    /** Ends the operation with a value, and a vector and a tag made by the engine. */
    public void done(int length, int ivLength, int tagLength) {
        outputIvLength = ivLength;
        outputTagLength = tagLength;
        done(length);
    }

    /** Length of the output value in bytes. */
    public int outputValueLength() {
        return outputValueLength;
    }

    /** Length of the output vector in bytes; 0 if there is none. */
    public int outputIvLength() {
        return outputIvLength;
    }

    /** Length of the output tag in bytes; 0 if there is none. */
    public int outputTagLength() {
        return outputTagLength;
    }

    /** When the operation must have been taken by a worker, on the clock of {@link System#nanoTime()}. */
    public long deadlineNanos() {
        return deadlineNanos;
    }

    /** Sets the deadline, on the clock of {@link System#nanoTime()}. */
    public void deadlineNanos(long nanos) {
        deadlineNanos = nanos;
    }

    /** How long the operation is expected to take a worker, as the ring said when it let it in. */
    public long expectedNanos() {
        return expectedNanos;
    }

    /** Says how long the operation is expected to take a worker. */
    public void expectedNanos(long nanos) {
        expectedNanos = nanos;
    }

    /** Says that a stage ended. */
    public void stamp(Stage stage, long nowNanos) {
        stamps[stage.ordinal()] = nowNanos;
    }

    /** How long a stage took, in nanoseconds; both it and the stage before must have been stamped. */
    public long nanos(Stage stage) {
        int i = stage.ordinal();
        return stamps[i] - (i == 0 ? startNanos : stamps[i - 1]);
    }

    /** When the request began. */
    public long startNanos() {
        return startNanos;
    }

    /** A copy of when each stage ended, by its place among the stages. */
    long[] stamps() {
        return stamps.clone();
    }

    /**
     * Overwrites every byte that may have been written and forgets what was asked. An operation that did not end well may
     * have left plaintext beyond any length it reported, and a body that was refused may have left more than its fields:
     * then the whole output or input is overwritten.
     */
    public void wipe() {
        memory.asSlice(0, operation == null ? Limits.INPUT_LENGTH_MAX : inputEnd)
                .fill((byte) 0);
        int written = switch (outcome) {
            case DONE, SIGNATURE_VALID, SIGNATURE_INVALID -> Math.max(outputValueLength, Limits.MODULUS_LENGTH_MAX);
            default -> OUTPUT_VALUE_LENGTH_MAX;
        };
        memory.asSlice(OUTPUT_IV, OUTPUT_VALUE - OUTPUT_IV + written).fill((byte) 0);
        Arrays.fill(lengths, ABSENT);
        Arrays.fill(offsets, 0);
        operation = null;
        algorithm = null;
        key = null;
        outcome = Outcome.PENDING;
        inputEnd = 0;
        outputIvLength = 0;
        outputTagLength = 0;
        outputValueLength = 0;
        deadlineNanos = 0;
        expectedNanos = 0;
    }

    private static <T> T present(@Nullable T asked) {
        if (asked == null) {
            throw new IllegalStateException("the slot carries no operation");
        }
        return asked;
    }
}
