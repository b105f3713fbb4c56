// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.wire.Refused;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * One line of the route table: a method and a path, the right it takes, and what it does.
 *
 * @param method the HTTP method
 * @param path the path, with {@code :name} for the key's name
 * @param action the data action that the caller needs
 * @param scope where the caller needs it, or null for the key of the path
 * @param handler what it does once the call is permitted
 */
record Endpoint(
        HttpMethod method,
        String path,
        DataAction action,
        @Nullable Scope scope,
        Handler handler) {
    /** What an endpoint does. */
    @FunctionalInterface
    interface Handler {
        void handle(Call call) throws Refused;
    }

    /** The path as a pattern for Vert.x: the same in any case of letters, and with a slash at its end or none. */
    String pattern() {
        return "(?i)" + path.replaceAll(":([a-z]+)", "(?<$1>[^/]+)") + "/?";
    }

    /** An endpoint that concerns the key whose name is in the path. */
    static Endpoint onKey(HttpMethod method, String path, DataAction action, Handler handler) {
        return new Endpoint(method, path, action, null, handler);
    }

    /** An endpoint that concerns all keys. */
    static Endpoint onKeys(HttpMethod method, String path, DataAction action, Handler handler) {
        return new Endpoint(method, path, action, Scope.KEYS, handler);
    }

    /** An endpoint that concerns the HSM and no key. */
    static Endpoint onHsm(HttpMethod method, String path, DataAction action, Handler handler) {
        return new Endpoint(method, path, action, Scope.HSM, handler);
    }
}
