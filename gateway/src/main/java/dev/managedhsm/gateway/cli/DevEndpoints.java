// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.http.TlsFiles;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.IdentityDirectory;
import dev.managedhsm.gateway.identity.ManagedIdentityEndpoint;
import dev.managedhsm.gateway.identity.TokenEndpoint;
import java.io.IOException;
import java.time.Clock;

/**
 * Where a development HSM hands out tokens: both endpoints, on 127.0.0.1 whatever the HSM itself listens on.
 *
 * @param managedIdentity the managed-identity protocols, in plain HTTP
 * @param tokens OAuth 2.0, with the development certificate
 */
record DevEndpoints(ManagedIdentityEndpoint managedIdentity, TokenEndpoint tokens) implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final String HOST_NAME = "localhost";

    /** Starts both, on the ports that they had last when these are free. */
    static DevEndpoints start(
            DevFolder folder, DevFacts facts, DevIdentities identities, DevNames names, DevIssuer issuer, Clock clock) {
        IdentityDirectory directory = identities.directory();
        TlsFiles files = TlsFiles.read(
                new TlsConfig(folder.at(DevCertificates.SERVER), folder.at(DevCertificates.SERVER_KEY)),
                clock.instant());
        ManagedIdentityEndpoint managedIdentity = null;
        try {
            managedIdentity = ManagedIdentityEndpoint.startNear(
                    issuer, directory, names.resource(), facts.identityHeader(), facts.identityPort());
            TokenEndpoint tokens = new TokenEndpoint(
                    issuer,
                    directory,
                    facts.tenantId(),
                    names.resource(),
                    HOST_NAME,
                    clock,
                    LOOPBACK,
                    facts.tokenPort(),
                    files.keyPair(),
                    true);
            return new DevEndpoints(managedIdentity, tokens);
        } catch (IOException e) {
            if (managedIdentity != null) {
                managedIdentity.close();
            }
            throw new StartRefused(
                    "No port of " + LOOPBACK + " is free for the managed-identity endpoint: end other programs first.",
                    e);
        }
    }

    int identityPort() {
        return managedIdentity.port();
    }

    int tokenPort() {
        return tokens.port();
    }

    String identityUrl() {
        return managedIdentity.url().toString();
    }

    String authority() {
        return tokens.authority();
    }

    @Override
    public void close() {
        managedIdentity.close();
        tokens.close();
    }
}
