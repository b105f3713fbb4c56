// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.CreateOctKeyOptions;
import com.azure.security.keyvault.keys.models.CreateRsaKeyOptions;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The program of the client's JVM: the stock clients for one HSM, its keys made when first asked for, and the checks. */
final class StockClient {
    /** One thing to be found out. */
    @FunctionalInterface
    interface Check {
        void run() throws Exception;
    }

    final String url;
    final TokenCredential credential = new ManagedIdentityCredentialBuilder().build();
    final KeyClient keys;
    final Witness witness = new Witness();
    private final Calls calls = new Calls();
    private final Map<String, KeyVaultKey> made = new HashMap<>();
    private final Map<String, CryptographyClient> remotes = new HashMap<>();

    private StockClient(String url) {
        this.url = url;
        this.keys = new KeyClientBuilder()
                .vaultUrl(url)
                .credential(credential)
                .addPolicy(calls)
                .buildClient();
    }

    /**
     * Runs all checks.
     *
     * @param arguments the HSM's URL, the file for the outcomes, an attestation authority and a token of it, and
     *     the URL of a place for backups
     */
    public static void main(String[] arguments) throws IOException {
        StockClient client = new StockClient(arguments[0]);
        Map<String, Check> checks = new LinkedHashMap<>();
        new KeyChecks(client).addTo(checks);
        new ImportChecks(client).addTo(checks);
        new SignatureChecks(client).addTo(checks);
        new EncryptionChecks(client).addTo(checks);
        new RotationChecks(client).addTo(checks);
        new RoleChecks(client).addTo(checks);
        new ReleaseChecks(client, arguments[2], arguments[3]).addTo(checks);
        new BackupChecks(client).addTo(checks);
        new FullBackupChecks(client, arguments[4]).addTo(checks);
        checks.put("calls every operation that it has a method for", client.calls::assertComplete); // the last one
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Path.of(arguments[1])))) {
            checks.forEach((name, check) -> {
                client.witness.forget();
                out.println(name + '\t' + outcome(check));
            });
            out.println("end");
        }
        System.exit(0); // the client's own threads do not end
    }

    /** Empty, or why not, in base64. */
    private static String outcome(Check check) {
        try {
            check.run();
            return "";
        } catch (Throwable failure) {
            StringWriter text = new StringWriter();
            failure.printStackTrace(new PrintWriter(text));
            return Base64.getEncoder().encodeToString(text.toString().getBytes(UTF_8));
        }
    }

    KeyVaultKey rsa(int bits) {
        return made.computeIfAbsent(
                "rsa-" + bits, name -> keys.createRsaKey(new CreateRsaKeyOptions(name).setKeySize(bits)));
    }

    KeyVaultKey ec(KeyCurveName curve) {
        return made.computeIfAbsent(
                "ec-" + curve, name -> keys.createEcKey(new CreateEcKeyOptions(name).setCurveName(curve)));
    }

    KeyVaultKey oct(int bits) {
        return made.computeIfAbsent(
                "oct-" + bits,
                name -> keys.createOctKey(
                        new CreateOctKeyOptions(name).setKeySize(bits).setHardwareProtected(true)));
    }

    /** A client that leaves every operation to the HSM; {@link #witness} sees that it does. */
    CryptographyClient remote(KeyVaultKey key) {
        return remotes.computeIfAbsent(
                key.getId(),
                id -> new CryptographyClientBuilder()
                        .keyIdentifier(id)
                        .credential(credential)
                        .addPolicy(witness)
                        .addPolicy(calls)
                        .disableKeyCaching()
                        .buildClient());
    }
}
