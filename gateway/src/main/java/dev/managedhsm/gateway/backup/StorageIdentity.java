// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import java.net.URI;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The managed identity as which the HSM comes to blob storages, and who vouches for it: the endpoint of the virtual machine
 * (IMDS), or that of App Service, which is told by its secret header.
 *
 * @param endpoint where tokens are asked for, without query
 * @param header reads the secret of {@code X-IDENTITY-HEADER}, for the caller to wipe; null for the protocol of IMDS
 * @param clientId names a user-assigned identity; null for the system-assigned one
 * @param resource what the tokens are for
 */
public record StorageIdentity(
        URI endpoint,
        @Nullable Supplier<byte[]> header,
        @Nullable String clientId,
        String resource) {
    /** Where virtual machines of Azure find their endpoint. */
    public static final URI ENDPOINT_DEFAULT = URI.create("http://169.254.169.254/metadata/identity/oauth2/token");

    /** What Azure Storage wants its tokens to be for. */
    public static final String RESOURCE_DEFAULT = "https://storage.azure.com/";
}
