// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.key.CalendarDuration;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.LifetimeAction;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.seal.RootKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyBackupsTest {
    private static final Engine ENGINE = Engines.choose();

    private final RootKey root = RootKey.create(ENGINE);
    private final BackupFixture hsm = new BackupFixture(ENGINE, root, "hsm");

    @AfterEach
    void close() {
        hsm.close();
        root.close();
    }

    @ParameterizedTest
    @EnumSource
    void bringsBackWhatWasPurged(KeyClass keyClass) {
        KeyFacts made = hsm.create("Mixed-Case", keyClass);
        byte[] signature = hsm.sign(made);
        List<FactsCodec.Placed> before = hsm.versions("mixed-case");
        byte[] text = hsm.backup("MIXED-case");
        hsm.destroy("mixed-case");
        hsm.nowSeconds.addAndGet(1000);

        assertEquals(made, hsm.restore(text));
        assertEquals(before, hsm.versions("mixed-case"));
        assertTrue(hsm.verifies(made, signature));

        hsm.restart();
        assertEquals(before, hsm.versions("mixed-case"));
        assertTrue(hsm.verifies(made, signature));
        assertTrue(hsm.verifies(made, hsm.sign(made)));
    }

    @Test
    void bringsBackAllVersionsAsTheyWere() {
        Map<KeyFacts, byte[]> signatures =
                new TreeMap<>((a, b) -> a.version().text().compareTo(b.version().text()));
        for (KeyClass keyClass : List.of(KeyClass.P_256, KeyClass.OCT_192, KeyClass.RSA_2048, KeyClass.P_521)) {
            KeyFacts version = hsm.create("versions", keyClass);
            signatures.put(version, hsm.sign(version));
            hsm.nowSeconds.incrementAndGet();
        }
        KeyFacts first = hsm.versions("versions").getFirst().facts();
        LifecycleFixture.done(hsm.lifecycle.update(
                first.name(), first.version().text(), new KeyUpdate(null, false, 5L, 6L, Map.of("a", "é"))));
        List<FactsCodec.Placed> before = hsm.versions("versions");
        byte[] text = hsm.backup("versions");
        hsm.destroy("versions");

        assertEquals(before.getLast().facts(), hsm.restore(text));
        assertEquals(before, hsm.versions("versions"));
        signatures.forEach((version, signature) -> assertTrue(hsm.verifies(version, signature)));
        hsm.create("versions", KeyClass.P_384);
        assertEquals(
                List.of(1, 2, 3, 4, 5),
                hsm.versions("versions").stream()
                        .map(FactsCodec.Placed::ordinal)
                        .toList());
    }

    @Test
    void bringsBackTheRotationPolicy() {
        KeyFacts made = hsm.create("rotates", KeyClass.P_256);
        RotationPolicy policy = new RotationPolicy(
                List.of(new LifetimeAction(
                        LifetimeAction.Kind.ROTATE, LifetimeAction.Trigger.AFTER_CREATE, duration("P30D"))),
                duration("P90D"));
        LifecycleFixture.done(hsm.lifecycle.rotationPolicy(made.name(), policy));
        KeyRotation before = hsm.keyring.rotation("rotates");
        byte[] text = hsm.backup("rotates");
        hsm.destroy("rotates");
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("rotates"));

        hsm.restore(text);
        assertEquals(before, hsm.keyring.rotation("rotates"));
        hsm.restart();
        assertEquals(before, hsm.keyring.rotation("rotates"));
    }

    private static CalendarDuration duration(String text) {
        return Objects.requireNonNull(CalendarDuration.parse(text));
    }

    @Test
    void opensOnEveryHsmOfTheSecurityDomainWithAnyEngine() {
        KeyFacts made = hsm.create("moves", KeyClass.P_256);
        byte[] signature = hsm.sign(made);
        byte[] text = hsm.backup("moves");
        try (PortableEngine portable = PortableEngine.open();
                BackupFixture other = new BackupFixture(portable, root, "another")) {
            assertEquals(made, other.restore(text));
            assertTrue(other.verifies(made, signature));
            byte[] back = other.backup("moves");
            hsm.destroy("moves");
            assertEquals(made, hsm.restore(back));
            assertTrue(hsm.verifies(made, other.sign(made)));
        }
    }

    @Test
    void opensOnNoHsmOfAnotherSecurityDomain() {
        hsm.create("stays", KeyClass.P_256);
        byte[] text = hsm.backup("stays");
        try (RootKey otherRoot = RootKey.create(ENGINE);
                BackupFixture other = new BackupFixture(ENGINE, otherRoot, "hsm")) {
            int commits = other.journal.commits.get();
            assertEquals(LifecycleRefusal.BACKUP_MALFORMED, LifecycleFixture.refused(other.backups.restore(text)));
            assertEquals(0, other.keyring.keyCount());
            assertEquals(commits, other.journal.commits.get());
        }
    }

    @Test
    void givesAnotherTextEachTime() {
        hsm.create("twice", KeyClass.OCT_128);
        byte[] one = hsm.backup("twice");
        byte[] other = hsm.backup("twice");
        assertEquals(one.length, other.length);
        assertFalse(Arrays.equals(one, other));
    }

    @Test
    void holdsOneMomentOfAKeyThatChanges() {
        KeyFacts first = hsm.create("changes", KeyClass.P_256);
        List<CompletionStage<LifecycleAnswer<byte[]>>> texts = new ArrayList<>();
        for (int i = 2; i <= 40; i++) {
            // The tag of the first version counts the versions that came after it.
            hsm.lifecycle.create(BackupFixture.request("changes", KeyClass.P_256));
            hsm.lifecycle.update(
                    first.name(),
                    first.version().text(),
                    new KeyUpdate(null, null, null, null, Map.of("n", String.valueOf(i))));
            if (i % 4 == 0) {
                texts.add(hsm.backups.backup(first.name()));
            }
        }
        List<byte[]> moments = new ArrayList<>();
        texts.forEach(text -> moments.add(LifecycleFixture.done(text)));
        hsm.create("changes", KeyClass.P_256);
        for (byte[] moment : moments) {
            hsm.destroy("changes");
            hsm.restore(moment);
            List<FactsCodec.Placed> versions = hsm.versions("changes");
            for (int i = 0; i < versions.size(); i++) {
                assertEquals(i + 1, versions.get(i).ordinal());
            }
            int counted = Integer.parseInt(versions.getFirst().facts().tags().getOrDefault("n", "1"));
            assertTrue(
                    counted == versions.size() || counted == versions.size() - 1, counted + " of " + versions.size());
        }
    }

    @Test
    void refusesANameThatIsInUse() {
        hsm.create("taken", KeyClass.P_256);
        byte[] text = hsm.backup("taken");
        List<FactsCodec.Placed> before = hsm.versions("taken");
        assertEquals(LifecycleRefusal.NAME_IN_USE, LifecycleFixture.refused(hsm.backups.restore(text)));
        assertEquals(before, hsm.versions("taken"));

        LifecycleFixture.done(hsm.lifecycle.delete(new KeyName("taken")));
        assertEquals(LifecycleRefusal.NAME_IN_DELETED_STATE, LifecycleFixture.refused(hsm.backups.restore(text)));
        assertNull(hsm.keyring.find("taken"));
    }

    @Test
    void restoresOnceWhenAskedTwiceAtOnce() {
        hsm.create("once", KeyClass.P_256);
        byte[] text = hsm.backup("once");
        hsm.destroy("once");
        List<CompletionStage<LifecycleAnswer<KeyFacts>>> asked = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            asked.add(hsm.backups.restore(text));
        }
        long done = asked.stream()
                .map(LifecycleFixture::answer)
                .filter(LifecycleAnswer.Done.class::isInstance)
                .count();
        assertEquals(1, done);
        assertEquals(1, hsm.versions("once").size());
    }

    @Test
    void backsUpOnlyLivingKeys() {
        assertEquals(
                LifecycleRefusal.KEY_NOT_FOUND, LifecycleFixture.refused(hsm.backups.backup(new KeyName("nobody"))));
        hsm.create("deleted", KeyClass.P_256);
        LifecycleFixture.done(hsm.lifecycle.delete(new KeyName("deleted")));
        assertEquals(
                LifecycleRefusal.KEY_NOT_FOUND, LifecycleFixture.refused(hsm.backups.backup(new KeyName("deleted"))));
    }

    @Test
    void backsUpWhatMayNotBeUsed() {
        KeyFacts made = hsm.create("disabled", KeyClass.P_256);
        LifecycleFixture.done(hsm.lifecycle.update(made.name(), null, new KeyUpdate(null, false, null, 10L, null)));
        List<FactsCodec.Placed> before = hsm.versions("disabled");
        byte[] text = hsm.backup("disabled");
        hsm.destroy("disabled");
        hsm.restore(text);
        assertEquals(before, hsm.versions("disabled"));
        assertFalse(before.getFirst().facts().attributes().enabled());
    }

    @Test
    void createsNothingThatDoesNotReachTheJournal() {
        hsm.create("lost", KeyClass.P_256);
        byte[] text = hsm.backup("lost");
        hsm.destroy("lost");
        hsm.journal.ending = KeyJournal.Ending.NOT_COMMITTED;
        assertEquals(LifecycleRefusal.STORE_FAILED, LifecycleFixture.refused(hsm.backups.restore(text)));
        assertNull(hsm.keyring.find("lost"));
        hsm.journal.ending = KeyJournal.Ending.COMMITTED;
        hsm.restore(text);
        hsm.restart();
        assertEquals(1, hsm.versions("lost").size());
    }

    @Test
    void answersNothingUnlessOperational() {
        hsm.create("drained", KeyClass.P_256);
        byte[] text = hsm.backup("drained");
        hsm.state.become(HsmCondition.DRAINING);
        assertEquals(
                LifecycleRefusal.NOT_OPERATIONAL, LifecycleFixture.refused(hsm.backups.backup(new KeyName("drained"))));
        assertEquals(LifecycleRefusal.NOT_OPERATIONAL, LifecycleFixture.refused(hsm.backups.restore(text)));
    }

    @Test
    void answersBusyOnceItIsClosed() {
        hsm.backups.close();
        hsm.backups.close();
        assertEquals(LifecycleRefusal.BUSY, LifecycleFixture.refused(hsm.backups.restore(new byte[10])));
    }

    @Test
    void hasTheHeaderThatClientsKnow() {
        hsm.create("header", KeyClass.P_256);
        String text = new String(hsm.backup("header"), US_ASCII);
        String[] parts = text.split("\\.", -1);
        assertEquals(5, parts.length);
        assertArrayEquals(
                "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"backup-protection-key\"}".getBytes(US_ASCII),
                Base64.getUrlDecoder().decode(parts[0]));
        assertEquals("", parts[1]);
    }
}
