// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import dev.managedhsm.crypto.ring.IdleStrategy;
import dev.managedhsm.perf.micro.EngineCall;
import dev.managedhsm.perf.micro.LiveKeys;
import dev.managedhsm.perf.micro.RingLoop;
import dev.managedhsm.perf.micro.Workload;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Measures the engine, and the ring there and back, as a fraction of a reference on the same core in the same minute, in
 * operations per second of CPU time, and compares the medians with the budgets. The reference is what {@code openssl speed}
 * does, and for AES-GCM, of which the command tells no operations with a fresh nonce each, what the JDK does.
 *
 * <p>Ratios of slices taken in turn are what a shared machine can tell: absolute rates there say what the neighbours do.
 */
public final class OpensslRatio {
    private static final int IN_FLIGHT = 64;
    private static final int WARM_UP_SLICES = 4;
    private static final int ROUNDS_DEFAULT = 7;

    /** What is compared: our workload, and the same as the command calls it; null where the JDK is the reference. */
    enum Pair {
        ES256(Workload.ES256, "ecdsap256"),
        RS256_2048(Workload.RS256_2048, "rsa2048"),
        ES384(Workload.ES384, "ecdsap384"),
        A256GCM_1K(Workload.A256GCM_1K, null);

        private final Workload workload;
        private final @Nullable String algorithm;

        Pair(Workload workload, @Nullable String algorithm) {
            this.workload = workload;
            this.algorithm = algorithm;
        }

        String budget(String level) {
            return name().toLowerCase(Locale.ROOT).replace('_', '-') + '.' + level;
        }
    }

    private final OpensslSpeed openssl;
    private final JdkGcm jdk = new JdkGcm(true);
    private final JdkGcm jdkCounting = new JdkGcm(false);
    private final List<Pair> pairs;
    private final Budgets budgets;
    private final int warmUpSlices;
    private final int rounds;
    private final PrintStream out;
    private final List<String> missed = new ArrayList<>();

    OpensslRatio(
            OpensslSpeed openssl, List<Pair> pairs, Budgets budgets, int warmUpSlices, int rounds, PrintStream out) {
        this.openssl = openssl;
        this.pairs = pairs;
        this.budgets = budgets;
        this.warmUpSlices = warmUpSlices;
        this.rounds = rounds;
        this.out = out;
    }

    /**
     * Measures and prints; exits with 0 when every budget is kept, with 1 when one is not.
     *
     * @param arguments the file of budgets, then how many rounds, {@value #ROUNDS_DEFAULT} unless told
     * @throws IOException if the file or the {@code openssl} command cannot be read
     */
    public static void main(String... arguments) throws IOException {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: OpensslRatio BUDGETS [ROUNDS]");
            System.exit(2);
        }
        Budgets budgets = Budgets.read(Path.of(arguments[0]));
        int rounds = arguments.length < 2 ? ROUNDS_DEFAULT : Integer.parseInt(arguments[1]);
        OpensslRatio ratio = new OpensslRatio(
                new OpensslSpeed("openssl"), List.of(Pair.values()), budgets, WARM_UP_SLICES, rounds, System.out);
        System.exit(ratio.run() ? 0 : 1);
    }

    /** Measures every pair; whether all budgets were kept. */
    boolean run() throws IOException {
        out.println(Surroundings.describe());
        out.println("reference: " + openssl.version() + "; of A256GCM " + jdk.description());
        boolean pinned = Slices.onMeasuredCore();
        out.printf(Locale.ROOT, "measured on core %d%s%n", Slices.CORE, pinned ? "" : " (NOT pinned)");
        try (LiveKeys keys = new LiveKeys()) {
            out.println(keys.description());
            for (Pair pair : pairs) {
                measure(pair, keys);
            }
        }
        out.println(missed.isEmpty() ? "every budget is kept" : "missed: " + String.join(", ", missed));
        return missed.isEmpty();
    }

    private void measure(Pair pair, LiveKeys keys) throws IOException {
        out.printf(
                Locale.ROOT,
                "%n%s, operations per CPU second (share: part of the time that the thread had the core)%n"
                        + "round reference share    engine share     ring share engine/reference ring/reference%n",
                pair);
        Ratios engineRatios = new Ratios(rounds);
        Ratios ringRatios = new Ratios(rounds);
        Ratios countingRatios = new Ratios(rounds);
        try (EngineCall call = new EngineCall(keys, pair.workload);
                RingLoop loop = new RingLoop(keys, pair.workload, IN_FLIGHT, IdleStrategy.PHASED)) {
            for (int i = 0; i < warmUpSlices; i++) {
                if (pair.algorithm == null) {
                    Slices.calls(jdk);
                    Slices.calls(jdkCounting);
                }
                Slices.calls(call::run);
                Slices.ring(loop);
            }
            for (int round = 1; round <= rounds; round++) {
                Slices.onMeasuredCore();
                Rate reference = pair.algorithm == null ? Slices.calls(jdk) : openssl.signatures(pair.algorithm);
                Rate engine = Slices.calls(call::run);
                Rate ring = Slices.ring(loop);
                engineRatios.add(engine.perCpuSecond() / reference.perCpuSecond());
                ringRatios.add(ring.perCpuSecond() / reference.perCpuSecond());
                print(round, reference, engine, ring);
                if (pair.algorithm == null) {
                    countingRatios.add(
                            engine.perCpuSecond() / Slices.calls(jdkCounting).perCpuSecond());
                }
            }
        }
        if (pair.algorithm == null) {
            out.printf(
                    Locale.ROOT,
                    "engine to the JDK with a counted nonce, which the engine draws: median %.3f, not judged%n",
                    countingRatios.median());
        }
        judge(pair.budget("engine"), engineRatios.median());
        judge(pair.budget("ring"), ringRatios.median());
    }

    private void print(int round, Rate reference, Rate engine, Rate ring) {
        out.printf(
                Locale.ROOT,
                "%5d %9.0f %5.2f %9.0f %5.2f %8.0f %5.2f %16.3f %14.3f%n",
                round,
                reference.perCpuSecond(),
                reference.share(),
                engine.perCpuSecond(),
                engine.share(),
                ring.perCpuSecond(),
                ring.share(),
                engine.perCpuSecond() / reference.perCpuSecond(),
                ring.perCpuSecond() / reference.perCpuSecond());
    }

    private void judge(String name, double median) {
        double least = budgets.least(name);
        boolean kept = median >= least;
        if (!kept) {
            missed.add(name);
        }
        out.printf(Locale.ROOT, "%-20s median %.3f, budget %.2f: %s%n", name, median, least, kept ? "kept" : "MISSED");
    }
}
