// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * CPU time of a server, thread by thread: of its process and those that it started. Linux tells it in nanoseconds
 * ({@code /proc/PID/task/TID/schedstat}); elsewhere there is one figure for all threads, in ticks of 10 ms.
 *
 * <p>What a thread took that has ended between two readings is missing from their difference.
 */
public final class ServerCpu {
    /** What a thread does, told by its name. */
    public enum Part {
        /** Event loops of a gateway. */
        EVENT_LOOPS,
        /** Workers of its ring. */
        WORKERS,
        /** Whoever writes its audit log. */
        AUDIT,
        /** Garbage collection. */
        COLLECTOR,
        /** Just-in-time compilation, which ends: it is no cost of a request. */
        COMPILER,
        /** The rig's own sender. */
        SENDER,
        /** Everything else; all of a server that is no JVM. */
        OTHER;

        /** How reports name it. */
        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        static Part of(String threadName) {
            if (threadName.startsWith("vert.x-eventloo")) {
                return EVENT_LOOPS;
            } else if (threadName.startsWith("fast-") || threadName.startsWith("slow-")) {
                return WORKERS;
            } else if (threadName.startsWith("audit")) {
                return AUDIT;
            } else if (threadName.startsWith("G1 ")
                    || threadName.startsWith("GC Thread")
                    || threadName.equals("VM Thread")) {
                return COLLECTOR;
            } else if (threadName.startsWith("C1 Compiler") || threadName.startsWith("C2 Compiler")) {
                return COMPILER;
            } else if (threadName.startsWith("sender-")) {
                return SENDER;
            }
            return OTHER;
        }
    }

    /**
     * Nanoseconds until a moment, or between two.
     *
     * @param threads by thread, so that a difference leaves out those that were there only once
     */
    public record Reading(Map<Long, Spent> threads) {
        /** What was spent since an earlier reading. */
        public Reading since(Reading before) {
            Map<Long, Spent> spent = new HashMap<>();
            threads.forEach((thread, now) -> {
                Spent then = before.threads.get(thread);
                spent.put(
                        thread,
                        then == null ? now : new Spent(now.part, now.nanos - then.nanos, now.sleeps - then.sleeps));
            });
            return new Reading(spent);
        }

        /** Of each part. */
        Map<Part, Long> parts() {
            Map<Part, Long> parts = new EnumMap<>(Part.class);
            threads.values().forEach(one -> parts.merge(one.part, one.nanos, Long::sum));
            return parts;
        }

        /** Of a part; 0 where there is none. */
        public long of(Part part) {
            return parts().getOrDefault(part, 0L);
        }

        /** How often the threads of a part went to sleep. */
        public long sleeps(Part part) {
            return threads.values().stream()
                    .filter(one -> one.part == part)
                    .mapToLong(Spent::sleeps)
                    .sum();
        }

        /** Of all but the compiler. */
        public long work() {
            return all() - of(Part.COMPILER);
        }

        long all() {
            return threads.values().stream().mapToLong(Spent::nanos).sum();
        }
    }

    /**
     * What one thread took.
     *
     * @param part what it does
     * @param nanos of CPU time
     * @param sleeps how often it gave its core away because it had nothing to do; 0 where the system does not tell
     */
    public record Spent(Part part, long nanos, long sleeps) {}

    private static final String SLEEPS = "voluntary_ctxt_switches:";

    private final ProcessHandle process;

    /** Of this process and its descendants. */
    public ServerCpu(ProcessHandle process) {
        this.process = process;
    }

    /** Nanoseconds until now, without the compiler's. */
    public long nanos() throws IOException {
        return read().work();
    }

    /** What each thread took until now. */
    public Reading read() throws IOException {
        Map<Long, Spent> threads = new HashMap<>();
        for (ProcessHandle one :
                Stream.concat(Stream.of(process), process.descendants()).toList()) {
            Path tasks = Path.of("/proc", Long.toString(one.pid()), "task");
            if (Files.isDirectory(tasks)) {
                read(tasks, threads);
            } else {
                long nanos = one.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
                threads.put(one.pid(), new Spent(Part.OTHER, nanos, 0));
            }
        }
        return new Reading(threads);
    }

    private static void read(Path tasks, Map<Long, Spent> threads) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(tasks)) {
            for (Path task : all) {
                try {
                    String name = Files.readString(task.resolve("comm")).trim();
                    String statistics = Files.readString(task.resolve("schedstat"));
                    long nanos = Long.parseLong(statistics.substring(0, statistics.indexOf(' ')));
                    long sleeps = sleeps(task.resolve("status"));
                    threads.put(Long.parseLong(task.getFileName().toString()), new Spent(Part.of(name), nanos, sleeps));
                } catch (IOException ended) {
                    // between listing and reading
                }
            }
        }
    }

    private static long sleeps(Path status) throws IOException {
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith(SLEEPS)) {
                return Long.parseLong(line.substring(SLEEPS.length()).trim());
            }
        }
        return 0;
    }

    /** Memory that the process has of the machine now, in bytes; 0 where the system does not tell. */
    long residentBytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        }
    }
}
