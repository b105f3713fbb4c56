// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import io.vertx.core.json.JsonObject;
import java.util.Base64;

/**
 * The bodies of secure wrap and secure unwrap (API 2026-04-01). Any thread.
 *
 * @param alg the algorithm as the request spells it
 * @param algorithm the same; of several names for one algorithm each fits one size of key
 * @param value the wrapped key; empty for secure wrap
 * @param target the attestation token; empty for secure wrap
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SecureKeyBody(String alg, Algorithm algorithm, byte[] value, String target) {
    private static final String PADDED = "KWPAD";

    /**
     * Parses the body of secure wrap.
     *
     * @throws Refused saying which property is not acceptable
     */
    public static SecureKeyBody readWrap(JsonObject json) throws Refused {
        String alg = alg(json);
        return new SecureKeyBody(alg, algorithm(alg), new byte[0], "");
    }

    /**
     * Parses the body of secure unwrap.
     *
     * @throws Refused saying which property is not acceptable
     */
    public static SecureKeyBody readUnwrap(JsonObject json) throws Refused {
        String alg = alg(json);
        String value = JsonFields.text(json, "value");
        if (value == null) {
            throw new Refused("Property 'value' is required");
        }
        return new SecureKeyBody(alg, algorithm(alg), bytes(value), ReleaseBody.target(json));
    }

    private static String alg(JsonObject json) throws Refused {
        String alg = JsonFields.text(json, "alg");
        if (alg == null) {
            throw new Refused("Property 'alg' is required");
        }
        return alg;
    }

    private static Algorithm algorithm(String alg) throws Refused {
        return switch (alg) {
            case "RSA-OAEP-256" -> Algorithm.RSA_OAEP_256;
            case "A128KW" -> Algorithm.A128KW;
            case "A192KW" -> Algorithm.A192KW;
            case "A256KW" -> Algorithm.A256KW;
            case "CKM_AES_KEY_WRAP" -> Algorithm.CKM_AES_KEY_WRAP;
            case "A128KWPAD", "A192KWPAD", "A256KWPAD", "CKM_AES_KEY_WRAP_PAD" -> Algorithm.CKM_AES_KEY_WRAP_PAD;
            default -> throw new Refused("Property 'alg' has an unknown or unsupported value");
        };
    }

    private static byte[] bytes(String value) throws Refused {
        try {
            return Base64.getUrlDecoder().decode(value.replace('+', '-').replace('/', '_'));
        } catch (IllegalArgumentException notBase64) {
            throw new Refused("Property 'value' is not base64url");
        }
    }

    /** Whether a key of this class can be used so. */
    public boolean fits(KeyClass keyClass) {
        boolean named = !alg.endsWith(PADDED) || alg.equals("A" + keyClass.bits() + PADDED);
        return named && algorithm.fits(keyClass);
    }

    /**
     * The answer.
     *
     * @param kid full identifier of the key that was used
     * @param result the wrapped key
     */
    public JsonObject answer(String kid, byte[] result) {
        return new JsonObject()
                .put("alg", alg)
                .put("kid", kid)
                .put("value", Base64.getUrlEncoder().withoutPadding().encodeToString(result));
    }
}
