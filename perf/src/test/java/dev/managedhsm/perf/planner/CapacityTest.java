// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.perf.rig.Work;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** With service times that are known, so that queueing theory says what must come out. */
class CapacityTest {
    private static final ThreadCost LOOP = new ThreadCost(1, 0);
    private static final ServiceProfile PROFILE =
            profile(Map.of(Work.ES256, work(25_000, LOOP), Work.RS256_4096, work(2_500_000, LOOP)));

    private static final Extra FORCED = new Extra(0, constant(1_000_000), ServiceProfile.nothing());

    @Test
    void predictsTheWaitingOfAnMd1Queue() {
        // M/D/1 at half load: its 99th percentile of waiting is 3.26 service times (Erlang's distribution of waiting).
        double nanos = new QueueModel(PROFILE, Mix.read("es256=1")).latencyNanos(new Lanes(1, 1, 0), 20_000, 0.99);
        assertEquals(25_000 * (1 + 3.26), nanos, 25_000 * 0.35);
    }

    @Test
    void latencyGrowsWithTheRateAndSaturatesAtTheService() {
        QueueModel model = new QueueModel(PROFILE, Mix.read("es256=1"));
        Lanes lanes = new Lanes(1, 1, 0);
        assertEquals(40_000, model.saturation(lanes), 40);
        assertTrue(model.latencyNanos(lanes, 39_000, 0.99) > 3 * model.latencyNanos(lanes, 10_000, 0.99));
    }

    @Test
    void nodeWithoutAThreadForARequestHasNoLatency() {
        QueueModel model = new QueueModel(PROFILE, Mix.read("rs256-4096=1"));
        assertThrows(IllegalArgumentException.class, () -> model.latencyNanos(new Lanes(1, 1, 0), 10, 0.99));
    }

    @Test
    void allThatWaitShareAForce() {
        ServiceProfile forced = profile(Map.of(Work.ES256, work(1_000, LOOP))).with(Work.ES256, List.of(FORCED));
        QueueModel model = new QueueModel(forced, Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        assertEquals(1_001_001, model.latencyNanos(node, 10, 0.5), 20_000);
        // Ten times what single forces could carry: each waits for the rest of one force, then for its own.
        assertEquals(2_000_000, model.latencyNanos(node, 10_000, 0.99), 40_000);
        assertEquals(1_500_000, model.latencyNanos(node, 10_000, 0.5), 40_000);
    }

    @Test
    void aPauseIsFeltByAllThatComeWhileItLasts() {
        QueueModel model = new QueueModel(
                profile(Map.of(Work.ES256, work(1_000, LOOP)), 0, Stalls.NONE, new Pauses(1_000, 20_000_000)),
                Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        // One second between pauses of 20 ms: 2 of 100 requests meet one.
        assertTrue(model.evenLatencyNanos(node, 1_000, 0.975) < 1_000_000);
        assertEquals(10_000_000, model.evenLatencyNanos(node, 1_000, 0.99), 1_500_000);
    }

    @Test
    void theResidualMakesTheModelsDistributionTheMeasuredOne() {
        double[] model = new double[20_000];
        Histogram measured = new Histogram(3);
        for (int i = 0; i < model.length; i++) {
            model[i] = 1_000_000 + 100.0 * i;
            measured.recordValue(1_000_000 + 100L * i + (i % 50 == 0 ? 5_000_000 : 0));
        }
        Histogram residual = Residual.of(model, measured);
        assertEquals(0, (double) residual.getValueAtPercentile(50), 200_000);
        assertEquals(5_000_000, (double) residual.getValueAtPercentile(99.5), 1_500_000);
    }

    @Test
    void threadsThatShareACoreWaitForIt() {
        ThreadCost cost = new ThreadCost(25_000, 0);
        WorkProfile work = new WorkProfile(constant(25_000), ThreadCost.NONE, cost, ThreadCost.NONE, cost, List.of());
        QueueModel model = new QueueModel(profile(Map.of(Work.ES256, work)), Mix.of(Work.ES256));
        Node shared = new Node(new Lanes(1, 1, 0), 1, true);
        assertEquals(13_333, model.saturation(shared), 10);
        assertEquals(40_000, model.saturation(Node.of(new Lanes(1, 1, 0))), 10);
        double apart = model.latencyNanos(Node.of(new Lanes(1, 1, 0)), 9_000, 0.99);
        assertTrue(model.latencyNanos(shared, 9_000, 0.99) > 1.5 * apart);
    }

    @Test
    void aSenderBesideTakesTheCoreOfTheEventLoopsAndNotTheWorkers() {
        ThreadCost cost = new ThreadCost(25_000, 0);
        WorkProfile work = new WorkProfile(constant(25_000), ThreadCost.NONE, cost, ThreadCost.NONE, cost, List.of());
        QueueModel model = new QueueModel(profile(Map.of(Work.ES256, work)), Mix.of(Work.ES256));
        Node node = new Node(new Lanes(1, 1, 0), 2, true);
        assertEquals(20_000, model.saturation(node), 10);
        double beside = model.latencyNanos(node, 19_000, 0.99);
        double elsewhere = model.latencyNanos(new Node(new Lanes(1, 1, 0), 2, false), 19_000, 0.99);
        assertTrue(beside > 2 * elsewhere);
    }

    @Test
    void aWakeUpIsPaidOnceForAllThatComeBeforeTheThreadSleepsAgain() {
        WorkProfile work = work(1_000, new ThreadCost(10_000, 30_000));
        QueueModel model = new QueueModel(profile(Map.of(Work.ES256, work)), Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        assertEquals(100_000, model.saturation(node), 10);
        // With a wake-up in each of three visits a request would take 100 us of the event loop: 10,000/s and no more.
        assertTrue(model.latencyNanos(node, 60_000, 0.99) < 1_000_000);
    }

    @Test
    void aStallIsFeltByThePartOfTheRequestsThatComeInIt() {
        WorkProfile work = work(1_000, LOOP);
        QueueModel model = new QueueModel(
                profile(Map.of(Work.ES256, work), 0, new Stalls(0.02, constant(2_000_000)), Pauses.NONE),
                Mix.of(Work.ES256));
        Prediction prediction = model.predict(Node.of(new Lanes(1, 1, 0)), 100);
        // Of 2 % that meet one of 2 ms, half wait for more than 1 ms of it.
        assertTrue(prediction.nanos(Stretch.QUEUE, 0.975) < 1_000);
        assertEquals(1_000_000, prediction.nanos(Stretch.QUEUE, 0.99), 300_000);
        assertTrue(prediction.nanos(Stretch.QUEUE, 1) <= 2_010_000);
    }

    @Test
    void whatNoThreadExplainsIsBetweenThatOfTheTwoLoadsBeside() {
        ServiceProfile profile = profile(Map.of(Work.ES256, work(1_000, LOOP)))
                .with(
                        Work.ES256,
                        List.of(
                                new Extra(0.1, ServiceProfile.nothing(), constant(1_000_000)),
                                new Extra(0.3, ServiceProfile.nothing(), constant(9_000_000)),
                                new Extra(0.4, ServiceProfile.nothing(), constant(20_000_000))));
        QueueModel model = new QueueModel(profile, Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        double saturation = model.saturation(node);
        assertEquals(1_000_000, model.latencyNanos(node, 0.05 * saturation, 0.5), 100_000);
        assertEquals(5_000_000, model.latencyNanos(node, 0.2 * saturation, 0.5), 100_000);
        assertEquals(9_000_000, model.latencyNanos(node, 0.3 * saturation, 0.5), 100_000);
        assertEquals(14_500_000, model.latencyNanos(node, 0.35 * saturation, 0.5), 100_000);
        assertEquals(20_000_000, model.latencyNanos(node, 0.6 * saturation, 0.5), 100_000);
    }

    @Test
    void theLengthOfAForceIsBetweenThoseOfTheTwoLoadsBeside() {
        ServiceProfile profile = profile(Map.of(Work.ES256, work(1_000, LOOP)))
                .with(
                        Work.ES256,
                        List.of(
                                new Extra(0.000_1, constant(1_000_000), ServiceProfile.nothing()),
                                new Extra(0.000_3, constant(3_000_000), ServiceProfile.nothing())));
        QueueModel model = new QueueModel(profile, Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        double perSecond = 0.000_2 * model.saturation(node);
        assertEquals(2_000_000, model.latencyNanos(node, perSecond, 0.3), 100_000);
    }

    @Test
    void eachKindOfWorkInAMixTakesWhatWasFittedToIt() {
        Extra more = new Extra(0.1, ServiceProfile.nothing(), constant(5_000_000));
        ServiceProfile profile = profile(Map.of(Work.ES256, work(1_000, LOOP), Work.A256GCM, work(1_000, LOOP)))
                .with(Work.A256GCM, List.of(more));
        QueueModel model = new QueueModel(profile, Mix.read("es256=60,a256gcm=40"));
        Node node = Node.of(new Lanes(1, 1, 0));
        double perSecond = 0.1 * model.saturation(node);
        assertEquals(0, model.latencyNanos(node, perSecond, 0.55), 100_000);
        assertEquals(5_000_000, model.latencyNanos(node, perSecond, 0.65), 100_000);
    }

    @Test
    void noKneeIsBeyondTheLoadsThatWereMeasured() {
        Node node = Node.of(new Lanes(1, 1, 0));
        QueueModel whole = new QueueModel(PROFILE, Mix.of(Work.ES256));
        Extra farthest = new Extra(0.5, ServiceProfile.nothing(), ServiceProfile.nothing());
        QueueModel half = new QueueModel(PROFILE.with(Work.ES256, List.of(farthest)), Mix.of(Work.ES256));
        assertTrue(whole.knee(node, 1e9) > 0.9 * whole.saturation(node));
        assertEquals(0.5 * half.saturation(node), half.knee(node, 1e9), 1e-3 * half.saturation(node));
        assertTrue(half.knee(node, 40_000) < 0.4 * half.saturation(node));
        Extra beyond = new Extra(1.2, ServiceProfile.nothing(), ServiceProfile.nothing());
        QueueModel more = new QueueModel(PROFILE.with(Work.ES256, List.of(beyond)), Mix.of(Work.ES256));
        assertEquals(more.saturation(node), more.known(node), 1e-6);
    }

    @Test
    void noKneeIsAboveALighterLoadThatIsSlower() {
        Extra light = new Extra(0.1, ServiceProfile.nothing(), constant(1_000_000));
        Extra slow = new Extra(0.3, ServiceProfile.nothing(), constant(9_000_000));
        Extra heavy = new Extra(0.6, ServiceProfile.nothing(), constant(1_000_000));
        QueueModel model = new QueueModel(PROFILE.with(Work.ES256, List.of(light, slow, heavy)), Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        double knee = model.knee(node, 2_000_000);
        assertTrue(model.latencyNanos(node, 0.59 * model.saturation(node), 0.99) < 2_000_000);
        assertEquals(0.122 * model.saturation(node), knee, 0.005 * model.saturation(node));
        assertEquals(0, model.knee(node, 10_000), 0);
    }

    @Test
    void aProfileOfAnotherVersionIsToBeMeasuredAnew() {
        assertThrows(IllegalArgumentException.class, () -> ServiceProfile.read("{\"works\":{\"es256\":{}}}"));
        Extra heavy = new Extra(0.4, ServiceProfile.nothing(), ServiceProfile.nothing());
        Extra light = new Extra(0.1, ServiceProfile.nothing(), ServiceProfile.nothing());
        assertThrows(IllegalArgumentException.class, () -> PROFILE.with(Work.ES256, List.of(heavy, light)));
    }

    @Test
    void aForceThatIsFittedToLessThanTheModelTakesIsStillAForce() {
        Histogram force = Residual.within(forces -> new double[] {5_000}, constant(1_000), 2);
        assertEquals(1, force.getMinValue());
    }

    @Test
    void whatWaitsForAnIdleWorkerTellsTheStalls() {
        SplittableRandom random = new SplittableRandom(1);
        Histogram waits = new Histogram(3);
        for (int i = 0; i < 200_000; i++) {
            // A core that is stalled for 4 ms at a time: who comes in a stall waits for any part of it.
            boolean stalled = random.nextDouble() < 0.03;
            waits.recordValue(30_000 + (stalled ? Math.round(random.nextDouble() * 4e6) : 0));
        }
        Stalls stalls = Stalls.of(waits);
        assertEquals(0.03, stalls.share(), 0.003);
        assertEquals(4_000_000, stalls.lengths().getMean(), 600_000);
        assertEquals(Stalls.NONE, Stalls.of(constant(30_000)));
    }

    @Test
    void aTypicalRunIsNotTheWorstOne() {
        Histogram typical = Typical.of(List.of(constant(1_000), constant(2_000), constant(90_000), new Histogram(3)));
        assertEquals(2_000, (double) typical.getValueAtPercentile(99), 2);
        assertEquals(0, Typical.of(List.of()).getTotalCount());
    }

    @Test
    void twoStatesTellWhatAWakeUpCosts() {
        ThreadCost cost = ThreadCost.of(new ThreadCost.Spent(45_000, 0.1), new ThreadCost.Spent(215_000, 2.1));
        assertEquals(85_000, cost.wakeNanos(), 1e-6);
        assertEquals(36_500, cost.requestNanos(), 1e-6);
        ThreadCost.Spent awake = new ThreadCost.Spent(45_000, 0);
        assertEquals(new ThreadCost(45_000, 0), ThreadCost.of(awake, awake));
    }

    @Test
    void keepsHeadroomAndTheWantedLatency() {
        Capacity capacity = Capacity.of(PROFILE, Mix.read("es256=1"), 200_000, 500_000, 4);
        assertTrue(capacity.headroom() >= Capacity.HEADROOM - 1e-9);
        assertTrue(capacity.predictedNanos() <= 500_000);
        assertEquals(new Lanes(1, 3, 0), capacity.lanes());
        assertEquals(200_000 / 330.0, capacity.partitions(), 1e-6);
    }

    @Test
    void takesMoreNodesWhereTheWantedRateIsSlowerThanOthersAround() {
        ServiceProfile profile = PROFILE.with(
                Work.ES256,
                List.of(
                        new Extra(0.1, ServiceProfile.nothing(), constant(1_000_000)),
                        new Extra(0.105, ServiceProfile.nothing(), constant(9_000_000)),
                        new Extra(0.11, ServiceProfile.nothing(), constant(1_000_000)),
                        new Extra(0.9, ServiceProfile.nothing(), constant(1_000_000))));
        double slowPerSecond = 0.105 * new QueueModel(profile, Mix.of(Work.ES256)).saturation(new Lanes(1, 1, 0));
        Capacity slow = Capacity.of(profile, Mix.of(Work.ES256), slowPerSecond, 2_000_000, 2);
        assertTrue(slow.nodes() > 1);
        assertTrue(slow.predictedNanos() <= 2_000_000);
        assertEquals(
                1,
                Capacity.of(profile, Mix.of(Work.ES256), 1.5 * slowPerSecond, 2_000_000, 2)
                        .nodes());
    }

    @Test
    void givesSlowWorkALaneOfItsOwn() {
        Capacity capacity = Capacity.of(PROFILE, Mix.read("es256=50,rs256-4096=50"), 100, 20_000_000, 4);
        assertTrue(capacity.lanes().slow() >= 1);
        assertTrue(capacity.text().contains("Managed HSM partitions"));
        assertTrue(Plot.svg(new QueueModel(PROFILE, Mix.read("es256=50,rs256-4096=50")), capacity)
                .contains("<polyline"));
    }

    @Test
    void refusesALatencyThatNoRateKeeps() {
        assertThrows(
                IllegalArgumentException.class, () -> Capacity.of(PROFILE, Mix.read("rs256-4096=1"), 10, 1_000_000, 4));
        assertThrows(
                IllegalArgumentException.class,
                () -> Capacity.of(PROFILE, Mix.read("rs256-4096=1"), 10, 50_000_000, 2));
    }

    @Test
    void refusesARateThatNoNodesCarry() {
        Mix mix = Mix.of(Work.ES256);
        for (double perSecond : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e15}) {
            assertThrows(IllegalArgumentException.class, () -> Capacity.of(PROFILE, mix, perSecond, 500_000, 4));
        }
    }

    @Test
    void refusesWhatIsNoMixAndWorkThatWasNotMeasured() {
        assertThrows(IllegalArgumentException.class, () -> Mix.read("es256"));
        assertThrows(IllegalArgumentException.class, () -> Mix.read("es256=0"));
        assertThrows(IllegalStateException.class, () -> new QueueModel(PROFILE, Mix.read("es384=1")));
    }

    @Test
    void profilesSurviveTheirFile() {
        WorkProfile work = new WorkProfile(
                constant(1),
                new ThreadCost(2, 3),
                new ThreadCost(4, 5),
                new ThreadCost(6, 7),
                new ThreadCost(8, 9),
                List.of(new Extra(0.18, constant(18), constant(19)), new Extra(0.24, constant(24), constant(25))));
        ServiceProfile profile = new ServiceProfile(
                "here", // no two parts of it are equal, nor any two of its first work
                Map.of(Work.ES256, work, Work.HS256, work(10, new ThreadCost(11, 12))),
                13,
                new Stalls(0.14, constant(15)),
                new Stalls(0.16, constant(17)),
                new Pauses(20, 21),
                new Pauses(22, 23));
        assertEquals(profile, ServiceProfile.read(profile.json()));
    }

    private static ServiceProfile profile(Map<Work, WorkProfile> works) {
        return profile(works, 0, Stalls.NONE, Pauses.NONE);
    }

    private static ServiceProfile profile(
            Map<Work, WorkProfile> works, double wakeNanos, Stalls stalls, Pauses pauses) {
        return new ServiceProfile("here", works, wakeNanos, stalls, stalls, pauses, Pauses.NONE);
    }

    private static WorkProfile work(long executeNanos, ThreadCost loop) {
        return new WorkProfile(
                constant(executeNanos), ThreadCost.NONE, loop, ThreadCost.NONE, ThreadCost.NONE, List.of());
    }

    private static Histogram constant(long nanos) {
        Histogram histogram = new Histogram(3);
        histogram.recordValueWithCount(nanos, 1_000);
        return histogram;
    }
}
