// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.identity.FederatedCredential;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the managed identities that this HSM itself vouches for. One thread. */
final class IdentitySection {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
    private static final Pattern TEXT = Pattern.compile("\\S{1,400}");
    private static final Pattern RESOURCE_ID = Pattern.compile("(/[A-Za-z0-9._()-]{1,90})+");
    private static final int MANAGED_IDENTITY_PORT = 9444;
    private static final int TOKEN_PORT = 9445;

    private final Section root;
    private final Values values;
    private final UUID tenant;
    private final @Nullable URI hsm;
    private boolean wanted;

    IdentitySection(Section root, Values values, UUID tenant, @Nullable URI hsm) {
        this.root = root;
        this.values = values;
        this.tenant = tenant;
        this.hsm = hsm;
    }

    /** Whether the file wants identities, even if it is wrong about them; known after reading. */
    boolean wanted() {
        return wanted;
    }

    /** Null when there is no such section, or it is switched off. */
    @Nullable
    IdentitySettings read() {
        Section section = root.optionalSection("identity");
        if (section == null) {
            return null;
        }
        boolean enabled = values.flag(section.optional("enabled"), true);
        wanted = enabled;
        // What a section that is switched off names need not be there.
        return new IdentitySection(root, enabled ? values : values.apart(), tenant, hsm).read(section, enabled);
    }

    private @Nullable IdentitySettings read(Section section, boolean enabled) {
        boolean others = values.flag(section.optional("reachable_by_others"), false);
        IdentitySettings.Place managed =
                place(section.optionalSection("managed_identity"), MANAGED_IDENTITY_PORT, others);
        Section token = section.optionalSection("token_endpoint");
        IdentitySettings.Place tokenEndpoint = token == null ? null : place(token, TOKEN_PORT, others);
        var signingKey = values.path(section.required("signing_key"), NamedFile.Kind.MADE_BY_INIT);
        SecretReference header = values.secret(section.required("header"));
        List<IdentitySettings.Member> members = members(section);
        section.end();
        if (!enabled || header == null || hsm == null) {
            return null;
        }
        String issuerUrl = "https://sts." + hsm.getHost() + "/" + tenant + "/";
        return new IdentitySettings(managed, tokenEndpoint, issuerUrl, signingKey, header, members);
    }

    private IdentitySettings.Place place(@Nullable Section section, int port, boolean others) {
        if (section == null) {
            return new IdentitySettings.Place("127.0.0.1", port);
        }
        Item address = section.optional("address");
        String text = values.address(address, "127.0.0.1");
        int wanted = values.number(section.optional("port"), 1, 65_535, port);
        section.end();
        if (address != null && !others && !loopback(text)) {
            values.fault(
                    address,
                    "other machines could get tokens there: take 127.0.0.1, or say identity.reachable_by_others: true");
        }
        return new IdentitySettings.Place(text, wanted);
    }

    private static boolean loopback(String address) {
        try {
            return InetAddress.ofLiteral(address).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return true; // a fault already
        }
    }

    private List<IdentitySettings.Member> members(Section section) {
        List<Section> listed = section.sections("identities");
        if (listed.isEmpty()) {
            section.fault("identities", "names nobody");
        }
        List<IdentitySettings.Member> members = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> ids = new HashSet<>();
        boolean systemAssigned = false;
        for (Section one : listed) {
            IdentitySettings.Member member = member(one);
            if (member.systemAssigned() && systemAssigned) {
                one.fault("system_assigned", "another identity is the system-assigned one already");
            }
            systemAssigned |= member.systemAssigned();
            if (!names.add(member.name())) {
                one.fault("name", "another identity is called so too");
            }
            if (!ids.add(member.identity().objectId())) {
                one.fault("object_id", "another identity, or this one, has it too");
            }
            if (!ids.add(member.identity().clientId())) {
                one.fault("client_id", "another identity, or this one, has it too");
            }
            members.add(member);
        }
        return members;
    }

    private IdentitySettings.Member member(Section one) {
        String name = values.text(one.required("name"), NAME, "a name of small letters, digits and hyphens");
        UUID objectId = values.guid(one.required("object_id"));
        UUID clientId = values.guid(one.required("client_id"));
        String resourceId = one.has("resource_id")
                ? values.text(one.optional("resource_id"), RESOURCE_ID, "a resource id, which is a path")
                : "/subscriptions/" + tenant
                        + "/resourcegroups/hsm/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name;
        boolean systemAssigned = values.flag(one.optional("system_assigned"), false);
        SecretReference secret = values.secret(one.optional("client_secret"));
        List<FederatedCredential> federated = new ArrayList<>();
        for (Section credential : one.sections("federated")) {
            federated.add(federated(credential));
        }
        one.end();
        ManagedIdentity identity =
                new ManagedIdentity(tenant.toString(), objectId.toString(), clientId.toString(), resourceId);
        return new IdentitySettings.Member(name, identity, systemAssigned, secret, federated);
    }

    private FederatedCredential federated(Section one) {
        String issuer = values.text(one.required("issuer"), TEXT, "a text without spaces");
        String subject = values.text(one.required("subject"), TEXT, "a text without spaces");
        Set<String> audiences = new LinkedHashSet<>();
        for (Item item : one.items("audiences")) {
            audiences.add(values.text(item, TEXT, "a text without spaces"));
        }
        FederatedCredential credential = new FederatedCredential(
                issuer,
                subject,
                audiences.isEmpty() ? Set.of(FederatedCredential.AUDIENCE_DEFAULT) : audiences,
                values.path(one.required("keys"), NamedFile.Kind.PUBLIC));
        one.end();
        return credential;
    }
}
