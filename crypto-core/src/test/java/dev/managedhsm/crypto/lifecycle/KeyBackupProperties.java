// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.seal.RootKey;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/** Whatever is done to the text of a backup: it is refused, nothing is created, and nothing is written. */
class KeyBackupProperties {
    private static @Nullable World world;

    /** Two HSMs of one security domain with different engines, and one backup that each could restore. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares worlds
    private record World(
            Engine engine, Engine other, RootKey root, BackupFixture hsm, BackupFixture twin, byte[] text) {
        static World make() {
            Engine engine = Engines.choose();
            Engine portable = PortableEngine.open();
            RootKey root = RootKey.create(engine);
            BackupFixture hsm = new BackupFixture(engine, root, "hsm");
            hsm.create("target", KeyClass.P_256);
            hsm.create("target", KeyClass.OCT_256);
            byte[] text = hsm.backup("target");
            hsm.destroy("target");
            return new World(engine, portable, root, hsm, new BackupFixture(portable, root, "twin"), text);
        }

        void close() {
            hsm.close();
            twin.close();
            root.close();
            engine.close();
            other.close();
        }

        void refuses(byte[] changed) {
            for (BackupFixture any : new BackupFixture[] {hsm, twin}) {
                int commits = any.journal.commits.get();
                assertEquals(LifecycleRefusal.BACKUP_MALFORMED, LifecycleFixture.refused(any.backups.restore(changed)));
                assertEquals(0, any.keyring.keyCount());
                assertEquals(commits, any.journal.commits.get());
                assertEquals(HsmCondition.OPERATIONAL, any.state.now());
            }
        }
    }

    @BeforeContainer
    static void makeWorld() {
        world = World.make();
    }

    @AfterContainer
    static void endWorld() {
        world().close();
    }

    private static World world() {
        World made = world;
        if (made == null) {
            throw new IllegalStateException("no world");
        }
        return made;
    }

    @Property(tries = 100)
    void anotherByteAnywhereIsRefused(@ForAll @IntRange(max = 1 << 20) int at, @ForAll byte other) {
        byte[] changed = world().text().clone();
        int place = at % changed.length;
        changed[place] = changed[place] == other ? (byte) (other ^ 1) : other;
        world().refuses(changed);
    }

    /** The alphabet's own characters pass the first look; among them are those whose spare bits mean nothing. */
    @Property(tries = 100)
    void anotherCharacterOfTheAlphabetIsRefused(
            @ForAll @IntRange(max = 1 << 20) int at, @ForAll @IntRange(max = 63) int to) {
        byte[] changed = world().text().clone();
        int place = changed.length - 1 - at % changed.length;
        byte other = (byte) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charAt(to);
        if (changed[place] != other) {
            changed[place] = other;
            world().refuses(changed);
        }
    }

    @Property(tries = 100)
    void aPartIsRefused(@ForAll @IntRange(max = 1 << 20) int from, @ForAll @IntRange(max = 1 << 20) int length) {
        byte[] text = world().text();
        int start = from % 4 == 0 ? from % text.length : 0;
        byte[] part = Arrays.copyOfRange(text, start, start + length % (text.length - start));
        world().refuses(part);
    }

    @Property(tries = 50)
    void whatHasMoreBytesIsRefused(
            @ForAll @Size(min = 1, max = 40) byte[] more, @ForAll @IntRange(max = 1 << 20) int at) {
        byte[] text = world().text();
        int place = at % (text.length + 1);
        byte[] longer = Arrays.copyOf(text, text.length + more.length);
        System.arraycopy(more, 0, longer, place, more.length);
        System.arraycopy(text, place, longer, place + more.length, text.length - place);
        world().refuses(longer);
    }

    @Property(tries = 50)
    void whatIsNoBackupIsRefused(@ForAll @Size(max = 2000) @ByteRange(min = 32) byte[] anything) {
        world().refuses(anything);
    }
}
