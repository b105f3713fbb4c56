// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.token.VerifiedToken;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * What events say of a caller, encoded once for all requests with the same verified token. Immutable; any thread. It holds
 * nothing of the token but who was proven by it.
 */
public final class AuditCaller {
    private final byte[] identity;
    private final byte[] members;
    private final String objectId;

    /** Keeps both pieces as {@link #identity()} and {@link #members()} answer them. */
    AuditCaller(byte[] identity, byte[] members, String objectId) {
        this.identity = identity;
        this.members = members;
        this.objectId = objectId;
    }

    /** The caller that a token has proven. */
    public static AuditCaller of(VerifiedToken token) {
        Principal principal = token.principal();
        String objectId = principal.objectId().toString();
        StringBuilder claims = new StringBuilder(320).append("{\"claim\":{");
        UUID application = principal.applicationId();
        if (application != null) {
            claims.append("\"appid\":\"").append(application).append("\",");
        }
        claims.append("\"http_schemas_microsoft_com_identity\":{\"claims\":{\"objectidentifier\":\"")
                .append(objectId)
                .append("\"}}");
        String resource = principal.managedIdentityResourceId();
        if (resource != null) {
            JsonLine safe = new JsonLine(4 * 1024);
            safe.quoted(resource, JsonLine.TEXT_LENGTH_MAX);
            claims.append(",\"xms_mirid\":").append(new String(safe.bytes(), 0, safe.length(), StandardCharsets.UTF_8));
        }
        claims.append("}}");
        JsonLine line = new JsonLine(8 * 1024);
        line.member("identity", claims.toString(), claims.length()); // a string that holds JSON, as Azure writes it
        byte[] identity = line.copy();
        line.clear();
        line.member("principalObjectId", objectId, EventLine.ID_LENGTH_MAX);
        line.member("principalKind", principal.kind().name(), EventLine.ID_LENGTH_MAX);
        line.member("issuer", token.issuerName(), EventLine.ID_LENGTH_MAX);
        return new AuditCaller(identity, line.copy(), objectId);
    }

    /** The member {@code identity} behind a comma, UTF-8. */
    byte[] identity() {
        return identity;
    }

    /** The object id, a GUID in lower case. */
    public String objectId() {
        return objectId;
    }

    /** The members of {@code properties} that tell who it is, each behind a comma, UTF-8. */
    byte[] members() {
        return members;
    }
}
