// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.UseRule;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Refused;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Released;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Withheld;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.seal.SealFailure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data keys that are never in the clear outside an attested environment: made here and given out wrapped under a key, and
 * given to an environment wrapped to its own key. In between they are in locked memory for the time of a call.
 *
 * <p>Any thread that may compute for some milliseconds; not an event loop, not a worker.
 */
public final class SecureKeys {
    /** Length of the data keys that are made, in bytes. */
    public static final int KEY_LENGTH = 32;

    private final Keyring keyring;
    private final Engine engine;
    private final HsmState state;
    private final InstantSource clock;

    /** What a slot that never enters a ring is handed back to. */
    private record Nobody() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("the slot is not in a ring");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("the slot is not in a ring");
        }
    }

    /**
     * @param keyring where keys live
     * @param engine what computes
     * @param state the HSM's state
     * @param clock tells whether a key is in its period of use
     */
    public SecureKeys(Keyring keyring, Engine engine, HsmState state, InstantSource clock) {
        this.keyring = keyring;
        this.engine = engine;
        this.state = state;
        this.clock = clock;
    }

    /**
     * Makes an AES-256 key and wraps it under a key.
     *
     * @param handle the wrapping key
     * @param algorithm one that wraps
     * @return the wrapped form, which is all that is left of the new key
     * @throws SealFailure if the sealed secret was changed in memory; the HSM has moved to failed
     * @throws EngineFailure if the engine broke a promise; the HSM has moved to failed
     */
    public ReleaseAnswer wrapNew(KeyHandle handle, Algorithm algorithm) {
        return withKey(handle, Operation.WRAP_KEY, (reader, key) -> {
            KeyFacts facts = key.facts();
            try (LockedMemory memory = slotMemory()) {
                OperationSlot slot = slot(memory);
                engine.random(slot.memory().asSlice(slot.inputEnd(), KEY_LENGTH));
                slot.put(Field.VALUE, KEY_LENGTH);
                return run(
                        reader,
                        key,
                        slot,
                        Operation.WRAP_KEY,
                        algorithm,
                        output -> new Released(facts, output.toArray(JAVA_BYTE)));
            }
        });
    }

    /**
     * Unwraps a data key and wraps it again to a receiver.
     *
     * @param handle the key it is wrapped under
     * @param algorithm one that unwraps
     * @param wrapped the wrapped form
     * @param met the release policy that the receiver meets; null if the key had none
     * @param transport how the data key travels
     * @param receiver the receiver's public key, as it was attested
     * @return the data key, readable by the receiver alone
     * @throws SealFailure if the sealed secret was changed in memory; the HSM has moved to failed
     * @throws EngineFailure if the engine broke a promise; the HSM has moved to failed
     */
    public ReleaseAnswer rewrap(
            KeyHandle handle,
            Algorithm algorithm,
            byte[] wrapped,
            @Nullable ReleasePolicy met,
            KeyTransport transport,
            PublicPart.Rsa receiver) {
        if (wrapped.length > Limits.VALUE_LENGTH_MAX) {
            return new Refused(Outcome.BAD_VALUE_LENGTH);
        }
        return withKey(handle, Operation.UNWRAP_KEY, (reader, key) -> {
            KeyFacts facts = key.facts();
            if (!Objects.equals(met, facts.releasePolicy())) {
                return Withheld.POLICY_CHANGED;
            }
            try (LockedMemory memory = slotMemory()) {
                OperationSlot slot = slot(memory);
                MemorySegment.copy(wrapped, 0, slot.memory(), JAVA_BYTE, slot.inputEnd(), wrapped.length);
                slot.put(Field.VALUE, wrapped.length);
                return run(
                        reader,
                        key,
                        slot,
                        Operation.UNWRAP_KEY,
                        algorithm,
                        output -> transported(facts, output, transport, receiver));
            }
        });
    }

    private ReleaseAnswer withKey(KeyHandle handle, Operation operation, Use use) {
        if (state.now() != HsmCondition.OPERATIONAL) {
            return Withheld.NOT_OPERATIONAL;
        }
        try (KeyringReader reader = keyring.reader()) {
            LivingKey key = reader.enter(handle);
            if (key == null) {
                return new Refused(Outcome.KEY_GONE);
            }
            try {
                Outcome usable =
                        UseRule.usable(key.facts(), operation, clock.instant().getEpochSecond());
                return usable == Outcome.PENDING ? use.use(reader, key) : new Refused(usable);
            } finally {
                reader.exit();
            }
        } catch (SealFailure | EngineFailure broken) {
            state.fail("a key could not be wrapped; see the log");
            throw broken;
        }
    }

    private ReleaseAnswer run(
            KeyringReader reader,
            LivingKey key,
            OperationSlot slot,
            Operation operation,
            Algorithm algorithm,
            Finish finish) {
        slot.ask(operation, algorithm, key.handle());
        try (EngineWorker worker = engine.worker()) {
            worker.execute(slot, reader.engineKey(key));
        }
        return slot.outcome() == Outcome.DONE
                ? finish.finish(slot.memory().asSlice(OperationSlot.OUTPUT_VALUE, slot.outputValueLength()))
                : new Refused(slot.outcome());
    }

    private ReleaseAnswer transported(
            KeyFacts facts, MemorySegment plain, KeyTransport transport, PublicPart.Rsa receiver) {
        if (plain.byteSize() == 0 || plain.byteSize() > Engine.SECRET_LENGTH_MAX) {
            return new Refused(Outcome.BAD_VALUE_LENGTH);
        }
        try (Arena arena = Arena.ofConfined()) {
            int length = KeyTransport.wrappedLength(receiver.modulus().length, (int) plain.byteSize());
            MemorySegment out = arena.allocate(length);
            int written = engine.wrapForTransport(transport, receiver, plain, out);
            return written == Engine.TRANSPORT_FAILED
                    ? Withheld.RECEIVER_UNFIT
                    : new Released(facts, out.asSlice(0, written).toArray(JAVA_BYTE));
        }
    }

    private static LockedMemory slotMemory() {
        return LockedMemory.allocate(Limits.SLOT_LENGTH, "a data key on its way");
    }

    private static OperationSlot slot(LockedMemory memory) {
        return new OperationSlot(0, memory.segment(), new Nobody());
    }

    /** What is done with a key that was entered. */
    @FunctionalInterface
    private interface Use {
        ReleaseAnswer use(KeyringReader reader, LivingKey key);
    }

    /** What is done with an operation's output. */
    @FunctionalInterface
    private interface Finish {
        ReleaseAnswer finish(MemorySegment output);
    }
}
