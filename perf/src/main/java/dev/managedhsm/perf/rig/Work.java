// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is measured of a gateway: a kind of key and an operation with it. */
public enum Work {
    ES256("{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}", "sign", "ES256", 32, "ecdsap256"),
    ES384("{\"kty\":\"EC-HSM\",\"crv\":\"P-384\"}", "sign", "ES384", 48, "ecdsap384"),
    RS256_2048("{\"kty\":\"RSA-HSM\",\"key_size\":2048}", "sign", "RS256", 32, "rsa2048"),
    RS256_4096("{\"kty\":\"RSA-HSM\",\"key_size\":4096}", "sign", "RS256", 32, "rsa4096"),
    A256GCM("{\"kty\":\"oct-HSM\",\"key_size\":256}", "encrypt", "A256GCM", 1024, null),
    HS256("{\"kty\":\"oct-HSM\",\"key_size\":256,\"key_ops\":[\"sign\",\"verify\"]}", "sign", "HS256", 32, null),
    A256KW("{\"kty\":\"oct-HSM\",\"key_size\":256}", "wrapkey", "A256KW", 32, null);

    static final String VERSION = "?api-version=7.6";

    private final String newKey;
    private final String operation;
    private final String algorithm;
    private final int valueBytes;
    private final @Nullable String opensslName;

    Work(String newKey, String operation, String algorithm, int valueBytes, @Nullable String opensslName) {
        this.newKey = newKey;
        this.operation = operation;
        this.algorithm = algorithm;
        this.valueBytes = valueBytes;
        this.opensslName = opensslName;
    }

    /** What {@code openssl speed} calls the signature, or null if it is none. */
    @Nullable
    String opensslName() {
        return opensslName;
    }

    /** The body that creates a key for it. */
    public String newKey() {
        return newKey;
    }

    /** Whether it belongs to the slow lane. */
    public boolean slow() {
        return this == RS256_4096;
    }

    /** The request for it with the key of this name. */
    public Ask ask(String keyName) {
        byte[] value = new byte[valueBytes];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) i;
        }
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(value);
        return new Ask(
                "/keys/" + keyName + '/' + operation + VERSION,
                "{\"alg\":\"" + algorithm + "\",\"value\":\"" + text + "\"}");
    }

    /** Of its name in small letters, such as {@code rs256-2048}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The one with this label.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Work labelled(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
