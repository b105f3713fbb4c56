// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** What the built-in roles grant by their documentation, which lies in {@code roles/built-in-roles.txt}. */
final class BuiltInRights {
    private BuiltInRights() {}

    /**
     * One role.
     *
     * @param id its GUID
     * @param name its display name
     * @param actions what it grants
     */
    record Role(UUID id, String name, Set<DataAction> actions) {
        boolean administersRoles() {
            return actions.contains(DataAction.ROLE_ASSIGNMENTS_WRITE);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** All of them, in the order of the file. */
    static List<Role> all() {
        List<Role> roles = new ArrayList<>();
        for (String line : lines()) {
            if (line.startsWith(" ")) {
                DataAction action = DataAction.parse(DataAction.PREFIX + line.strip());
                if (action != null) { // what this HSM does not know it grants to nobody
                    roles.getLast().actions.add(action);
                }
            } else {
                int space = line.indexOf(' ');
                UUID id = UUID.fromString(line.substring(0, space));
                roles.add(new Role(id, line.substring(space + 1), EnumSet.noneOf(DataAction.class)));
            }
        }
        return roles;
    }

    private static List<String> lines() {
        try (InputStream in = BuiltInRights.class.getResourceAsStream("/roles/built-in-roles.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
