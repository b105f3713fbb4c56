// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.fixture.BlobServer;
import dev.managedhsm.gateway.fixture.MachineIdentity;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens of the HSM's managed identity, and a storage that looks at them. */
class StorageTokensTest {
    private static final byte[] CONTENT = {1, 2, 3};

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private MachineIdentity machine;
    private BlobServer storage;

    @BeforeEach
    void start() {
        machine = MachineIdentity.start();
        storage = BlobServer.start(machine);
    }

    @AfterEach
    void stop() {
        storage.close();
        machine.close();
    }

    private StorageIdentity imds() {
        return new StorageIdentity(machine.imds(), null, null, StorageIdentity.RESOURCE_DEFAULT);
    }

    private StorageTokens tokens(StorageIdentity identity) {
        return new StorageTokens(identity, now::get, Duration.ofMillis(5));
    }

    private BackupTarget target() {
        BackupConfig config = new BackupConfig(List.of(URI.create(storage.url())), List.of(), null, imds());
        return new BackupTargets(config, now::get, Duration.ofMillis(5))
                .target(storage.url() + "/container", null, true);
    }

    /** What the failure says. */
    private static String assertFails(Runnable action) {
        BackupFailure failure = assertThrows(BackupFailure.class, action::run);
        assertEquals(Reason.UNREACHABLE, failure.reason());
        assertFalse(failure.toString().contains("eyJ"), failure::toString);
        return String.valueOf(failure.getMessage());
    }

    private void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    @Test
    void oneTokenIsUsedUntilItIsNearItsEnd() {
        StorageTokens tokens = tokens(imds());
        String first = tokens.token();
        pass(Duration.ofMinutes(54));
        assertEquals(first, tokens.token());
        pass(Duration.ofMinutes(2));
        assertNotEquals(first, tokens.token());
        assertEquals(2, machine.given.size());
    }

    @Test
    void anOldTokenIsUsedToItsEndWhereNoNewOneIsToBeHad() {
        StorageTokens tokens = tokens(imds());
        String first = tokens.token();
        machine.status = 500;
        pass(Duration.ofMinutes(57));
        assertEquals(first, tokens.token());
        pass(Duration.ofMinutes(4));
        assertTrue(assertFails(tokens::token).contains("answered 500 (identity_unavailable)"));
    }

    @Test
    void asksByTheProtocolOfAppService() {
        Supplier<byte[]> secret = () -> MachineIdentity.HEADER.getBytes(UTF_8);
        String resource = StorageIdentity.RESOURCE_DEFAULT;
        URI endpoint = machine.appService();
        assertEquals(
                tokens(new StorageIdentity(endpoint, secret, MachineIdentity.CLIENT, resource))
                        .token(),
                machine.given.getLast());
        assertFails(() ->
                tokens(new StorageIdentity(endpoint, null, null, resource)).token());
        assertFails(() -> tokens(new StorageIdentity(endpoint, () -> "another".getBytes(UTF_8), null, resource))
                .token());
        Supplier<byte[]> gone = () -> {
            throw new IllegalArgumentException("the file is gone");
        };
        assertFails(() ->
                tokens(new StorageIdentity(endpoint, gone, null, resource)).token());
        assertFails(() -> tokens(new StorageIdentity(endpoint, () -> "a\r\nb: c".getBytes(UTF_8), null, resource))
                .token());
    }

    @Test
    void saysThatTheIdentityIsNotThere() {
        String other = "00000000-0000-0000-0000-000000000001";
        StorageIdentity unknown = new StorageIdentity(machine.imds(), null, other, StorageIdentity.RESOURCE_DEFAULT);
        assertEquals(
                "The endpoint of managed identities answered 400 (invalid_request): check that the identity exists and"
                        + " is assigned to this machine",
                assertFails(() -> tokens(unknown).token()));
    }

    @Test
    void saysThatNobodyListens() {
        StorageIdentity identity = imds();
        machine.close();
        assertFails(() -> tokens(identity).token());
    }

    @Test
    void refusesATokenThatHasExpiredAlready() {
        machine.lifeSeconds = -1;
        assertFails(() -> tokens(imds()).token());
    }

    @Test
    void putsReadsAndRemovesWithoutASignature() {
        BackupTarget target = target();
        target.put("folder", "name", CONTENT);
        assertEquals(3, target.read("folder", "name", 3).length);
        target.remove("folder", "name");
        assertTrue(storage.blobs.isEmpty());
        assertEquals(1, machine.given.size());
    }

    @Test
    void renewsATokenThatTheStorageDoesNotTakeAnyMore() {
        BackupTarget target = target();
        target.put("folder", "name", CONTENT);
        storage.takenBack.addAll(machine.given);
        assertEquals(3, target.read("folder", "name", 3).length);
        assertEquals(2, machine.given.size());
    }

    @Test
    void renewsOnceWhereTheStorageTakesNone() {
        machine.audience = "https://vault.azure.net";
        assertEquals(
                "The blob storage does not take the token of the HSM's managed identity (401,"
                        + " InvalidAuthenticationInfo): check backups.managed_identity.resource, and that the storage"
                        + " belongs to the identity's tenant",
                assertFails(() -> target().put("folder", "name", CONTENT)));
        assertEquals(2, machine.given.size());
        assertEquals(2, storage.requests.get());
    }

    @Test
    void saysThatTheIdentityHasNoRight() {
        storage.contributor = false;
        assertTrue(assertFails(() -> target().put("folder", "name", CONTENT))
                .contains("(403, AuthorizationPermissionMismatch): give it the role"));
        assertEquals(1, machine.given.size());
    }

    @Test
    void comesAgainToAnEndpointThatIsBusy() {
        machine.status = 410;
        machine.refusals.set(2);
        assertEquals(tokens(imds()).token(), machine.given.getLast());
        assertEquals(3, machine.requests.get());
    }

    @Test
    void givesUpWhereTheEndpointStaysBusy() {
        machine.status = 410;
        assertFails(() -> tokens(imds()).token());
        assertEquals(5, machine.requests.get());
    }

    @Test
    void aTokenThatEndsWhileTheEndpointIsAskedIsNotUsed() {
        StorageTokens tokens = tokens(imds());
        tokens.token();
        machine.status = 500;
        pass(Duration.ofMinutes(57));
        machine.whenAsked = () -> pass(Duration.ofMinutes(1));
        assertFails(tokens::token);
    }

    @Test
    void theEndpointIsAskedAgainHalfAMinuteAfterItGaveNothing() {
        StorageTokens tokens = tokens(imds());
        String first = tokens.token();
        machine.status = 500;
        pass(Duration.ofMinutes(56));
        machine.whenAsked = () -> pass(Duration.ofSeconds(10));
        assertEquals(first, tokens.token());
        int asked = machine.requests.get();
        pass(Duration.ofSeconds(25));
        assertEquals(first, tokens.token());
        assertEquals(asked, machine.requests.get());
        pass(Duration.ofSeconds(5));
        assertEquals(first, tokens.token());
        assertTrue(machine.requests.get() > asked);
    }

    @Test
    void aTokenThatTheEndpointKeepsIsNotSentAgain() {
        machine.audience = "https://vault.azure.net";
        machine.cached = true;
        assertFails(() -> target().put("folder", "name", CONTENT));
        assertEquals(2, machine.requests.get());
        assertEquals(1, storage.requests.get());
    }

    @Test
    void theDateThatIsSentHasADayOfTwoDigits() {
        now.set(Instant.parse("2026-03-05T06:07:08Z"));
        target().put("folder", "name", CONTENT);
        assertEquals("Thu, 05 Mar 2026 06:07:08 GMT", storage.dates.getLast());
    }

    @Test
    void goesAsItsIdentityToNoStorageThatIsNotAllowed() {
        BackupConfig config = new BackupConfig(List.of(URI.create("https://account.example")), List.of(), null, imds());
        BackupTargets targets = new BackupTargets(config, now::get, Duration.ofMillis(5));
        BackupFailure failure =
                assertThrows(BackupFailure.class, () -> targets.target(storage.url() + "/container", null, true));
        assertEquals(Reason.NOT_ALLOWED, failure.reason());
        assertEquals(0, machine.given.size());
        assertEquals(0, storage.requests.get());
    }
}
