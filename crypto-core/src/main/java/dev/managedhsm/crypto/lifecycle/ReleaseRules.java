// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.ReleasePolicy;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What may be said of a key's release: its first version decides whether it can ever be released, and an immutable policy
 * stays for all versions that follow. Stateless.
 */
final class ReleaseRules {
    private ReleaseRules() {}

    /**
     * Why a version cannot be so, or null.
     *
     * @param was the version that is changed, or that a new one follows; null for a key's first
     * @param exportable what is asked, or null to leave it
     * @param given the policy that is asked, or null to leave it
     * @param permitted what the version will be permitted to do
     */
    static @Nullable LifecycleRefusal refusal(
            @Nullable KeyFacts was,
            @Nullable Boolean exportable,
            @Nullable ReleasePolicy given,
            Set<PermittedOperation> permitted) {
        boolean will = was == null ? Boolean.TRUE.equals(exportable) : was.exportable();
        if (exportable != null && exportable != will) {
            return LifecycleRefusal.EXPORTABLE_FIXED;
        }
        if (given != null && !will) {
            return LifecycleRefusal.POLICY_WITHOUT_EXPORTABLE;
        }
        if (was == null && will && given == null) {
            return LifecycleRefusal.EXPORTABLE_WITHOUT_POLICY;
        }
        if (permitted.contains(PermittedOperation.EXPORT) && !will) {
            return LifecycleRefusal.EXPORT_WITHOUT_EXPORTABLE;
        }
        ReleasePolicy old = was == null ? null : was.releasePolicy();
        return old != null && old.immutable() && given != null && !same(old, given)
                ? LifecycleRefusal.POLICY_IMMUTABLE
                : null;
    }

    /** The policy that results where there is no refusal. */
    static @Nullable ReleasePolicy result(@Nullable KeyFacts was, @Nullable ReleasePolicy given) {
        ReleasePolicy old = was == null ? null : was.releasePolicy();
        return given == null || (old != null && old.immutable()) ? old : given;
    }

    /** Whether both say the same; that a frozen policy is to be frozen need not be said again. */
    private static boolean same(ReleasePolicy old, ReleasePolicy given) {
        return old.json().equals(given.json()) && old.contentType().equals(given.contentType());
    }
}
