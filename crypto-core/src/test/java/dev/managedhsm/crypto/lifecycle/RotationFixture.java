// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.CalendarDuration;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.LifetimeAction;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A lifecycle with a clock that can be moved, whose due changes are made when they are waited for. */
final class RotationFixture implements AutoCloseable {
    static final long DAY = 86_400;

    final LifecycleFixture hsm = new LifecycleFixture(LifecyclePolicy.DEFAULT);

    static RotationPolicy afterCreate(String time, @Nullable String expiryTime) {
        return policy(LifetimeAction.Trigger.AFTER_CREATE, time, expiryTime);
    }

    static RotationPolicy beforeExpiry(String time, String expiryTime) {
        return policy(LifetimeAction.Trigger.BEFORE_EXPIRY, time, expiryTime);
    }

    private static RotationPolicy policy(LifetimeAction.Trigger trigger, String time, @Nullable String expiryTime) {
        LifetimeAction rotate = new LifetimeAction(LifetimeAction.Kind.ROTATE, trigger, duration(time));
        return new RotationPolicy(List.of(rotate), expiryTime == null ? null : duration(expiryTime));
    }

    static CalendarDuration duration(String text) {
        return Objects.requireNonNull(CalendarDuration.parse(text), text);
    }

    KeyRotation set(String name, RotationPolicy policy) {
        return LifecycleFixture.done(hsm.lifecycle.rotationPolicy(new KeyName(name), policy));
    }

    KeyFacts rotate(String name) {
        return LifecycleFixture.done(hsm.lifecycle.rotate(new KeyName(name)));
    }

    /** Moves the clock by so many days, either way, and has what is due then made. */
    void move(long days) {
        hsm.nowSeconds.addAndGet(days * DAY);
        settle();
    }

    /** Has what is due made, as far as it needs no pair. */
    void settle() {
        hsm.lifecycle.lookForDue();
        pass(); // answered before the control worker looks …
        pass(); // … and taken by it only when it has done that
    }

    /** One way through the control worker and back. */
    private void pass() {
        LifecycleFixture.refused(hsm.lifecycle.purge(new KeyName("nobody")));
    }

    int versions(String name) {
        return hsm.keyring.versions(name, null, 1_000).size();
    }

    KeyFacts current(String name) {
        LivingKey key = hsm.keyring.find(name);
        return Objects.requireNonNull(key, name).facts();
    }

    @Override
    public void close() {
        hsm.close();
    }
}
