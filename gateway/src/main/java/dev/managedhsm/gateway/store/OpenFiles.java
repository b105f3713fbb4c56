// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether the files of a database are still the ones that were opened: its name and that of its log may lead to others
 * meanwhile, or to none, and what is written then is in files without a name. Costs a few microseconds. Used by one thread.
 */
final class OpenFiles {
    private final Path database;
    private final Path log;
    private final @Nullable Object databaseKey;
    private @Nullable Object logKey;

    /** @param database open, with its write-ahead log beside it */
    OpenFiles(Path database) {
        this.database = database;
        this.log = database.resolveSibling(database.getFileName() + "-wal");
        this.databaseKey = key(database);
        this.logKey = key(log);
    }

    /**
     * After the database was closed and opened anew by its name, which makes another log.
     *
     * @return null if the name leads to another database now, or to none
     */
    @Nullable
    OpenFiles again() {
        OpenFiles next = new OpenFiles(database);
        return databaseKey != null && databaseKey.equals(next.databaseKey) ? next : null;
    }

    /** Whether one of them is another file now, or none. */
    boolean changed() {
        return !Objects.equals(databaseKey, key(database)) || logChanged();
    }

    /** The log is made with the first commit. */
    private boolean logChanged() {
        Object now = key(log);
        if (logKey == null) {
            logKey = now;
        }
        return !Objects.equals(logKey, now);
    }

    /** What tells one file from another; null if there is none. */
    private static @Nullable Object key(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (IOException gone) {
            return null;
        }
    }
}
