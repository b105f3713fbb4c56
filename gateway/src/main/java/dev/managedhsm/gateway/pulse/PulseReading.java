// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.management.OperatingSystemMXBean;
import dev.managedhsm.crypto.latency.LatencyIntervals;
import dev.managedhsm.crypto.operation.Stage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads all instruments, from when the first one looks until the last one has gone. Owned by the pulse's thread.
 *
 * <p>A hundred times a second it looks whether it was woken late, at every fourth how deep the lanes are; once a second it
 * writes an event; every ten seconds one of what changes slowly. Waking up is most of its cost: while no operation with
 * a key came for a second it wakes 25 times a second, because a pause that short meets none.
 */
final class PulseReading implements AutoCloseable {
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int PROBES_PER_LOOK = 4;
    private static final long QUIET_PROBE_NANOS = PROBES_PER_LOOK * PROBE_NANOS;
    private static final int OUTLOOK_SECONDS = 10;
    private static final int CALENDAR_SECONDS = 60;
    private static final int TOP_MAX = 10;
    private static final int EXEMPLARS_MAX = 400;
    private static final int EXEMPLARS_PER_SECOND_MAX = 8;
    private static final long EXEMPLAR_MILLIS_MAX = TimeUnit.HOURS.toMillis(3);
    private static final double NANOS_PER_MILLI = 1e6;

    /** How much of the past is kept for who comes next, in bytes: minutes under load, a quarter of an hour without. */
    private static final int HISTORY_BYTES_MAX = 4 * 1024 * 1024;

    private static final int HISTORY_SECONDS_MAX = 900;

    private final Pulse.Sources sources;
    private final int cores;
    private final List<LoopPulse> loops;
    private final Supplier<@Nullable OpenKeys> keys;
    private final LatencyIntervals intervals;
    private final Collector collector = Collector.open();
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final WakeUps wakeUps = WakeUps.open(system);

    private final TopCosts keyCosts = new TopCosts();
    private final TopCosts principalCosts = new TopCosts();
    private final List<Pause> pauses = new ArrayList<>();
    private final Deque<byte[]> history = new ArrayDeque<>();
    private int historyBytes;

    private @Nullable OpenKeys looked;
    private List<LaneWatch> lanes = List.of();
    private @Nullable KeyCalendar calendar;
    private Map<String, Long> refused;
    private long[] answers = StatusCounts.none();
    private double lateMillisMax;
    private int seconds;
    private int probes;
    private long workedNanos;
    private long tickNanos;
    private long toldMillis;
    private long cpuNanos;
    private long ownNanos;

    PulseReading(Pulse.Sources sources, int cores, List<LoopPulse> loops, Supplier<@Nullable OpenKeys> keys) {
        this.sources = sources;
        this.cores = cores;
        this.loops = loops;
        this.keys = keys;
        this.intervals = sources.latency().intervals();
        loops.forEach(loop -> {
            loop.look(true);
            loop.statuses().addTo(answers);
        });
        this.refused = refusedByReason();
        this.tickNanos = System.nanoTime();
        this.workedNanos = tickNanos;
        this.toldMillis = sources.clock().millis();
        this.cpuNanos = system.getProcessCpuTime();
        this.ownNanos = threads.getCurrentThreadCpuTime();
    }

    /** Waits for the next look. Returns an event to be told when a second is over, else null. */
    byte @Nullable [] probe() {
        boolean quiet = System.nanoTime() - workedNanos > SECOND_NANOS;
        Pause pause = wakeUps.sleep(quiet ? QUIET_PROBE_NANOS : PROBE_NANOS, sources.clock());
        long now = System.nanoTime();
        if (quiet || probes++ % PROBES_PER_LOOK == 0) {
            for (LaneWatch lane : lanes) {
                if (lane.look()) {
                    workedNanos = now;
                }
            }
        }
        lateMillisMax = Math.max(lateMillisMax, wakeUps.lateNanos() / NANOS_PER_MILLI);
        if (pause != null) {
            pauses.add(pause);
        }
        return now - tickNanos >= SECOND_NANOS ? second(now) : null;
    }

    private byte[] second(long nowNanos) {
        double lasted = (double) (nowNanos - tickNanos) / SECOND_NANOS;
        tickNanos = nowNanos;
        seconds++;
        lookAtKeys();
        byte[] told = PulseJson.event("second", json -> second(json, lasted));
        keep(told);
        return seconds % OUTLOOK_SECONDS == 0 ? joined(told, outlook()) : told;
    }

    private void second(JsonGenerator json, double lasted) throws IOException {
        long fromMillis = toldMillis;
        toldMillis = sources.clock().millis();
        json.writeNumberField("t", toldMillis);
        json.writeNumberField("seconds", Math.round(lasted * 1000) / 1000.0);
        json.writeStringField("condition", sources.state().now().name());
        json.writeObjectFieldStart("latency");
        intervals.next((series, histogram) -> PulseJson.histogram(json, series, histogram));
        json.writeEndObject();
        PulseJson.counts(json, "answers", answersSince());
        json.writeArrayFieldStart("lanes");
        for (LaneWatch lane : lanes) {
            lane.write(json, lasted);
        }
        json.writeEndArray();
        PulseJson.counts(json, "refused", refusedSince());
        costs(json);
        PulseJson.pauses(json, pauses());
        PulseJson.exemplars(json, "slow", exemplars(fromMillis, toldMillis, EXEMPLARS_PER_SECOND_MAX));
        machine(json, lasted);
    }

    /** Pauses since the last call. What the sleeping thread noticed of a collection is left out: it is known by its name. */
    private List<Pause> pauses() {
        List<Pause> collections = new ArrayList<>();
        collector.drainTo(collections);
        pauses.removeIf(pause -> collections.stream().anyMatch(collection -> collection.explains(pause)));
        collections.addAll(pauses);
        pauses.clear();
        return collections;
    }

    @SuppressWarnings("ReferenceEquality") // the same ones, not equal ones
    private void lookAtKeys() {
        OpenKeys now = keys.get();
        if (now != looked) {
            looked = now;
            calendar = null;
            lanes = now == null
                    ? List.of()
                    : now.lanes().stream().map(LaneWatch::new).toList();
        }
        if (now != null && (calendar == null || seconds % CALENDAR_SECONDS == 0)) {
            calendar = KeyCalendar.of(now.keyring(), sources.clock().instant().getEpochSecond());
        }
    }

    private Map<String, Long> answersSince() {
        long[] now = StatusCounts.none();
        loops.forEach(loop -> loop.statuses().addTo(now));
        Map<String, Long> since = new TreeMap<>();
        for (int status = 0; status < now.length; status++) {
            if (now[status] != answers[status]) {
                since.put(Integer.toString(status), now[status] - answers[status]);
            }
        }
        answers = now;
        return since;
    }

    private Map<String, Long> refusedSince() {
        Map<String, Long> now = refusedByReason();
        Map<String, Long> since = new TreeMap<>(now);
        refused.forEach((reason, count) -> since.merge(reason, -count, Long::sum));
        refused = now;
        return since;
    }

    private Map<String, Long> refusedByReason() {
        Map<String, Long> sums = new TreeMap<>();
        sources.refusals().refusalCounts((issuer, reason, count) -> sums.merge(reason, count, Long::sum));
        return sums;
    }

    /** What the event loops gave since they were asked a second ago; asks them again. */
    private void costs(JsonGenerator json) throws IOException {
        List<CostSketch.Cost> ofKeys = new ArrayList<>();
        List<CostSketch.Cost> ofPrincipals = new ArrayList<>();
        for (LoopPulse loop : loops) {
            LoopPulse.Costs costs = loop.costs();
            if (costs != null) {
                ofKeys.addAll(costs.keys());
                ofPrincipals.addAll(costs.principals());
            }
            loop.ask();
        }
        keyCosts.add(ofKeys);
        principalCosts.add(ofPrincipals);
        PulseJson.costs(json, "keys", keyCosts, TOP_MAX);
        PulseJson.costs(json, "principals", principalCosts, TOP_MAX);
    }

    private List<Exemplar> exemplars(long fromMillis, long toMillis, int max) {
        List<Exemplar> all = new ArrayList<>();
        loops.forEach(loop -> all.addAll(loop.exemplars().between(fromMillis, toMillis)));
        return Exemplars.mostTelling(all, max);
    }

    private void machine(JsonGenerator json, double lasted) throws IOException {
        long cpuNow = system.getProcessCpuTime();
        long ownNow = threads.getCurrentThreadCpuTime();
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        json.writeNumberField("lateMs", Math.round(lateMillisMax * 100) / 100.0);
        json.writeNumberField("cpu", Math.round((cpuNow - cpuNanos) / (lasted * 1e9) * 1000) / 1000.0);
        json.writeNumberField("pulseCpu", Math.round((ownNow - ownNanos) / (lasted * 1e9) * 100_000) / 100_000.0);
        json.writeNumberField("heap", heap.getUsed());
        cpuNanos = cpuNow;
        ownNanos = ownNow;
        lateMillisMax = 0;
    }

    private void keep(byte[] told) {
        history.addLast(told);
        historyBytes += told.length;
        while (historyBytes > HISTORY_BYTES_MAX || history.size() > HISTORY_SECONDS_MAX) {
            historyBytes -= history.removeFirst().length;
        }
    }

    /** What changes slowly. */
    private byte[] outlook() {
        KeyCalendar dates = calendar;
        return PulseJson.event("outlook", json -> {
            json.writeNumberField("t", sources.clock().millis());
            json.writeStringField("condition", sources.state().now().name());
            json.writeStringField("reason", sources.state().reason());
            json.writeFieldName("alerts");
            json.writeRawValue(sources.refusals().alerts().encode());
            json.writeFieldName("more");
            json.writeRawValue(sources.outlook().get().encode());
            if (dates != null) {
                PulseJson.calendar(json, dates);
            }
        });
    }

    /** For who has just come: what is looked at, what was before, and what is kept of the seconds since somebody looks. */
    byte[] known() {
        lookAtKeys();
        ByteArrayOutputStream all = new ByteArrayOutputStream(historyBytes + 64 * 1024);
        all.writeBytes(PulseJson.event("hello", this::hello));
        all.writeBytes(outlook());
        history.forEach(all::writeBytes);
        all.writeBytes(PulseJson.event("live", json -> json.writeNumberField("t", toldMillis)));
        return all.toByteArray();
    }

    private void hello(JsonGenerator json) throws IOException {
        json.writeStringField("name", sources.name());
        json.writeNumberField("t", sources.clock().millis());
        json.writeNumberField("start", ManagementFactory.getRuntimeMXBean().getStartTime());
        json.writeNumberField("cores", cores);
        json.writeNumberField("heapMax", Runtime.getRuntime().maxMemory());
        json.writeArrayFieldStart("stages");
        for (Stage stage : Stage.values()) {
            json.writeString(stage.name());
        }
        json.writeEndArray();
        json.writeObjectFieldStart("sinceStart");
        intervals.sinceStart((series, histogram) -> PulseJson.histogram(json, series, histogram));
        json.writeEndObject();
        PulseJson.exemplars(json, "slow", exemplars(toldMillis - EXEMPLAR_MILLIS_MAX, toldMillis, EXEMPLARS_MAX));
    }

    private static byte[] joined(byte[] one, byte[] two) {
        byte[] both = new byte[one.length + two.length];
        System.arraycopy(one, 0, both, 0, one.length);
        System.arraycopy(two, 0, both, one.length, two.length);
        return both;
    }

    @Override
    public void close() {
        wakeUps.close();
        collector.close();
        intervals.close();
        loops.forEach(loop -> loop.look(false));
    }
}
