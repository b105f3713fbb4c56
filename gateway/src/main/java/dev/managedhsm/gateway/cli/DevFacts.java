// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What a development HSM is from its first start on, kept in {@link DevFolder#FACTS}.
 *
 * @param tenantId the tenant, a random GUID
 * @param administratorId object id of the system-assigned identity, a random GUID
 * @param clientId application id of that identity, a random GUID
 * @param identityHeader the secret of {@code X-IDENTITY-HEADER}, 32 hexadecimal digits
 * @param identityPort the port on which the managed-identity endpoint listened last, 0 before the first time
 * @param tokenPort the port on which the token endpoint listened last, 0 before the first time
 */
record DevFacts(
        String tenantId,
        String administratorId,
        String clientId,
        String identityHeader,
        int identityPort,
        int tokenPort) {
    private static final int HEADER_BYTES = 16;
    private static final int PORT_MAX = 65_535;
    private static final Pattern GUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern HEADER = Pattern.compile("[0-9a-f]{" + 2 * HEADER_BYTES + "}");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

    /** Reads the facts of a folder; makes and writes new ones when it has none. */
    static DevFacts of(DevFolder folder) {
        if (!folder.has(DevFolder.FACTS)) {
            DevFacts made = random();
            made.write(folder);
            return made;
        }
        Properties lines = new Properties();
        try {
            lines.load(new StringReader(folder.read(DevFolder.FACTS)));
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(folder, "text");
        }
        return new DevFacts(
                value(folder, lines, "tenantId", GUID),
                value(folder, lines, "administratorId", GUID),
                value(folder, lines, "clientId", GUID),
                value(folder, lines, "identityHeader", HEADER),
                port(folder, lines, "identityPort"),
                lines.containsKey("tokenPort") ? port(folder, lines, "tokenPort") : 0);
    }

    /** The same facts with other ports, written when they are others. */
    DevFacts withPorts(DevFolder folder, int identity, int tokens) {
        if (identity == identityPort && tokens == tokenPort) {
            return this;
        }
        DevFacts changed = new DevFacts(tenantId, administratorId, clientId, identityHeader, identity, tokens);
        changed.write(folder);
        return changed;
    }

    /** The identity that the endpoint gives tokens of: as of an App Service site of the tenant. */
    ManagedIdentity identity() {
        String resourceId = "/subscriptions/" + tenantId + "/resourcegroups/dev/providers/Microsoft.Web/sites/dev";
        return new ManagedIdentity(tenantId, administratorId, clientId, resourceId);
    }

    /**
     * A user-assigned identity of this HSM. Its ids follow from the tenant and its name, so they are the same at every
     * start.
     */
    ManagedIdentity member(String name) {
        String resourceId = "/subscriptions/" + tenantId
                + "/resourcegroups/dev/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name;
        return new ManagedIdentity(tenantId, derived(name + " object"), derived(name + " client"), resourceId);
    }

    private String derived(String what) {
        return UUID.nameUUIDFromBytes((tenantId + ' ' + what).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    /** Without the header's secret. */
    @Override
    public String toString() {
        return "DevFacts[tenant " + tenantId + ", administrator " + administratorId + "]";
    }

    private static DevFacts random() {
        byte[] header = new byte[HEADER_BYTES];
        new SecureRandom().nextBytes(header);
        return new DevFacts(guid(), guid(), guid(), HexFormat.of().formatHex(header), 0, 0);
    }

    private static String guid() {
        return UUID.randomUUID().toString();
    }

    private void write(DevFolder folder) {
        String text = String.join(
                "\n",
                "# A development HSM, made by hsm dev. This file makes the folder its own: keep it.",
                "tenantId=" + tenantId,
                "administratorId=" + administratorId,
                "clientId=" + clientId,
                "identityHeader=" + identityHeader,
                "identityPort=" + identityPort,
                "tokenPort=" + tokenPort,
                "");
        folder.writePrivate(DevFolder.FACTS, text);
    }

    private static int port(DevFolder folder, Properties lines, String name) {
        int port = Integer.parseInt(value(folder, lines, name, PORT));
        if (port > PORT_MAX) {
            throw damaged(folder, name);
        }
        return port;
    }

    private static String value(DevFolder folder, Properties lines, String name, Pattern shape) {
        String value = lines.getProperty(name, "");
        if (!shape.matcher(value).matches()) {
            throw damaged(folder, name);
        }
        return value;
    }

    private static StartRefused damaged(DevFolder folder, String what) {
        return new StartRefused(folder.at(DevFolder.FACTS) + " is damaged (" + what
                + "): restore it, or name another folder with --data.");
    }
}
