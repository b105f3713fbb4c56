// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.Context;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.models.DecryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptParameters;
import com.azure.security.keyvault.keys.cryptography.models.EncryptResult;
import com.azure.security.keyvault.keys.cryptography.models.EncryptionAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.KeyWrapAlgorithm;
import com.azure.security.keyvault.keys.cryptography.models.WrapResult;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import dev.managedhsm.gateway.fixture.PublicKeys;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Encrypt, decrypt, wrap and unwrap with every algorithm on every key it fits. */
final class EncryptionChecks {
    private static final byte[] PLAINTEXT = "not a whole block, not two".getBytes(UTF_8);
    private static final byte[] TWO_BLOCKS = "exactly two blocks of 16 bytes..".getBytes(UTF_8);
    private static final byte[] WRAPPED_KEY = "a data key of 32 bytes, wrapped!".getBytes(UTF_8);
    private static final byte[] AAD = "additional data".getBytes(UTF_8);
    private static final byte[] IV = "a vector, 16 B.!".getBytes(UTF_8);
    private static final int BLOCK_LENGTH = 16;

    private final StockClient client;

    EncryptionChecks(StockClient client) {
        this.client = client;
    }

    void addTo(Map<String, StockClient.Check> checks) {
        for (int bits : new int[] {2048, 3072, 4096}) {
            for (String name : List.of("RSA1_5", "RSA-OAEP", "RSA-OAEP-256")) {
                checks.put(name + " encrypts and decrypts with RSA " + bits, () -> rsa(name, client.rsa(bits)));
                checks.put(name + " wraps and unwraps with RSA " + bits, () -> rsaWrap(name, client.rsa(bits)));
            }
        }
        for (int bits : new int[] {128, 192, 256}) {
            checks.put("A" + bits + "GCM encrypts and decrypts", () -> gcm(bits));
            checks.put("A" + bits + "GCM refuses what was tampered with", () -> gcmTampered(bits));
            checks.put("A" + bits + "CBC encrypts and decrypts", () -> cbc("A" + bits + "CBC", bits, TWO_BLOCKS));
            checks.put("A" + bits + "CBCPAD encrypts and decrypts", () -> cbc("A" + bits + "CBCPAD", bits, PLAINTEXT));
            checks.put("A" + bits + "KW wraps and unwraps", () -> wrap("A" + bits + "KW", bits, WRAPPED_KEY, 8));
            checks.put(
                    "CKM_AES_KEY_WRAP wraps and unwraps with oct " + bits,
                    () -> wrap("CKM_AES_KEY_WRAP", bits, WRAPPED_KEY, 8));
            checks.put(
                    "CKM_AES_KEY_WRAP_PAD wraps and unwraps with oct " + bits,
                    () -> wrap("CKM_AES_KEY_WRAP_PAD", bits, PLAINTEXT, 32 + 8 - PLAINTEXT.length));
        }
    }

    private void rsa(String name, KeyVaultKey key) {
        EncryptionAlgorithm algorithm = EncryptionAlgorithm.fromString(name);
        CryptographyClient remote = client.remote(key);
        byte[] foreign = PublicKeys.encrypted(SignatureChecks.publicPart(key), name, PLAINTEXT);

        assertArrayEquals(PLAINTEXT, remote.decrypt(algorithm, foreign).getPlainText(), "encrypted by the JDK");

        byte[] own = remote.encrypt(algorithm, PLAINTEXT).getCipherText();
        byte[] second = remote.encrypt(algorithm, PLAINTEXT).getCipherText();
        assertFalse(Arrays.equals(own, second), "padding has chance in it");
        assertArrayEquals(PLAINTEXT, remote.decrypt(algorithm, own).getPlainText(), "encrypted by the HSM");
        client.witness.assertSaw("decrypt", "encrypt", "encrypt", "decrypt");
    }

    private void rsaWrap(String name, KeyVaultKey key) {
        KeyWrapAlgorithm algorithm = KeyWrapAlgorithm.fromString(name);
        CryptographyClient remote = client.remote(key);
        byte[] foreign = PublicKeys.encrypted(SignatureChecks.publicPart(key), name, WRAPPED_KEY);

        assertArrayEquals(WRAPPED_KEY, remote.unwrapKey(algorithm, foreign).getKey(), "wrapped by the JDK");

        WrapResult own = remote.wrapKey(algorithm, WRAPPED_KEY);
        assertEquals(key.getId(), own.getKeyId());
        assertArrayEquals(
                WRAPPED_KEY, remote.unwrapKey(algorithm, own.getEncryptedKey()).getKey(), "wrapped by the HSM");
        client.witness.assertSaw("unwrapkey", "wrapkey", "unwrapkey");
    }

    private void gcm(int bits) {
        CryptographyClient remote = client.remote(client.oct(bits));

        EncryptResult result = remote.encrypt(gcmParameters(bits), Context.NONE);
        EncryptResult second = remote.encrypt(gcmParameters(bits), Context.NONE);

        assertEquals(12, result.getIv().length);
        assertEquals(16, result.getAuthenticationTag().length);
        assertArrayEquals(AAD, result.getAdditionalAuthenticatedData());
        assertFalse(Arrays.equals(result.getIv(), second.getIv()), "a vector is used once");
        byte[] plaintext = remote.decrypt(
                        gcmParameters(bits, result.getCipherText(), result.getIv(), result.getAuthenticationTag(), AAD),
                        Context.NONE)
                .getPlainText();
        assertArrayEquals(PLAINTEXT, plaintext);
        client.witness.assertSaw("encrypt", "encrypt", "decrypt");
        assertArrayEquals(
                Arrays.copyOf(PLAINTEXT, BLOCK_LENGTH),
                xor(result.getCipherText(), firstKeystreamBlock(remote, bits, result.getIv())),
                "NIST SP 800-38D section 7.1, computed from single blocks");
    }

    /** The cipher on the counter block that covers the first 16 bytes: IV and a counter of 2. */
    private byte[] firstKeystreamBlock(CryptographyClient remote, int bits, byte[] iv) {
        byte[] counterBlock = Arrays.copyOf(iv, BLOCK_LENGTH);
        counterBlock[BLOCK_LENGTH - 1] = 2;
        byte[] block = remote.encrypt(
                        cbcParameters("A" + bits + "CBC", new byte[BLOCK_LENGTH], counterBlock), Context.NONE)
                .getCipherText();
        client.witness.assertSaw("encrypt");
        return block;
    }

    private static byte[] xor(byte[] left, byte[] right) {
        byte[] out = new byte[BLOCK_LENGTH];
        for (int i = 0; i < BLOCK_LENGTH; i++) {
            out[i] = (byte) (left[i] ^ right[i]);
        }
        return out;
    }

    private void gcmTampered(int bits) {
        CryptographyClient remote = client.remote(client.oct(bits));
        EncryptResult good = remote.encrypt(gcmParameters(bits), Context.NONE);
        byte[] cipherText = good.getCipherText();
        byte[] iv = good.getIv();
        byte[] tag = good.getAuthenticationTag();

        refused(remote, gcmParameters(bits, spoilt(cipherText), iv, tag, AAD));
        refused(remote, gcmParameters(bits, cipherText, spoilt(iv), tag, AAD));
        refused(remote, gcmParameters(bits, cipherText, iv, spoilt(tag), AAD));
        refused(remote, gcmParameters(bits, cipherText, iv, tag, spoilt(AAD)));
        refused(remote, gcmParameters(bits, cipherText, iv, Arrays.copyOf(tag, 12), AAD));
        client.witness.assertSaw("encrypt", "decrypt", "decrypt", "decrypt", "decrypt", "decrypt");
    }

    private static void refused(CryptographyClient remote, DecryptParameters parameters) {
        HttpResponseException refusal =
                assertThrows(HttpResponseException.class, () -> remote.decrypt(parameters, Context.NONE));
        assertEquals(400, refusal.getResponse().getStatusCode());
    }

    private void cbc(String name, int bits, byte[] plaintext) {
        CryptographyClient remote = client.remote(client.oct(bits));

        EncryptResult result = remote.encrypt(cbcParameters(name, plaintext, IV), Context.NONE);
        byte[] back = remote.decrypt(cbcParameters(name, result), Context.NONE).getPlainText();

        assertArrayEquals(IV, result.getIv());
        assertEquals(2 * BLOCK_LENGTH, result.getCipherText().length);
        assertArrayEquals(plaintext, back);
        HttpResponseException refusal = assertThrows(
                HttpResponseException.class,
                () -> remote.encrypt(cbcParameters(name, plaintext, new byte[12]), Context.NONE));
        assertEquals(400, refusal.getResponse().getStatusCode(), "a vector of the wrong length");
        client.witness.assertSaw("encrypt", "decrypt", "encrypt");
    }

    private void wrap(String name, int bits, byte[] key, int overhead) {
        KeyWrapAlgorithm algorithm = KeyWrapAlgorithm.fromString(name);
        CryptographyClient remote = client.remote(client.oct(bits));

        byte[] wrapped = remote.wrapKey(algorithm, key).getEncryptedKey();

        assertEquals(key.length + overhead, wrapped.length);
        assertArrayEquals(key, remote.unwrapKey(algorithm, wrapped).getKey());
        HttpResponseException refusal =
                assertThrows(HttpResponseException.class, () -> remote.unwrapKey(algorithm, spoilt(wrapped)));
        assertEquals(400, refusal.getResponse().getStatusCode());
        client.witness.assertSaw("wrapkey", "unwrapkey", "unwrapkey");
    }

    private static byte[] spoilt(byte[] bytes) {
        byte[] copy = bytes.clone();
        copy[copy.length - 1] ^= 1;
        return copy;
    }

    private static EncryptParameters gcmParameters(int bits) {
        return switch (bits) {
            case 128 -> EncryptParameters.createA128GcmParameters(PLAINTEXT, AAD);
            case 192 -> EncryptParameters.createA192GcmParameters(PLAINTEXT, AAD);
            default -> EncryptParameters.createA256GcmParameters(PLAINTEXT, AAD);
        };
    }

    private static DecryptParameters gcmParameters(int bits, byte[] cipherText, byte[] iv, byte[] tag, byte[] aad) {
        return switch (bits) {
            case 128 -> DecryptParameters.createA128GcmParameters(cipherText, iv, tag, aad);
            case 192 -> DecryptParameters.createA192GcmParameters(cipherText, iv, tag, aad);
            default -> DecryptParameters.createA256GcmParameters(cipherText, iv, tag, aad);
        };
    }

    private static EncryptParameters cbcParameters(String name, byte[] plaintext, byte[] iv) {
        return switch (name) {
            case "A128CBC" -> EncryptParameters.createA128CbcParameters(plaintext, iv);
            case "A192CBC" -> EncryptParameters.createA192CbcParameters(plaintext, iv);
            case "A256CBC" -> EncryptParameters.createA256CbcParameters(plaintext, iv);
            case "A128CBCPAD" -> EncryptParameters.createA128CbcPadParameters(plaintext, iv);
            case "A192CBCPAD" -> EncryptParameters.createA192CbcPadParameters(plaintext, iv);
            case "A256CBCPAD" -> EncryptParameters.createA256CbcPadParameters(plaintext, iv);
            default -> throw new AssertionError(name);
        };
    }

    private static DecryptParameters cbcParameters(String name, EncryptResult result) {
        byte[] cipherText = result.getCipherText();
        byte[] iv = result.getIv();
        return switch (name) {
            case "A128CBC" -> DecryptParameters.createA128CbcParameters(cipherText, iv);
            case "A192CBC" -> DecryptParameters.createA192CbcParameters(cipherText, iv);
            case "A256CBC" -> DecryptParameters.createA256CbcParameters(cipherText, iv);
            case "A128CBCPAD" -> DecryptParameters.createA128CbcPadParameters(cipherText, iv);
            case "A192CBCPAD" -> DecryptParameters.createA192CbcPadParameters(cipherText, iv);
            case "A256CBCPAD" -> DecryptParameters.createA256CbcPadParameters(cipherText, iv);
            default -> throw new AssertionError(name);
        };
    }
}
