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
 * @param group how the HSM's condition treats it
 * @param handler what it does once the call is permitted
 */
record Endpoint(
        HttpMethod method,
        String path,
        DataAction action,
        @Nullable Scope scope,
        EndpointGroup group,
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
        return new Endpoint(method, path, action, null, EndpointGroup.KEYS, handler);
    }

    /** An endpoint that concerns all keys. */
    static Endpoint onKeys(HttpMethod method, String path, DataAction action, Handler handler) {
        return new Endpoint(method, path, action, Scope.KEYS, EndpointGroup.KEYS, handler);
    }

    /** An endpoint that concerns the HSM and no key. */
    static Endpoint onHsm(HttpMethod method, String path, DataAction action, Handler handler) {
        return new Endpoint(method, path, action, Scope.HSM, EndpointGroup.KEYS, handler);
    }

    /** An endpoint that concerns the HSM as a whole and is answered in other conditions than those of keys. */
    static Endpoint onDomain(HttpMethod method, String path, DataAction action, EndpointGroup group, Handler handler) {
        return new Endpoint(method, path, action, Scope.HSM, group, handler);
    }
}
