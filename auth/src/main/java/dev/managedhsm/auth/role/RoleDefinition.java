// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.List;
import java.util.UUID;

/**
 * A named set of rights.
 *
 * @param id its GUID
 * @param name the role's display name
 * @param description free text, may be empty
 * @param kind built-in or custom
 * @param permissions its blocks of rights, usually one
 */
public record RoleDefinition(UUID id, String name, String description, Kind kind, List<Permission> permissions) {
    /** Where a definition comes from, with the word the wire has for it. */
    public enum Kind {
        /** Part of every HSM; cannot be changed or deleted. */
        BUILT_IN("AKVBuiltInRole"),
        /** Made by an administrator of this HSM. */
        CUSTOM("CustomRole");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** The wire's word. */
        public String text() {
            return text;
        }
    }

    /** Copies the list. */
    public RoleDefinition {
        permissions = List.copyOf(permissions);
    }

    /**
     * The data actions this role really grants, as {@link DataAction#bit bits}. Exclusions count against the whole
     * definition, not only against their own block: with several blocks this never grants more than the other reading.
     */
    public long dataActionBits() {
        long granted = 0;
        long excluded = 0;
        for (Permission permission : permissions) {
            granted |= DataActionPattern.bits(permission.dataActions());
            excluded |= DataActionPattern.bits(permission.notDataActions());
        }
        return granted & ~excluded;
    }
}
