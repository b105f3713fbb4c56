// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.done;
import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.refused;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.DAY;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.afterCreate;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.beforeExpiry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.LifetimeAction;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies as they are kept, and rotation on demand. */
class RotationTest {
    private final RotationFixture keys = new RotationFixture();
    private final LifecycleFixture hsm = keys.hsm;

    @AfterEach
    void close() {
        keys.close();
    }

    private long policies() {
        return hsm.journal.records.keySet().stream()
                .filter(name -> name.purpose() == SealPurpose.ROTATION_POLICY)
                .count();
    }

    @Test
    void keepsAPolicyOverRestarts() {
        hsm.create("Invoices");
        RotationPolicy all = new RotationPolicy(
                List.of(
                        new LifetimeAction(
                                LifetimeAction.Kind.NOTIFY,
                                LifetimeAction.Trigger.BEFORE_EXPIRY,
                                RotationFixture.duration("P30D")),
                        new LifetimeAction(
                                LifetimeAction.Kind.ROTATE,
                                LifetimeAction.Trigger.AFTER_CREATE,
                                RotationFixture.duration("P18M"))),
                RotationFixture.duration("P2Y"));
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("invoices"));

        KeyRotation set = keys.set("INVOICES", all);
        hsm.restart();

        assertEquals(new KeyRotation(all, 1_000_000, 1_000_000), set);
        assertEquals(set, hsm.keyring.rotation("invoices"));
        assertEquals(set, hsm.keyring.rotation("Invoices"));
    }

    @Test
    void remembersSinceWhenThereIsAPolicy() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        hsm.nowSeconds.addAndGet(5);

        KeyRotation second = keys.set("a", afterCreate("P60D", "P90D"));
        hsm.restart();

        assertEquals(new KeyRotation(afterCreate("P60D", "P90D"), 1_000_000, 1_000_005), second);
        assertEquals(second, hsm.keyring.rotation("a"));
        assertEquals(1, policies());
    }

    @Test
    void blankPolicyTakesAwayWhatIsThere() {
        hsm.create("a");
        int commits = hsm.journal.commits.get();
        assertEquals(KeyRotation.NONE, keys.set("a", RotationPolicy.BLANK));
        assertEquals(commits, hsm.journal.commits.get());

        keys.set("a", afterCreate("P30D", null));
        assertEquals(1, policies());
        assertEquals(KeyRotation.NONE, keys.set("a", RotationPolicy.BLANK));
        assertEquals(0, policies());
        hsm.restart();
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("a"));
        keys.move(100);
        assertEquals(1, keys.versions("a"));
    }

    @Test
    void refusesAPolicyForAKeyThatIsNotThere() {
        hsm.create("gone");
        done(hsm.lifecycle.delete(new KeyName("gone")));

        for (String name : List.of("never", "gone")) {
            RotationPolicy policy = afterCreate("P30D", null);
            assertEquals(
                    LifecycleRefusal.KEY_NOT_FOUND, refused(hsm.lifecycle.rotationPolicy(new KeyName(name), policy)));
        }
        hsm.state.become(HsmCondition.SEALED);
        assertEquals(
                LifecycleRefusal.NOT_OPERATIONAL,
                refused(hsm.lifecycle.rotationPolicy(new KeyName("gone"), RotationPolicy.BLANK)));
    }

    @Test
    void policyStaysThroughDeletionAndGoesWithThePurge() {
        hsm.create("a");
        KeyRotation set = keys.set("a", afterCreate("P30D", null));
        done(hsm.lifecycle.delete(new KeyName("a")));
        hsm.restart();
        keys.move(60);
        assertEquals(1, hsm.keyring.listDeleted(null, 9).getFirst().versions().size());

        done(hsm.lifecycle.recover(new KeyName("a")));
        assertEquals(set, hsm.keyring.rotation("a"));
        keys.settle();
        assertEquals(2, keys.versions("a"));

        done(hsm.lifecycle.delete(new KeyName("a")));
        done(hsm.lifecycle.purge(new KeyName("a")));
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("a"));
        assertEquals(1, hsm.journal.records.size()); // the anchor
        hsm.restart();
        hsm.create("a");
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("a"));
    }

    @ParameterizedTest
    @EnumSource(KeyClass.class)
    void rotationKeepsEverythingButTimesAndSecret(KeyClass keyClass) {
        KeyFacts first = done(hsm.lifecycle.create(new KeyRequest(
                new KeyName("Invoices"), keyClass, Set.of(PermittedOperation.SIGN), false, 5, 9, Map.of("a", "b"))));
        keys.set("Invoices", afterCreate("P30D", "P90D"));
        hsm.nowSeconds.addAndGet(7);

        KeyFacts second = keys.rotate("INVOICES");
        hsm.restart();

        long now = hsm.nowSeconds.get();
        assertEquals(first.name().text(), second.name().text());
        assertNotEquals(first.version(), second.version());
        assertEquals(keyClass, second.keyClass());
        assertEquals(first.permitted(), second.permitted());
        assertEquals(first.tags(), second.tags());
        assertEquals(first.releasePolicy(), second.releasePolicy());
        assertEquals(new KeyAttributes(false, KeyAttributes.NONE, now + 90 * DAY, now, now), second.attributes());
        assertEquals(second, keys.current("invoices"));
        assertEquals(2, keys.versions("invoices"));
        assertNotEquals(hsm.fingerprint(first), hsm.fingerprint(second));
    }

    @Test
    void rotatesAKeyWithoutPolicyToOneThatDoesNotExpire() {
        done(hsm.lifecycle.create(new KeyRequest(
                new KeyName("a"), KeyClass.P_256, Set.of(), true, KeyAttributes.NONE, 2_000_000, Map.of())));

        assertEquals(KeyAttributes.NONE, keys.rotate("a").attributes().expires());
    }

    @Test
    void refusesToRotateWhatIsNotThere() {
        hsm.create("gone");
        done(hsm.lifecycle.delete(new KeyName("gone")));

        for (String name : List.of("never", "gone")) {
            assertEquals(LifecycleRefusal.KEY_NOT_FOUND, refused(hsm.lifecycle.rotate(new KeyName(name))));
        }
        hsm.create("a");
        hsm.state.become(HsmCondition.SEALED);
        assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refused(hsm.lifecycle.rotate(new KeyName("a"))));
    }

    @Test
    void refusesTheHundredAndFirstVersion() {
        hsm.create("a");
        for (int i = 1; i < LifecycleLimits.VERSIONS_MAX; i++) {
            keys.rotate("a");
        }
        assertEquals(LifecycleRefusal.TOO_MANY_VERSIONS, refused(hsm.lifecycle.rotate(new KeyName("a"))));
    }

    @Test
    void refusesWhatTheStoreDidNotTake() {
        hsm.create("a");
        hsm.journal.ending = KeyJournal.Ending.NOT_COMMITTED;

        assertEquals(LifecycleRefusal.STORE_FAILED, refused(hsm.lifecycle.rotate(new KeyName("a"))));
        assertEquals(
                LifecycleRefusal.STORE_FAILED,
                refused(hsm.lifecycle.rotationPolicy(new KeyName("a"), beforeExpiry("P28D", "P56D"))));

        assertEquals(1, keys.versions("a"));
        assertEquals(KeyRotation.NONE, hsm.keyring.rotation("a"));
    }

    @ParameterizedTest
    @EnumSource(
            value = KeyClass.class,
            names = {"RSA_2048", "P_256"})
    void asksToTryAgainWhenTheClassChangedInBetween(KeyClass before) {
        KeyClass after = before == KeyClass.P_256 ? KeyClass.RSA_2048 : KeyClass.P_256;
        hsm.create("a", after);
        RotateKey late = new RotateKey(
                hsm.engine,
                hsm.seal(),
                hsm.keyring,
                () -> java.time.Instant.EPOCH,
                "a",
                before == KeyClass.P_256
                        ? null
                        : new FreshSecret(before, keys.current("a").publicPart(), 1, new byte[0]));
        try (Draft draft = new Draft(hsm.seal(), dev.managedhsm.crypto.seal.Anchor.EMPTY)) {
            assertEquals(LifecycleRefusal.BUSY, late.prepare(draft));
            assertEquals(true, draft.isEmpty());
        }
    }
}
