// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.lifecycle.HeldKey;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyArchive;
import dev.managedhsm.gateway.evidence.Holdings;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreJournal;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Reads which keys and role assignments a store has, for evidence. Opens every record and shows no secret. One thread. */
public final class OfflineHoldings {
    private OfflineHoldings() {}

    /**
     * What a store has.
     *
     * @param store where the sealed records are; only read
     * @param seal opens them
     */
    public static Holdings of(Store store, OfflineSeal seal) {
        List<JournalWrite.Put> records = new ArrayList<>();
        new StoreJournal(store).load((name, blob) -> records.add(new JournalWrite.Put(name, blob)));
        Holdings holdings = new Holdings();
        if (!records.isEmpty()) {
            for (HeldKey key : new KeyArchive(seal.engine(), seal.seal(), records).held()) {
                holdings.keys().put(key.versions().getFirst().name().folded(), json(key));
            }
        }
        RoleSnapshot roles = new RoleJournal(StoreJournal.ofRoles(store), seal.seal()).load();
        if (roles != null) {
            for (RoleAssignment one : roles.assignments()) {
                holdings.assignments()
                        .put(
                                one.name().toString(),
                                new JsonObject()
                                        .put("principalId", one.principalId().toString())
                                        .put(
                                                "roleDefinitionId",
                                                one.roleDefinitionId().toString())
                                        .put("scope", one.scope().text()));
            }
        }
        return holdings;
    }

    private static JsonObject json(HeldKey key) {
        JsonObject versions = new JsonObject();
        key.versions().forEach(facts -> versions.put(facts.version().text(), json(facts)));
        JsonObject json = new JsonObject().put("versions", versions);
        if (key.deleted()) {
            json.put("deletedSeconds", key.deletedSeconds()).put("purgeSeconds", key.purgeSeconds());
        }
        return json;
    }

    private static JsonObject json(KeyFacts facts) {
        KeyAttributes attributes = facts.attributes();
        JsonObject json = new JsonObject()
                .put("class", facts.keyClass().name())
                .put("created", attributes.created())
                .put("updated", attributes.updated())
                .put("enabled", attributes.enabled())
                .put("exportable", facts.exportable());
        if (attributes.notBefore() != KeyAttributes.NONE) {
            json.put("notBefore", attributes.notBefore());
        }
        if (attributes.expires() != KeyAttributes.NONE) {
            json.put("expires", attributes.expires());
        }
        return json;
    }
}
