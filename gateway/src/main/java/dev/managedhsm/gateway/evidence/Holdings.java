// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeSet;

/**
 * Which keys and role assignments an HSM has at a moment. No secret is in it. Used by one thread at a time.
 *
 * <pre>
 *   keys         name: {"versions": {version: {"class", "created", "enabled", …}}, "deletedSeconds", "purgeSeconds"}
 *   assignments  id:   {"principalId", "roleDefinitionId", "scope"}
 * </pre>
 *
 * @param keys by their names in lower case; soft-deleted ones too
 * @param assignments by their ids
 * @param gaps what cannot be told, one sentence each
 */
public record Holdings(JsonObject keys, JsonObject assignments, JsonArray gaps) {
    /** None. */
    public Holdings() {
        this(new JsonObject(), new JsonObject(), new JsonArray());
    }

    /** The same, to be changed. */
    Holdings copy() {
        return new Holdings(keys.copy(), assignments.copy(), gaps.copy());
    }

    /** The keys and what cannot be told of them. */
    JsonObject inventory() {
        return new JsonObject().put("keys", sorted(keys)).put("gaps", gaps);
    }

    /** The assignments and what cannot be told of them. */
    JsonObject roles() {
        return new JsonObject().put("assignments", sorted(assignments)).put("gaps", gaps);
    }

    private static JsonObject sorted(JsonObject object) {
        JsonObject sorted = new JsonObject();
        new TreeSet<>(object.fieldNames()).forEach(name -> sorted.put(name, object.getValue(name)));
        return sorted;
    }

    /** What is another in a later state than in this one. */
    static JsonObject drift(
            JsonObject keysBefore, JsonObject keysAfter, JsonObject rolesBefore, JsonObject rolesAfter) {
        return new JsonObject()
                .put("keys", difference(keysBefore.getJsonObject("keys"), keysAfter.getJsonObject("keys")))
                .put(
                        "assignments",
                        difference(rolesBefore.getJsonObject("assignments"), rolesAfter.getJsonObject("assignments")));
    }

    private static JsonObject difference(JsonObject before, JsonObject after) {
        JsonObject added = new JsonObject();
        JsonObject removed = new JsonObject();
        JsonObject changed = new JsonObject();
        for (Map.Entry<String, Object> one : after) {
            if (!before.containsKey(one.getKey())) {
                added.put(one.getKey(), one.getValue());
            } else if (!one.getValue().equals(before.getValue(one.getKey()))) {
                changed.put(
                        one.getKey(),
                        new JsonObject()
                                .put("from", before.getValue(one.getKey()))
                                .put("to", one.getValue()));
            }
        }
        for (Map.Entry<String, Object> one : before) {
            if (!after.containsKey(one.getKey())) {
                removed.put(one.getKey(), one.getValue());
            }
        }
        return new JsonObject().put("added", added).put("removed", removed).put("changed", changed);
    }
}
