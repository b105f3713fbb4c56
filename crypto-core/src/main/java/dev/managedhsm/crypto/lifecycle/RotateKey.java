// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordSeal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes a new version of a key after the current one: class, public exponent, permitted operations, tags, release policy and whether it is
 * enabled are the same, the expiry is what the key's rotation policy says, and there is no first second of use.
 */
final class RotateKey extends Change<KeyFacts> {
    private final Engine engine;
    private final RecordSeal seal;
    private final Keyring keyring;
    private final InstantSource clock;
    private final @Nullable FreshSecret pair;
    private @Nullable CreateKey creation;

    /** @param pair a pair of the current version's class and public exponent, or null if that is no RSA key */
    RotateKey(
            Engine engine,
            RecordSeal seal,
            Keyring keyring,
            InstantSource clock,
            String folded,
            @Nullable FreshSecret pair) {
        super(folded);
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.clock = clock;
        this.pair = pair;
    }

    /** Why this key cannot be rotated now, or null. Asked early by anybody, and again here. */
    static @Nullable LifecycleRefusal refusal(Keyring keyring, String folded) {
        return keyring.find(folded) == null ? LifecycleRefusal.KEY_NOT_FOUND : CreateKey.refusal(keyring, folded);
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        LivingKey current = keyring.find(key());
        if (current == null) {
            return LifecycleRefusal.KEY_NOT_FOUND;
        }
        KeyFacts facts = current.facts();
        if (!fits(pair, facts)) {
            return LifecycleRefusal.BUSY; // a version of another class or exponent came in between
        }
        Instant now = clock.instant();
        creation = new CreateKey(engine, seal, keyring, InstantSource.fixed(now), request(facts, now), pair);
        return creation.prepare(draft);
    }

    /** Whether a version with this pair, or with none, is like the current one. */
    static boolean fits(@Nullable FreshSecret pair, KeyFacts current) {
        if (pair == null) {
            return current.keyClass().type() != KeyType.RSA;
        }
        return current.keyClass() == pair.keyClass()
                && current.publicPart() instanceof PublicPart.Rsa was
                && pair.publicPart() instanceof PublicPart.Rsa made
                && Arrays.equals(was.exponent(), made.exponent());
    }

    private KeyRequest request(KeyFacts facts, Instant now) {
        return new KeyRequest(
                facts.name(),
                facts.keyClass(),
                facts.permitted(),
                facts.attributes().enabled(),
                KeyAttributes.NONE,
                keyring.rotation(key()).policy().expires(now.getEpochSecond()),
                facts.tags());
    }

    @Override
    KeyFacts publish(KeyringWriter writer) {
        if (creation == null) {
            throw new IllegalStateException("published before it was prepared");
        }
        return creation.publish(writer);
    }
}
