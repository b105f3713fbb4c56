// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.identity.DevIssuer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevGuideTest {
    private static final String AUTHORITY = "https://localhost:40001";
    private static final String IDENTITY_URL = "http://127.0.0.1:40000/msi/token";

    @TempDir
    private Path temporary;

    private DevFolder folder;
    private DevFacts facts;

    @BeforeEach
    void openFolder() {
        folder = DevFolder.open(temporary.resolve("it's a \"dev\" $folder"));
        facts = DevFacts.of(folder);
    }

    @AfterEach
    void closeFolder() {
        folder.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "sh"})
    void isSourcedByAShellAndExported(String shell) throws Exception {
        folder.writePrivate(DevGuide.ENVIRONMENT, guide("localhost").environment());
        Path environment = folder.at(DevGuide.ENVIRONMENT);

        Shell.Ended ended = shell().run(shell, "-euc", ". \"$0\"; env", environment.toString());

        assertEquals(0, ended.status(), ended.err());
        List<String> lines = ended.out().lines().toList();
        List<String> expected = List.of(
                "HSM_URL=https://localhost:8443",
                "HSM_CA=" + folder.at("ca.pem"),
                "IDENTITY_ENDPOINT=" + IDENTITY_URL,
                "IDENTITY_HEADER=" + facts.identityHeader(),
                "TENANT_ID=" + facts.tenantId(),
                "ADMIN_OBJECT_ID=" + facts.administratorId(),
                "DEV_ISSUER=https://sts.localhost/" + facts.tenantId() + "/",
                "DEV_ISSUER_KEY=" + folder.at("issuer.key"),
                "DEV_ISSUER_KID=kid-1_2",
                "DEV_AUDIENCE=https://localhost:8443",
                "DEV_AUTHORITY=" + AUTHORITY,
                "DEV_WORKLOAD_TOKEN_FILE=" + folder.at("workload.token"),
                "ADMIN_CLIENT_ID=" + facts.clientId());
        assertTrue(lines.containsAll(expected), ended.out());
    }

    @Test
    void givesACurlLineThatWorksWhenPasted() throws Exception {
        List<String> words = pasteCurlLine("localhost");

        assertEquals(
                List.of(
                        "--cacert",
                        folder.at("ca.pem").toString(),
                        "-H",
                        "Authorization: Bearer aaa.bbb-_.ccc",
                        "-H",
                        "Content-Type: application/json",
                        "-d",
                        "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}",
                        "https://localhost:8443/keys/first/create?api-version=7.6"),
                words);
        assertEquals(
                List.of(
                        "-s",
                        "-H",
                        "X-IDENTITY-HEADER: " + facts.identityHeader(),
                        IDENTITY_URL + "?api-version=2019-08-01&resource=https://localhost:8443"),
                Files.readAllLines(temporary.resolve("token-request")));
    }

    @Test
    void tellsCurlWhereANameIs() throws Exception {
        List<String> words = pasteCurlLine("hsm1.hsm.example");

        assertEquals("hsm1.hsm.example:8443:127.0.0.1", words.get(words.indexOf("--resolve") + 1));
        assertEquals("https://hsm1.hsm.example:8443/keys/first/create?api-version=7.6", words.getLast());
    }

    @Test
    void givesALineThatPrintsATokenForTheDashboard() throws Exception {
        assertEquals(List.of("aaa.bbb-_.ccc"), paste(guide("localhost"), "( . "));
        assertTrue(guide("localhost").banner().contains("https://localhost:8443/dashboard\n"));
    }

    @Test
    void showsNoSecret() {
        assertFalse(guide("localhost").banner().contains(facts.identityHeader()));
    }

    private List<String> pasteCurlLine(String name) throws Exception {
        return paste(guide(name), "curl ");
    }

    /** Runs a line of the banner with a curl that writes down its words and answers like the token endpoint. */
    private List<String> paste(DevGuide guide, String start) throws Exception {
        folder.writePrivate(DevGuide.ENVIRONMENT, guide.environment());
        Shell.script(temporary.resolve("bin/curl"), """
                if [ "$1" = -s ]; then
                    printf '%s\\n' "$@" >token-request
                    echo '{"access_token":"aaa.bbb-_.ccc","client_id":"x","token_type":"Bearer"}'
                else
                    printf '%s\\n' "$@"
                fi""");
        String line = guide.banner()
                .lines()
                .filter(candidate -> candidate.startsWith(start))
                .findFirst()
                .orElseThrow();
        String path = temporary.resolve("bin") + ":" + System.getenv("PATH");

        Shell.Ended ended = shell().with("PATH", path).run("bash", "-euc", line);

        assertEquals("", ended.err());
        return ended.out().lines().toList();
    }

    private Shell shell() {
        return new Shell(temporary, Map.of("PATH", System.getenv("PATH")));
    }

    private DevGuide guide(String name) {
        DevNames names = DevNames.of(name, "127.0.0.1", 8443);
        DevIssuer issuer = new DevIssuer(DevIssuer.newKey(), names.issuerUrl(facts.tenantId()), Clock.systemUTC());
        DevIdentities identities = DevIdentities.of(folder, facts, names, issuer, Clock.systemUTC());
        return new DevGuide(names, folder, facts, identities, IDENTITY_URL, AUTHORITY, "kid-1_2");
    }
}
