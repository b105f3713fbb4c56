// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.RotationFixture.afterCreate;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealFailure;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Policies at start: what was written comes back, and what somebody else did to it is noticed. */
class RotationLoadTest {
    private static final RecordName POLICY = SetRotationPolicy.recordName("a");

    private final RotationFixture keys = new RotationFixture();
    private final LifecycleFixture hsm = keys.hsm;
    private final Map<RecordName, byte[]> records = hsm.journal.records;

    @AfterEach
    void close() {
        keys.close();
    }

    private byte[] record() {
        return Objects.requireNonNull(records.get(POLICY));
    }

    private void assertRefuses(String reason) {
        hsm.lifecycle.close();
        SealFailure failure = assertThrows(SealFailure.class, hsm::reopen);
        assertTrue(failure.toString().contains(reason), failure.toString());
    }

    @Test
    void refusesAChangedPolicyAndNamesIt() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        record()[40] ^= 1;

        assertRefuses("rotation policy of a");
    }

    @Test
    void refusesAPolicyPutBackInAnOlderState() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        byte[] older = record();
        keys.set("a", afterCreate("P300D", null));
        records.put(POLICY, older);

        assertRefuses("anchor");
    }

    @Test
    void refusesAPolicyLeftOutOrTakenFromAnotherKey() {
        hsm.create("a");
        hsm.create("b");
        keys.set("a", afterCreate("P30D", null));
        records.put(SetRotationPolicy.recordName("b"), record());
        records.remove(POLICY);

        assertRefuses("rotation policy of b");
    }

    @Test
    void refusesAPolicyThatWasTakenAwayAndPutBack() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        byte[] kept = record();
        keys.set("a", RotationPolicy.BLANK);
        records.put(POLICY, kept);

        assertRefuses("anchor");
    }

    @Test
    void refusesAPolicyOfAKeyThatIsNotThere() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        records.keySet().removeIf(name -> name.key().equals("a") && !name.equals(POLICY));

        assertRefuses("rotation policy of a\" is about a key that is not there");
    }

    @Test
    void refusesAFormatThatItDoesNotKnow() {
        KeyRotation rotation = new KeyRotation(afterCreate("P30D", "P90D"), 5, 6);
        byte[] bytes = RotationCodec.encode(rotation);
        assertEquals(rotation, RotationCodec.decode(bytes));

        bytes[0]++;
        assertThrows(UncheckedIOException.class, () -> RotationCodec.decode(bytes));
        bytes[0]--;
        bytes[bytes.length - 1] = 'X';
        assertThrows(UncheckedIOException.class, () -> RotationCodec.decode(bytes));
    }

    @Test
    void refusesAPolicyOfNewerBounds() {
        byte[] bytes = RotationCodec.encode(new KeyRotation(afterCreate("P30D", null), 5, 6));
        bytes[bytes.length - 3] = '0'; // P00D

        assertThrows(IllegalArgumentException.class, () -> RotationCodec.decode(bytes));
    }
}
