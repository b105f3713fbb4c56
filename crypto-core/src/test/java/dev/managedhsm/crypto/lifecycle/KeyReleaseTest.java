// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.fixture.MemoryJournal;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Refused;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Released;
import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Withheld;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.math.BigInteger;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What keeps a key in the HSM when somebody who was attested asks for it. What it opens to is tested where others open it. */
final class KeyReleaseTest {
    private static final long NOW_SECONDS = 1_000_000;
    private static final int READERS_MAX = 3;
    private static final ReleasePolicy POLICY = new ReleasePolicy("application/json", "{\"a\":1}", false);
    private static final ReleasePolicy OTHER = new ReleasePolicy("application/json", "{\"a\":2}", false);

    /** An odd number of 2048 bits is all that wrapping looks at. */
    private static final PublicPart.Rsa RECEIVER = receiver(2048);

    private final Engine engine = PortableEngine.open();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");
    private final RecordSeal seal = new RecordSeal(engine, keys);
    private final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    private final Keyring keyring = new Keyring(engine, seal, 10, READERS_MAX);
    private final KeyLifecycle lifecycle = new KeyLifecycle(
            engine,
            seal,
            keyring,
            new MemoryJournal(),
            state,
            LifecyclePolicy.DEFAULT,
            () -> Instant.ofEpochSecond(NOW_SECONDS));
    private final KeyRelease release = new KeyRelease(keyring, engine, state);
    private final SecureKeys secureKeys =
            new SecureKeys(keyring, engine, state, () -> Instant.ofEpochSecond(NOW_SECONDS));

    @AfterEach
    void close() {
        lifecycle.close();
        keys.close();
        root.close();
        engine.close();
    }

    @Test
    void releasesByThePolicyThatWasMet() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        Released released = assertInstanceOf(Released.class, release(key, POLICY));
        assertEquals(256 + 40, released.wrapped().length);
        assertEquals("k", released.facts().name().text());
    }

    @Test
    void keepsAKeyWhosePolicyIsNotTheOneThatWasMet() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        assertEquals(Withheld.POLICY_CHANGED, release(key, OTHER));
        KeyUpdate update = new KeyUpdate(null, null, null, null, null, null, OTHER);
        LifecycleFixture.done(lifecycle.update(new KeyName("k"), null, update));
        assertEquals(Withheld.POLICY_CHANGED, release(key, POLICY));
        assertInstanceOf(Released.class, release(key, OTHER));
    }

    @Test
    void keepsAKeyWithoutPolicyWhateverWasMet() {
        assertEquals(Withheld.NOT_EXPORTABLE, release(create("k", true, KeyAttributes.NONE, null), POLICY));
    }

    @Test
    void keepsADisabledKeyButNotAnExpiredOne() {
        assertEquals(
                new Refused(Outcome.KEY_DISABLED), release(create("off", false, KeyAttributes.NONE, POLICY), POLICY));
        assertInstanceOf(Released.class, release(create("old", true, NOW_SECONDS - 5, POLICY), POLICY));
    }

    @Test
    void findsNoKeyThatIsGone() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        LifecycleFixture.done(lifecycle.delete(new KeyName("k")));
        assertEquals(new Refused(Outcome.KEY_GONE), release(key, POLICY));
        assertEquals(new Refused(Outcome.KEY_GONE), secureKeys.wrapNew(key, Algorithm.A256KW));
    }

    @Test
    void keepsKeysFromReceiversWithAWeakKey() {
        PublicPart.Rsa weak = receiver(1024);
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        assertEquals(Withheld.RECEIVER_UNFIT, release.release(key, POLICY, KeyTransport.OAEP_SHA256, weak));
        byte[] wrapped = assertInstanceOf(Released.class, secureKeys.wrapNew(key, Algorithm.A256KW))
                .wrapped();
        assertEquals(
                Withheld.RECEIVER_UNFIT,
                secureKeys.rewrap(key, Algorithm.A256KW, wrapped, POLICY, KeyTransport.OAEP_SHA256, weak));
    }

    @Test
    void answersNothingWhileTheHsmIsNotOperational() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        state.become(HsmCondition.SEALED);
        assertEquals(Withheld.NOT_OPERATIONAL, release(key, POLICY));
        assertEquals(Withheld.NOT_OPERATIONAL, secureKeys.wrapNew(key, Algorithm.A256KW));
    }

    @Test
    void givesBackItsPlaceInTheKeyringHoweverItEnds() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        KeyHandle off = create("off", false, KeyAttributes.NONE, POLICY);
        for (int i = 0; i < 3 * READERS_MAX; i++) {
            assertInstanceOf(Released.class, release(key, POLICY));
            assertInstanceOf(Refused.class, release(off, POLICY));
            assertInstanceOf(Withheld.class, release(key, OTHER));
            assertInstanceOf(Released.class, secureKeys.wrapNew(key, Algorithm.A256KW));
        }
    }

    @Test
    void givesDataKeysByThePolicyThatWasMetAndInsideThePeriodAsTheOperationsDo() {
        KeyHandle key = create("k", true, KeyAttributes.NONE, POLICY);
        KeyHandle old = create("old", true, NOW_SECONDS - 5, null);
        byte[] wrapped = assertInstanceOf(Released.class, secureKeys.wrapNew(key, Algorithm.A256KW))
                .wrapped();
        assertEquals(40, wrapped.length);
        assertEquals(Withheld.POLICY_CHANGED, rewrap(key, wrapped, OTHER));
        assertEquals(Withheld.POLICY_CHANGED, rewrap(key, wrapped, null));
        Released given = assertInstanceOf(Released.class, rewrap(key, wrapped, POLICY));
        assertEquals(256 + 40, given.wrapped().length);
        assertEquals(new Refused(Outcome.KEY_NOT_IN_PERIOD), secureKeys.wrapNew(old, Algorithm.A256KW));
        assertEquals(new Refused(Outcome.DECRYPTION_FAILED), rewrap(old, wrapped, null));
        assertEquals(new Refused(Outcome.DECRYPTION_FAILED), rewrap(key, new byte[40], POLICY));
        assertEquals(new Refused(Outcome.BAD_VALUE_LENGTH), rewrap(key, new byte[7], POLICY));
        assertEquals(new Refused(Outcome.BAD_VALUE_LENGTH), rewrap(key, new byte[Limits.VALUE_LENGTH_MAX + 8], POLICY));
        assertEquals(new Refused(Outcome.ALGORITHM_MISMATCH), secureKeys.wrapNew(key, Algorithm.A128KW));
    }

    private ReleaseAnswer release(KeyHandle key, ReleasePolicy met) {
        return release.release(key, met, KeyTransport.OAEP_SHA1, RECEIVER);
    }

    private ReleaseAnswer rewrap(KeyHandle key, byte[] wrapped, @Nullable ReleasePolicy met) {
        return secureKeys.rewrap(key, Algorithm.A256KW, wrapped, met, KeyTransport.OAEP_SHA256, RECEIVER);
    }

    private KeyHandle create(String name, boolean enabled, long expires, @Nullable ReleasePolicy policy) {
        KeyRequest request = new KeyRequest(
                new KeyName(name),
                KeyClass.OCT_256,
                EnumSet.of(PermittedOperation.WRAP_KEY, PermittedOperation.UNWRAP_KEY),
                enabled,
                KeyAttributes.NONE,
                expires,
                Map.of(),
                KeyRequest.PUBLIC_EXPONENT,
                policy != null,
                policy);
        KeyFacts facts = LifecycleFixture.done(lifecycle.create(request));
        LivingKey key = keyring.find(facts.name().text());
        return Objects.requireNonNull(key).handle();
    }

    private static PublicPart.Rsa receiver(int bits) {
        BigInteger modulus = BigInteger.ONE.shiftLeft(bits - 1).add(BigInteger.ONE);
        return new PublicPart.Rsa(BigIntegers.asUnsignedByteArray(modulus), new byte[] {1, 0, 1});
    }
}
