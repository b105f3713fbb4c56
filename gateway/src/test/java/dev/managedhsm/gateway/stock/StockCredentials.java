// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import com.azure.security.keyvault.keys.KeyClient;
import com.azure.security.keyvault.keys.KeyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.CryptographyClient;
import com.azure.security.keyvault.keys.cryptography.CryptographyClientBuilder;
import com.azure.security.keyvault.keys.cryptography.models.SignatureAlgorithm;
import com.azure.security.keyvault.keys.models.CreateEcKeyOptions;
import com.azure.security.keyvault.keys.models.KeyCurveName;
import com.azure.security.keyvault.keys.models.KeyVaultKey;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The program of a client's JVM: each of Azure's credentials, as they are published, makes a key and signs with it. They
 * find what they need where an operator puts it: in the environment.
 */
public final class StockCredentials {
    private StockCredentials() {}

    /**
     * Signs by each credential; says so on standard output, one line each.
     *
     * @param arguments the HSM's URL, then the client secret
     */
    public static void main(String[] arguments) throws Exception {
        Map<String, TokenCredential> credentials = new LinkedHashMap<>();
        credentials.put("managed-identity", new ManagedIdentityCredentialBuilder().build());
        credentials.put(
                "workload-identity",
                new WorkloadIdentityCredentialBuilder()
                        .disableInstanceDiscovery()
                        .build());
        credentials.put(
                "default",
                new DefaultAzureCredentialBuilder().disableInstanceDiscovery().build());
        credentials.put(
                "client-secret",
                new ClientSecretCredentialBuilder()
                        .authorityHost(System.getenv("AZURE_AUTHORITY_HOST"))
                        .tenantId(System.getenv("AZURE_TENANT_ID"))
                        .clientId(System.getenv("AZURE_CLIENT_ID"))
                        .clientSecret(arguments[1])
                        .disableInstanceDiscovery()
                        .build());
        byte[] digest = MessageDigest.getInstance("SHA-256").digest("hello".getBytes(UTF_8));
        for (Map.Entry<String, TokenCredential> one : credentials.entrySet()) {
            KeyClient keys = new KeyClientBuilder()
                    .vaultUrl(arguments[0])
                    .credential(one.getValue())
                    .buildClient();
            KeyVaultKey key =
                    keys.createEcKey(new CreateEcKeyOptions("by-" + one.getKey()).setCurveName(KeyCurveName.P_256));
            CryptographyClient remote = new CryptographyClientBuilder()
                    .keyIdentifier(key.getId())
                    .credential(one.getValue())
                    .buildClient();
            byte[] signature = remote.sign(SignatureAlgorithm.ES256, digest).getSignature();
            if (!remote.verify(SignatureAlgorithm.ES256, digest, signature).isValid()) {
                throw new IllegalStateException("the signature is not good");
            }
            System.out.println("ok " + one.getKey());
        }
        System.out.println("end");
        System.exit(0); // the client's own threads do not end
    }
}
