// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.operation.Outcome;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A refusal in Azure's shape: {@code {"error":{"code":…,"message":"… (Activity ID: …)"}}}.
 *
 * @param status the HTTP status
 * @param code Azure's code
 * @param message one sentence, without secrets and without the activity id
 * @param innerCode the more exact code of {@code innererror}, or null
 */
public record WireError(
        int status, String code, String message, @Nullable String innerCode) {
    /** A refusal without a more exact code. */
    public WireError(int status, String code, String message) {
        this(status, code, message, null);
    }

    /** 400: something in the request is not as the API wants it. */
    public static WireError badParameter(String message) {
        return new WireError(400, "BadParameter", message);
    }

    /** 400, 414 or 431: the request's head cannot be read, for the reason that the decoder gives. */
    public static WireError badHead(@Nullable Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException line ->
                new WireError(414, "RequestUriTooLong", "The request URI is longer than the limit");
            case TooLongHttpHeaderException header ->
                new WireError(431, "RequestHeadersTooLarge", "The request headers are longer than the limit");
            case null, default -> badParameter("The request's head is malformed");
        };
    }

    /** 401: no token, or one that proves nobody. */
    public static WireError unauthorized() {
        return new WireError(401, "Unauthorized", "The request has no valid Bearer token");
    }

    /** 503: nobody can say now whether the token is good. */
    public static WireError issuerKeysStale() {
        return unavailable("The keys of the token's issuer could not be fetched for too long; the token can be neither"
                + " accepted nor refused until they are");
    }

    /**
     * 403: the caller has no role that allows this.
     *
     * @param dataAction the missing right
     * @param scope where it is missing
     * @param groupsOmitted whether the token leaves the caller's groups out, so that assignments to them do not count
     */
    public static WireError accessDenied(String dataAction, String scope, boolean groupsOmitted) {
        String message = "Not authorized to access " + dataAction + " on " + scope;
        return new WireError(
                403,
                "AccessDenied",
                groupsOmitted
                        ? message + "; the token does not list the caller's groups because there are too many, so only"
                                + " role assignments to the caller itself count"
                        : message);
    }

    /** 403: the client's address is not on the listener's allow-list. */
    public static WireError forbiddenByFirewall(String address) {
        return forbidden(
                "ForbiddenByFirewall",
                "Client address (" + address + ") is not authorized and caller is not a trusted service");
    }

    /** 404: no such key or version. */
    public static WireError keyNotFound(String id) {
        return new WireError(404, "KeyNotFound", "Key not found: " + id);
    }

    /** 404: no such resource. */
    public static WireError notFound() {
        return new WireError(404, "NotFound", "The requested resource does not exist");
    }

    /** 405: the resource is there, the method is not. */
    public static WireError methodNotAllowed() {
        return new WireError(405, "MethodNotAllowed", "The method is not allowed for this resource");
    }

    /** 408: the body did not arrive in time. */
    public static WireError bodyTooSlow() {
        return new WireError(408, "RequestTimeout", "The request body did not arrive in time");
    }

    /** 413: the body is longer than the limit. */
    public static WireError bodyTooLong(int limit) {
        return new WireError(
                413, "RequestBodyTooLarge", "The request body is too large, maximum size is " + limit + " bytes");
    }

    /** 415: the body is said to be something else than JSON. */
    public static WireError notJson() {
        return new WireError(415, "UnsupportedMediaType", "The request's Content-Type must be application/json");
    }

    /** 429: no room. */
    public static WireError throttled() {
        return new WireError(429, "Throttled", "The HSM is busy; try again after the time given in Retry-After");
    }

    /** 500: something broke. */
    public static WireError internal() {
        return new WireError(500, "InternalServerError", "The HSM could not complete the request");
    }

    /** 503: the HSM's state does not let it serve. */
    public static WireError unavailable(String message) {
        return new WireError(503, "ServiceUnavailable", message);
    }

    /** The one table from an operation's outcome to a refusal; null for outcomes that have an answer. */
    public static @Nullable WireError of(Outcome outcome) {
        return switch (outcome) {
            case DONE, SIGNATURE_VALID, SIGNATURE_INVALID -> null;
            case KEY_GONE -> new WireError(404, "KeyNotFound", "Key not found");
            case KEY_DISABLED -> forbidden("KeyDisabled", "Operation is not allowed on a disabled key");
            case KEY_NOT_IN_PERIOD ->
                forbidden("KeyNotYetValidOrExpired", "Operation is not allowed on an expired or not yet valid key");
            case OPERATION_NOT_PERMITTED ->
                forbidden("KeyOperationForbidden", "Operation is not permitted on this key by its key_ops");
            case ALGORITHM_MISMATCH ->
                badParameter("The algorithm does not fit the key's type, size or curve, or the operation");
            case BAD_DIGEST_LENGTH -> badParameter("The digest has not the length that the algorithm demands");
            case BAD_VALUE_LENGTH -> badParameter("The value has a length that the algorithm cannot take");
            case BAD_IV -> badParameter("The iv is missing, has the wrong length, or is not allowed here");
            case BAD_TAG -> badParameter("The tag is missing or has the wrong length");
            case DECRYPTION_FAILED -> badParameter("The value could not be decrypted with this key and algorithm");
            case DEADLINE_PASSED -> throttled();
            case KEY_EXHAUSTED ->
                forbidden("KeyExhausted", "The key version has reached its encryption limit and must be rotated");
            case ENGINE_FAILED, PENDING -> internal();
        };
    }

    private static WireError forbidden(String inner, String message) {
        return new WireError(403, "Forbidden", message, inner);
    }

    /**
     * The body.
     *
     * @param requestId what {@code x-ms-request-id} says
     */
    public JsonObject body(String requestId) {
        JsonObject error = new JsonObject().put("code", code);
        if (innerCode != null) {
            error.put("innererror", new JsonObject().put("code", innerCode));
        }
        error.put("message", message + " (Activity ID: " + requestId + ")");
        return new JsonObject().put("error", error);
    }
}
