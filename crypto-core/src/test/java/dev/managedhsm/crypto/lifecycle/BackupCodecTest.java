// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What has the right tag was written by an HSM of the same security domain, and is looked at all the same. */
class BackupCodecTest {
    private static KeyFacts facts(String name, int version) {
        return new KeyFacts(
                new KeyName(name),
                new KeyVersion("%032x".formatted(version)),
                KeyClass.OCT_128,
                Set.of(),
                new KeyAttributes(true, KeyAttributes.NONE, KeyAttributes.NONE, 1, 2),
                Map.of(),
                new PublicPart.None(),
                null);
    }

    private static byte[] written(List<KeyFacts> facts, int... ordinals) {
        try (Arena arena = Arena.ofConfined()) {
            List<byte[]> encoded = new ArrayList<>();
            for (int i = 0; i < ordinals.length; i++) {
                encoded.add(FactsCodec.encode(facts.get(i), ordinals[i]));
            }
            MemorySegment out = arena.allocate(BackupCodec.room(facts, encoded));
            long at = BackupCodec.begin(out, ordinals.length);
            for (byte[] one : encoded) {
                at = BackupCodec.facts(out, at, one);
                BackupCodec.secret(out, at).asSlice(0, 16).fill((byte) 7);
                at = BackupCodec.ended(out, at, 16);
            }
            at = BackupCodec.rotation(out, at, KeyRotation.NONE);
            return out.asSlice(0, at).toArray(JAVA_BYTE);
        }
    }

    private static boolean readable(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            return BackupCodec.read(arena.allocateFrom(JAVA_BYTE, bytes)) != null;
        }
    }

    @Test
    void readsWhatWasWritten() {
        List<KeyFacts> facts = List.of(facts("key", 1), facts("key", 2));
        try (Arena arena = Arena.ofConfined()) {
            BackupCodec.Content content = BackupCodec.read(arena.allocateFrom(JAVA_BYTE, written(facts, 1, 3)));
            assertNotNull(content);
            assertEquals(
                    facts,
                    content.versions().stream().map(BackupCodec.Version::facts).toList());
            assertEquals(
                    List.of(1, 3),
                    content.versions().stream()
                            .map(BackupCodec.Version::ordinal)
                            .toList());
            assertEquals(KeyRotation.NONE, content.rotation());
        }
    }

    @Test
    void refusesEveryPartAndWhatIsLonger() {
        byte[] whole = written(List.of(facts("key", 1), facts("key", 2)), 1, 2);
        for (int length = 0; length < whole.length; length++) {
            assertFalse(readable(Arrays.copyOf(whole, length)), "length " + length);
        }
        assertFalse(readable(Arrays.copyOf(whole, whole.length + 1)));
    }

    @Test
    void refusesAbsurdLengthsAndCounts() {
        byte[] whole = written(List.of(facts("key", 1)), 1);
        int secretAt = whole.length - 4 - 16 - 4;
        for (int absurd : new int[] {-1, 0, 15, 17, 5000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertFalse(readable(changed(whole, 3, absurd)), "facts of " + absurd);
            assertFalse(readable(changed(whole, secretAt, absurd)), "secret of " + absurd);
            assertFalse(readable(changed(whole, whole.length - 4, absurd == 0 ? 1 : absurd)), "policy");
        }
        for (int count : new int[] {0, 2, 101, 0xffff}) {
            byte[] other = whole.clone();
            other[1] = (byte) (count >> 8);
            other[2] = (byte) count;
            assertFalse(readable(other), "count " + count);
        }
        byte[] newer = whole.clone();
        newer[0] = 2;
        assertFalse(readable(newer));
    }

    private static byte[] changed(byte[] whole, int at, int number) {
        byte[] other = whole.clone();
        ByteBuffer.wrap(other).putInt(at, number);
        return other;
    }

    @Test
    void refusesWhatAreNotTheVersionsOfOneKey() {
        assertFalse(readable(written(List.of(facts("key", 1), facts("other", 2)), 1, 2)));
        assertFalse(readable(written(List.of(facts("key", 1), facts("key", 1)), 1, 2)));
        assertFalse(readable(written(List.of(facts("key", 1), facts("key", 2)), 2, 2)));
        assertFalse(readable(written(List.of(facts("key", 1), facts("key", 2)), 2, 1)));
        assertFalse(readable(written(List.of(facts("key", 1)), 0)));
        assertFalse(readable(written(List.of(facts("key", 1)), 101)));
    }

    @Test
    void refusesNothingAtAll() {
        try (Arena arena = Arena.ofConfined()) {
            assertNull(BackupCodec.read(arena.allocate(0)));
        }
    }
}
