// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.perf.planner.EdgeCosts.Pauses;
import dev.managedhsm.perf.rig.Work;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** With service times that are known, so that queueing theory says what must come out. */
class CapacityTest {
    private static final EdgeCosts EDGE = new EdgeCosts(1, 0, 0, 0, Pauses.NONE, Pauses.NONE);
    private static final ServiceProfile PROFILE = new ServiceProfile(
            "here",
            EDGE,
            new Histogram(3),
            new Histogram(3),
            Map.of(Work.ES256, constant(25_000), Work.RS256_4096, constant(2_500_000)));

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
        ServiceProfile forced = new ServiceProfile(
                "here", EDGE, constant(1_000_000), new Histogram(3), Map.of(Work.ES256, constant(1_000)));
        QueueModel model = new QueueModel(forced, Mix.of(Work.ES256));
        Node node = Node.of(new Lanes(1, 1, 0));
        assertEquals(1_001_001, model.latencyNanos(node, 10, 0.5), 20_000);
        // Ten times what single forces could carry: each waits for the rest of one force, then for its own.
        assertEquals(2_000_000, model.latencyNanos(node, 10_000, 0.99), 40_000);
        assertEquals(1_500_000, model.latencyNanos(node, 10_000, 0.5), 40_000);
    }

    @Test
    void aPauseIsFeltByAllThatComeWhileItLasts() {
        EdgeCosts pausing = new EdgeCosts(1, 0, 0, 0, new Pauses(1_000, 20_000_000), Pauses.NONE);
        QueueModel model = new QueueModel(
                new ServiceProfile(
                        "here", pausing, new Histogram(3), new Histogram(3), Map.of(Work.ES256, constant(1_000))),
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
        QueueModel model = new QueueModel(
                new ServiceProfile(
                        "here",
                        new EdgeCosts(25_000, 0, 25_000, 0, Pauses.NONE, Pauses.NONE),
                        new Histogram(3),
                        new Histogram(3),
                        Map.of(Work.ES256, constant(25_000))),
                Mix.of(Work.ES256));
        Node shared = new Node(new Lanes(1, 1, 0), 1, true);
        assertEquals(13_333, model.saturation(shared), 10);
        assertEquals(40_000, model.saturation(Node.of(new Lanes(1, 1, 0))), 10);
        double apart = model.latencyNanos(Node.of(new Lanes(1, 1, 0)), 9_000, 0.99);
        assertTrue(model.latencyNanos(shared, 9_000, 0.99) > 1.5 * apart);
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
    void refusesWhatIsNoMixAndWorkThatWasNotMeasured() {
        assertThrows(IllegalArgumentException.class, () -> Mix.read("es256"));
        assertThrows(IllegalArgumentException.class, () -> Mix.read("es256=0"));
        assertThrows(IllegalStateException.class, () -> new QueueModel(PROFILE, Mix.read("es384=1")));
    }

    @Test
    void profilesSurviveTheirFile() {
        ServiceProfile read = ServiceProfile.read(PROFILE.json());
        assertEquals(PROFILE, read);
    }

    private static Histogram constant(long nanos) {
        Histogram histogram = new Histogram(3);
        histogram.recordValueWithCount(nanos, 1_000);
        return histogram;
    }
}
