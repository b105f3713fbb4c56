// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where everything of a running development HSM is: as a file that a shell can source, and as words for a terminal.
 *
 * @param names what it is called
 * @param folder where it keeps everything
 * @param facts what it is
 * @param identities whom its endpoints give tokens of
 * @param identityUrl the managed-identity endpoint
 * @param authority the token endpoint, without path
 * @param kid the id of the development issuer's key
 */
record DevGuide(
        DevNames names,
        DevFolder folder,
        DevFacts facts,
        DevIdentities identities,
        String identityUrl,
        String authority,
        String kid) {
    /** The file that a shell can source. */
    static final String ENVIRONMENT = "dev.env";

    /** The development issuer's private key. */
    static final String ISSUER_KEY = "issuer.key";

    private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9_./:@%+,=-]+");

    /** One assignment a line, so that simpler readers than a shell understand it too; then all are exported. */
    String environment() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("HSM_URL", names.url());
        values.put("HSM_CA", folder.at(DevCertificates.CA).toString());
        values.put("IDENTITY_ENDPOINT", identityUrl);
        values.put("IDENTITY_HEADER", facts.identityHeader());
        values.put("TENANT_ID", facts.tenantId());
        values.put("ADMIN_OBJECT_ID", facts.administratorId());
        values.put("DEV_ISSUER", names.issuerUrl(facts.tenantId()));
        values.put("DEV_ISSUER_KEY", folder.at(ISSUER_KEY).toString());
        values.put("DEV_ISSUER_KID", kid);
        values.put("DEV_AUDIENCE", names.resource());
        values.put("DEV_AUTHORITY", authority);
        values.put(
                "DEV_WORKLOAD_TOKEN_FILE",
                folder.at(DevIdentities.WORKLOAD_TOKEN).toString());
        values.put("ADMIN_CLIENT_ID", identities.administrator().clientId());
        values.put("CRYPTO_USER_OBJECT_ID", identities.cryptoUser().objectId());
        values.put("CRYPTO_USER_CLIENT_ID", identities.cryptoUser().clientId());
        values.put("AUDITOR_OBJECT_ID", identities.auditor().objectId());
        values.put("AUDITOR_CLIENT_ID", identities.auditor().clientId());
        String assignments = values.entrySet().stream()
                .map(value -> value.getKey() + "=" + quoted(value.getValue()) + "\n")
                .collect(Collectors.joining());
        return "# A development HSM, for a shell: . " + ENVIRONMENT + "\n" + assignments + "export "
                + String.join(" ", values.keySet()) + "\n";
    }

    /** What a terminal shows once the HSM is ready. It holds no secret: the curl line takes its own from the file. */
    String banner() {
        String environmentFile = quoted(folder.at(ENVIRONMENT).toString());
        return String.join(
                "\n",
                "",
                "Development HSM: activated and ready. It is software, for development only.",
                "",
                "  URL               " + names.url(),
                "  dashboard         " + names.url() + "/dashboard",
                "  CA certificate    " + folder.at(DevCertificates.CA),
                "  managed identity  " + identityUrl,
                "  environment       . " + environmentFile,
                "  data              " + folder.path(),
                "",
                "Create a first key:",
                "",
                curlLine(environmentFile),
                "",
                "Print a token, to sign in at the dashboard:",
                "",
                "( " + tokenCommands(environmentFile) + " )",
                "",
                "Ctrl-C ends it. Started again on the same data, it is the same HSM.",
                "");
    }

    private String curlLine(String environmentFile) {
        String token = "$(" + tokenCommands(environmentFile) + ")";
        String resolve = names.nameResolves()
                ? ""
                : "--resolve " + quoted(names.hostName() + ":" + names.port() + ":" + names.reachableAt()) + " ";
        return "curl --cacert " + quoted(folder.at(DevCertificates.CA).toString()) + " " + resolve
                + "-H \"Authorization: Bearer " + token + "\""
                + " -H 'Content-Type: application/json' -d '{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}' \""
                + names.url() + "/keys/first/create?api-version=7.6\"";
    }

    /** What prints a token of the administrator, in a shell of its own. */
    private static String tokenCommands(String environmentFile) {
        return ". " + environmentFile + "; curl -s -H \"X-IDENTITY-HEADER: $IDENTITY_HEADER\""
                + " \"$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=$DEV_AUDIENCE\""
                + " | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/'";
    }

    /** A value as one word of a POSIX shell. */
    static String quoted(String value) {
        return PLAIN_WORD.matcher(value).matches() ? value : "'" + value.replace("'", "'\\''") + "'";
    }
}
