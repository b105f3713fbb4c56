// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.InitialRole;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.FederatedCredential;
import dev.managedhsm.gateway.identity.IdentityDirectory;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import dev.managedhsm.gateway.identity.NamedIdentity;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The managed identities of a development HSM: the administrator, who is the system-assigned one and can also be had for a
 * workload's token; and two user-assigned ones, who may use keys and who may look.
 *
 * @param administrator may do everything
 * @param cryptoUser makes and uses keys
 * @param auditor reads keys and roles
 * @param workload whose token is exchanged for the administrator's
 */
record DevIdentities(
        ManagedIdentity administrator,
        ManagedIdentity cryptoUser,
        ManagedIdentity auditor,
        FederatedCredential workload) {
    /** The token of the workload, as a cluster would put one into a container. */
    static final String WORKLOAD_TOKEN = "workload.token";

    private static final String WORKLOAD_KEYS = "workload-jwks.json";
    private static final String SUBJECT = "system:serviceaccount:dev:administrator";
    private static final Duration WORKLOAD_LIFE = Duration.ofDays(30);

    /** Makes them of the facts, and the files of the workload anew. */
    static DevIdentities of(DevFolder folder, DevFacts facts, DevNames names, DevIssuer issuer, Clock clock) {
        FederatedCredential workload = new FederatedCredential(
                names.loginAuthority() + "/workload",
                SUBJECT,
                Set.of(FederatedCredential.AUDIENCE_DEFAULT),
                folder.at(WORKLOAD_KEYS));
        folder.writePublic(WORKLOAD_KEYS, issuer.jwks());
        folder.writePrivate(
                WORKLOAD_TOKEN,
                issuer.assertion(
                        workload.issuer(),
                        workload.subject(),
                        FederatedCredential.AUDIENCE_DEFAULT,
                        clock.instant().plus(WORKLOAD_LIFE)));
        return new DevIdentities(facts.identity(), facts.member("crypto-user"), facts.member("auditor"), workload);
    }

    /** All of them, for the endpoints. */
    IdentityDirectory directory() {
        return new IdentityDirectory(List.of(
                new NamedIdentity(administrator, true, null, List.of(workload)),
                new NamedIdentity(cryptoUser, false, null, List.of()),
                new NamedIdentity(auditor, false, null, List.of())));
    }

    /**
     * What the user-assigned ones may do from the first start on, and that the administrator may see the dashboard, which needs
     * a role of its own.
     */
    List<InitialRole> roles() {
        return List.of(
                new InitialRole(UUID.fromString(administrator.objectId()), BuiltInRoles.SECURITY_READER.id()),
                new InitialRole(UUID.fromString(cryptoUser.objectId()), BuiltInRoles.CRYPTO_USER.id()),
                new InitialRole(UUID.fromString(auditor.objectId()), BuiltInRoles.CRYPTO_AUDITOR.id()));
    }
}
