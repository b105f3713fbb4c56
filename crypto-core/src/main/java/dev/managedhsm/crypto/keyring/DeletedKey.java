// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.seal.RecordMark;
import java.util.Arrays;
import java.util.List;

/**
 * A soft-deleted key: all its versions, out of use, waiting to be recovered or purged. Immutable; may be read by any
 * thread.
 */
public final class DeletedKey {
    private final LivingKey[] versions;
    private final long deletedSeconds;
    private final long purgeSeconds;
    private final RecordMark mark;

    DeletedKey(LivingKey[] versions, long deletedSeconds, long purgeSeconds, RecordMark mark) {
        this.versions = versions;
        this.deletedSeconds = deletedSeconds;
        this.purgeSeconds = purgeSeconds;
        this.mark = mark;
    }

    /** The key's name. */
    public KeyName name() {
        return facts().name();
    }

    /** Facts of the version that was current. */
    public KeyFacts facts() {
        return versions[versions.length - 1].facts();
    }

    /** When it was deleted, in Unix seconds. */
    public long deletedSeconds() {
        return deletedSeconds;
    }

    /** When it will be purged without being asked, in Unix seconds. */
    public long purgeSeconds() {
        return purgeSeconds;
    }

    /** Its versions, oldest first. They find nothing in the keyring; for the control worker. */
    public List<LivingKey> versions() {
        return List.copyOf(Arrays.asList(versions));
    }

    /** Mark of the sealed soft-delete record. For the control worker. */
    public RecordMark mark() {
        return mark;
    }

    LivingKey[] living() {
        return versions;
    }
}
