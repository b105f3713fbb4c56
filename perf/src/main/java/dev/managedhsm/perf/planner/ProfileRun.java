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
import dev.managedhsm.perf.rig.Work;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/** Measures a {@link ServiceProfile} of this machine on one HSM, and runs of known rate to hold predictions against. */
final class ProfileRun implements AutoCloseable {
    private static final int DIGITS = 3;
    private static final int IN_FLIGHT = 64;
    private static final double REST_PER_SECOND = 100;
    private static final double REST_SECONDS = 5;

    private final LiveHsm hsm;
    private final Sender sender;
    private final Path log;

    private ProfileRun(LiveHsm hsm, Sender sender, Path log) {
        this.hsm = hsm;
        this.sender = sender;
        this.log = log;
    }

    /** Starts an HSM with a key for every kind of work. */
    static ProfileRun start(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        LiveHsm hsm = LiveHsm.start(project);
        String token = hsm.token();
        for (Work work : Work.values()) {
            hsm.create(work.label(), work, token);
        }
        Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, 4, token);
        return new ProfileRun(hsm, sender, project.resolve("perf/target/planner.hlog"));
    }

    /** Measures these kinds of work; edge and rest come from ES256. */
    ServiceProfile measure(int requests, Iterable<Work> works) throws IOException, InterruptedException {
        ServerCpu cpu = new ServerCpu(hsm.process());
        closed(Work.ES256, requests);
        long cpuBefore = cpu.nanos();
        Histogram es256 = executed(Work.ES256, requests);
        double execute = es256.getMean() * es256.getTotalCount();
        long edge = Math.max(1, Math.round((cpu.nanos() - cpuBefore - execute) / requests));
        Map<Work, Histogram> service = new EnumMap<>(Work.class);
        for (Work work : works) {
            service.put(work, work == Work.ES256 ? es256 : executed(work, work.slow() ? requests / 50 : requests));
        }
        double median = open(Work.ES256, Schedule.poisson(REST_PER_SECOND, REST_SECONDS, 3))
                        .micros(50)
                * 1e3;
        long rest = Math.max(0, Math.round(median - edge - es256.getValueAtPercentile(50)));
        return new ServiceProfile(Surroundings.describe(), edge, rest, service);
    }

    /** Loads it on a schedule. */
    LoadFigures open(Work work, Schedule schedule) throws IOException, InterruptedException {
        Ask ask = work.ask(work.label());
        return new OpenLoop(sender, schedule, i -> ask).run(log);
    }

    /** Answers per second with 64 in flight. */
    double closed(Work work, int requests) throws IOException, InterruptedException {
        Ask ask = work.ask(work.label());
        return new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(requests);
    }

    @Override
    public void close() throws IOException {
        sender.close();
        hsm.close();
    }

    private Histogram executed(Work work, int requests) throws IOException, InterruptedException {
        Histogram before = executed();
        closed(work, Math.max(IN_FLIGHT, requests));
        Histogram after = executed();
        after.subtract(before);
        return after;
    }

    /** The EXECUTE stage of all operations since the start. */
    private Histogram executed() throws IOException, InterruptedException {
        Histogram sum = new Histogram(DIGITS);
        byte[] text = hsm.latencyLog().getBytes(StandardCharsets.UTF_8);
        try (HistogramLogReader reader = new HistogramLogReader(new ByteArrayInputStream(text))) {
            EncodableHistogram next;
            while ((next = reader.nextIntervalHistogram()) != null) {
                if (next instanceof Histogram histogram
                        && String.valueOf(next.getTag()).endsWith(".EXECUTE")) {
                    sum.add(histogram);
                }
            }
        }
        return sum;
    }
}
