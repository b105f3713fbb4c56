// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.lifecycle.KeyUpdate;
import io.vertx.core.json.JsonObject;

/**
 * The body of a request to update a key version, parsed into what the key life-cycle understands. May be called by any
 * thread.
 *
 * <p>What is left out or null stays as it is; {@code tags} that are given take the place of all that were there.
 */
public final class UpdateKeyBody {
    private UpdateKeyBody() {}

    /**
     * Parses a body.
     *
     * @param json the request's JSON object
     * @return what to change; whether it can be changed of this key is for the life-cycle to say
     * @throws Refused saying which property is not acceptable
     */
    public static KeyUpdate read(JsonObject json) throws Refused {
        KeyTerms terms = KeyTerms.read(json);
        return new KeyUpdate(
                KeyTerms.permitted(json),
                terms.enabled(),
                terms.notBefore(),
                terms.expires(),
                terms.tags(),
                terms.exportable(),
                terms.releasePolicy());
    }
}
