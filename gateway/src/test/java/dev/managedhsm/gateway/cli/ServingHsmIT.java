// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.fixture.TestCertificate;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The HSM of a configuration file, in the process of the test: real files, sockets and TLS. */
class ServingHsmIT {
    private static final List<Custodian> CUSTODIANS = Custodian.some(3);
    private static final String PASSPHRASE = "passphrase: file:passphrase";
    private static final String KEY_FILE = "key_file: unlock.key";

    @TempDir
    private Path temporary;

    private ServeFolder folder;
    private @Nullable ServingHsm running;

    /** By a key file, which opens at once, where it is not the passphrase that is looked at. */
    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(temporary).replace(PASSPHRASE, KEY_FILE);
    }

    @AfterEach
    void end() {
        if (running != null) {
            running.close();
        }
    }

    @Test
    void keepsItsKeysFromOneStartToTheNext() throws Exception {
        folder.replace(KEY_FILE, PASSPHRASE);
        initAndActivate();
        start();
        String kid = create("first");
        end();

        start();

        HttpResponse<String> read = get(folder.dataPort(), "/keys/first?api-version=7.6", folder.token());
        assertEquals(200, read.statusCode(), read.body());
        assertEquals(kid, new JsonObject(read.body()).getJsonObject("key").getString("kid"));
    }

    @Test
    void speaksTlsWithAKeyThatIsEncrypted() throws Exception {
        TestCertificate certificate = TestCertificate.rsa(ServeFolder.HOST);
        certificate.writeChain(temporary.resolve("chain.pem"));
        certificate.writeKey(temporary.resolve("server.key"), "correct horse battery staple");
        folder.replace("private_key: server.key", "private_key: server.key\n  passphrase: file:passphrase");
        init();

        start();

        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), folder.dataPort())) {
            assertTrue(socket.isConnected());
        }
    }

    @Test
    void refusesToStartWithoutItsRootKeyAndSaysWhatToDo() throws Exception {
        init();
        Files.delete(folder.at("data/root.key"));

        StartRefused refused = assertThrows(StartRefused.class, this::start);

        assertEquals(
                "There is no root key at " + folder.at("data/root.key")
                        + ": restore it, or make a new HSM with hsm init --config FILE if this one has never been used.",
                refused.sentence());
        assertFalse(Files.exists(folder.at("data/root.key")), "nothing was made");
    }

    @Test
    void refusesAnotherPassphrase() throws Exception {
        folder.replace(KEY_FILE, PASSPHRASE);
        init();
        folder.writeSecret("passphrase", "another passphrase, alas");

        StartRefused refused = assertThrows(StartRefused.class, this::start);

        assertTrue(refused.sentence().contains("root.key does not open"), refused.sentence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sealed -", "sealed ", "sealed AAAA", "seal", "sealed \u00e9", ""})
    void refusesARootKeyFileThatIsDamagedInOneSentence(String line) throws Exception {
        init();
        Path file = folder.at("data/root.key");
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.set(4, line);
        Files.write(file, lines);

        StartRefused refused = assertThrows(StartRefused.class, this::start);

        assertEquals("the root key file " + file + " is damaged: restore it", refused.sentence());
    }

    @Test
    void refusesAKeyFileThatIsCutOffInOneSentence() throws Exception {
        init();
        Files.write(folder.at("unlock.key"), new byte[0]);

        StartRefused refused = assertThrows(StartRefused.class, this::start);

        assertEquals(
                "the sealing file " + folder.at("unlock.key")
                        + " has 0 bytes instead of 32: put the right file in its place",
                refused.sentence());
    }

    @Test
    void opensWithAKeyFile() throws Exception {
        initAndActivate();
        assertEquals(32, Files.size(folder.at("unlock.key")));

        start();

        assertNotNull(create("first"));
    }

    @Test
    void makesAnHsmOnlyOnce() throws Exception {
        init();
        byte[] rootKey = Files.readAllBytes(folder.at("data/root.key"));

        StartRefused refused = assertThrows(StartRefused.class, this::init);

        assertTrue(refused.sentence().contains("holds files already"), refused.sentence());
        assertEquals(List.of(rootKey.length), List.of((int) Files.size(folder.at("data/root.key"))));
    }

    @Test
    void keepsThePlanesApart() throws Exception {
        initAndActivate();
        start();
        String token = folder.token();

        for (String path :
                List.of("/latency", "/latency/", "/latency.hlog", "/SECURITY/alerts", "/security/counters")) {
            assertEquals(404, get(folder.dataPort(), path, token).statusCode(), path);
        }
        assertEquals(200, get(folder.managementPort(), "/latency", null).statusCode());
        assertEquals(
                404,
                get(folder.managementPort(), "/keys?api-version=7.6", token).statusCode());
        String sign = "/keys/first/0123456789abcdef0123456789abcdef/sign?api-version=7.6";
        assertEquals(404, post(folder.managementPort(), sign, "{}", token).statusCode());
        assertEquals(
                404,
                get(
                                folder.managementPort(),
                                "/providers/Microsoft.Authorization/roleDefinitions?api-version=7.6",
                                token)
                        .statusCode());
    }

    @Test
    void answersOnlyAddressesOfItsAllowList() throws Exception {
        folder.replace("data: {port", "data: {allow: [192.0.2.0/24, \"::1\"], port");
        initAndActivate();
        start();

        HttpRequest request = request(folder.dataPort(), "/keys?api-version=7.6")
                .header("X-Forwarded-For", "192.0.2.1")
                .header("Forwarded", "for=192.0.2.1")
                .build();
        HttpResponse<String> answer = client().send(request, HttpResponse.BodyHandlers.ofString());

        assertEquals(403, answer.statusCode());
        JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
        assertEquals("Forbidden", error.getString("code"));
        assertEquals("ForbiddenByFirewall", error.getJsonObject("innererror").getString("code"));
        assertTrue(error.getString("message").startsWith("Client address (127.0.0.1) is not authorized"));
        assertEquals(200, get(folder.managementPort(), "/latency", null).statusCode());
    }

    @Test
    void givesNewConnectionsTheNewCertificate() throws Exception {
        initAndActivate();
        start();
        TestCertificate first = folder.certificate();
        assertEquals(first.certificate(), served(folder.dataPort()));

        TestCertificate second = TestCertificate.rsa(ServeFolder.HOST);
        try (SSLSocket open = connect(folder.dataPort(), first.trust(null))) {
            second.writeChain(folder.at("new"));
            Files.move(folder.at("new"), folder.at("chain.pem"), StandardCopyOption.ATOMIC_MOVE);
            second.writeKey(folder.at("server.key"));
            for (int port : List.of(folder.dataPort(), folder.managementPort(), folder.tokenPort())) {
                waitUntilServed(port, second.certificate());
            }
            assertTrue(answers(open), "an open connection goes on");
        }
        HttpResponse<String> h2 = client(second.trust(null))
                .send(
                        request(folder.dataPort(), "/keys?api-version=7.6").build(),
                        HttpResponse.BodyHandlers.ofString());
        assertEquals(HttpClient.Version.HTTP_2, h2.version());
    }

    @Test
    void asksForClientCertificatesOfItsAuthoritiesOnly() throws Exception {
        TestCertificate known = TestCertificate.ec("client.test");
        TestCertificate stranger = TestCertificate.ec("client.test");
        known.writeChain(folder.at("clients.pem"));
        folder.replace("look_every: 1s", "client_certificates: required\n  client_authorities: clients.pem");
        initAndActivate();
        start();

        assertEquals(401, statusWith(known));
        assertThrows(IOException.class, () -> statusWith(null));
        assertThrows(IOException.class, () -> statusWith(stranger));
    }

    @Test
    void talksToClientsWithoutCertificateWhenThatIsOptional() throws Exception {
        TestCertificate known = TestCertificate.ec("client.test");
        known.writeChain(folder.at("clients.pem"));
        folder.replace("look_every: 1s", "client_certificates: optional\n  client_authorities: clients.pem");
        initAndActivate();
        start();

        assertEquals(401, statusWith(known));
        assertEquals(401, statusWith(null));
    }

    @Test
    void speaksNoOlderTlsThanItIsTold() throws Exception {
        folder.replace("look_every: 1s", "oldest_version: tls_1_3");
        initAndActivate();
        start();

        try (SSLSocket socket = (SSLSocket)
                folder.certificate().trust(null).getSocketFactory().createSocket("localhost", folder.dataPort())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThrows(IOException.class, socket::startHandshake);
        }
        assertEquals(folder.certificate().certificate(), served(folder.dataPort()));
    }

    @Test
    void refusesAPortInUseAndLeavesNothingOpen() throws Exception {
        init();
        try (ServerSocket holder = new ServerSocket(folder.managementPort(), 1, InetAddress.ofLiteral("127.0.0.1"))) {
            StartRefused refused = assertThrows(StartRefused.class, this::start);
            assertTrue(refused.sentence().contains("port " + holder.getLocalPort()), refused.sentence());
        }
        start();
        assertEquals(401, get(folder.dataPort(), "/keys?api-version=7.6", null).statusCode());
    }

    @Test
    void refusesAShortHeaderSecret() throws Exception {
        init();
        folder.writeSecret("header", "short");

        StartRefused refused = assertThrows(StartRefused.class, this::start);

        assertTrue(refused.sentence().contains("fewer than 16 bytes"), refused.sentence());
    }

    @Test
    void exchangesAWorkloadsTokenAndAClientSecret() throws Exception {
        initAndActivate();
        start();
        String assertion = Files.readString(folder.at("workload.token"));

        for (String proof : List.of(
                "client_assertion=" + assertion
                        + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
                "client_secret=" + URLEncoder.encode(ServeFolder.CLIENT_SECRET, StandardCharsets.UTF_8))) {
            HttpResponse<String> answer = tokenFor(proof);
            assertEquals(200, answer.statusCode(), answer.body());
            JsonObject body = new JsonObject(answer.body());
            assertEquals(3600, body.getInteger("expires_in"));
            String token = body.getString("access_token");
            assertEquals(
                    200, get(folder.dataPort(), "/keys?api-version=7.6", token).statusCode());
        }
        assertEquals(401, tokenFor("client_secret=another+secret+of+theirs").statusCode());
    }

    private void init() {
        ConfigFile read = ConfigFile.readForInit(folder.config(), Map.of(), Instant.now());
        ServeConfig config = read.config();
        assertNotNull(config, read.faults().toString());
        new NewHsm(config).make();
    }

    /** Made and activated: custodians have the root key. */
    private void initAndActivate() {
        init();
        OfflineDomain.download(
                config().gateway(),
                CUSTODIANS.stream().map(Custodian::certificate).toList(),
                2);
    }

    private ServeConfig config() {
        ServeConfig config =
                ConfigFile.read(folder.config(), Map.of(), Instant.now()).config();
        assertNotNull(config);
        return config;
    }

    private void start() {
        running = null;
        running = ServingHsm.start(config());
    }

    private String create(String name) throws Exception {
        HttpResponse<String> made = post(
                folder.dataPort(),
                "/keys/" + name + "/create?api-version=7.6",
                "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}",
                folder.token());
        assertEquals(200, made.statusCode(), made.body());
        return new JsonObject(made.body()).getJsonObject("key").getString("kid");
    }

    private HttpResponse<String> tokenFor(String proof) throws Exception {
        String form = "grant_type=client_credentials&client_id=" + ServeFolder.ADMINISTRATOR_CLIENT + "&scope="
                + URLEncoder.encode("openid " + folder.audience() + "/.default", StandardCharsets.UTF_8) + "&" + proof;
        HttpRequest request = HttpRequest.newBuilder(URI.create(
                        "https://localhost:" + folder.tokenPort() + "/" + ServeFolder.TENANT + "/oauth2/v2.0/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        return client().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpClient client() {
        return client(folder.certificate().trust(null));
    }

    private static HttpClient client(SSLContext trust) {
        return HttpClient.newBuilder().sslContext(trust).build();
    }

    private int statusWith(@Nullable TestCertificate own) throws Exception {
        try (HttpClient client = client(folder.certificate().trust(own))) {
            return client.send(
                            request(folder.dataPort(), "/keys?api-version=7.6").build(),
                            HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        }
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path));
    }

    private HttpResponse<String> get(int port, String path, @Nullable String token) throws Exception {
        return send(request(port, path), token);
    }

    private HttpResponse<String> post(int port, String path, String body, String token) throws Exception {
        return send(
                request(port, path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                token);
    }

    private HttpResponse<String> send(HttpRequest.Builder request, @Nullable String token) throws Exception {
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try (HttpClient client = client()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static SSLSocket connect(int port, SSLContext trust) throws IOException {
        Socket plain = new Socket();
        plain.connect(new InetSocketAddress("localhost", port));
        SSLSocket socket = (SSLSocket) trust.getSocketFactory().createSocket(plain, "localhost", port, true);
        socket.startHandshake();
        return socket;
    }

    private static boolean answers(SSLSocket socket) throws IOException {
        String request = "GET /keys?api-version=7.6 HTTP/1.1\r\nHost: " + ServeFolder.HOST + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).equals("HTTP/1.1 401");
    }

    /** What a listener shows to a new connection; nothing about it is believed. */
    private X509Certificate served(int port) throws Exception {
        SSLContext anybody = SSLContext.getInstance("TLS");
        anybody.init(null, new javax.net.ssl.TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket = connect(port, anybody)) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private void waitUntilServed(int port, X509Certificate certificate) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(20);
        while (!served(port).equals(certificate)) {
            assertTrue(System.nanoTime() < deadline, "the new certificate is not served");
            MILLISECONDS.sleep(100);
        }
    }

    private static final class Anybody extends javax.net.ssl.X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket) {}

        @Override
        public void checkClientTrusted(
                X509Certificate[] chain, String type, javax.net.ssl.@Nullable SSLEngine engine) {}

        @Override
        public void checkServerTrusted(
                X509Certificate[] chain, String type, javax.net.ssl.@Nullable SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
