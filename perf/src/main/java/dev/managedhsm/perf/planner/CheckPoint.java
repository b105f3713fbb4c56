// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.LoadFigures;
import dev.managedhsm.perf.rig.Medians;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A mix at a rate, and what was measured of it: all rounds together, and the 99th percentile of each. One thread. */
final class CheckPoint {
    private static final int DIGITS = 3;
    private static final double MICROS = 1e3;

    private final Mix mix;
    private final double part;
    private final double perSecond;
    private final Map<Stretch, List<Histogram>> measured = new EnumMap<>(Stretch.class);
    private final List<Double> roundsMicros = new ArrayList<>();
    private final List<String> missed = new ArrayList<>();

    /** @param part of the knee */
    CheckPoint(Mix mix, double part, double perSecond) {
        this.mix = mix;
        this.part = part;
        this.perSecond = perSecond;
        for (Stretch stretch : Stretch.values()) {
            measured.put(stretch, new ArrayList<>());
        }
    }

    Mix mix() {
        return mix;
    }

    double part() {
        return part;
    }

    double perSecond() {
        return perSecond;
    }

    /** Takes a round; one that missed its rate counts as that and nothing else. */
    void add(ProfileRun.Measured round) {
        LoadFigures figures = round.figures();
        if (!figures.reached() || figures.failed() > 0 || figures.refused() > 0) {
            missed.add(figures.toString());
            return;
        }
        roundsMicros.add(figures.micros(99));
        measured.forEach((stretch, rounds) -> {
            Histogram more = stretch == Stretch.CALLER
                    ? figures.latency()
                    : round.stages().get(stretch.name());
            if (more != null) {
                rounds.add(more);
            }
        });
    }

    /** What rounds that do not count came to. */
    List<String> missed() {
        return missed;
    }

    /** Nanoseconds in a typical round. */
    Histogram typical(Stretch stretch) {
        return Typical.of(measured.getOrDefault(stretch, List.of()));
    }

    /** One round in which a neighbour or the disk was in the way does not make the figure; NaN without any round. */
    double medianMicros() {
        return roundsMicros.isEmpty() ? Double.NaN : Medians.of(roundsMicros).median();
    }

    /** Of all rounds together; NaN without any. */
    double pooledMicros() {
        Histogram all = new Histogram(DIGITS);
        measured.getOrDefault(Stretch.CALLER, List.of()).forEach(all::add);
        return roundsMicros.isEmpty() ? Double.NaN : all.getValueAtPercentile(99) / MICROS;
    }

    /** The 99th percentile of each round, in microseconds. */
    String rounds() {
        return String.join(
                ", ",
                roundsMicros.stream()
                        .map(micros -> String.format(Locale.ROOT, "%.0f", micros))
                        .toList());
    }
}
