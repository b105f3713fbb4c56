// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells what an HSM had at an earlier moment: what it has now, with every change since undone, the latest first. What events do
 * not tell is said as a gap, not guessed. Used by one thread.
 */
final class Rewind {
    /** The operations that change what an HSM has. */
    static final Set<String> CHANGES = Set.of(
            "KeyCreate",
            "KeyImport",
            "KeyRotate",
            "KeyUpdate",
            "KeyDelete",
            "KeyRecover",
            "KeyPurge",
            "KeyRestore",
            "KeyRestoreFromBackup",
            "RestoreCreate",
            "RoleAssignmentCreate",
            "RoleAssignmentDelete");

    private static final int CLIENT_GONE = 499;
    private static final int BROKEN = 500;

    private final Holdings state;
    private final long seconds;

    private Rewind(Holdings state, long seconds) {
        this.state = state;
        this.seconds = seconds;
    }

    /**
     * What there was.
     *
     * @param now what there is behind the last of the changes
     * @param changes events of {@link #CHANGES} in the order of the log, those before the moment too: successful ones, and
     *     {@link #untold} ones
     * @param index index of the first event that is to be undone
     * @param seconds the moment, since 1970
     */
    static Holdings to(Holdings now, List<JsonObject> changes, long index, long seconds) {
        Rewind rewind = new Rewind(now.copy(), seconds);
        for (JsonObject event : changes.reversed()) {
            if (index(event) >= index) {
                rewind.undo(event);
            }
        }
        rewind.dropWhatIsNewer();
        changes.stream().filter(event -> index(event) < index && !untold(event)).forEach(rewind::remember);
        return rewind.state;
    }

    /** Whether an event says that its change was made. */
    static boolean told(JsonObject event) {
        return "Success".equals(event.getString("resultType"));
    }

    /** Whether an event does not tell if its change was made: the client had gone before the answer, or something broke. */
    static boolean untold(JsonObject event) {
        Object status = event.getValue("httpStatusCode");
        return !told(event)
                && status instanceof Number number
                && (number.intValue() == CLIENT_GONE || number.intValue() >= BROKEN);
    }

    static long index(JsonObject event) {
        return event.getJsonObject("properties", new JsonObject()).getLong("index", -1L);
    }

    private void undo(JsonObject event) {
        if (untold(event)) {
            gap(
                    event,
                    "ended with status " + event.getValue("httpStatusCode")
                            + " and does not tell whether it was carried out: " + event.getString("requestUri"));
            return;
        }
        JsonObject properties = event.getJsonObject("properties");
        String operation = event.getString("operationName");
        String name = properties.getString("keyName", "").toLowerCase(Locale.ROOT);
        JsonObject key = state.keys().getJsonObject(name);
        switch (operation) {
            case "KeyCreate", "KeyImport", "KeyRotate" -> undoVersion(event, name, key);
            case "KeyRestore" -> {
                if (name.isEmpty()) {
                    gap(event, "does not name the key that was restored");
                }
                state.keys().remove(name);
            }
            case "KeyUpdate" -> {
                if (key != null) {
                    unknownAttributes(key, properties.getString("keyVersion"));
                }
            }
            case "KeyDelete" -> undoDelete(properties, name, key);
            case "KeyRecover" -> {
                if (key != null) {
                    key.putNull("deletedSeconds");
                }
            }
            case "KeyPurge" -> purged(properties, name, "not known: the key was purged later");
            case "RoleAssignmentCreate" -> {
                String id = properties.getString("assignmentId");
                if (id == null) {
                    gap(event, "does not say which role assignment was made");
                } else {
                    state.assignments().remove(id);
                }
            }
            case "RoleAssignmentDelete" -> assigned(event, properties);
            default -> gap(event, "began a restore: what was there before it, only the backups from before tell");
        }
    }

    private void undoVersion(JsonObject event, String name, @Nullable JsonObject key) {
        String version = event.getJsonObject("properties").getString("keyVersion");
        if (version == null) {
            gap(event, "does not name the version that was made");
        } else if (key != null) {
            key.getJsonObject("versions").remove(version);
            removeIfEmpty(name, key);
        }
    }

    /** A key that is not there at all was deleted and has gone by its schedule, of which there is no event. */
    private void undoDelete(JsonObject properties, String name, @Nullable JsonObject key) {
        JsonObject living = key;
        if (living == null && !name.isEmpty()) {
            purged(properties, name, "not known: the key was deleted later and has gone by its schedule");
            living = state.keys().getJsonObject(name);
        }
        if (living != null) {
            living.remove("deletedSeconds");
            living.remove("purgeSeconds");
        }
    }

    /** Without versions there is no key, unless it may have had some that nobody knows. */
    private void removeIfEmpty(String name, JsonObject key) {
        if (key.getJsonObject("versions").isEmpty() && !key.containsKey("olderVersions")) {
            state.keys().remove(name);
        }
    }

    /** An update says which version it changed, and not from what. */
    private static void unknownAttributes(JsonObject key, @Nullable String version) {
        for (String each : key.getJsonObject("versions").fieldNames()) {
            if (version == null || version.equals(each)) {
                JsonObject facts = key.getJsonObject("versions").getJsonObject(each);
                List.of("enabled", "notBefore", "expires", "updated").forEach(facts::remove);
                facts.put("attributes", "changed later, and not known for this moment");
            }
        }
    }

    private void purged(JsonObject properties, String name, String olderVersions) {
        JsonObject versions = new JsonObject();
        String version = properties.getString("keyVersion");
        if (version != null) {
            versions.put(version, new JsonObject().put("class", properties.getString("keyClass")));
        }
        state.keys()
                .put(
                        name,
                        new JsonObject()
                                .put("versions", versions)
                                .put("olderVersions", olderVersions)
                                .putNull("deletedSeconds"));
    }

    private void assigned(JsonObject event, JsonObject properties) {
        String id = properties.getString("assignmentId");
        if (id == null) {
            gap(event, "does not say which role assignment was deleted");
        } else {
            state.assignments()
                    .put(
                            id,
                            new JsonObject()
                                    .put("principalId", properties.getString("assignedPrincipalId"))
                                    .put("roleDefinitionId", properties.getString("assignedRoleDefinitionId"))
                                    .put("scope", properties.getString("assignedScope")));
        }
    }

    /** Versions that the HSM made by itself, by a rotation policy, have no event; their own time tells. */
    private void dropWhatIsNewer() {
        for (String name : Set.copyOf(state.keys().fieldNames())) {
            JsonObject versions = state.keys().getJsonObject(name).getJsonObject("versions");
            for (String version : Set.copyOf(versions.fieldNames())) {
                if (versions.getJsonObject(version).getLong("created", Long.MIN_VALUE) > seconds) {
                    versions.remove(version);
                }
            }
            removeIfEmpty(name, state.keys().getJsonObject(name));
        }
    }

    /** Deleted keys whose time was over later have gone without an event: their deletion tells when. */
    private void remember(JsonObject event) {
        JsonObject properties = event.getJsonObject("properties");
        String name = properties.getString("keyName", "").toLowerCase(Locale.ROOT);
        if (!"KeyDelete".equals(event.getString("operationName"))) {
            if (state.keys().containsKey(name)
                    && state.keys().getJsonObject(name).containsKey("goneBySchedule")) {
                state.keys().remove(name); // recovered, purged or made anew before the moment: seen otherwise
            }
            return;
        }
        long purge = properties.getLong("scheduledPurgeSeconds", 0L);
        if (!state.keys().containsKey(name) && purge > seconds) {
            purged(properties, name, "not known: the key has gone by its schedule");
            state.keys().getJsonObject(name).put("purgeSeconds", purge).put("goneBySchedule", true);
        }
    }

    private void gap(JsonObject event, String what) {
        state.gaps().add("event " + index(event) + " (" + event.getString("operationName") + ") " + what);
    }
}
