// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewindTest {
    private final List<JsonObject> changes = new ArrayList<>();
    private final Holdings now = new Holdings();

    private JsonObject change(String operation) {
        JsonObject properties = new JsonObject().put("index", changes.size());
        changes.add(new JsonObject().put("operationName", operation).put("properties", properties));
        return properties;
    }

    private void key(String name, String version, long created) {
        JsonObject key = now.keys().getJsonObject(name, new JsonObject().put("versions", new JsonObject()));
        key.getJsonObject("versions")
                .put(version, new JsonObject().put("created", created).put("enabled", true));
        now.keys().put(name, key);
    }

    private Holdings at(long index) {
        return Rewind.to(now, changes, index, 1000);
    }

    @Test
    void whatWasMadeLaterWasNotThere() {
        change("KeyCreate").put("keyName", "Old").put("keyVersion", "v1");
        change("KeyRotate").put("keyName", "Old").put("keyVersion", "v2");
        change("KeyCreate").put("keyName", "new").put("keyVersion", "v3");
        key("old", "v1", 10);
        key("old", "v2", 20);
        key("new", "v3", 30);
        assertEquals(now.keys(), at(3).keys());
        assertFalse(at(2).keys().containsKey("new"));
        assertTrue(at(1).keys().getJsonObject("old").getJsonObject("versions").containsKey("v1"));
        assertFalse(at(1).keys().getJsonObject("old").getJsonObject("versions").containsKey("v2"));
        assertTrue(at(0).keys().isEmpty());
    }

    @Test
    void versionsOfARotationPolicyGoByTheirTime() {
        key("k", "v1", 10);
        key("k", "v2", 1001);
        JsonObject versions = at(0).keys().getJsonObject("k").getJsonObject("versions");
        assertEquals(java.util.Set.of("v1"), versions.fieldNames());
    }

    @Test
    void deletedKeysWereLivingAndPurgedOnesWereDeleted() {
        change("KeyDelete").put("keyName", "k");
        change("KeyPurge").put("keyName", "p").put("keyVersion", "pv").put("keyClass", "EC_P256");
        key("k", "v1", 10);
        now.keys().getJsonObject("k").put("deletedSeconds", 900L);
        assertTrue(at(1).keys().getJsonObject("k").containsKey("deletedSeconds"));
        assertFalse(at(0).keys().getJsonObject("k").containsKey("deletedSeconds"));
        JsonObject purged = at(0).keys().getJsonObject("p");
        assertTrue(purged.containsKey("deletedSeconds"));
        assertEquals(
                "EC_P256", purged.getJsonObject("versions").getJsonObject("pv").getString("class"));
        assertFalse(at(2).keys().containsKey("p"));
    }

    @Test
    void deletedKeysThatWentByThemselvesWereThere() {
        change("KeyDelete").put("keyName", "g").put("keyVersion", "v").put("scheduledPurgeSeconds", 2000L);
        change("KeyDelete").put("keyName", "h").put("keyVersion", "v").put("scheduledPurgeSeconds", 500L);
        assertTrue(at(2).keys().containsKey("g"));
        assertFalse(at(2).keys().containsKey("h"));
    }

    @Test
    void keysThatWereDeletedInThePeriodAndHaveGoneSinceWereLiving() {
        change("KeyDelete").put("keyName", "g").put("keyVersion", "v").put("scheduledPurgeSeconds", 2000L);
        JsonObject living = at(0).keys().getJsonObject("g");
        assertFalse(living.containsKey("deletedSeconds"));
        assertTrue(living.getString("olderVersions").startsWith("not known"));
        assertTrue(living.getJsonObject("versions").containsKey("v"));
        assertEquals(2000L, at(1).keys().getJsonObject("g").getLong("purgeSeconds"));
        assertTrue(at(1).keys().getJsonObject("g").containsKey("deletedSeconds"));
    }

    @Test
    void aKeyThatWasRotatedAndPurgedLaterWasThereWithVersionsThatNobodyKnows() {
        change("KeyRotate").put("keyName", "k").put("keyVersion", "v2");
        change("KeyDelete").put("keyName", "k").put("keyVersion", "v2").put("scheduledPurgeSeconds", 2000L);
        change("KeyPurge").put("keyName", "k").put("keyVersion", "v2");
        JsonObject before = at(0).keys().getJsonObject("k");
        assertTrue(before.getJsonObject("versions").isEmpty());
        assertTrue(before.getString("olderVersions").startsWith("not known"));
        assertFalse(before.containsKey("deletedSeconds"));
        assertTrue(at(1).keys().getJsonObject("k").getJsonObject("versions").containsKey("v2"));
        assertFalse(at(3).keys().containsKey("k"));
    }

    @Test
    void attributesOfAVersionThatWasChangedLaterAreNotGuessed() {
        change("KeyUpdate").put("keyName", "k").put("keyVersion", "v1");
        key("k", "v1", 10);
        JsonObject facts =
                at(0).keys().getJsonObject("k").getJsonObject("versions").getJsonObject("v1");
        assertFalse(facts.containsKey("enabled"));
        assertEquals(10, facts.getLong("created"));
    }

    @Test
    void assignmentsGoAndComeBack() {
        change("RoleAssignmentCreate").put("assignmentId", "a");
        change("RoleAssignmentDelete")
                .put("assignmentId", "b")
                .put("assignedPrincipalId", "p")
                .put("assignedRoleDefinitionId", "r")
                .put("assignedScope", "/keys");
        now.assignments().put("a", new JsonObject());
        assertEquals(java.util.Set.of("b"), at(0).assignments().fieldNames());
        assertEquals("/keys", at(0).assignments().getJsonObject("b").getString("scope"));
        assertEquals(java.util.Set.of("a", "b"), at(1).assignments().fieldNames());
    }

    @Test
    void whatCannotBeToldIsSaid() {
        change("RestoreCreate");
        change("RoleAssignmentDelete");
        change("KeyCreate").put("keyName", "k");
        assertEquals(3, at(0).gaps().size());
        assertEquals(0, at(3).gaps().size());
    }
}
