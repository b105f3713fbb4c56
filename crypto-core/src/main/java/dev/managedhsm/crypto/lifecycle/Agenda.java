// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordSeal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be done with keys because its time has come: purge those whose retention is over, rotate those whose policy
 * says so. Owned by the control worker; at start, before that runs, by the thread that fills the keyring.
 *
 * <pre>
 *   change made  --->  look(key)  --->  purges, rotations, RSA rotations: by time
 *                                              |  take(): what is due now
 *                                              +--->  PurgeKey, RotateKey  --->  one commit
 *                                              +--->  key generator  --->  pair  --->  RotateKey at the next take()
 * </pre>
 *
 * <p>When a key is due follows from its records alone and never from what was done before: a restart changes nothing, a
 * clock that jumps over several periods rotates once, because the new version's period begins then, and one that goes
 * back finds that version's time still to come. What could not be committed stays due.
 */
final class Agenda {
    private static final Logger LOG = LoggerFactory.getLogger(Agenda.class);

    /** A pair that the key generator made for a rotation, or null if it could not. */
    private record Arrival(String key, @Nullable FreshSecret pair) {}

    private final Engine engine;
    private final RecordSeal seal;
    private final Keyring keyring;
    private final InstantSource clock;
    private final LifecyclePolicy policy;
    private final KeyGenerator generator;
    private final Runnable wake;

    private final DueList purges = new DueList();
    private final DueList rotations = new DueList();
    private final DueList rsaRotations = new DueList();
    /** RSA keys that are due and for which a pair was asked, with the pair once it is there. */
    private final Map<String, @Nullable FreshSecret> pairs = new HashMap<>();

    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
    /** Keys of which was said that they cannot be rotated any more. */
    private final Set<String> full = new HashSet<>();

    /**
     * @param policy what the owner decided about deletion
     * @param generator makes the pairs of RSA keys
     * @param wake leads to a {@link #take} soon; called by any thread
     */
    Agenda(
            Engine engine,
            RecordSeal seal,
            Keyring keyring,
            InstantSource clock,
            LifecyclePolicy policy,
            KeyGenerator generator,
            Runnable wake) {
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.clock = clock;
        this.policy = policy;
        this.generator = generator;
        this.wake = wake;
    }

    /** Looks at every key that could be due some day. Once, when the keyring has been filled. */
    void lookAtAll() {
        keyring.listDeleted(null, Integer.MAX_VALUE)
                .forEach(deleted -> look(deleted.name().folded()));
        keyring.withRotation().forEach(this::look);
    }

    /** Looks at everything again, because all keys were replaced; some of these names may have no key any more. */
    void lookAgain(Set<String> gone) {
        gone.forEach(this::look);
        lookAtAll();
    }

    /** Looks at a key, because a change of it was made. */
    void look(String key) {
        DeletedKey deleted = keyring.findDeleted(key);
        purges.set(key, deleted == null ? DueList.NEVER : deleted.purgeSeconds());
        LivingKey current = keyring.find(key);
        long due = current == null ? DueList.NEVER : rotationSeconds(key, current);
        boolean rsa = current != null && current.facts().keyClass().type() == KeyType.RSA;
        rotations.set(key, rsa ? DueList.NEVER : due);
        rsaRotations.set(key, rsa ? due : DueList.NEVER);
        if (current == null && deleted == null) {
            full.remove(key);
        }
    }

    private long rotationSeconds(String key, LivingKey current) {
        long due = keyring.rotation(key).policy().dueSeconds(current.facts().attributes());
        if (due == DueList.NEVER || current.ordinal() < LifecycleLimits.VERSIONS_MAX) {
            return due;
        }
        if (full.add(key)) {
            LOG.warn(
                    "the key {} has {} versions, as many as a key can have: its rotation policy has no effect any more",
                    current.facts().name(),
                    current.ordinal());
        }
        return DueList.NEVER;
    }

    /**
     * What is due now, {@link LifecycleLimits#GROUP_MAX} changes at most and one per key; neither purges nor rotations
     * keep each other waiting. Asks the key generator for the pairs of RSA keys that are due.
     */
    List<Change<?>> take() {
        long now = clock.instant().getEpochSecond();
        List<Change<?>> due = new ArrayList<>();
        rotateWithPairs(due, now);
        List<String> purge = purges.due(now, LifecycleLimits.GROUP_MAX);
        List<String> rotate = rotations.due(now, LifecycleLimits.GROUP_MAX);
        int room = LifecycleLimits.GROUP_MAX - due.size();
        int purged = Math.min(purge.size(), Math.max(room / 2, room - rotate.size()));
        for (String key : purge.subList(0, purged)) {
            due.add(new PurgeKey(keyring, clock, policy, key));
        }
        for (String key : rotate.subList(0, Math.min(rotate.size(), room - purged))) {
            due.add(rotation(key, null));
        }
        return due;
    }

    private void rotateWithPairs(List<Change<?>> due, long now) {
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            if (pairs.containsKey(arrival.key())) {
                pairs.put(arrival.key(), arrival.pair());
            }
        }
        List<String> rotate = rsaRotations.due(now, LifecycleLimits.ROTATION_PAIRS_MAX);
        pairs.keySet().retainAll(rotate); // of others the time has not come after all
        for (String key : rotate) {
            LivingKey current = keyring.find(key);
            if (current == null) {
                throw new IllegalStateException("a key is due that is not there");
            }
            FreshSecret pair = pairs.get(key);
            if (pair != null && RotateKey.fits(pair, current.facts())) {
                due.add(rotation(key, pair));
            } else if (pair != null || !pairs.containsKey(key)) {
                askForPair(key, current.facts());
            }
        }
    }

    private void askForPair(String key, KeyFacts current) {
        boolean asked = generator.request(current.keyClass(), RotateKey.exponent(current), pair -> {
            arrivals.add(new Arrival(key, pair));
            wake.run();
        });
        if (asked) {
            pairs.put(key, null);
        } else {
            pairs.remove(key);
        }
    }

    private RotateKey rotation(String key, @Nullable FreshSecret pair) {
        RotateKey rotation = new RotateKey(engine, seal, keyring, clock, key, pair);
        rotation.answer().thenAccept(answer -> {
            switch (answer) {
                case LifecycleAnswer.Done<KeyFacts>(KeyFacts facts) ->
                    LOG.info("the key {} was rotated by its policy: version {}", facts.name(), facts.version());
                case LifecycleAnswer.Refused<KeyFacts>(LifecycleRefusal why)
                when why != LifecycleRefusal.STORE_FAILED && why != LifecycleRefusal.NOT_OPERATIONAL ->
                    LOG.warn("the key {} is due to be rotated and cannot be: {}", key, why);
                default -> {} // the store and the HSM speak for themselves
            }
        });
        return rotation;
    }
}
