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
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Measures a {@link ServiceProfile} of this machine on one HSM, and runs of known rate to hold predictions against. Two states
 * of each kind of work tell what it costs: many requests in flight, and light load. Times come from light load; heavier loads
 * tell how much longer they are there. One thread.
 */
final class ProfileRun implements AutoCloseable {
    private static final int DIGITS = 3;
    private static final int IN_FLIGHT = 64;
    private static final int CONNECTIONS = 4;

    /** A schedule on which everybody warms up, as a part of the same. */
    private static final double SETTLING = 0.25;

    private static final int REQUESTS_FIRST = 640;
    private static final int FORCE_ROUNDS = 8;

    /** In the EXECUTE stage, what is short. */
    private static final double SHORT_NANOS = 200_000;

    private final LiveHsm hsm;
    private final Sender sender;
    private final Path log;
    private final Node node;
    private final ServerCpu server;
    private final ServerCpu own = new ServerCpu(ProcessHandle.current());
    private final Map<Work, StateSum> full = new EnumMap<>(Work.class);
    private final Map<Double, Map<Work, StateSum>> scheduled = new HashMap<>();
    private final Map<Work, Double> fullPerSecond = new EnumMap<>(Work.class);

    /** The rate of which loads are parts: the same in all rounds, so that what is fitted to them has one rate. */
    private final Map<Work, Double> pacePerSecond = new EnumMap<>(Work.class);

    private final PauseSum pauses = new PauseSum();
    private int seed;

    private ProfileRun(LiveHsm hsm, Sender sender, Path log, Node node) {
        this.hsm = hsm;
        this.sender = sender;
        this.log = log;
        this.node = node;
        this.server = new ServerCpu(hsm.process());
    }

    /** A run on a schedule, from both sides. */
    record Measured(LoadFigures figures, Map<String, Histogram> stages) {}

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

    /** This machine, with HSM and sender on it, as the HSM shares it out. */
    private static Node node() {
        int cores = Runtime.getRuntime().availableProcessors();
        return new Node(Lanes.forCores(cores), cores, true);
    }

    Node here() {
        return node;
    }

    /** Makes a key for every kind of work, and warms up with each, in a loop and on a schedule. */
    void warmUp(Set<Work> works) throws IOException, InterruptedException {
        String token = hsm.token();
        for (Work work : works) {
            hsm.create(work.label(), work, token);
            WarmUp warmUp = new WarmUp(sender, work.ask(work.label()), IN_FLIGHT);
            warmUp.run(server);
            double perSecond = closed(work, REQUESTS_FIRST);
            fullPerSecond.put(work, perSecond);
            warmUp.onSchedule(SETTLING * perSecond, server, log);
        }
    }

    private double closed(Work work, int requests) throws IOException, InterruptedException {
        Ask ask = work.ask(work.label());
        return new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(requests);
    }

    /** Adds so many seconds with many requests of a kind of work in flight. */
    void full(Work work, double seconds) throws IOException, InterruptedException {
        int requests = (int) Math.max(REQUESTS_FIRST, seconds * perSecond(work));
        pauses.begin(hsm);
        add(full, work, requests, () -> {
            fullPerSecond.put(work, closed(work, requests));
            return new Histogram(DIGITS);
        });
        pauses.end(hsm, requests);
    }

    /**
     * Adds so many seconds of each load on a schedule of a kind of work, unless its rate was missed.
     */
    void scheduled(Work work, double seconds) throws IOException, InterruptedException {
        for (double load : ServiceProfile.LOADS) {
            Schedule schedule = Schedule.poisson(load * pace(work), seconds, ++seed);
            add(state(load), work, schedule.size(), () -> {
                LoadFigures figures = open(Mix.of(work), schedule);
                return figures.reached() ? figures.latency() : null;
            });
        }
    }

    private double pace(Work work) {
        return pacePerSecond.computeIfAbsent(work, this::perSecond);
    }

    private Map<Work, StateSum> state(double load) {
        return scheduled.computeIfAbsent(load, any -> new EnumMap<>(Work.class));
    }

    private interface Load {
        /** Latencies of callers, if the load has any to tell; null if it was none that counts. */
        @Nullable
        Histogram run() throws IOException, InterruptedException;
    }

    private void add(Map<Work, StateSum> state, Work work, int requests, Load load)
            throws IOException, InterruptedException {
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        ServerCpu.Reading before = own.read(); // the HSM is a child of this process
        Histogram callers = load.run();
        if (callers == null) {
            return;
        }
        ServerCpu.Reading spent = own.read().since(before);
        state.computeIfAbsent(work, any -> new StateSum())
                .add(requests, spent, StageLog.since(hsm, fromMillis).histograms(), callers);
    }

    private double perSecond(Work work) {
        return fullPerSecond.getOrDefault(work, 1.0);
    }

    /**
     * What was measured. What the model's threads do not explain of the AUDIT stage is the force; what they do not explain of
     * callers' latencies is the residual. Both are fitted to each kind of work and load by itself.
     */
    ServiceProfile profile() throws IOException {
        Map<Work, WorkProfile> works = new EnumMap<>(Work.class);
        state(ServiceProfile.LIGHT).forEach((work, sum) -> works.put(work, profile(full.getOrDefault(work, sum), sum)));
        Histogram waits = stage(ServiceProfile.LIGHT, Stretch.QUEUE);
        ServiceProfile bare = new ServiceProfile(
                Surroundings.describe(),
                works,
                waits.getValueAtPercentile(50),
                Stalls.of(waits),
                Stalls.of(stage(ServiceProfile.LIGHT, Stretch.RETURN)),
                pauses.server(),
                pauses.sender());
        ServiceProfile profile = bare;
        for (Work work : works.keySet()) {
            List<Extra> extras = ServiceProfile.LOADS.stream()
                    .filter(load -> state(load).containsKey(work))
                    .map(load -> extra(bare, work, load))
                    .toList();
            profile = profile.with(work, extras);
        }
        return profile;
    }

    /** The loads that were reached at least once. */
    Stream<Double> loads() {
        return ServiceProfile.LOADS.stream()
                .filter(load -> stage(load, Stretch.CALLER).getTotalCount() > 0);
    }

    private Extra extra(ServiceProfile bare, Work work, double load) {
        StateSum measured = Objects.requireNonNull(state(load).get(work));
        double perSecond = load * pace(work);
        Function<Histogram, Prediction> with =
                force -> new QueueModel(only(bare, work, force), Mix.of(work)).predict(node, perSecond);
        Histogram force = Residual.within(
                tried -> with.apply(tried).of(Stretch.AUDIT), measured.stage(Stretch.AUDIT), FORCE_ROUNDS);
        Histogram residual = Residual.of(with.apply(force).of(Stretch.CALLER), measured.stage(Stretch.CALLER));
        return new Extra(perSecond / new QueueModel(bare, Mix.of(work)).saturation(node), force, residual);
    }

    /** A profile in which this work's forces are these at every load. */
    private static ServiceProfile only(ServiceProfile bare, Work work, Histogram force) {
        return bare.with(work, List.of(new Extra(0, force, ServiceProfile.nothing())));
    }

    private static WorkProfile profile(StateSum full, StateSum light) {
        Histogram execute = Stream.of(full, light)
                .map(state -> state.stage(Stretch.EXECUTE))
                .min(Comparator.comparingDouble(Histogram::getMean))
                .orElseThrow();
        double mean = execute.getMean();
        return new WorkProfile(
                execute,
                ThreadCost.of(full.beside(ServerCpu.Part.WORKERS, mean), light.beside(ServerCpu.Part.WORKERS, mean)),
                ThreadCost.of(full.of(ServerCpu.Part.EVENT_LOOPS), light.of(ServerCpu.Part.EVENT_LOOPS)),
                ThreadCost.of(full.of(ServerCpu.Part.AUDIT), light.of(ServerCpu.Part.AUDIT)),
                ThreadCost.of(full.of(ServerCpu.Part.SENDER), light.of(ServerCpu.Part.SENDER)),
                List.of());
    }

    /** What the model makes of a load that is part of the profile, of all kinds of work that are short. */
    Prediction prediction(ServiceProfile profile, double load) {
        return Prediction.joined(shortWorks(load)
                .map(work -> new QueueModel(profile, Mix.of(work)).predict(node, load * pace(work)))
                .toList());
    }

    /** What was measured of a stretch at such a load, of the same. */
    Histogram stage(double load, Stretch stretch) {
        Map<Work, StateSum> state = state(load);
        Histogram all = new Histogram(DIGITS);
        shortWorks(load).map(state::get).filter(Objects::nonNull).forEach(sum -> all.add(sum.stage(stretch)));
        return all;
    }

    /** Those that were sent at a load and reached its rate. */
    private Stream<Work> shortWorks(double load) {
        return state(load).keySet().stream().filter(this::isShort);
    }

    /** Of long ones a request waits for another even under light load. */
    private boolean isShort(Work work) {
        StateSum known = state(ServiceProfile.LIGHT).get(work);
        return known != null && known.stage(Stretch.EXECUTE).getMean() < SHORT_NANOS;
    }

    /** Loads it with a mix on a schedule, and asks the HSM what it saw. */
    Measured measure(Mix mix, Schedule schedule) throws IOException, InterruptedException {
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        LoadFigures figures = open(mix, schedule);
        return new Measured(figures, StageLog.since(hsm, fromMillis).histograms());
    }

    private LoadFigures open(Mix mix, Schedule schedule) throws IOException, InterruptedException {
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
