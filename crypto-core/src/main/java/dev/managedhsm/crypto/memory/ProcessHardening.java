// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.managedhsm.crypto.foreign.CLibrary;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the process does, once at its start, to keep its memory to itself. A measure that cannot be taken is told, never
 * fatal: who runs the HSM decides what they can live with.
 */
public final class ProcessHardening {
    private static final Path COREDUMP_FILTER = Path.of("/proc/self/coredump_filter");
    private static final Path SWAPS = Path.of("/proc/swaps");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int CAP_IPC_LOCK = 14; // linux/capability.h

    /** Which glibc reads before anything of ours runs (glibc manual, section "Tunables"). */
    private static final String TUNABLES = "GLIBC_TUNABLES";

    private static final Pattern FREED_OVERWRITTEN =
            Pattern.compile("(?=.*\\bglibc\\.malloc\\.perturb=[1-9])(?=.*\\bglibc\\.malloc\\.tcache_count=0\\b).*");

    /**
     * One measure.
     *
     * @param name a short constant name
     * @param held whether it is in force
     * @param why what it rests on, or what stands against it and what to do
     */
    public record Measure(String name, boolean held, String why) {}

    private ProcessHardening() {}

    /**
     * Takes every measure it can, in this order: no core files; nothing in core files that others take; not dumpable;
     * no swap; no attaching; locked memory; freed memory of libraries; their stacks.
     *
     * @param attachable whether the process's own user may go on tracing and attaching to it (for diagnosis); true leaves
     *     it dumpable, and the measure not held
     * @return all measures, held or not
     */
    public static List<Measure> apply(boolean attachable) {
        List<Measure> measures = new ArrayList<>();
        measures.add(coreLimit());
        measures.add(coredumpFilter()); // before the next one, after which an ordinary user may not write there
        measures.add(notDumpable(attachable));
        measures.add(swap());
        measures.add(attach());
        measures.add(lockedMemory());
        measures.add(freedMemory(System.getenv(TUNABLES)));
        measures.add(NativeStack.measure());
        return List.copyOf(measures);
    }

    private static Measure coreLimit() {
        int error = CLibrary.limitToZero(CLibrary.RLIMIT_CORE);
        return measure("core-limit", error, "no core file is written when the process dies");
    }

    private static Measure coredumpFilter() {
        try {
            Files.writeString(COREDUMP_FILTER, "0x0");
            return new Measure("coredump-filter", true, "a core taken from outside leaves out all memory");
        } catch (IOException e) {
            return new Measure("coredump-filter", false, COREDUMP_FILTER + " cannot be written");
        }
    }

    private static Measure notDumpable(boolean attachable) {
        if (attachable) {
            return new Measure("not-dumpable", false, "left dumpable, as configured");
        }
        int error = CLibrary.dumpable(false);
        return measure("not-dumpable", error, "other processes of this user cannot trace or dump it");
    }

    /**
     * Locking a whole Java process pays only where there is a swap, and harms where the right to lock is bounded: every
     * later mapping above the limit would fail. So it is done with an unbounded right only.
     */
    private static Measure swap() {
        try {
            if (Files.readAllLines(SWAPS).size() <= 1) {
                return new Measure("swap", true, "the machine has no swap");
            }
            if (!mayLockEverything()) {
                return new Measure(
                        "swap", false, "the machine swaps: switch swap off, or give the process CAP_IPC_LOCK");
            }
        } catch (IOException e) {
            return new Measure("swap", false, "cannot tell whether the machine swaps");
        }
        return measure("swap", CLibrary.lockAll(), "the whole process is locked in memory");
    }

    private static boolean mayLockEverything() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("CapEff:")) {
                long effective = Long.parseUnsignedLong(line.substring(7).trim(), 16);
                return (effective >>> CAP_IPC_LOCK & 1) != 0;
            }
        }
        return false;
    }

    private static Measure attach() {
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        boolean off =
                Boolean.parseBoolean(vm.getVMOption("DisableAttachMechanism").getValue());
        return new Measure(
                "attach-off",
                off,
                off ? "no tool can attach to the Java process" : "start Java with -XX:+DisableAttachMechanism");
    }

    private static Measure lockedMemory() {
        try (LockedMemory probe = LockedMemory.allocate(1, "the start-up probe")) {
            return new Measure(
                    "locked-memory",
                    probe.locked(),
                    probe.locked() ? "secrets lie in locked memory" : "raise the limit of locked memory (ulimit -l)");
        }
    }

    /**
     * BoringSSL decrypts records in buffers that it frees without wiping; so the C library overwrites what is freed, which
     * it can be told only before the process starts, and only without its caches per thread.
     *
     * @param tunables what the C library was told
     */
    static Measure freedMemory(@Nullable String tunables) {
        boolean held = tunables != null && FREED_OVERWRITTEN.matcher(tunables).matches();
        return new Measure(
                "freed-memory",
                held,
                held
                        ? "the C library overwrites what TLS and other libraries free"
                        : "start through gateway/bin/hsm, or with " + TUNABLES
                                + "=glibc.malloc.perturb=90:glibc.malloc.tcache_count=0 and glibc");
    }

    private static Measure measure(String name, int error, String whenHeld) {
        return new Measure(name, error == 0, error == 0 ? whenHeld : CLibrary.errorText(error));
    }
}
