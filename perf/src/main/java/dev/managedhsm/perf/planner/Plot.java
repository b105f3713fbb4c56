// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.Locale;

/** The 99th percentile of one node over its rate, as an SVG picture: up to saturation, with the knee marked. */
final class Plot {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;
    private static final int EDGE = 50;
    private static final int POINTS = 24;
    /** The picture's top, in times of the wanted latency. */
    private static final double TOP = 2;

    private Plot() {}

    static String svg(QueueModel model, Capacity capacity) {
        StringBuilder points = new StringBuilder();
        for (int i = 1; i < POINTS; i++) {
            double rate = capacity.saturationPerSecond() * i / POINTS;
            double nanos = model.latencyNanos(capacity.lanes(), rate, 0.99);
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(capacity, rate), y(capacity, nanos)));
        }
        double knee = x(capacity, capacity.kneePerSecond());
        double wanted = y(capacity, capacity.p99Nanos());
        return String.format(
                Locale.ROOT,
                """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                <path d="M%3$d %3$d V%4$d H%5$d" fill="none" stroke="black"/>
                <path d="M%3$d %6$.1f H%5$d" stroke="gray" stroke-dasharray="4"/>
                <path d="M%7$.1f %3$d V%4$d" stroke="red" stroke-dasharray="4"/>
                <polyline points="%8$s" fill="none" stroke="blue" stroke-width="2"/>
                <text x="%3$d" y="30">p99 of a node over its rate; wanted %9$.0f us; knee %10$.0f/s, saturated at %11$.0f/s</text>
                </svg>
                """,
                WIDTH,
                HEIGHT,
                EDGE,
                HEIGHT - EDGE,
                WIDTH - EDGE,
                wanted,
                knee,
                points.toString().trim(),
                capacity.p99Nanos() / 1e3,
                capacity.kneePerSecond(),
                capacity.saturationPerSecond());
    }

    private static double x(Capacity capacity, double rate) {
        return EDGE + (WIDTH - 2 * EDGE) * rate / capacity.saturationPerSecond();
    }

    private static double y(Capacity capacity, double nanos) {
        double part = Math.min(1, nanos / (TOP * capacity.p99Nanos()));
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * part;
    }
}
