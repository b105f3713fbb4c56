// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a key life-cycle should be, told simply: names to lists of versions, living or deleted. Each step is made here and
 * in the real one, and both must end alike.
 */
final class LifecycleModel {
    /** The names it plays with; one is written in another case of letters than it is asked for. */
    static final List<String> NAMES = List.of("a", "B-1", "c");

    /** How many names. */
    static final int NAMES_COUNT = 3;

    /** How many kinds of step there are; twice as many creations as others. */
    static final int ACTIONS = 10;

    /** How many variants of a step. */
    static final int DETAILS = 6;

    private static final long DAY = 86_400;
    private static final int PAGE = 2;

    /** One version: its facts and which secret it has. */
    private record Version(KeyFacts facts, int fingerprint) {}

    /** A deleted key. */
    private record Deleted(List<Version> versions, long deletedSeconds, long purgeSeconds) {}

    private final TreeMap<String, List<Version>> living = new TreeMap<>();
    private final TreeMap<String, Deleted> deleted = new TreeMap<>();
    private final LifecycleFixture hsm;
    private final LifecyclePolicy policy;

    LifecycleModel(LifecycleFixture hsm, LifecyclePolicy policy) {
        this.hsm = hsm;
        this.policy = policy;
        settle();
    }

    /** Makes the step of this number, from 0. */
    void step(int number) {
        String name = NAMES.get(number / ACTIONS % NAMES.size());
        int detail = number / ACTIONS / NAMES.size() % DETAILS;
        switch (number % ACTIONS) {
            case 0, 1 -> create(name, KeyClass.values()[3 + (name.length() + detail) % 7]);
            case 2, 3 -> update(name, detail);
            case 4 -> delete(name);
            case 5 -> recover(name);
            case 6 -> purge(name);
            case 7 -> hsm.nowSeconds.addAndGet(1 + 15 * DAY * detail);
            case 8 -> hsm.nowSeconds.addAndGet(-detail);
            default -> restart();
        }
    }

    private static String folded(String name) {
        return name.toLowerCase(java.util.Locale.ROOT);
    }

    private void create(String name, KeyClass keyClass) {
        var answer = LifecycleFixture.answer(hsm.lifecycle.create(LifecycleFixture.request(name, keyClass)));
        if (deleted.containsKey(folded(name))) {
            assertRefused(LifecycleRefusal.NAME_IN_DELETED_STATE, answer);
            return;
        }
        KeyFacts made = done(answer);
        assertEquals(keyClass, made.keyClass());
        assertEquals(hsm.nowSeconds.get(), made.attributes().created());
        living.computeIfAbsent(folded(name), _ -> new ArrayList<>()).add(new Version(made, hsm.fingerprint(made)));
    }

    private void update(String name, int detail) {
        List<Version> versions = living.get(folded(name));
        boolean oldest = detail % 2 == 0;
        String asked = versions == null || !oldest
                ? null
                : versions.getFirst().facts().version().text();
        if (detail == 5) {
            asked = "0".repeat(32);
        }
        KeyUpdate update = update(detail);
        var answer = LifecycleFixture.answer(hsm.lifecycle.update(new KeyName(name), asked, update));
        if (versions == null) {
            assertRefused(LifecycleRefusal.KEY_NOT_FOUND, answer);
        } else if (detail == 5) {
            assertRefused(LifecycleRefusal.VERSION_NOT_FOUND, answer);
        } else {
            int place = oldest ? 0 : versions.size() - 1;
            Version was = versions.get(place);
            KeyFacts wanted = updated(was.facts(), detail);
            assertEquals(wanted, done(answer));
            versions.set(place, new Version(wanted, was.fingerprint()));
        }
    }

    private KeyUpdate update(int detail) {
        return switch (detail) {
            case 0 -> new KeyUpdate(null, false, null, null, null);
            case 1 -> new KeyUpdate(null, true, hsm.nowSeconds.get() - 1, hsm.nowSeconds.get() + DAY, null);
            case 2 -> new KeyUpdate(Set.of(PermittedOperation.VERIFY), null, null, null, Map.of("a", "b"));
            case 3 -> new KeyUpdate(null, null, KeyAttributes.NONE, KeyAttributes.NONE, Map.of());
            default -> new KeyUpdate(null, null, null, null, null);
        };
    }

    /** The facts with the update of this variant made, written down a second time. */
    private KeyFacts updated(KeyFacts was, int detail) {
        long now = hsm.nowSeconds.get();
        KeyAttributes old = was.attributes();
        KeyAttributes attributes = switch (detail) {
            case 0 -> new KeyAttributes(false, old.notBefore(), old.expires(), old.created(), now);
            case 1 -> new KeyAttributes(true, now - 1, now + DAY, old.created(), now);
            case 3 -> new KeyAttributes(old.enabled(), KeyAttributes.NONE, KeyAttributes.NONE, old.created(), now);
            default -> new KeyAttributes(old.enabled(), old.notBefore(), old.expires(), old.created(), now);
        };
        return new KeyFacts(
                was.name(),
                was.version(),
                was.keyClass(),
                detail == 2 ? Set.of(PermittedOperation.VERIFY) : was.permitted(),
                attributes,
                detail == 2 ? Map.of("a", "b") : detail == 3 ? Map.of() : was.tags(),
                was.publicPart(),
                was.releasePolicy());
    }

    private void delete(String name) {
        var answer = LifecycleFixture.answer(hsm.lifecycle.delete(new KeyName(name)));
        List<Version> versions = living.remove(folded(name));
        if (versions == null) {
            assertRefused(LifecycleRefusal.KEY_NOT_FOUND, answer);
        } else {
            long now = hsm.nowSeconds.get();
            Deleted wanted = new Deleted(versions, now, now + policy.retentionDays() * DAY);
            assertSame(wanted, done(answer));
            deleted.put(folded(name), wanted);
        }
    }

    private void recover(String name) {
        var answer = LifecycleFixture.answer(hsm.lifecycle.recover(new KeyName(name)));
        Deleted was = deleted.remove(folded(name));
        if (was == null) {
            assertRefused(LifecycleRefusal.DELETED_KEY_NOT_FOUND, answer);
        } else {
            assertEquals(was.versions().getLast().facts(), done(answer));
            living.put(folded(name), was.versions());
        }
    }

    private void purge(String name) {
        var answer = LifecycleFixture.answer(hsm.lifecycle.purge(new KeyName(name)));
        Deleted was = deleted.get(folded(name));
        if (was == null) {
            assertRefused(LifecycleRefusal.DELETED_KEY_NOT_FOUND, answer);
        } else if (policy.purgeProtection() && hsm.nowSeconds.get() < was.purgeSeconds()) {
            assertRefused(LifecycleRefusal.PURGE_PROTECTED, answer);
        } else {
            assertSame(was, done(answer));
            deleted.remove(folded(name));
        }
    }

    /** Stops and starts again from the journal; what is due then is purged. */
    void restart() {
        hsm.restart();
        settle();
        deleted.values().removeIf(key -> key.purgeSeconds() <= hsm.nowSeconds.get());
    }

    /**
     * After its first change the control worker looks for what is due, and after the second once more if it found something;
     * the third shows that it has, and will not look again after the clock was moved.
     */
    private void settle() {
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    LifecycleRefusal.KEY_NOT_FOUND,
                    LifecycleFixture.refused(hsm.lifecycle.delete(new KeyName("never-made"))));
        }
    }

    /** The keyring shows exactly what there should be. */
    void check() {
        for (String name : NAMES) {
            List<Version> versions = living.getOrDefault(folded(name), List.of());
            List<KeyFacts> wanted = versions.stream().map(Version::facts).toList();
            assertEquals(wanted, facts(hsm.keyring.versions(name, null, 1_000)));
            LivingKey current = hsm.keyring.find(name);
            assertEquals(wanted.isEmpty() ? null : wanted.getLast(), current == null ? null : current.facts());
            DeletedKey found = hsm.keyring.findDeleted(name);
            Deleted gone = deleted.get(folded(name));
            if (gone == null) {
                assertNull(found);
            } else {
                assertSame(gone, found);
            }
        }
        assertEquals(List.copyOf(living.keySet()), listed());
        assertEquals(
                List.copyOf(deleted.keySet()),
                hsm.keyring.listDeleted(null, 9).stream()
                        .map(key -> key.name().folded())
                        .toList());
    }

    private static List<KeyFacts> facts(List<LivingKey> keys) {
        return keys.stream().map(LivingKey::facts).toList();
    }

    /** All names, page by page. */
    private List<String> listed() {
        List<String> names = new ArrayList<>();
        String after = null;
        while (true) {
            List<LivingKey> page = hsm.keyring.list(after, PAGE);
            for (LivingKey key : page) {
                names.add(key.facts().name().folded());
            }
            if (page.size() < PAGE) {
                return names;
            }
            after = names.getLast();
        }
    }

    /** Every living version still has the secret that was made for it. */
    void checkSecrets() {
        for (List<Version> versions : living.values()) {
            versions.forEach(version -> assertEquals(version.fingerprint(), hsm.fingerprint(version.facts())));
        }
    }

    private static void assertSame(Deleted wanted, @Nullable DeletedKey found) {
        if (found == null) {
            throw new AssertionError("the deleted key is not there");
        }
        assertEquals(wanted.versions().stream().map(Version::facts).toList(), facts(found.versions()));
        assertEquals(wanted.deletedSeconds(), found.deletedSeconds());
        assertEquals(wanted.purgeSeconds(), found.purgeSeconds());
    }

    private static <T> T done(LifecycleAnswer<T> answer) {
        if (answer instanceof LifecycleAnswer.Done<T> done) {
            return done.value();
        }
        throw new AssertionError(answer.toString());
    }

    private static void assertRefused(LifecycleRefusal wanted, LifecycleAnswer<?> answer) {
        assertEquals(new LifecycleAnswer.Refused<>(wanted), answer);
    }
}
