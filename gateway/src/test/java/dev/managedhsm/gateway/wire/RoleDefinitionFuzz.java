// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.auth.role.RoleDefinition;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What holds for every body of a role definition, for a fuzzer to break. */
public final class RoleDefinitionFuzz {
    private static final UUID NAME = new UUID(1, 2);

    private RoleDefinitionFuzz() {}

    /** The fuzzer's entry: a body is refused with a sentence, or means the same when it is written and read again. */
    public static void fuzzerTestOneInput(byte[] body) {
        JsonObject json = JsonFields.object(new String(body, UTF_8));
        if (json == null) {
            return;
        }
        RoleDefinition definition = read(json);
        if (definition == null) {
            return;
        }
        RoleDefinition again =
                read(new JsonObject(RoleDefinitionBody.json(definition).encode()));
        if (again == null || !definition.equals(again) || definition.dataActionBits() != again.dataActionBits()) {
            throw new IllegalStateException("a definition changes when it is read again");
        }
    }

    private static @Nullable RoleDefinition read(JsonObject json) {
        try {
            return RoleDefinitionBody.read(NAME, json);
        } catch (Refused refused) {
            if (refused.error().status() != 400) {
                throw new IllegalStateException("a bad body is the caller's mistake", refused);
            }
            return null;
        }
    }
}
