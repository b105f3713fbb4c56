// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** The headers of every answer. Stateless; any event loop. */
final class AnswerHead {
    static final CharSequence CONTENT_TYPE = AsciiString.cached("content-type");
    static final CharSequence NETWORK_INFO = AsciiString.cached("x-ms-keyvault-network-info");
    static final CharSequence REGION = AsciiString.cached("x-ms-keyvault-region");
    static final CharSequence CLIENT_REQUEST_ID = AsciiString.cached("x-ms-client-request-id");

    private static final CharSequence JSON = AsciiString.cached("application/json; charset=utf-8");
    private static final CharSequence REQUEST_ID = AsciiString.cached("x-ms-request-id");
    private static final CharSequence RETURN_ID = AsciiString.cached("x-ms-return-client-request-id");
    private static final CharSequence[] FIXED = {
        AsciiString.cached("cache-control"), AsciiString.cached("no-cache"),
        AsciiString.cached("content-security-policy"), AsciiString.cached("default-src 'self'"),
        AsciiString.cached("strict-transport-security"), AsciiString.cached("max-age=31536000; includeSubDomains"),
        AsciiString.cached("x-content-type-options"), AsciiString.cached("nosniff"),
        AsciiString.cached("x-frame-options"), AsciiString.cached("SAMEORIGIN"),
    };

    private AnswerHead() {}

    /** Puts them into the answer of a request; what is not known before it leaves is put by {@link Ending}. */
    static HttpServerResponse put(HttpServerRequest request, int status, String requestId) {
        HttpServerResponse response = request.response();
        response.setStatusCode(status);
        MultiMap headers = response.headers(); // none are there yet, so none need be looked for
        if (status != 204) {
            headers.add(CONTENT_TYPE, JSON);
        }
        for (int i = 0; i < FIXED.length; i += 2) {
            headers.add(FIXED[i], FIXED[i + 1]);
        }
        headers.add(REQUEST_ID, requestId);
        String id = request.getHeader(CLIENT_REQUEST_ID);
        if (id != null && "true".equalsIgnoreCase(request.getHeader(RETURN_ID))) {
            response.putHeader(CLIENT_REQUEST_ID, id);
        }
        return response;
    }

    /** Asks the client to wait, where the answer's status says that it may come again. */
    static void retryAfter(HttpServerResponse response, long seconds) {
        int status = response.getStatusCode();
        if (status == 429 || status == 503) {
            response.putHeader("retry-after", Long.toString(seconds));
        }
    }
}
