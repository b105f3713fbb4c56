// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static dev.managedhsm.crypto.lifecycle.LifecycleFixture.done;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.DAY;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.afterCreate;
import static dev.managedhsm.crypto.lifecycle.RotationFixture.beforeExpiry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.RotationPolicy;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is done by the clock, driven by a clock of the test's own. */
class AgendaTest {
    private final RotationFixture keys = new RotationFixture();
    private final LifecycleFixture hsm = keys.hsm;

    @AfterEach
    void close() {
        keys.close();
        assertEquals(0, hsm.engine.open.get());
        assertEquals(0, hsm.engine.broken.get());
    }

    @Test
    void rotatesOnTheSecondAndNotBefore() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", "P90D"));

        hsm.nowSeconds.addAndGet(30 * DAY - 1);
        keys.settle();
        assertEquals(1, keys.versions("a"));
        hsm.nowSeconds.addAndGet(1);
        keys.settle();

        assertEquals(2, keys.versions("a"));
        assertEquals(1_000_000 + 30 * DAY, keys.current("a").attributes().created());
        assertEquals(1_000_000 + 120 * DAY, keys.current("a").attributes().expires());
        keys.settle();
        assertEquals(2, keys.versions("a"));
    }

    @Test
    void countsBackFromTheExpiryOfTheVersion() {
        hsm.create("a");
        keys.set("a", beforeExpiry("P20D", "P50D"));
        keys.move(1_000); // the version does not expire, so nothing is due
        assertEquals(1, keys.versions("a"));

        KeyUpdate expiring = new KeyUpdate(null, null, null, hsm.nowSeconds.get() + 25 * DAY, null);
        done(hsm.lifecycle.update(new KeyName("a"), null, expiring));
        keys.move(4);
        assertEquals(1, keys.versions("a"));
        keys.move(1);
        assertEquals(2, keys.versions("a"));
        keys.move(29);
        assertEquals(2, keys.versions("a"));
        keys.move(1);
        assertEquals(3, keys.versions("a"));
    }

    @Test
    void newVersionByTheClientStartsThePeriodAnew() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        keys.move(20);
        hsm.create("a");

        keys.move(20);
        assertEquals(2, keys.versions("a"));
        keys.move(10);
        assertEquals(3, keys.versions("a"));
    }

    @Test
    void rotatesOnceHoweverManyPeriodsTheClockJumps() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));

        keys.move(3_000);

        assertEquals(2, keys.versions("a"));
        keys.move(29);
        assertEquals(2, keys.versions("a"));
        keys.move(1);
        assertEquals(3, keys.versions("a"));
    }

    @Test
    void doesNotRotateAgainWhenTheClockGoesBack() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        keys.move(30);
        assertEquals(2, keys.versions("a"));

        keys.move(-25);
        hsm.restart();
        keys.settle();
        for (int day = 0; day < 54; day++) {
            keys.move(1);
            assertEquals(2, keys.versions("a"));
        }
        keys.move(1);
        assertEquals(3, keys.versions("a"));
    }

    @Test
    void rotatesAfterARestartWhatCameDueMeanwhile() {
        for (KeyClass keyClass : new KeyClass[] {KeyClass.P_256, KeyClass.OCT_128, KeyClass.RSA_2048}) {
            hsm.create("k-" + keyClass.bits(), keyClass);
            keys.set("k-" + keyClass.bits(), afterCreate("P30D", null));
        }
        hsm.lifecycle.close();
        hsm.nowSeconds.addAndGet(31 * DAY);
        hsm.reopen();

        for (String name : new String[] {"k-256", "k-128", "k-2048"}) {
            while (keys.versions(name) == 1) {
                Thread.onSpinWait();
            }
            assertEquals(2, keys.versions(name));
            assertEquals(hsm.nowSeconds.get(), keys.current(name).attributes().created());
        }
    }

    @Test
    void takesBackWhatTheStoreDidNotTakeUntilItDoes() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        hsm.create("gone");
        done(hsm.lifecycle.delete(new KeyName("gone")));
        hsm.journal.ending = KeyJournal.Ending.NOT_COMMITTED;
        keys.move(100);
        keys.move(1);
        assertEquals(1, keys.versions("a"));
        assertEquals(1, hsm.keyring.listDeleted(null, 9).size());

        hsm.journal.ending = KeyJournal.Ending.COMMITTED;
        keys.settle();

        assertEquals(2, keys.versions("a"));
        assertEquals(0, hsm.keyring.listDeleted(null, 9).size());
        assertEquals(HsmCondition.OPERATIONAL, hsm.state.now());
    }

    @Test
    void doesNothingWhileTheHsmIsNotOperationalAndCatchesUpWhenItIsAgain() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        hsm.state.become(HsmCondition.SEALED);
        keys.move(100);
        assertEquals(1, keys.versions("a"));

        hsm.state.become(HsmCondition.OPERATIONAL);
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> { // by itself it would look within the minute
                    while (keys.versions("a") < 2) {
                        Thread.onSpinWait();
                    }
                });
    }

    @Test
    void stopsAtTheLastVersionAndSaysSoOnce() {
        Logger logger = (Logger) LoggerFactory.getLogger(Agenda.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            hsm.create("Full");
            keys.set("Full", afterCreate("P30D", null));
            for (int i = 2; i <= LifecycleLimits.VERSIONS_MAX; i++) {
                keys.move(30);
                assertEquals(i, keys.versions("full"));
            }
            keys.move(30);
            KeyUpdate update = new KeyUpdate(null, true, null, null, null);
            done(hsm.lifecycle.update(new KeyName("full"), null, update));
            keys.move(30);
        } finally {
            logger.detachAppender(log);
        }
        assertEquals(LifecycleLimits.VERSIONS_MAX, keys.versions("full"));
        assertEquals(
                1,
                log.list.stream()
                        .filter(line -> line.getFormattedMessage().startsWith("the key Full has 100 versions"))
                        .count());
    }

    @Test
    void doesNotRotateWhatAClientRotatedWhenItWasDue() {
        hsm.create("a");
        keys.set("a", afterCreate("P30D", null));
        keys.settle(); // so that it is not looking any more when the clock moves
        hsm.nowSeconds.addAndGet(30 * DAY);
        keys.rotate("a");

        keys.settle();

        assertEquals(2, keys.versions("a"));
    }

    @Test
    void rotatesMoreKeysThanOneCommitHoldsWithoutWaiting() {
        int many = 3 * LifecycleLimits.GROUP_MAX + 5;
        for (int i = 0; i < many; i++) {
            hsm.create("k" + i);
            keys.set("k" + i, afterCreate("P30D", null));
            hsm.create("gone" + i);
            done(hsm.lifecycle.delete(new KeyName("gone" + i)));
        }
        hsm.nowSeconds.addAndGet(200 * DAY);
        hsm.lifecycle.lookForDue();
        while (!hsm.keyring.listDeleted(null, 1).isEmpty() || keys.versions("k" + (many - 1)) == 1) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < many; i++) {
            String name = "k" + i;
            while (keys.versions(name) == 1) {
                Thread.onSpinWait();
            }
            assertEquals(2, keys.versions(name));
        }
    }

    @Test
    void clientsAreServedWhileManyKeysAreRotated() {
        int many = 20 * LifecycleLimits.GROUP_MAX;
        for (int i = 0; i < many; i++) {
            hsm.create("k" + i, KeyClass.OCT_128);
            keys.set("k" + i, afterCreate("P30D", null));
        }
        int before = hsm.journal.commits.get();
        hsm.nowSeconds.addAndGet(30 * DAY);
        hsm.journal.gate.drainPermits();
        hsm.lifecycle.lookForDue();
        while (!hsm.journal.gate.hasQueuedThreads()) {
            Thread.onSpinWait(); // the first of many due commits
        }
        CompletionStage<LifecycleAnswer<KeyFacts>> client =
                hsm.lifecycle.create(LifecycleFixture.request("client", KeyClass.P_256));
        hsm.journal.gate.release(2);
        try {
            assertEquals("client", done(client).name().text());
            assertEquals(before + 2, hsm.journal.commits.get());
        } finally {
            hsm.journal.gate.release(1_000_000);
        }
    }

    @Test
    void rotatesEveryRsaKeyWithFewPairsInTheMaking() {
        for (int i = 0; i < 12; i++) {
            hsm.create("k" + i, i % 2 == 0 ? KeyClass.RSA_2048 : KeyClass.RSA_4096);
            keys.set("k" + i, afterCreate("P30D", null));
        }
        keys.move(30);
        for (int i = 0; i < 12; i++) {
            String name = "k" + i;
            while (keys.versions(name) == 1) {
                Thread.onSpinWait();
            }
            assertEquals(
                    i % 2 == 0 ? KeyClass.RSA_2048 : KeyClass.RSA_4096,
                    keys.current(name).keyClass());
        }
        keys.settle();
        for (int i = 0; i < 12; i++) {
            assertEquals(2, keys.versions("k" + i));
        }
    }

    @Test
    void policyThatIsTakenAwayInTimeRotatesNothing() {
        hsm.create("a", KeyClass.RSA_2048);
        keys.set("a", afterCreate("P30D", null));
        hsm.nowSeconds.addAndGet(30 * DAY - 1);
        keys.set("a", RotationPolicy.BLANK);
        keys.move(30);

        assertEquals(1, keys.versions("a"));
    }

    @Test
    void purgesInTheOrderOfTimeAndNothingElse() {
        hsm.create("b");
        hsm.create("a");
        done(hsm.lifecycle.delete(new KeyName("b")));
        keys.move(10);
        done(hsm.lifecycle.delete(new KeyName("a")));
        keys.move(80);

        assertNull(hsm.keyring.findDeleted("b"));
        assertEquals("a", hsm.keyring.listDeleted(null, 9).getFirst().name().text());
        done(hsm.lifecycle.recover(new KeyName("a")));
        keys.move(100);
        assertEquals(1, keys.versions("a"));
    }

    @Test
    void purgesNothingByAClockWhoseReadingFailedTheHsm() throws InterruptedException {
        hsm.create("a");
        done(hsm.lifecycle.delete(new KeyName("a")));
        hsm.clockRead = () -> hsm.state.fail("the clock jumped");
        hsm.nowSeconds.addAndGet(1_000 * DAY);

        hsm.lifecycle.lookForDue();
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (hsm.state.now() != HsmCondition.FAILED) {
            assertTrue(System.nanoTime() < endNanos, "the control worker has not read the clock");
            Thread.sleep(1);
        }
        hsm.lifecycle.close(); // after what it had begun
        assertNotNull(hsm.keyring.findDeleted("a"));

        hsm.clockRead = () -> {};
        hsm.reopen();
        keys.settle();
        assertNull(hsm.keyring.findDeleted("a"), "the time has come, says a clock that somebody looked at");
    }
}
