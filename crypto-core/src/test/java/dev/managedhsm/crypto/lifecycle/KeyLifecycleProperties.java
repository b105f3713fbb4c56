// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Any sequence of changes and restarts leaves what a simple model says: names to lists of versions, living or deleted. */
class KeyLifecycleProperties {
    private static final List<String> NAMES = List.of("a", "b-1", "c");

    /** One version in the model. */
    private record Version(KeyFacts facts, int fingerprint) {}

    private final TreeMap<String, List<Version>> living = new TreeMap<>();
    private final TreeMap<String, List<Version>> deleted = new TreeMap<>();

    @Property(tries = 25)
    void keysAreWhatTheModelSays(@ForAll @Size(max = 60) List<@IntRange(max = 23) Integer> steps) {
        living.clear();
        deleted.clear();
        try (LifecycleFixture hsm = new LifecycleFixture(LifecyclePolicy.DEFAULT)) {
            for (int step : steps) {
                String name = NAMES.get(step % 3);
                apply(hsm, step / 3, name);
                check(hsm);
            }
            hsm.restart();
            check(hsm);
            assertEquals(0, hsm.engine.broken.get());
        }
    }

    private void apply(LifecycleFixture hsm, int what, String name) {
        switch (what) {
            case 0, 1, 2 -> create(hsm, name, KeyClass.values()[3 + (name.length() + what) % 7]);
            case 3 -> update(hsm, name);
            case 4 -> move(LifecycleFixture.answer(hsm.lifecycle.delete(new KeyName(name))), name, living, deleted);
            case 5 -> move(LifecycleFixture.answer(hsm.lifecycle.recover(new KeyName(name))), name, deleted, living);
            case 6 -> {
                LifecycleAnswer<DeletedKey> answer = LifecycleFixture.answer(hsm.lifecycle.purge(new KeyName(name)));
                assertEquals(deleted.remove(name) != null, answer instanceof LifecycleAnswer.Done);
            }
            default -> hsm.restart();
        }
    }

    private void create(LifecycleFixture hsm, String name, KeyClass keyClass) {
        LifecycleAnswer<KeyFacts> answer =
                LifecycleFixture.answer(hsm.lifecycle.create(LifecycleFixture.request(name, keyClass)));
        if (deleted.containsKey(name)) {
            assertEquals(new LifecycleAnswer.Refused<KeyFacts>(LifecycleRefusal.NAME_IN_DELETED_STATE), answer);
        } else if (answer instanceof LifecycleAnswer.Done<KeyFacts> done) {
            living.computeIfAbsent(name, _ -> new ArrayList<>())
                    .add(new Version(done.value(), hsm.fingerprint(done.value())));
        } else {
            throw new AssertionError(answer.toString());
        }
    }

    private void update(LifecycleFixture hsm, String name) {
        hsm.nowSeconds.incrementAndGet();
        List<Version> versions = living.get(name);
        KeyUpdate update = new KeyUpdate(null, false, null, null, null);
        String oldest =
                versions == null ? null : versions.getFirst().facts().version().text();
        LifecycleAnswer<KeyFacts> answer =
                LifecycleFixture.answer(hsm.lifecycle.update(new KeyName(name), oldest, update));
        if (versions == null) {
            assertEquals(new LifecycleAnswer.Refused<KeyFacts>(LifecycleRefusal.KEY_NOT_FOUND), answer);
        } else if (answer instanceof LifecycleAnswer.Done<KeyFacts> done) {
            versions.set(0, new Version(done.value(), versions.getFirst().fingerprint()));
        } else {
            throw new AssertionError(answer.toString());
        }
    }

    private static void move(
            LifecycleAnswer<?> answer, String name, Map<String, List<Version>> from, Map<String, List<Version>> to) {
        List<Version> versions = from.remove(name);
        assertEquals(versions != null, answer instanceof LifecycleAnswer.Done);
        if (versions != null) {
            to.put(name, versions);
        }
    }

    private void check(LifecycleFixture hsm) {
        for (String name : NAMES) {
            List<Version> versions = living.getOrDefault(name, List.of());
            List<LivingKey> found = hsm.keyring.versions(name, null, 1_000);
            assertEquals(
                    versions.stream().map(Version::facts).toList(),
                    found.stream().map(LivingKey::facts).toList());
            versions.forEach(version -> assertEquals(version.fingerprint(), hsm.fingerprint(version.facts())));
            LivingKey current = hsm.keyring.find(name);
            if (versions.isEmpty()) {
                assertNull(current);
            } else {
                assertNotNull(current);
                assertEquals(versions.getLast().facts(), current.facts());
            }
        }
        assertEquals(
                List.copyOf(living.keySet()),
                hsm.keyring.list(null, 9).stream()
                        .map(key -> key.facts().name().text())
                        .toList());
        assertEquals(
                List.copyOf(deleted.keySet()),
                hsm.keyring.listDeleted(null, 9).stream()
                        .map(key -> key.name().text())
                        .toList());
    }
}
