// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.List;

/**
 * One block of a role definition, with the texts as their author wrote them ({@code *} stands for any characters).
 *
 * @param actions control-plane actions; kept for the wire, never asked here
 * @param notActions control-plane actions taken out again
 * @param dataActions data actions granted
 * @param notDataActions data actions taken out of the same definition again; not a denial
 */
public record Permission(
        List<String> actions, List<String> notActions, List<String> dataActions, List<String> notDataActions) {
    /** Copies the lists. */
    public Permission {
        actions = List.copyOf(actions);
        notActions = List.copyOf(notActions);
        dataActions = List.copyOf(dataActions);
        notDataActions = List.copyOf(notDataActions);
    }

    /** A block that grants data actions and nothing else. */
    public static Permission ofDataActions(List<String> dataActions) {
        return new Permission(List.of(), List.of(), dataActions, List.of());
    }
}
