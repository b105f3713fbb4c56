// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.audit.AuditPolicy;
import dev.managedhsm.gateway.store.StoreHealth;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What readiness hangs on, each thing alone; {@link dev.managedhsm.gateway.HealthIT} has the running HSM. */
class HealthTest {
    private static final long NOW = 1_800_000_000;

    private final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    private final List<Check> readiness = new ArrayList<>();
    private final List<Check> others = new ArrayList<>();
    private final Health health = new Health(
            state,
            () -> List.copyOf(readiness),
            () -> List.copyOf(others),
            Clock.fixed(Instant.ofEpochSecond(NOW), ZoneOffset.UTC));

    @ParameterizedTest
    @EnumSource(HsmCondition.class)
    void isReadyInTheOperationalConditionOnly(HsmCondition condition) {
        HsmState one = new HsmState(HsmCondition.SEALED);
        if (condition == HsmCondition.FAILED) {
            one.fail("a test");
        } else {
            one.become(condition);
        }
        HealthReport report = new Health(one, List::of, List::of, Clock.systemUTC()).readiness();
        assertEquals(condition == HsmCondition.OPERATIONAL, report.ready());
        assertEquals(condition == HsmCondition.OPERATIONAL ? "healthy" : "unready", report.status());
    }

    @Test
    void saysWhyItFailed() {
        state.fail("the disk is on fire");
        assertTrue(health.readiness().checks().getFirst().why().contains("the disk is on fire"));
    }

    @Test
    void isNotReadyWhileOneThingThatItHangsOnDoesNotHold() {
        readiness.add(Check.readiness("self-tests", true, "passed"));
        assertTrue(health.readiness().ready());
        readiness.add(HealthChecks.cold("just started"));
        assertFalse(health.readiness().ready());
        assertEquals(
                new JsonObject().put("ready", false).put("waitingFor", new JsonArray().add("warm-up")),
                Health.shortly(health.readiness(), true));
        assertEquals(new JsonObject().put("ready", false), Health.shortly(health.readiness(), false));
    }

    @Test
    void isDegradedAndReadyWhenOnlyOtherThingsDoNotHold() {
        readiness.add(HealthChecks.warm());
        others.add(new Check("no-swap", Check.Kind.CUSTODY, false, "not permitted"));
        HealthReport report = health.full();
        assertTrue(report.ready());
        assertEquals("degraded", report.status());
        JsonObject check = report.json().getJsonArray("checks").getJsonObject(2);
        assertEquals(
                new JsonObject()
                        .put("name", "no-swap")
                        .put("kind", "custody")
                        .put("held", false)
                        .put("why", "not permitted"),
                check);
    }

    @Test
    void aStoreThatTakesNoChangesIsNotReady() {
        assertTrue(HealthChecks.store(new StoreHealth("the store", 7, null)).held());
        Check failed = HealthChecks.store(new StoreHealth("the store", 7, "the disk is full"));
        assertFalse(failed.held());
        assertEquals(Check.Kind.READINESS, failed.kind());
        assertTrue(failed.why().contains("the disk is full"));
    }

    @Test
    void anAuditLogThatTakesNothingIsNotReadyAndOneThatIsNotSignedIsDegraded() {
        AuditHealth well = new AuditHealth(AuditPolicy.FAIL_CLOSED, 7, 0, Duration.ZERO, 700, 0, 1, null, null);
        assertTrue(HealthChecks.audit(well).held());
        assertTrue(HealthChecks.checkpoints(well).held());
        AuditHealth full = new AuditHealth(
                AuditPolicy.FAIL_CLOSED, 7, 3, Duration.ofSeconds(1), 700, 4, 1, "no key", "the disk is full");
        Check audit = HealthChecks.audit(full);
        assertFalse(audit.held());
        assertEquals(Check.Kind.READINESS, audit.kind());
        assertTrue(audit.why().contains("the disk is full"));
        assertFalse(HealthChecks.checkpoints(full).held());
        assertEquals(Check.Kind.DURABILITY, HealthChecks.checkpoints(full).kind());
    }

    @Test
    void oneIssuerWithFreshKeysIsEnoughToBeReadyAndEachIsLookedAt() {
        KeyRefresh.State stale = new KeyRefresh.State("one", NOW, List.of(), 3, "the set cannot be fetched");
        KeyRefresh.State fresh = new KeyRefresh.State("two", NOW + 1, List.of("k"), 1, null);
        assertFalse(HealthChecks.tokenKeys(List.of(), NOW).held());
        assertFalse(HealthChecks.tokenKeys(List.of(stale), NOW).held());
        assertTrue(HealthChecks.tokenKeys(List.of(stale, fresh), NOW).held());
        List<Check> each = HealthChecks.issuers(List.of(stale, fresh), NOW);
        assertEquals(
                List.of("issuer-one", "issuer-two"),
                each.stream().map(Check::name).toList());
        assertEquals(List.of(false, true), each.stream().map(Check::held).toList());
    }

    @Test
    void aFolderThatIsNotThereHasNoRoom() {
        Check check =
                HealthChecks.disks(Map.of("data", Path.of("/nowhere/at/all"))).getFirst();
        assertEquals("disk-data", check.name());
        assertFalse(check.held());
    }
}
