// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Role definitions as Azure writes them, members in alphabetical order. May be called by any thread. */
public final class RoleDefinitionBody {
    private static final String TYPE = "Microsoft.Authorization/roleDefinitions";
    /** What the service writes before a definition's GUID; without a slash at the beginning, unlike assignments. */
    private static final String ID = "Microsoft.KeyVault/providers/" + TYPE + '/';

    private RoleDefinitionBody() {}

    /** The identifier that assignments name. */
    public static String id(UUID id) {
        return ID + id;
    }

    /**
     * The GUID in an identifier as clients write it: the whole of it with or without a slash before it, for any provider
     * in any case, or the GUID alone.
     *
     * @return the GUID, or null when the text is no such identifier
     */
    public static @Nullable UUID parseId(String text) {
        int slash = text.lastIndexOf('/');
        String family = "/roleDefinitions";
        boolean wellFormed = slash < 0 || text.regionMatches(true, slash - family.length(), family, 0, family.length());
        return wellFormed ? Guid.parse(text.substring(slash + 1)) : null;
    }

    /** A role definition. */
    public static JsonObject json(RoleDefinition definition) {
        JsonArray permissions = new JsonArray();
        for (Permission permission : definition.permissions()) {
            permissions.add(new JsonObject()
                    .put("actions", new JsonArray(permission.actions()))
                    .put("dataActions", new JsonArray(permission.dataActions()))
                    .put("notActions", new JsonArray(permission.notActions()))
                    .put("notDataActions", new JsonArray(permission.notDataActions())));
        }
        JsonObject properties = new JsonObject()
                .put("assignableScopes", new JsonArray().add(Scope.HSM.text()))
                .put("description", definition.description())
                .put("permissions", permissions)
                .put("roleName", definition.name())
                .put("type", definition.kind().text());
        return new JsonObject()
                .put("id", id(definition.id()))
                .put("name", definition.id().toString())
                .put("properties", properties)
                .put("type", TYPE);
    }

    /**
     * Reads a request to create or replace a custom role definition. What is left out is empty; a name that is left out is
     * the GUID. Data actions are kept as they are written: one that the HSM does not know grants nothing.
     *
     * @param id the GUID in the path
     * @param json the request's JSON object
     * @throws Refused saying which property is not acceptable
     */
    public static RoleDefinition read(UUID id, JsonObject json) throws Refused {
        JsonObject properties = JsonFields.object(json, "properties");
        String type = JsonFields.text(properties, "type");
        if (type != null && !type.equalsIgnoreCase(RoleDefinition.Kind.CUSTOM.text())) {
            throw new Refused("Property 'type' must be '" + RoleDefinition.Kind.CUSTOM.text() + "'");
        }
        for (String scope : JsonFields.texts(properties, "assignableScopes")) {
            if (!Scope.HSM.equals(Scope.parse(scope))) {
                throw new Refused("Property 'assignableScopes' can only hold '/'");
            }
        }
        String name = JsonFields.text(properties, "roleName");
        String description = JsonFields.text(properties, "description");
        return new RoleDefinition(
                id,
                name == null || name.isBlank() ? id.toString() : name,
                description == null ? "" : description,
                RoleDefinition.Kind.CUSTOM,
                permissions(properties));
    }

    private static List<Permission> permissions(JsonObject properties) throws Refused {
        List<Permission> permissions = new ArrayList<>();
        for (JsonObject block : JsonFields.objects(properties, "permissions")) {
            permissions.add(new Permission(
                    JsonFields.texts(block, "actions"),
                    JsonFields.texts(block, "notActions"),
                    JsonFields.texts(block, "dataActions"),
                    JsonFields.texts(block, "notDataActions")));
        }
        return permissions;
    }
}
