// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.ConsistencyProof;
import dev.managedhsm.gateway.audit.InclusionProof;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Proofs as JSON: hashes in base64. Stateless; any thread. */
final class PackProofs {
    private PackProofs() {}

    static JsonObject json(InclusionProof proof) {
        return new JsonObject()
                .put("index", proof.index())
                .put("size", proof.size())
                .put("path", path(proof.path()));
    }

    static JsonObject json(ConsistencyProof proof) {
        return new JsonObject().put("from", proof.from()).put("to", proof.to()).put("path", path(proof.path()));
    }

    static InclusionProof inclusion(JsonObject json) {
        return new InclusionProof(json.getLong("index"), json.getLong("size"), path(json.getJsonArray("path")));
    }

    static ConsistencyProof consistency(JsonObject json) {
        return new ConsistencyProof(json.getLong("from"), json.getLong("to"), path(json.getJsonArray("path")));
    }

    static JsonArray path(List<byte[]> hashes) {
        JsonArray path = new JsonArray();
        hashes.forEach(hash -> path.add(Base64.getEncoder().encodeToString(hash)));
        return path;
    }

    private static List<byte[]> path(JsonArray hashes) {
        List<byte[]> path = new ArrayList<>();
        hashes.forEach(hash -> path.add(Base64.getDecoder().decode(String.valueOf(hash))));
        return path;
    }
}
