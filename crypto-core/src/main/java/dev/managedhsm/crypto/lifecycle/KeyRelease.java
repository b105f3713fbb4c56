// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.algorithm.Pkcs8;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.SecretAccess;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Refused;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Released;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Withheld;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.seal.SealFailure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Lets an exportable key go to a receiver whom its release policy names. Who the receiver is and that the policy is met has
 * been found out elsewhere; here the policy in force is compared with the one that was found met, so that nobody is served
 * by a policy of yesterday.
 *
 * <p>Any thread that may compute for a millisecond; not an event loop, not a worker. The secret is in locked memory for
 * the time of the call, and nowhere else in the clear.
 */
public final class KeyRelease {
    private final Keyring keyring;
    private final Engine engine;
    private final HsmState state;

    /**
     * @param keyring where keys live
     * @param engine what wraps
     * @param state the HSM's state; keys are released while it is operational
     */
    public KeyRelease(Keyring keyring, Engine engine, HsmState state) {
        this.keyring = keyring;
        this.engine = engine;
        this.state = state;
    }

    /**
     * Wraps a key: RSA and EC keys in PKCS#8, symmetric keys as they are. A key outside its period of use is released, a
     * disabled one is not.
     *
     * @param handle which key version
     * @param met the policy that the receiver meets
     * @param transport how it travels
     * @param receiver the receiver's public key, as it was attested
     * @throws SealFailure if the sealed secret was changed in memory; the HSM has moved to failed
     * @throws EngineFailure if the engine broke a promise; the HSM has moved to failed
     */
    public ReleaseAnswer release(KeyHandle handle, ReleasePolicy met, KeyTransport transport, PublicPart.Rsa receiver) {
        if (state.now() != HsmCondition.OPERATIONAL) {
            return Withheld.NOT_OPERATIONAL;
        }
        try (KeyringReader reader = keyring.reader()) {
            LivingKey key = reader.enter(handle);
            if (key == null) {
                return new Refused(Outcome.KEY_GONE);
            }
            try {
                return release(reader, key, met, transport, receiver);
            } finally {
                reader.exit();
            }
        } catch (SealFailure | EngineFailure broken) {
            state.fail("a key could not be released; see the log");
            throw broken;
        }
    }

    private ReleaseAnswer release(
            KeyringReader reader, LivingKey key, ReleasePolicy met, KeyTransport transport, PublicPart.Rsa receiver) {
        KeyFacts facts = key.facts();
        if (!facts.attributes().enabled()) {
            return new Refused(Outcome.KEY_DISABLED);
        }
        if (!facts.exportable()) {
            return Withheld.NOT_EXPORTABLE;
        }
        if (!met.equals(facts.releasePolicy())) {
            return Withheld.POLICY_CHANGED;
        }
        try (LockedMemory memory =
                LockedMemory.allocate(Engine.SECRET_LENGTH_MAX + Pkcs8.LENGTH_MAX, "a key on its way out")) {
            MemorySegment plain = plain(reader, key, facts, memory.segment());
            return wrapped(facts, plain, transport, receiver);
        }
    }

    private static MemorySegment plain(KeyringReader reader, LivingKey key, KeyFacts facts, MemorySegment memory) {
        MemorySegment room = memory.asSlice(0, Engine.SECRET_LENGTH_MAX);
        MemorySegment secret = room.asSlice(0, reader.secret(key, SecretAccess.RELEASE, room));
        if (facts.keyClass().type() == KeyType.OCT) {
            return secret;
        }
        MemorySegment encoding = memory.asSlice(Engine.SECRET_LENGTH_MAX);
        return encoding.asSlice(0, Pkcs8.encode(facts.keyClass(), facts.publicPart(), secret, encoding));
    }

    private ReleaseAnswer wrapped(
            KeyFacts facts, MemorySegment plain, KeyTransport transport, PublicPart.Rsa receiver) {
        try (Arena arena = Arena.ofConfined()) {
            int length = KeyTransport.wrappedLength(receiver.modulus().length, (int) plain.byteSize());
            MemorySegment out = arena.allocate(length);
            int written = engine.wrapForTransport(transport, receiver, plain, out);
            return written == Engine.TRANSPORT_FAILED
                    ? Withheld.RECEIVER_UNFIT
                    : new Released(facts, out.asSlice(0, written).toArray(JAVA_BYTE));
        }
    }
}
