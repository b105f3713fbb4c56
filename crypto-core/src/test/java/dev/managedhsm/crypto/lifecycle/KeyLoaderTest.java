// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.done;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What somebody who can write to the store, but has not the root key, can do to it: nothing that is not noticed. */
class KeyLoaderTest {
    private final LifecycleFixture hsm = new LifecycleFixture(LifecyclePolicy.DEFAULT);
    private final Map<RecordName, byte[]> records = hsm.journal.records;

    @AfterEach
    void close() {
        hsm.close();
    }

    @Test
    void refusesChangedFactsAndNamesThem() {
        RecordName name = facts(hsm.create("a"));
        bytes(name)[40] ^= 1;

        assertRefuses("key facts of a/" + name.version());
    }

    @Test
    void refusesChangedSecretThoughItStaysSealedAndNamesIt() {
        hsm.create("b");
        RecordName name = secret(hsm.create("a"));
        bytes(name)[40] ^= 1;

        assertRefuses("key secret of a/" + name.version());
    }

    @Test
    void refusesSwappedSecrets() {
        RecordName one = secret(hsm.create("a"));
        RecordName two = secret(hsm.create("b"));
        byte[] kept = bytes(one);
        records.put(one, bytes(two));
        records.put(two, kept);

        assertRefuses("key secret of ");
    }

    @Test
    void refusesFactsUnderAnotherName() {
        RecordName one = facts(hsm.create("a"));
        RecordName two = facts(hsm.create("b"));
        records.put(two, bytes(one));

        assertRefuses("key facts of b/" + two.version());
    }

    @Test
    void refusesFactsPutBackInAnOlderState() {
        KeyFacts made = hsm.create("a");
        byte[] enabled = bytes(facts(made));
        done(hsm.lifecycle.update(made.name(), null, new KeyUpdate(null, false, null, null, null)));
        hsm.create("b");
        records.put(facts(made), enabled);

        assertRefuses("key facts of a/" + made.version() + "\" is not in the state that the anchor vouches for");
    }

    @Test
    void refusesDeletedKeyMadeLivingAgain() {
        hsm.create("a");
        done(hsm.lifecycle.delete(new KeyName("a")));
        records.remove(new RecordName(SealPurpose.DELETED_KEY, "a", ""));

        assertRefuses("anchor");
    }

    @Test
    void refusesPurgedKeyPutBack() {
        KeyFacts made = hsm.create("a");
        Map<RecordName, byte[]> before = new HashMap<>(records);
        done(hsm.lifecycle.delete(made.name()));
        done(hsm.lifecycle.purge(made.name()));
        records.put(facts(made), copy(before, facts(made)));
        records.put(secret(made), copy(before, secret(made)));

        assertRefuses("anchor");
    }

    @Test
    void refusesKeyLeftOut() {
        KeyFacts made = hsm.create("a");
        hsm.create("b");
        records.remove(facts(made));
        records.remove(secret(made));

        assertRefuses("anchor");
    }

    @Test
    void refusesSecretWithoutFactsAndFactsWithoutSecret() {
        KeyFacts made = hsm.create("a");
        byte[] kept = bytes(secret(made));
        records.remove(secret(made));
        assertRefuses("lost its secret");

        records.put(secret(made), kept);
        records.remove(facts(made));
        assertRefuses("key secret of a/");
    }

    @Test
    void refusesDeletionOfKeyWhoseRecordsAreMissing() {
        KeyFacts made = hsm.create("a");
        done(hsm.lifecycle.delete(made.name()));
        records.remove(facts(made));
        records.remove(secret(made));

        assertRefuses("deleted key of a");
    }

    @Test
    void refusesFormatThatItDoesNotKnow() {
        RecordName name = facts(hsm.create("a"));
        sealInTheirPlace(name, new byte[] {2});

        assertRefuses("key facts of a/" + name.version());
    }

    @Test
    void refusesKeyClassThatItDoesNotKnow() {
        KeyFacts made = hsm.create("a");
        byte[] encoded = FactsCodec.encode(made, 1);
        String text = new String(encoded, StandardCharsets.ISO_8859_1);
        sealInTheirPlace(facts(made), text.replace("P_256", "P_257").getBytes(StandardCharsets.ISO_8859_1));

        assertRefuses("key facts of a/");
    }

    /** What a newer version would have left: the store holds this one record, well sealed, and its anchor. */
    private void sealInTheirPlace(RecordName name, byte[] content) {
        records.clear();
        try (Draft draft = new Draft(hsm.seal(), Anchor.EMPTY)) {
            draft.put(name, content, null);
            assertEquals(KeyJournal.Ending.COMMITTED, hsm.journal.commit(draft.finish()));
        }
    }

    @Test
    void refusesRecordsWithoutAnchor() {
        hsm.create("a");
        records.remove(new RecordName(SealPurpose.ANCHOR, "", ""));

        assertRefuses("no anchor");
    }

    @Test
    void refusesOlderAnchor() {
        RecordName anchor = new RecordName(SealPurpose.ANCHOR, "", "");
        hsm.create("a");
        byte[] older = bytes(anchor);
        hsm.create("b");
        records.put(anchor, older);

        assertRefuses("anchor");
    }

    @Test
    void refusesTruncatedRecord() {
        RecordName name = facts(hsm.create("a"));
        records.put(name, new byte[10]);

        assertRefuses("key facts of a/");
    }

    @Test
    void acceptsWhatWasWritten() {
        KeyFacts made = hsm.create("a");
        hsm.restart();

        assertEquals(
                made,
                LifecycleFixture.done(
                        hsm.lifecycle.update(made.name(), null, new KeyUpdate(null, null, null, null, null))));
    }

    private void assertRefuses(String reason) {
        hsm.lifecycle.close();
        SealFailure failure = assertThrows(SealFailure.class, hsm::reopen);
        assertTrue(failure.toString().contains(reason), failure.toString());
    }

    private byte[] bytes(RecordName name) {
        return copy(records, name);
    }

    private static byte[] copy(Map<RecordName, byte[]> from, RecordName name) {
        byte[] bytes = from.get(name);
        assertNotNull(bytes);
        return bytes;
    }

    private static RecordName facts(KeyFacts facts) {
        return name(SealPurpose.KEY_FACTS, facts);
    }

    private static RecordName secret(KeyFacts facts) {
        return name(SealPurpose.KEY_SECRET, facts);
    }

    private static RecordName name(SealPurpose purpose, KeyFacts facts) {
        return new RecordName(purpose, facts.name().folded(), facts.version().text());
    }
}
