// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.Ask;
import dev.managedhsm.perf.rig.ClosedLoop;
import dev.managedhsm.perf.rig.LiveHsm;
import dev.managedhsm.perf.rig.LoadFigures;
import dev.managedhsm.perf.rig.OpenLoop;
import dev.managedhsm.perf.rig.Schedule;
import dev.managedhsm.perf.rig.Sender;
import dev.managedhsm.perf.rig.ServerCpu;
import dev.managedhsm.perf.rig.StageLog;
import dev.managedhsm.perf.rig.WarmUp;
import dev.managedhsm.perf.rig.Work;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * Measures a {@link ServiceProfile} of this machine on one HSM, and runs of known rate to hold predictions against. What a
 * request costs comes from many in flight, times come from an HSM at rest. One thread.
 */
final class ProfileRun implements AutoCloseable {
    private static final int DIGITS = 3;
    private static final int IN_FLIGHT = 64;
    private static final int CONNECTIONS = 4;

    /** At equal distances, so that one has mostly ended before the next begins. */
    private static final double REST_PER_SECOND = 250;

    private static final double SLOW_REST_PER_SECOND = 20;

    private static final double SETTLING_PER_SECOND = 3_000;

    private static final long WAKE_NANOS_MAX = 3_000_000;
    private static final int WAKE_STEPS = 14;

    private final LiveHsm hsm;
    private final Sender sender;
    private final Path log;
    private final Node node;
    private final Map<Work, Histogram> service = new EnumMap<>(Work.class);
    private final Histogram durable = new Histogram(DIGITS);
    private final Histogram rest = new Histogram(DIGITS);
    private EdgeCosts busy = new EdgeCosts(0, 0, 0, 0, EdgeCosts.Pauses.NONE, EdgeCosts.Pauses.NONE);

    private ProfileRun(LiveHsm hsm, Sender sender, Path log, Node node) {
        this.hsm = hsm;
        this.sender = sender;
        this.log = log;
        this.node = node;
    }

    /** Starts an HSM, which has no keys yet. */
    static ProfileRun start(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        LiveHsm hsm = LiveHsm.start(project);
        try {
            String token = hsm.token();
            Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token);
            return new ProfileRun(hsm, sender, project.resolve("perf/target/planner.hlog"), node());
        } catch (IOException | InterruptedException | RuntimeException e) {
            hsm.close();
            throw e;
        }
    }

    /** Makes a key for every kind of work, and warms up with each. */
    void warmUp(Set<Work> works) throws IOException, InterruptedException {
        String token = hsm.token();
        ServerCpu server = new ServerCpu(hsm.process());
        for (Work work : works) {
            hsm.create(work.label(), work, token);
            new WarmUp(sender, work.ask(work.label()), IN_FLIGHT).run(server);
        }
        new WarmUp(sender, Work.ES256.ask(Work.ES256.label()), IN_FLIGHT).onSchedule(SETTLING_PER_SECOND, server, log);
    }

    /** This machine, with HSM and sender on it, as the HSM shares it out. */
    private static Node node() {
        int cores = Runtime.getRuntime().availableProcessors();
        return new Node(Lanes.forCores(cores), cores, true);
    }

    Node here() {
        return node;
    }

    /** Measures what requests cost the threads beside the workers, with ES256 and many in flight. */
    void costs(int requests) throws IOException, InterruptedException {
        ServerCpu server = new ServerCpu(hsm.process());
        ServerCpu own = new ServerCpu(ProcessHandle.current());
        ServerCpu.Reading serverBefore = server.read();
        ServerCpu.Reading ownBefore = own.read();
        int collected = hsm.pauseMillis().size();
        long ownCollections = ownCollections(GarbageCollectorMXBean::getCollectionCount);
        long ownMillis = ownCollections(GarbageCollectorMXBean::getCollectionTime);
        Ask ask = Work.ES256.ask(Work.ES256.label());
        var _ = new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(requests);
        ServerCpu.Reading spent = server.read().since(serverBefore);
        List<Double> pauses =
                hsm.pauseMillis().subList(collected, hsm.pauseMillis().size());
        busy = new EdgeCosts(
                spent.of(ServerCpu.Part.EVENT_LOOPS) / requests,
                spent.of(ServerCpu.Part.AUDIT) / requests,
                (own.read().since(ownBefore).work() - spent.work()) / requests, // the HSM is a child of this process
                0,
                pauses(
                        requests,
                        pauses.size(),
                        pauses.stream().mapToDouble(Double::doubleValue).sum()),
                pauses(requests, ownCollections(GarbageCollectorMXBean::getCollectionCount) - ownCollections, (double)
                        (ownCollections(GarbageCollectorMXBean::getCollectionTime) - ownMillis)));
    }

    private static EdgeCosts.Pauses pauses(int requests, long count, double millis) {
        return count == 0
                ? EdgeCosts.Pauses.NONE
                : new EdgeCosts.Pauses(requests / count, Math.round(millis * 1e6 / count));
    }

    private static long ownCollections(ToLongFunction<GarbageCollectorMXBean> what) {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(what)
                .sum();
    }

    /** Adds so many seconds at rest of a kind of work: its service times, and with ES256 all else that takes time. */
    void rest(Work work, double seconds) throws IOException, InterruptedException {
        double perSecond = work.slow() ? SLOW_REST_PER_SECOND : REST_PER_SECOND;
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        LoadFigures figures = open(Mix.of(work), Schedule.even(perSecond, seconds));
        Map<String, Histogram> stages = StageLog.since(hsm, fromMillis).histograms();
        service.computeIfAbsent(work, any -> new Histogram(DIGITS)).add(stage(stages, "EXECUTE"));
        if (work == Work.ES256) {
            durable.add(stage(stages, "AUDIT"));
            rest.add(figures.latency());
        }
    }

    private static Histogram stage(Map<String, Histogram> stages, String name) throws IOException {
        Histogram stage = stages.get(name);
        if (stage == null) {
            throw new IOException("the HSM recorded nothing of " + name);
        }
        return stage;
    }

    /**
     * What was measured. A thread's wake-up is what makes the model's median at rest the one that was measured, the residual
     * what makes all else of the distribution so.
     */
    ServiceProfile profile() throws IOException {
        long low = 0;
        long high = WAKE_NANOS_MAX;
        double median = rest.getValueAtPercentile(50);
        for (int i = 0; i < WAKE_STEPS; i++) {
            long middle = (low + high) / 2;
            ServiceProfile tried = profile(middle, new Histogram(DIGITS));
            if (modelAtRest(tried, 0.5) < median) {
                low = middle;
            } else {
                high = middle;
            }
        }
        ServiceProfile unstalled = profile(low, new Histogram(DIGITS));
        double[] model = new QueueModel(unstalled, Mix.of(Work.ES256)).latencies(node, REST_PER_SECOND, true);
        return profile(low, Residual.of(model, rest));
    }

    private ServiceProfile profile(long wakeNanos, Histogram residual) throws IOException {
        return new ServiceProfile(Surroundings.describe(), busy.withWake(wakeNanos), durable, residual, service);
    }

    /** What the model makes of ES256 at rest: nanoseconds within which this part is answered. */
    double modelAtRest(ServiceProfile profile, double part) {
        return new QueueModel(profile, Mix.of(Work.ES256)).evenLatencyNanos(node, REST_PER_SECOND, part);
    }

    /** Nanoseconds of all ES256 requests at rest, from the intended sending. */
    Histogram restLatency() {
        return rest;
    }

    /** Loads it with a mix on a schedule. */
    LoadFigures open(Mix mix, Schedule schedule) throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(schedule.size());
        Map<Work, Ask> known = new EnumMap<>(Work.class);
        Ask[] asks = new Ask[schedule.size()];
        for (int i = 0; i < asks.length; i++) {
            asks[i] = known.computeIfAbsent(mix.at(random.nextDouble()), work -> work.ask(work.label()));
        }
        return new OpenLoop(sender, schedule, i -> asks[i]).run(log);
    }

    @Override
    public void close() throws IOException {
        sender.close();
        hsm.close();
    }
}
