// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.lifecycle.KeyOrigin;
import io.netty.buffer.Unpooled;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The file in which a key travels that was wrapped for an HSM, as the member {@code key_hsm} carries it: base64 of a JSON
 * object. Nothing in it is secret. Stateless.
 *
 * <pre>
 *   {"schema_version":"1.0.0",
 *    "header":{"kid":"https://HOST/keys/NAME/VERSION","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"},
 *    "ciphertext":"BASE64URL", "generator":"anything"}
 * </pre>
 */
final class TransferBlob {
    private static final String VERSION = "1.0.0";
    private static final String ALGORITHM = "dir";
    private static final String ENCRYPTION = "CKM_RSA_AES_KEY_WRAP";

    private TransferBlob() {}

    /**
     * Parses the member.
     *
     * @param member its text
     * @param baseUrl scheme, host and port of this HSM's identifiers: the exchange key is one of its keys
     * @throws Refused saying what is not as it should be
     */
    static KeyOrigin.Wrapped read(String member, String baseUrl) throws Refused {
        byte[] file = JsonFields.base64(member);
        JsonObject blob = file == null ? null : JsonText.object(Unpooled.wrappedBuffer(file));
        if (blob == null) {
            throw new Refused("Property 'key_hsm' is not base64url of a transfer blob");
        }
        expect(blob, "schema_version", VERSION);
        JsonObject header = JsonFields.object(blob, "header");
        expect(header, "alg", ALGORITHM);
        expect(header, "enc", ENCRYPTION);
        String ciphertext = JsonFields.text(blob, "ciphertext");
        byte[] wrapped = ciphertext == null ? null : JsonFields.base64(ciphertext);
        if (wrapped == null) {
            throw new Refused("Transfer blob: property 'ciphertext' is missing or not base64url");
        }
        return origin(JsonFields.text(header, "kid"), baseUrl, wrapped);
    }

    private static void expect(JsonObject object, String name, String value) throws Refused {
        if (!value.equals(JsonFields.text(object, name))) {
            throw new Refused("Transfer blob: property '" + name + "' must be '" + value + "'");
        }
    }

    private static KeyOrigin.Wrapped origin(@Nullable String kid, String baseUrl, byte[] wrapped) throws Refused {
        String keys = (baseUrl + "/keys/").toLowerCase(Locale.ROOT);
        if (kid != null && kid.toLowerCase(Locale.ROOT).startsWith(keys)) {
            String[] parts = kid.substring(keys.length()).split("/", -1);
            boolean versioned = parts.length == 2 && KeyVersion.valid(parts[1]);
            if (KeyName.valid(parts[0]) && (versioned || parts.length == 1)) {
                return new KeyOrigin.Wrapped(new KeyName(parts[0]), versioned ? parts[1] : null, wrapped);
            }
        }
        throw new Refused("Transfer blob: property 'kid' is not the identifier of a key of this HSM");
    }
}
