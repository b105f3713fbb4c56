// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * What will happen to keys, or has happened and was not seen to. Made by looking at every key, tens of milliseconds where
 * there are a hundred thousand: not on an event loop.
 *
 * @param dates the next ones, the earliest first
 * @param keys how many keys are living
 * @param deleted how many are deleted and can be recovered
 * @param expired how many living keys are enabled and past their expiry
 * @param expiring how many more expire within {@value #SOON_DAYS} days
 */
record KeyCalendar(List<Date> dates, int keys, int deleted, int expired, int expiring) {
    static final int SOON_DAYS = 30;
    private static final int DATES_MAX = 60;
    private static final int PAGE = 1_000;
    private static final long DAY_SECONDS = 86_400;
    private static final long SHOWN_PAST_SECONDS = 30 * DAY_SECONDS;

    /**
     * One date.
     *
     * @param seconds when, in Unix seconds
     * @param kind what happens
     * @param key name of the key
     */
    record Date(long seconds, Kind kind, String key) {}

    /** What happens to a key. */
    enum Kind {
        /** Its newest version expires: it protects nothing new from then on. */
        EXPIRY,
        /** It gets a new version, by its policy. */
        ROTATION,
        /** A deleted key is purged. */
        PURGE
    }

    /** Looks at all keys. */
    static KeyCalendar of(Keyring keyring, long nowSeconds) {
        Draft draft = new Draft(keyring, nowSeconds);
        String after = null;
        List<LivingKey> page = keyring.list(after, PAGE);
        while (!page.isEmpty()) {
            page.forEach(key -> draft.look(key.facts()));
            after = page.getLast().facts().name().folded();
            page = keyring.list(after, PAGE);
        }
        List<DeletedKey> gone = keyring.listDeleted(null, Integer.MAX_VALUE);
        gone.forEach(key ->
                draft.add(new Date(key.purgeSeconds(), Kind.PURGE, key.name().text())));
        return new KeyCalendar(draft.dates(), keyring.keyCount(), gone.size(), draft.expired, draft.expiring);
    }

    private static final class Draft {
        private final Keyring keyring;
        private final long nowSeconds;

        /** The latest on top, to make room for an earlier one. */
        private final PriorityQueue<Date> earliest =
                new PriorityQueue<>(Comparator.comparingLong(Date::seconds).reversed());

        private int expired;
        private int expiring;

        Draft(Keyring keyring, long nowSeconds) {
            this.keyring = keyring;
            this.nowSeconds = nowSeconds;
        }

        void look(KeyFacts facts) {
            long expires = facts.attributes().expires();
            if (facts.attributes().enabled() && expires != KeyAttributes.NONE) {
                if (expires <= nowSeconds) {
                    expired++;
                } else if (expires - nowSeconds < SOON_DAYS * DAY_SECONDS) {
                    expiring++;
                }
                add(new Date(expires, Kind.EXPIRY, facts.name().text()));
            }
            long due = keyring.rotation(facts.name().text()).policy().dueSeconds(facts.attributes());
            if (due != RotationPolicy.NEVER) {
                add(new Date(due, Kind.ROTATION, facts.name().text()));
            }
        }

        void add(Date date) {
            if (date.seconds() < nowSeconds - SHOWN_PAST_SECONDS) {
                return; // nobody sees to it any more, and the count tells of it
            }
            earliest.add(date);
            if (earliest.size() > DATES_MAX) {
                earliest.remove();
            }
        }

        List<Date> dates() {
            return earliest.stream()
                    .sorted(Comparator.comparingLong(Date::seconds))
                    .toList();
        }
    }
}
