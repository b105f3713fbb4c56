// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** The headers of every answer. Stateless; any event loop. */
final class AnswerHead {
    static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    static final AsciiString NETWORK_INFO = AsciiString.cached("x-ms-keyvault-network-info");
    static final AsciiString REGION = AsciiString.cached("x-ms-keyvault-region");
    static final AsciiString SERVER_TIMING = AsciiString.cached("server-timing");
    static final AsciiString CLIENT_REQUEST_ID = AsciiString.cached("x-ms-client-request-id");

    private static final AsciiString JSON = AsciiString.cached("application/json; charset=utf-8");
    private static final AsciiString REQUEST_ID = AsciiString.cached("x-ms-request-id");
    private static final AsciiString RETURN_ID = AsciiString.cached("x-ms-return-client-request-id");

    /** Names and values of those that every success with a body has. */
    static final AsciiString[] FIXED = {
        CONTENT_TYPE,
        JSON,
        AsciiString.cached("cache-control"),
        AsciiString.cached("no-cache"),
        AsciiString.cached("content-security-policy"),
        AsciiString.cached("default-src 'self'"),
        AsciiString.cached("strict-transport-security"),
        AsciiString.cached("max-age=31536000; includeSubDomains"),
        AsciiString.cached("x-content-type-options"),
        AsciiString.cached("nosniff"),
        AsciiString.cached("x-frame-options"),
        AsciiString.cached("SAMEORIGIN"),
    };

    private AnswerHead() {}

    /** Puts them into the answer of a request; what is not known before it leaves is put by {@link Ending}. */
    static HttpServerResponse put(HttpServerRequest request, int status, String requestId) {
        HttpServerResponse response = request.response();
        response.setStatusCode(status);
        MultiMap headers = response.headers(); // none are there yet, so none need be looked for
        for (int i = status == 204 ? 2 : 0; i < FIXED.length; i += 2) { // without a body there is no type
            headers.add(FIXED[i], FIXED[i + 1]);
        }
        headers.add(REQUEST_ID, requestId);
        String id = returned(request);
        if (id != null) {
            response.putHeader(CLIENT_REQUEST_ID, id);
        }
        return response;
    }

    /** The same for an answer of 200 that is written past Vert.x's response. */
    static SuccessHead success(Exchange exchange, Connection connection, @Nullable String serverTiming) {
        SuccessHead head = new SuccessHead();
        head.add(REQUEST_ID, exchange.requestId());
        String id = returned(exchange.request());
        if (id != null) {
            head.add(CLIENT_REQUEST_ID, id);
        }
        head.add(REGION, exchange.edge().region());
        head.add(NETWORK_INFO, connection.networkInfo());
        if (serverTiming != null) {
            head.add(SERVER_TIMING, serverTiming);
        }
        return head;
    }

    /** The client's own id of its request, if it wants that back. */
    private static @Nullable String returned(HttpServerRequest request) {
        String id = request.getHeader(CLIENT_REQUEST_ID);
        return id != null && "true".equalsIgnoreCase(request.getHeader(RETURN_ID)) && isPrintable(id) ? id : null;
    }

    /** Over HTTP/2 a value may bring any character, and nobody before us looks (RFC 9110 section 5.5). */
    private static boolean isPrintable(String value) {
        return value.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    }

    /** Asks the client to wait, where the answer's status says that it may come again. */
    static void retryAfter(HttpServerResponse response, long seconds) {
        int status = response.getStatusCode();
        if (status == 429 || status == 503) {
            response.putHeader("retry-after", Long.toString(seconds));
        }
    }
}
