// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.done;
import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.refused;
import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyLifecycleTest {
    private final LifecycleFixture hsm = new LifecycleFixture(LifecyclePolicy.DEFAULT);

    @AfterEach
    void leavesNoEngineKeyOpen() {
        hsm.close();
        assertEquals(0, hsm.engine.open.get());
        assertEquals(0, hsm.engine.broken.get());
    }

    @ParameterizedTest
    @EnumSource(KeyClass.class)
    void createdKeyComesBackAfterRestart(KeyClass keyClass) {
        Map<String, String> tags = new LinkedHashMap<>();
        tags.put("z", "1");
        tags.put("a", "ü€");
        KeyRequest request = new KeyRequest(
                new KeyName("Invoices"),
                keyClass,
                Set.of(PermittedOperation.SIGN, PermittedOperation.WRAP_KEY),
                false,
                100,
                KeyAttributes.NONE,
                tags);
        KeyFacts made = done(hsm.lifecycle.create(request));
        int fingerprint = hsm.fingerprint(made);
        hsm.restart();

        KeyFacts back = current("invoices").facts();

        assertEquals(made, back);
        assertEquals(List.of("z", "a"), List.copyOf(back.tags().keySet()));
        assertEquals(request.permitted(), back.permitted());
        assertEquals(fingerprint, hsm.fingerprint(back));
    }

    @ParameterizedTest
    @EnumSource(names = {"P_256", "OCT_256"})
    void aLentKeyIsFoundByItsHandleOnlyAndEndsWhenItIsTakenBack(KeyClass keyClass) {
        LivingKey lent = done(hsm.lifecycle.lend(keyClass));
        assertEquals(keyClass, lent.facts().keyClass());
        assertEquals(lent, hsm.keyring.resolve(lent.handle()));
        assertNull(hsm.keyring.find(lent.facts().name().text()));
        assertEquals(0, hsm.keyring.keyCount());
        try (KeyringReader reader = hsm.keyring.reader()) {
            assertNotNull(reader.enter(lent.handle()));
            assertNotNull(reader.engineKey(lent));
            reader.exit();
        }

        done(hsm.lifecycle.takeBack(lent));

        assertNull(hsm.keyring.resolve(lent.handle()));
        assertEquals(lent, done(hsm.lifecycle.takeBack(lent)), "once more is nothing");
    }

    @Test
    void aLentKeyThatNobodyTookBackEndsWithTheHsmAndIsNotThereAfterwards() {
        LivingKey lent = done(hsm.lifecycle.lend(KeyClass.P_256));
        try (KeyringReader reader = hsm.keyring.reader()) {
            assertNotNull(reader.enter(lent.handle()));
            assertNotNull(reader.engineKey(lent));
            reader.exit();
        }
        hsm.restart();
        assertNull(hsm.keyring.resolve(lent.handle()));
    }

    @Test
    void newVersionBecomesCurrentAndKeepsTheName() {
        KeyFacts one = hsm.create("Invoices");
        KeyFacts two = hsm.create("INVOICES", KeyClass.OCT_256);

        assertEquals("Invoices", two.name().text());
        assertNotEquals(one.version(), two.version());
        assertEquals(two, current("invoices").facts());
        hsm.restart();
        assertEquals(two, current("invoices").facts());
        assertEquals(2, hsm.keyring.versions("invoices", null, 9).size());
        assertNotEquals(hsm.fingerprint(one), hsm.fingerprint(two));
    }

    @Test
    void refusesTheHundredAndFirstVersion() {
        for (int i = 0; i < LifecycleLimits.VERSIONS_MAX; i++) {
            hsm.create("a");
        }
        assertEquals(LifecycleRefusal.TOO_MANY_VERSIONS, refused(hsm.lifecycle.create(request("a", KeyClass.P_256))));
    }

    @Test
    void refusesTooManyTagsAndBadOnes() {
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i <= LifecycleLimits.TAGS_MAX; i++) {
            many.put("t" + i, "");
        }
        assertEquals(LifecycleRefusal.TOO_MANY_TAGS, refused(hsm.lifecycle.create(tagged(many))));
        assertEquals(LifecycleRefusal.BAD_TAG, refused(hsm.lifecycle.create(tagged(Map.of("", "x")))));
        assertEquals(LifecycleRefusal.BAD_TAG, refused(hsm.lifecycle.create(tagged(Map.of("x", "v".repeat(257))))));
        assertEquals(LifecycleRefusal.BAD_TAG, refused(hsm.lifecycle.create(tagged(Map.of("n".repeat(257), "x")))));
        KeyUpdate update = new KeyUpdate(null, null, null, null, many);
        assertEquals(LifecycleRefusal.TOO_MANY_TAGS, refused(hsm.lifecycle.update(new KeyName("a"), null, update)));
    }

    @Test
    void keepsTheLongestTags() {
        Map<String, String> longest = new HashMap<>();
        for (int i = 0; i < LifecycleLimits.TAGS_MAX; i++) {
            longest.put("€".repeat(255) + (char) ('a' + i), "€".repeat(256));
        }

        done(hsm.lifecycle.create(tagged(longest)));
        hsm.restart();

        assertEquals(longest, current("a").facts().tags());
    }

    @Test
    void updateChangesOnlyWhatItNames() {
        KeyFacts one = hsm.create("a");
        KeyFacts two = hsm.create("a");
        hsm.nowSeconds.addAndGet(5);

        KeyUpdate disable = new KeyUpdate(null, false, null, 9L, null);
        KeyFacts updated = done(hsm.lifecycle.update(
                new KeyName("A"), one.version().text().toUpperCase(java.util.Locale.ROOT), disable));
        KeyUpdate retag = new KeyUpdate(Set.of(PermittedOperation.VERIFY), null, null, null, Map.of("k", "v"));
        KeyFacts current = done(hsm.lifecycle.update(new KeyName("a"), null, retag));
        hsm.restart();

        assertFalse(updated.attributes().enabled());
        assertEquals(9, updated.attributes().expires());
        assertEquals(one.attributes().created(), updated.attributes().created());
        assertEquals(one.attributes().updated() + 5, updated.attributes().updated());
        assertEquals(one.permitted(), updated.permitted());
        assertEquals(two.version(), current.version());
        assertEquals(List.of(updated, current), facts(hsm.keyring.versions("a", null, 9)));
        assertNotNull(hsm.fingerprint(updated));
    }

    @Test
    void refusesToUpdateWhatIsNotThere() {
        hsm.create("a");
        KeyUpdate update = new KeyUpdate(null, false, null, null, null);

        assertEquals(LifecycleRefusal.KEY_NOT_FOUND, refused(hsm.lifecycle.update(new KeyName("b"), null, update)));
        assertEquals(
                LifecycleRefusal.VERSION_NOT_FOUND,
                refused(hsm.lifecycle.update(new KeyName("a"), "f".repeat(32), update)));
    }

    @Test
    void deletedKeyBlocksItsNameAndStaysDeletedAfterRestart() {
        hsm.create("Gone");
        DeletedKey deleted = done(hsm.lifecycle.delete(new KeyName("GONE")));
        hsm.restart();

        assertNull(hsm.keyring.find("gone"));
        DeletedKey back = hsm.keyring.findDeleted("gone");
        assertNotNull(back);
        assertEquals(deleted.facts(), back.facts());
        assertEquals(1_000_000, back.deletedSeconds());
        assertEquals(1_000_000 + 90 * 86_400, back.purgeSeconds());
        assertEquals(
                LifecycleRefusal.NAME_IN_DELETED_STATE, refused(hsm.lifecycle.create(request("gone", KeyClass.P_256))));
        assertEquals(LifecycleRefusal.KEY_NOT_FOUND, refused(hsm.lifecycle.delete(new KeyName("gone"))));
    }

    @Test
    void recoveredKeyHasAllItsVersionsAndSecrets() {
        KeyFacts one = hsm.create("a");
        KeyFacts two = hsm.create("a");
        List<Integer> fingerprints = List.of(hsm.fingerprint(one), hsm.fingerprint(two));
        done(hsm.lifecycle.delete(new KeyName("a")));
        hsm.restart();

        assertEquals(two, done(hsm.lifecycle.recover(new KeyName("a"))));

        assertEquals(fingerprints, List.of(hsm.fingerprint(one), hsm.fingerprint(two)));
        hsm.restart();
        assertEquals(fingerprints, List.of(hsm.fingerprint(one), hsm.fingerprint(two)));
        assertEquals(LifecycleRefusal.DELETED_KEY_NOT_FOUND, refused(hsm.lifecycle.recover(new KeyName("a"))));
    }

    @Test
    void purgedKeyLeavesNothingButTheAnchor() {
        hsm.create("a");
        hsm.create("a");
        done(hsm.lifecycle.delete(new KeyName("a")));
        done(hsm.lifecycle.purge(new KeyName("a")));

        assertEquals(1, hsm.journal.records.size());
        assertNull(hsm.keyring.findDeleted("a"));
        assertEquals(LifecycleRefusal.DELETED_KEY_NOT_FOUND, refused(hsm.lifecycle.purge(new KeyName("a"))));
        hsm.restart();
        assertEquals("a", hsm.create("a").name().text());
    }

    @Test
    void purgeProtectionHoldsUntilTheTimeHasCome() {
        try (LifecycleFixture guarded = new LifecycleFixture(new LifecyclePolicy(7, true))) {
            guarded.create("a");
            done(guarded.lifecycle.delete(new KeyName("a")));
            assertEquals(LifecycleRefusal.PURGE_PROTECTED, refused(guarded.lifecycle.purge(new KeyName("a"))));

            guarded.nowSeconds.addAndGet(7 * 86_400);

            assertEquals(
                    "a", done(guarded.lifecycle.purge(new KeyName("a"))).name().text());
        }
    }

    @Test
    void purgesByItselfWhenTheTimeHasCome() {
        hsm.create("a");
        done(hsm.lifecycle.delete(new KeyName("a")));
        hsm.nowSeconds.addAndGet(90 * 86_400);
        hsm.restart();

        while (hsm.keyring.findDeleted("a") != null) {
            Thread.onSpinWait();
        }

        assertNull(hsm.keyring.find("a"));
        assertEquals(1, hsm.journal.records.size());
    }

    @Test
    void answersOnlyAfterTheCommit() {
        hsm.create("first");
        hsm.journal.gate.drainPermits();

        CompletionStage<LifecycleAnswer<KeyFacts>> held = hsm.lifecycle.create(request("a", KeyClass.P_256));
        while (!hsm.journal.gate.hasQueuedThreads()) {
            Thread.onSpinWait();
        }

        assertFalse(held.toCompletableFuture().isDone());
        assertNull(hsm.keyring.find("a"));
        hsm.journal.gate.release(1_000_000);
        assertEquals("a", done(held).name().text());
    }

    @Test
    void changesThatWaitTogetherShareACommit() {
        hsm.create("first");
        hsm.journal.gate.drainPermits();
        int before = hsm.journal.commits.get();
        List<CompletionStage<LifecycleAnswer<KeyFacts>>> held = new ArrayList<>();
        held.add(hsm.lifecycle.create(request("k", KeyClass.P_256)));
        while (!hsm.journal.gate.hasQueuedThreads()) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 50; i++) {
            held.add(hsm.lifecycle.create(request("k" + i, KeyClass.P_256)));
        }
        held.add(hsm.lifecycle.create(request("k0", KeyClass.P_256)));
        hsm.journal.gate.release(1_000_000);

        held.forEach(LifecycleFixture::done);

        assertEquals(before + 3, hsm.journal.commits.get()); // the one held, the fifty, the second change of k0
        assertEquals(2, hsm.keyring.versions("k0", null, 9).size());
    }

    @Test
    void refusesMoreChangesThanCanWait() {
        hsm.create("first");
        hsm.journal.gate.drainPermits();
        int busy = 0;
        List<CompletionStage<LifecycleAnswer<KeyFacts>>> held = new ArrayList<>();
        for (int i = 0; i < LifecycleLimits.CHANGES_MAX + 200; i++) {
            held.add(hsm.lifecycle.create(request("k" + i, KeyClass.OCT_128)));
        }
        hsm.journal.gate.release(1_000_000);
        for (CompletionStage<LifecycleAnswer<KeyFacts>> stage : held) {
            if (LifecycleFixture.answer(stage) instanceof LifecycleAnswer.Refused<KeyFacts> refused) {
                assertEquals(LifecycleRefusal.BUSY, refused.refusal());
                busy++;
            }
        }
        assertTrue(busy > 0 && busy <= 200, "busy " + busy);
        assertEquals(1 + held.size() - busy, hsm.keyring.keyCount());
    }

    @Test
    void refusesWhatTheStoreDidNotTakeAndGoesOn() {
        hsm.journal.ending = KeyJournal.Ending.NOT_COMMITTED;
        assertEquals(LifecycleRefusal.STORE_FAILED, refused(hsm.lifecycle.create(request("a", KeyClass.P_256))));
        assertNull(hsm.keyring.find("a"));

        hsm.journal.ending = KeyJournal.Ending.COMMITTED;
        KeyFacts made = hsm.create("a");
        hsm.restart();
        assertEquals(made, current("a").facts());
    }

    @Test
    void unknownEndFailsTheHsm() {
        hsm.journal.ending = KeyJournal.Ending.UNKNOWN;

        assertEquals(LifecycleRefusal.STORE_FAILED, refused(hsm.lifecycle.create(request("a", KeyClass.P_256))));

        assertEquals(HsmCondition.FAILED, hsm.state.now());
        assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refused(hsm.lifecycle.create(request("a", KeyClass.P_256))));
    }

    @ParameterizedTest
    @EnumSource(
            value = KeyClass.class,
            names = {"P_256", "RSA_4096"})
    void engineFailureFailsTheHsm(KeyClass keyClass) {
        hsm.engine.failing.set(true);
        LifecycleRefusal first = LifecycleRefusal.ENGINE_FAILED;
        // A pair or two may be in the pool already.
        for (int i = 0; i < 3 && hsm.state.now() != HsmCondition.FAILED; i++) {
            if (LifecycleFixture.answer(hsm.lifecycle.create(request("a", keyClass)))
                    instanceof LifecycleAnswer.Refused<KeyFacts> refused) {
                first = refused.refusal();
            }
        }
        while (hsm.state.now() != HsmCondition.FAILED) {
            Thread.onSpinWait();
        }
        assertTrue(
                first == LifecycleRefusal.ENGINE_FAILED || first == LifecycleRefusal.NOT_OPERATIONAL, first.toString());
        assertNotNull(hsm.state.reason());
    }

    @ParameterizedTest
    @EnumSource(
            value = HsmCondition.class,
            names = {"PROVISIONED", "SEALED", "DRAINING"})
    void changesNothingUnlessOperational(HsmCondition condition) {
        hsm.create("a");
        hsm.state.become(condition);

        assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refused(hsm.lifecycle.create(request("b", KeyClass.P_256))));
        assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refused(hsm.lifecycle.delete(new KeyName("a"))));
        assertNotNull(hsm.keyring.find("a"));
    }

    @Test
    void manyRsaKeysAtOnceAllGetDifferentPairs() {
        List<CompletionStage<LifecycleAnswer<KeyFacts>>> asked = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            asked.add(hsm.lifecycle.create(request("k" + i, KeyClass.RSA_2048)));
        }
        Set<Integer> fingerprints = new java.util.HashSet<>();
        for (CompletionStage<LifecycleAnswer<KeyFacts>> stage : asked) {
            fingerprints.add(hsm.fingerprint(done(stage)));
        }
        assertEquals(40, fingerprints.size());
    }

    private LivingKey current(String name) {
        LivingKey key = hsm.keyring.find(name);
        assertNotNull(key);
        return key;
    }

    private static KeyRequest tagged(Map<String, String> tags) {
        KeyRequest plain = request("a", KeyClass.P_256);
        return new KeyRequest(
                plain.name(),
                plain.keyClass(),
                plain.permitted(),
                plain.enabled(),
                plain.notBefore(),
                plain.expires(),
                tags);
    }

    private static List<KeyFacts> facts(List<LivingKey> keys) {
        return keys.stream().map(LivingKey::facts).toList();
    }
}
