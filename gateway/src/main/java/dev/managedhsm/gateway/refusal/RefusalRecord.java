// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import dev.managedhsm.auth.token.ClaimVerdict;
import dev.managedhsm.auth.token.Rejection;
import dev.managedhsm.auth.token.TokenDetails;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One refused token. Immutable, and bounded: every text that a caller chose was cut and made printable when the token was
 * read, and it holds neither the token nor a part of it.
 *
 * @param time when it was refused
 * @param requestId of the request that brought it
 * @param address the caller's
 * @param rejection why, and what the token said
 */
public record RefusalRecord(Instant time, String requestId, String address, Rejection rejection) {
    /** What stands for the issuer where no trusted one is named. */
    static final String NOBODY = "none";

    /** The issuer's configured name, or {@link #NOBODY}. */
    String issuerName() {
        return Objects.requireNonNullElse(rejection.issuerName(), NOBODY);
    }

    /** One line of JSON, without its end. */
    String line() {
        TokenDetails details = rejection.details();
        JsonObject json = new JsonObject()
                .put("time", time.toString())
                .put("requestId", requestId)
                .put("address", address)
                .put("reason", rejection.reason().name())
                .put("proven", rejection.reason().proven())
                .put("issuerName", issuerName());
        putIfThere(json, "member", rejection.member().isEmpty() ? null : rejection.member());
        putIfThere(json, "issuer", details.issuer());
        putIfThere(json, "kid", details.kid());
        putIfThere(json, "algorithm", details.algorithm());
        if (!details.audiences().isEmpty()) {
            json.put("audiences", new JsonArray(details.audiences()));
        }
        putIfThere(json, "tenantId", details.tenantId());
        putIfThere(json, "objectId", details.objectId());
        putIfThere(json, "applicationId", details.applicationId());
        if (rejection.secondsOff() != 0) {
            json.put("secondsOff", rejection.secondsOff());
        }
        Long issuedAt = details.issuedAtSeconds();
        if (issuedAt != null) {
            json.put("issuedSecondsAgo", time.getEpochSecond() - issuedAt);
        }
        JsonArray claims = new JsonArray();
        for (ClaimVerdict verdict : rejection.verdicts()) {
            claims.add(new JsonObject()
                    .put("name", verdict.name())
                    .put("present", verdict.present())
                    .put("expected", verdict.expected())
                    .put("verdict", verdict.verdict().name()));
        }
        return json.put("claims", claims).encode();
    }

    private static void putIfThere(JsonObject json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value.toString());
        }
    }
}
