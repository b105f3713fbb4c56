// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.RoleWrite;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The roles at start: what the store says, and nothing else once it says something. An HSM without any record of roles
 * gets its initial administrators, durably, so that one whose assignment is deleted later does not come back.
 */
final class InitialRoles {
    private static final Logger LOG = LoggerFactory.getLogger(InitialRoles.class);

    private InitialRoles() {}

    /**
     * Loads the roles, or makes the first ones.
     *
     * @param journal not loaded yet
     * @param administrators object ids of the initial administrators, GUIDs
     * @param others what else is given
     * @throws StartRefused if the first ones cannot be made durable
     */
    static RoleSnapshot load(RoleJournal journal, List<String> administrators, List<InitialRole> others) {
        RoleSnapshot stored = journal.load();
        if (stored != null) {
            return stored;
        }
        if (administrators.isEmpty()) {
            LOG.warn("nobody may do anything: the HSM has no roles yet, and the configuration names no administrator");
            return RoleSnapshot.empty();
        }
        List<RoleAssignment> first = assignments(administrators, others);
        List<RoleWrite> writes = new ArrayList<>();
        first.forEach(assignment -> writes.add(new RoleWrite.PutAssignment(assignment)));
        if (journal.commit(writes) != KeyJournal.Ending.COMMITTED) {
            throw new StartRefused(
                    "The initial administrators could not be written to the store: check the disk, then start anew.");
        }
        LOG.info("first start: {} initial administrators", administrators.size());
        return RoleSnapshot.of(List.of(), first);
    }

    private static List<RoleAssignment> assignments(List<String> administrators, List<InitialRole> others) {
        List<InitialRole> given = new ArrayList<>();
        for (String objectId : administrators) {
            for (RoleDefinition role :
                    List.of(BuiltInRoles.ADMINISTRATOR, BuiltInRoles.CRYPTO_OFFICER, BuiltInRoles.CRYPTO_USER)) {
                given.add(new InitialRole(UUID.fromString(objectId), role.id()));
            }
        }
        given.addAll(others);
        List<RoleAssignment> assignments = new ArrayList<>();
        for (InitialRole role : given.stream().distinct().toList()) {
            byte[] name = ("initial " + role.objectId() + ' ' + role.roleId()).getBytes(StandardCharsets.UTF_8);
            assignments.add(
                    new RoleAssignment(UUID.nameUUIDFromBytes(name), role.roleId(), role.objectId(), Scope.HSM));
        }
        return assignments;
    }
}
