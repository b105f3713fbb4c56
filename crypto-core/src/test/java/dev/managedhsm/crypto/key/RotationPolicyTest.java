// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import static dev.managedhsm.crypto.key.LifetimeAction.Kind.NOTIFY;
import static dev.managedhsm.crypto.key.LifetimeAction.Kind.ROTATE;
import static dev.managedhsm.crypto.key.LifetimeAction.Trigger.AFTER_CREATE;
import static dev.managedhsm.crypto.key.LifetimeAction.Trigger.BEFORE_EXPIRY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationPolicyTest {
    private static CalendarDuration duration(String text) {
        return Objects.requireNonNull(CalendarDuration.parse(text), text);
    }

    private static LifetimeAction action(LifetimeAction.Kind kind, LifetimeAction.Trigger trigger, String time) {
        return new LifetimeAction(kind, trigger, duration(time));
    }

    private static KeyAttributes version(String created, long expires) {
        long seconds = Instant.parse(created).getEpochSecond();
        return new KeyAttributes(true, KeyAttributes.NONE, expires, seconds, seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "AFTER_CREATE, P28D, , ",
        "AFTER_CREATE, P27D, , AFTER_CREATE_TOO_SHORT",
        "AFTER_CREATE, PT672H, , ",
        "AFTER_CREATE, PT671H59M59S, , AFTER_CREATE_TOO_SHORT",
        "AFTER_CREATE, PT48H, , AFTER_CREATE_TOO_SHORT",
        "AFTER_CREATE, P4W, , ",
        "AFTER_CREATE, P1M, , ",
        "AFTER_CREATE, P0D, , AFTER_CREATE_TOO_SHORT",
        "AFTER_CREATE, P1000Y, , ",
        "AFTER_CREATE, P1000Y1D, , TOO_LONG",
        "AFTER_CREATE, P999999Y, , TOO_LONG",
        "AFTER_CREATE, P18M, P2Y, ",
        "AFTER_CREATE, P90D, P28D, ",
        "AFTER_CREATE, P90D, P27D, EXPIRY_TOO_SHORT",
        "AFTER_CREATE, P90D, PT48H, EXPIRY_TOO_SHORT",
        "AFTER_CREATE, P90D, P1001Y, TOO_LONG",
        "BEFORE_EXPIRY, P30D, , BEFORE_EXPIRY_WITHOUT_EXPIRY",
        "BEFORE_EXPIRY, P28D, P56D, ",
        "BEFORE_EXPIRY, P29D, P56D, BEFORE_EXPIRY_TOO_LONG",
        "BEFORE_EXPIRY, P28DT1S, P56D, BEFORE_EXPIRY_TOO_LONG",
        "BEFORE_EXPIRY, P0D, P28D, ",
        "BEFORE_EXPIRY, P1D, P28D, BEFORE_EXPIRY_TOO_LONG",
        "BEFORE_EXPIRY, P1M, P2M, ",
        "BEFORE_EXPIRY, P11M, P1Y, ",
        "BEFORE_EXPIRY, P1Y, P1Y, BEFORE_EXPIRY_TOO_LONG",
        "BEFORE_EXPIRY, P1200M, P36028D, BEFORE_EXPIRY_TOO_LONG",
        "BEFORE_EXPIRY, P1001Y, P1000Y, TOO_LONG"
    })
    void rotatesWithinItsBoundsOnly(
            LifetimeAction.Trigger trigger, String time, @Nullable String expiry, @Nullable RotationFault fault) {
        List<LifetimeAction> actions = List.of(action(ROTATE, trigger, time));
        CalendarDuration expiryTime = expiry == null ? null : duration(expiry);

        assertEquals(fault, RotationPolicy.fault(actions, expiryTime));
        if (fault == null) {
            assertEquals(actions, new RotationPolicy(actions, expiryTime).actions());
        } else {
            assertThrows(IllegalArgumentException.class, () -> new RotationPolicy(actions, expiryTime));
        }
    }

    @Test
    void notifiesBeforeExpiryOnly() {
        List<LifetimeAction> before = List.of(action(NOTIFY, BEFORE_EXPIRY, "P30D"));
        assertEquals(null, RotationPolicy.fault(before, null));
        assertEquals(null, RotationPolicy.fault(before, duration("P28D")));
        assertEquals(
                RotationFault.NOTIFY_AFTER_CREATE,
                RotationPolicy.fault(List.of(action(NOTIFY, AFTER_CREATE, "P30D")), null));
        assertEquals(
                RotationFault.TOO_LONG, RotationPolicy.fault(List.of(action(NOTIFY, BEFORE_EXPIRY, "P1001Y")), null));
    }

    @Test
    void doesEachThingOnceAtMost() {
        LifetimeAction rotate = action(ROTATE, AFTER_CREATE, "P30D");
        LifetimeAction rotateToo = action(ROTATE, BEFORE_EXPIRY, "P30D");
        LifetimeAction notify = action(NOTIFY, BEFORE_EXPIRY, "P30D");
        CalendarDuration expiry = duration("P90D");

        assertEquals(null, RotationPolicy.fault(List.of(notify, rotate), expiry));
        assertEquals(RotationFault.ACTION_TWICE, RotationPolicy.fault(List.of(rotate, rotateToo), expiry));
        assertEquals(RotationFault.ACTION_TWICE, RotationPolicy.fault(List.of(notify, rotate, notify), expiry));
    }

    @Test
    void isBlankWhenItSaysNothing() {
        assertTrue(RotationPolicy.BLANK.blank());
        assertTrue(!new RotationPolicy(List.of(), duration("P90D")).blank());
        assertTrue(!new RotationPolicy(List.of(action(NOTIFY, BEFORE_EXPIRY, "P30D")), null).blank());
    }

    @Test
    void keepsWhatItWasMadeOf() {
        List<LifetimeAction> actions = new ArrayList<>(List.of(action(ROTATE, AFTER_CREATE, "P30D")));
        RotationPolicy policy = new RotationPolicy(actions, null);
        actions.clear();

        assertEquals(List.of(action(ROTATE, AFTER_CREATE, "P30D")), policy.actions());
    }

    @Test
    void isDueWhenItsTriggerSays() {
        KeyAttributes eternal = version("2026-01-31T00:00:00Z", KeyAttributes.NONE);
        KeyAttributes mortal = version(
                "2026-01-31T00:00:00Z", Instant.parse("2026-07-31T00:00:00Z").getEpochSecond());
        RotationPolicy after = new RotationPolicy(List.of(action(ROTATE, AFTER_CREATE, "P1M")), null);
        RotationPolicy before = new RotationPolicy(List.of(action(ROTATE, BEFORE_EXPIRY, "P1M")), duration("P1Y"));
        RotationPolicy notify = new RotationPolicy(List.of(action(NOTIFY, BEFORE_EXPIRY, "P1M")), duration("P1Y"));

        assertEquals(Instant.parse("2026-02-28T00:00:00Z").getEpochSecond(), after.dueSeconds(eternal));
        assertEquals(after.dueSeconds(eternal), after.dueSeconds(mortal));
        assertEquals(RotationPolicy.NEVER, before.dueSeconds(eternal));
        assertEquals(Instant.parse("2026-06-30T00:00:00Z").getEpochSecond(), before.dueSeconds(mortal));
        assertEquals(RotationPolicy.NEVER, notify.dueSeconds(mortal));
        assertEquals(RotationPolicy.NEVER, RotationPolicy.BLANK.dueSeconds(mortal));
    }

    @Test
    void newVersionsExpireAsItSays() {
        long now = Instant.parse("2026-01-31T00:00:00Z").getEpochSecond();

        assertEquals(
                Instant.parse("2026-04-30T00:00:00Z").getEpochSecond(),
                new RotationPolicy(List.of(), duration("P3M")).expires(now));
        assertEquals(KeyAttributes.NONE, RotationPolicy.BLANK.expires(now));
    }

    /** However month lengths fall: no accepted policy makes a version that is due within three weeks. */
    @Property(tries = 2_000)
    void noVersionIsDueSoonAfterItWasMade(
            @ForAll @IntRange(max = 12_000) int expiryMonths,
            @ForAll @IntRange(max = 400_000) int expiryDays,
            @ForAll @IntRange(max = 12_000) int months,
            @ForAll @IntRange(max = 400_000) int days,
            @ForAll @IntRange(max = 36_500) int bornDay,
            @ForAll boolean tight,
            @ForAll LifetimeAction.Trigger trigger) {
        CalendarDuration expiry = duration("P" + expiryMonths + "M" + expiryDays + "D");
        long spare = expiry.averageSeconds() / 86_400 - RotationPolicy.SHORTEST_DAYS - 1 - months * 2_629_746L / 86_400;
        Assume.that(!tight || (spare >= 0 && spare < 999_999));
        CalendarDuration time = duration("P" + months + "M" + (tight ? spare : days) + "D");
        List<LifetimeAction> actions = List.of(new LifetimeAction(ROTATE, trigger, time));
        Assume.that(RotationPolicy.fault(actions, expiry) == null);
        RotationPolicy policy = new RotationPolicy(actions, expiry);
        long born = bornDay * 86_400L;

        long due = policy.dueSeconds(new KeyAttributes(true, KeyAttributes.NONE, policy.expires(born), born, born));

        assertTrue(due >= born + 21 * 86_400, () -> actions + " of " + expiry + " from " + born);
    }
}
