// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.models.SignResult;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.JsonWebKey;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import dev.managedhsm.gateway.fixture.PublicKeys;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;

/** Sign and verify with every algorithm on every key it fits, judged by the JDK and BouncyCastle. */
final class SignatureChecks {
    private static final byte[] MESSAGE = "signed by an HSM".getBytes(UTF_8);

    private final StockClient client;

    SignatureChecks(StockClient client) {
        this.client = client;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        for (int bits : new int[] {2048, 3072, 4096}) {
            for (String name : List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "RSNULL")) {
                checks.put(name + " signs and verifies with RSA " + bits, () -> publicKey(name, client.rsa(bits)));
            }
        }
        Map<String, KeyCurveName> curves = Map.of(
                "ES256", KeyCurveName.P_256,
                "ES384", KeyCurveName.P_384,
                "ES512", KeyCurveName.P_521,
                "ES256K", KeyCurveName.P_256K);
        curves.forEach((name, curve) ->
                checks.put(name + " signs and verifies with " + curve, () -> publicKey(name, client.ec(curve))));
        for (int bits : new int[] {128, 192, 256}) {
            for (String name : List.of("HS256", "HS384", "HS512")) {
                checks.put(name + " signs and verifies with oct " + bits, () -> secretKey(name, client.oct(bits)));
            }
        }
        checks.put("data is hashed by the client and signed by the HSM", this::data);
    }

    private void publicKey(String name, KeyVaultKey key) {
        SignatureAlgorithm algorithm = SignatureAlgorithm.fromString(name);
        CryptographyClient remote = client.remote(key);
        byte[] digest = PublicKeys.digest(name, MESSAGE);

        SignResult result = remote.sign(algorithm, digest);
        client.witness.assertSaw("sign");

        assertEquals(key.getId(), result.getKeyId());
        assertTrue(PublicKeys.verified(publicPart(key), name, MESSAGE, result.getSignature()), "by the JDK");
        verifies(remote, algorithm, digest, result.getSignature());
    }

    private void secretKey(String name, KeyVaultKey key) {
        SignatureAlgorithm algorithm = SignatureAlgorithm.fromString(name);
        CryptographyClient remote = client.remote(key);
        byte[] digest = PublicKeys.digest(name, MESSAGE);

        byte[] code = remote.sign(algorithm, digest).getSignature();
        byte[] again = remote.sign(algorithm, digest).getSignature();
        client.witness.assertSaw("sign", "sign");

        assertEquals(digest.length, code.length);
        assertArrayEquals(code, again, "a code has no chance in it");
        verifies(remote, algorithm, digest, code);
    }

    private void verifies(CryptographyClient remote, SignatureAlgorithm algorithm, byte[] digest, byte[] signature) {
        byte[] spoilt = signature.clone();
        spoilt[spoilt.length / 2] ^= 1;
        byte[] otherDigest = digest.clone();
        otherDigest[0] ^= 1;
        assertTrue(remote.verify(algorithm, digest, signature).isValid());
        assertFalse(remote.verify(algorithm, digest, spoilt).isValid(), "one bit of the signature");
        assertFalse(remote.verify(algorithm, otherDigest, signature).isValid(), "one bit of the digest");
        client.witness.assertSaw("verify", "verify", "verify");
    }

    private void data() {
        KeyVaultKey key = client.ec(KeyCurveName.P_256);
        CryptographyClient remote = client.remote(key);

        byte[] signature = remote.signData(SignatureAlgorithm.ES256, MESSAGE).getSignature();

        assertTrue(PublicKeys.verified(publicPart(key), "ES256", MESSAGE, signature));
        assertTrue(
                remote.verifyData(SignatureAlgorithm.ES256, MESSAGE, signature).isValid());
        client.witness.assertSaw("sign", "verify");
    }

    /** The key in the hands of the JDK. */
    static PublicKey publicPart(KeyVaultKey key) {
        JsonWebKey jwk = key.getKey();
        return jwk.getCurveName() == null
                ? PublicKeys.rsa(jwk.getN(), jwk.getE())
                : PublicKeys.ec(jwk.getCurveName().toString(), jwk.getX(), jwk.getY());
    }
}
