// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.gateway.wire.WireNames;
import org.jspecify.annotations.Nullable;

/**
 * The path of a key operation, taken apart: {@code /keys/{name}/{version}/{operation}}, with the version left out or empty
 * for the current one.
 *
 * @param name the key's name as it stands in the path, not checked
 * @param version the version as it stands in the path, or empty
 * @param operation what is asked
 */
record OperationPath(String name, String version, Operation operation) {
    private static final String KEYS = "/keys/";

    /** The path's parts, or null if it is not that of an operation. One pass, no regular expression. */
    static @Nullable OperationPath parse(String path) {
        if (!path.regionMatches(true, 0, KEYS, 0, KEYS.length())) {
            return null;
        }
        int end = path.endsWith("/") ? path.length() - 1 : path.length();
        int last = path.lastIndexOf('/', end - 1);
        int nameEnd = path.indexOf('/', KEYS.length());
        if (nameEnd <= KEYS.length() || nameEnd > last) {
            return null;
        }
        Operation operation = WireNames.operation(path.substring(last + 1, end));
        boolean deeper = nameEnd < last && path.indexOf('/', nameEnd + 1) < last;
        if (operation == null || deeper) {
            return null;
        }
        String version = nameEnd == last ? "" : path.substring(nameEnd + 1, last);
        return new OperationPath(path.substring(KEYS.length(), nameEnd), version, operation);
    }
}
