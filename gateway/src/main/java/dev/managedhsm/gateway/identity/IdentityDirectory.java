// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All identities of one endpoint: at most one system-assigned, any number of user-assigned ones. Immutable. */
public final class IdentityDirectory {
    /**
     * The names that the protocols use, and what each names; App Service and IMDS differ. Upper and lower case are the same:
     * a name that was overlooked would give somebody the token of another identity than he asked for.
     */
    private static final Map<String, Function<ManagedIdentity, String>> NAMES = Map.of(
            "client_id", ManagedIdentity::clientId,
            "object_id", ManagedIdentity::objectId,
            "principal_id", ManagedIdentity::objectId,
            "mi_res_id", ManagedIdentity::resourceId,
            "msi_res_id", ManagedIdentity::resourceId);

    private final List<NamedIdentity> members;

    /**
     * @param members at least one, with different ids; two system-assigned ones are a programmer's mistake
     */
    public IdentityDirectory(List<NamedIdentity> members) {
        this.members = List.copyOf(members);
        if (members.isEmpty()
                || members.stream().filter(NamedIdentity::systemAssigned).count() > 1) {
            throw new IllegalArgumentException("there are identities, and one of them at most is system-assigned");
        }
    }

    /**
     * The identity that a request means: the one that all its names name, or the system-assigned one when it has no
     * names. Null when there is none such.
     */
    @Nullable
    ManagedIdentity meant(MultiMap query) {
        List<Map.Entry<String, String>> named = query.entries().stream()
                .filter(entry -> NAMES.containsKey(entry.getKey().toLowerCase(Locale.ROOT)))
                .toList();
        for (NamedIdentity member : members) {
            boolean means = named.isEmpty()
                    ? member.systemAssigned()
                    : named.stream().allMatch(entry -> names(member.identity(), entry));
            if (means) {
                return member.identity();
            }
        }
        return null;
    }

    private static boolean names(ManagedIdentity identity, Map.Entry<String, String> entry) {
        Function<ManagedIdentity, String> part = NAMES.get(entry.getKey().toLowerCase(Locale.ROOT));
        return part != null && part.apply(identity).equalsIgnoreCase(entry.getValue());
    }

    /** The identity with this application id, or null. */
    @Nullable
    NamedIdentity ofClient(String clientId) {
        for (NamedIdentity member : members) {
            if (member.identity().clientId().equalsIgnoreCase(clientId)) {
                return member;
            }
        }
        return null;
    }
}
