// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import java.nio.file.Path;

/**
 * A file or folder that a configuration names.
 *
 * @param path absolute
 * @param kind what it must be
 * @param line where it is named
 * @param key the key that names it
 */
record NamedFile(Path path, Kind kind, int line, String key) {
    /** What a named file must be. */
    enum Kind {
        /** There, and readable. */
        PUBLIC,
        /** There, readable, and not for every user of the machine. */
        SECRET,
        /** There and for its owner alone, or made by {@code hsm init}. */
        MADE_BY_INIT,
        /** The same, and custodians can bring it back: once the store is used it may be missing. */
        ROOT_KEY,
        /** A folder, or something that can become one. */
        FOLDER
    }
}
