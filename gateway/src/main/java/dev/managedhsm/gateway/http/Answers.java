// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.vertx.core.http.HttpServerRequest;

/**
 * Writes what succeeded and lies in a direct buffer, answers to key operations and random bytes, on one connection past Vert.x's
 * response, which would make a map of headers that are nearly the same in every answer, and several promises. Everything else is
 * answered by Vert.x. Used by the connection's event loop only.
 */
sealed interface Answers permits Http1Answers, Http2Answers {
    /** Whether a request can be answered so; if not, Vert.x answers it. */
    boolean suits(HttpServerRequest request);

    /** Whether the client still takes the answer to a request. */
    boolean open(HttpServerRequest request);

    /**
     * Answers a request that is open.
     *
     * @param head without the body's length
     * @param body let go of once nobody reads it any more
     */
    void send(HttpServerRequest request, SuccessHead head, SecretBody body);
}
