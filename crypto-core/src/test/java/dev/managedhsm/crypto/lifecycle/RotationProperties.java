// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.RotationFixture.DAY;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Any sequence of policies, rotations, deletions, moves of the clock both ways, and restarts leaves the versions that a
 * simple model says. All durations are days, so that the model can count for itself.
 */
class RotationProperties {
    private static final List<String> NAMES = List.of("a", "b-1", "c");
    private static final int[] MOVES = {1, 13, 30, 61, 400, -1, -20, -90};

    /** One version in the model. */
    private record Version(long created, long expires) {}

    /** A policy in the model: days after creation or before expiry, the other one 0; days to expiry or 0. */
    private record Rule(int after, int before, int expiry) {
        static final List<Rule> ALL = List.of(
                new Rule(0, 0, 0), new Rule(30, 0, 0), new Rule(28, 0, 60), new Rule(0, 28, 56), new Rule(0, 0, 40));

        RotationPolicy policy() {
            if (after > 0) {
                return RotationFixture.afterCreate("P" + after + "D", expiry == 0 ? null : "P" + expiry + "D");
            }
            if (before > 0) {
                return RotationFixture.beforeExpiry("P" + before + "D", "P" + expiry + "D");
            }
            return expiry == 0
                    ? RotationPolicy.BLANK
                    : new RotationPolicy(List.of(), RotationFixture.duration("P" + expiry + "D"));
        }

        boolean due(Version current, long now) {
            if (after > 0) {
                return now >= current.created() + after * DAY;
            }
            return before > 0 && current.expires() != KeyAttributes.NONE && now >= current.expires() - before * DAY;
        }

        Version next(long now) {
            return new Version(now, expiry == 0 ? KeyAttributes.NONE : now + expiry * DAY);
        }
    }

    private final Map<String, List<Version>> versions = new TreeMap<>();
    private final Map<String, Long> deleted = new TreeMap<>();
    private final Map<String, Rule> rules = new TreeMap<>();

    @Property(tries = 60)
    void keysAreRotatedAsTheModelSays(@ForAll @Size(max = 50) List<@IntRange(max = 65) Integer> steps) {
        versions.clear();
        deleted.clear();
        rules.clear();
        try (RotationFixture keys = new RotationFixture()) {
            keys.hsm.nowSeconds.set(1_000 * DAY);
            for (int step : steps) {
                apply(keys, step / 3, NAMES.get(step % 3));
                settle(keys);
                check(keys);
            }
            assertEquals(0, keys.hsm.engine.broken.get());
        }
    }

    private void apply(RotationFixture keys, int what, String name) {
        switch (what) {
            case 0, 1 -> create(keys, name);
            case 2, 3, 4, 5, 6 -> set(keys, name, Rule.ALL.get(what - 2));
            case 7 -> rotate(keys, name);
            case 8 -> delete(keys, name);
            case 9 -> recover(keys, name);
            case 10 -> expire(keys, name);
            case 11, 12 -> keys.hsm.restart();
            default -> keys.hsm.nowSeconds.addAndGet(MOVES[what % MOVES.length] * DAY);
        }
    }

    private boolean living(String name) {
        return versions.containsKey(name) && !deleted.containsKey(name);
    }

    private List<Version> chain(String name) {
        return versions.computeIfAbsent(name, _ -> new ArrayList<>());
    }

    private static boolean made(LifecycleAnswer<?> answer) {
        return answer instanceof LifecycleAnswer.Done;
    }

    private void create(RotationFixture keys, String name) {
        boolean made = made(LifecycleFixture.answer(
                keys.hsm.lifecycle.create(LifecycleFixture.request(name, dev.managedhsm.crypto.key.KeyClass.OCT_128))));
        assertEquals(!deleted.containsKey(name), made);
        if (made) {
            chain(name).add(new Version(keys.hsm.nowSeconds.get(), KeyAttributes.NONE));
        }
    }

    private void set(RotationFixture keys, String name, Rule rule) {
        boolean made =
                made(LifecycleFixture.answer(keys.hsm.lifecycle.rotationPolicy(new KeyName(name), rule.policy())));
        assertEquals(living(name), made);
        if (made) {
            rules.put(name, rule);
        }
    }

    private void rotate(RotationFixture keys, String name) {
        boolean made = made(LifecycleFixture.answer(keys.hsm.lifecycle.rotate(new KeyName(name))));
        assertEquals(living(name), made);
        if (made) {
            chain(name).add(rule(name).next(keys.hsm.nowSeconds.get()));
        }
    }

    private Rule rule(String name) {
        return rules.getOrDefault(name, Rule.ALL.getFirst());
    }

    private void delete(RotationFixture keys, String name) {
        boolean made = made(LifecycleFixture.answer(keys.hsm.lifecycle.delete(new KeyName(name))));
        assertEquals(living(name), made);
        if (made) {
            deleted.put(name, keys.hsm.nowSeconds.get() + 90 * DAY);
        }
    }

    private void recover(RotationFixture keys, String name) {
        boolean made = made(LifecycleFixture.answer(keys.hsm.lifecycle.recover(new KeyName(name))));
        assertEquals(deleted.remove(name) != null, made);
    }

    private void expire(RotationFixture keys, String name) {
        long expires = keys.hsm.nowSeconds.get() + 35 * DAY;
        KeyUpdate update = new KeyUpdate(null, null, null, expires, null);
        boolean made = made(LifecycleFixture.answer(keys.hsm.lifecycle.update(new KeyName(name), null, update)));
        assertEquals(living(name), made);
        if (made) {
            List<Version> all = chain(name);
            all.set(all.size() - 1, new Version(all.getLast().created(), expires));
        }
    }

    /** What the clock does to the HSM and to the model. */
    private void settle(RotationFixture keys) {
        keys.settle();
        long now = keys.hsm.nowSeconds.get();
        for (String name : NAMES) {
            if (deleted.getOrDefault(name, Long.MAX_VALUE) <= now) {
                deleted.remove(name);
                versions.remove(name);
                rules.remove(name);
            } else if (living(name) && rule(name).due(chain(name).getLast(), now)) {
                chain(name).add(rule(name).next(now));
            }
        }
    }

    private void check(RotationFixture keys) {
        for (String name : NAMES) {
            List<Version> found = keys.hsm.keyring.versions(name, null, 1_000).stream()
                    .map(LivingKey::facts)
                    .map(RotationProperties::version)
                    .toList();
            assertEquals(living(name) ? versions.get(name) : List.of(), found);
            assertEquals(rule(name).policy(), keys.hsm.keyring.rotation(name).policy());
        }
        assertEquals(
                List.copyOf(deleted.keySet()),
                keys.hsm.keyring.listDeleted(null, 9).stream()
                        .map(key -> key.name().text())
                        .toList());
    }

    private static Version version(KeyFacts facts) {
        return new Version(facts.attributes().created(), facts.attributes().expires());
    }
}
