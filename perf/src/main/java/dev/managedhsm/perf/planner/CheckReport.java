// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import org.HdrHistogram.Histogram;

/** Prints predictions beside what was measured, the whole and stretch by stretch, as tables in Markdown. */
final class CheckReport {
    /** By how much a prediction may differ from what was measured. */
    private static final double DIFFERENCE_MAX = 0.2;

    private static final double MICROS = 1e3;

    private final PrintStream out;
    private final ServiceProfile profile;
    private final Node node;

    CheckReport(PrintStream out, ServiceProfile profile, Node node) {
        this.out = out;
        this.profile = profile;
        this.node = node;
    }

    /** Prints all; whether every prediction was near and every round reached its rate. */
    boolean print(ProfileRun run, List<CheckPoint> points) {
        costs();
        List<Prediction> predictions = points.stream()
                .map(point -> new QueueModel(profile, point.mix()).predict(node, point.perSecond()))
                .toList();
        out.printf(
                "%n| mix | part of the knee | rate | stretch | predicted p50, p99 us | measured p50, p99 us, typical round |%n"
                        + "| --- | ---: | ---: | --- | --- | --- |%n");
        for (double load : run.loads().toList()) {
            Prediction prediction = run.prediction(profile, load);
            for (Stretch stretch : Stretch.values()) {
                // force and residual are made of these
                String fitted = stretch == Stretch.AUDIT || stretch == Stretch.CALLER ? ", fitted" : "";
                String where = String.format(Locale.ROOT, "each | %.2f of 64 in flight%s | |", load, fitted);
                stretch(where, stretch, prediction, run.stage(load, stretch));
            }
        }
        for (int i = 0; i < points.size(); i++) {
            CheckPoint point = points.get(i);
            String where = String.format(
                    Locale.ROOT, "%s | %.1f | %.0f |", point.mix().text(), point.part(), point.perSecond());
            for (Stretch stretch : Stretch.values()) {
                stretch(where, stretch, predictions.get(i), point.typical(stretch));
            }
        }
        return judge(points, predictions);
    }

    private void stretch(String where, Stretch stretch, Prediction predicted, Histogram measured) {
        out.printf(
                Locale.ROOT,
                "| %s %s | %.0f, %.0f | %.0f, %.0f |%n",
                where,
                stretch,
                predicted.nanos(stretch, 0.5) / MICROS,
                predicted.nanos(stretch, 0.99) / MICROS,
                measured.getValueAtPercentile(50) / MICROS,
                measured.getValueAtPercentile(99) / MICROS);
    }

    private void costs() {
        out.printf(
                "%n| CPU time, us a request + us a wake-up | event loop | audit | worker beside EXECUTE | EXECUTE | sender |%n"
                        + "| --- | --- | --- | --- | --- | --- |%n");
        profile.works()
                .forEach((work, one) -> out.printf(
                        Locale.ROOT,
                        "| %s | %s | %s | %s | %.1f | %s |%n",
                        work.label(),
                        cost(one.loop()),
                        cost(one.audit()),
                        cost(one.worker()),
                        one.execute().getMean() / MICROS,
                        cost(one.sender())));
        out.printf(
                Locale.ROOT,
                "%nwake-up %.0f us, stalls of a worker's core %s us in %.1f %% of the time, of others %s us in %.1f %%, "
                        + "pauses of %.1f ms every %d and of the sender of %.1f ms every %d requests%n",
                profile.wakeNanos() / MICROS,
                percentiles(profile.workerStalls().lengths()),
                100 * profile.workerStalls().share(),
                percentiles(profile.leftStalls().lengths()),
                100 * profile.leftStalls().share(),
                profile.pauses().nanos() / MICROS / MICROS,
                profile.pauses().requests(),
                profile.senderPauses().nanos() / MICROS / MICROS,
                profile.senderPauses().requests());
        profile.works()
                .forEach((work, one) -> one.extras()
                        .forEach(extra -> out.printf(
                                Locale.ROOT,
                                "%s at %.2f of what saturates it: force %s us, residual %s us%n",
                                work.label(),
                                extra.load(),
                                percentiles(extra.force()),
                                percentiles(extra.residual()))));
    }

    private static String cost(ThreadCost cost) {
        return String.format(Locale.ROOT, "%.1f + %.0f", cost.requestNanos() / MICROS, cost.wakeNanos() / MICROS);
    }

    private static String percentiles(Histogram histogram) {
        DoubleFunction<String> micros =
                part -> String.format(Locale.ROOT, "%.0f", histogram.getValueAtPercentile(part) / MICROS);
        return "p50 " + micros.apply(50) + ", p90 " + micros.apply(90) + ", p99 " + micros.apply(99);
    }

    private boolean judge(List<CheckPoint> points, List<Prediction> predictions) {
        out.printf(
                "%n| mix | part of the knee | rate | predicted p99 us | measured: all rounds; median (each) | predicted to all, to median |%n"
                        + "| --- | ---: | ---: | ---: | --- | --- |%n");
        boolean near = true;
        for (int i = 0; i < points.size(); i++) {
            CheckPoint point = points.get(i);
            double predicted = predictions.get(i).nanos(Stretch.CALLER, 0.99) / MICROS;
            double ratio = predicted / point.medianMicros();
            boolean far = !(Math.abs(ratio - 1) <= DIFFERENCE_MAX);
            out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %.0f | %.0f | %.0f; %.0f (%s) | %.2f, %.2f%s |%n",
                    point.mix().text(),
                    point.part(),
                    point.perSecond(),
                    predicted,
                    point.pooledMicros(),
                    point.medianMicros(),
                    point.rounds(),
                    predicted / point.pooledMicros(),
                    ratio,
                    far ? " FAR" : "");
            near &= !far && point.missed().isEmpty();
            point.missed().forEach(out::println);
        }
        out.printf(
                Locale.ROOT,
                "%s within %.0f %%%n",
                near ? "every prediction is" : "NOT every prediction is",
                100 * DIFFERENCE_MAX);
        return near;
    }
}
