// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import java.util.Optional;

/**
 * The operating system's C library: memory mapping, resource limits, thread affinity and priority.
 *
 * <p>Any thread may call any method. A method answers 0 or the error number of the call ({@link #ENOSYS} where the
 * platform or the function is missing), so callers degrade instead of failing; {@link #errorText} turns it into words.
 * None of this is for the hot path.
 */
public final class CLibrary {
    /** Error number: the function is not there. */
    public static final int ENOSYS = 38;

    /** Resource of {@link #limitToZero}: size of a core file ({@code sys/resource.h}). */
    public static final int RLIMIT_CORE = 4;

    /** Advice of {@link #advise}: not inherited by a child process ({@code asm-generic/mman-common.h}). */
    public static final int MADV_DONTFORK = 10;

    /** Advice of {@link #advise}: left out of core files. */
    public static final int MADV_DONTDUMP = 16;

    /** Advice of {@link #advise}: a child process sees zeroes; private mappings only. */
    public static final int MADV_WIPEONFORK = 18;

    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 32;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MCL_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4;
    private static final int PR_SET_DUMPABLE = 4;
    private static final long SYS_MEMFD_SECRET = 447; // one number on every architecture since Linux 5.14
    private static final long O_CLOEXEC = 0x80000;
    private static final int SC_PAGESIZE = 30;
    private static final int PRIO_PROCESS = 0; // with id 0: the calling thread
    private static final int CPU_SET_BYTES = 128; // cpu_set_t: 1024 cores
    private static final boolean X86 = Linkage.architecture().equals("x86_64");
    private static final long SYS_SCHED_SETATTR = X86 ? 314 : 274;
    private static final long SYS_SCHED_GETATTR = X86 ? 315 : 275;

    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle MMAP = find(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP = find("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MPROTECT =
            find("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MLOCK = find("mlock", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MLOCKALL = find("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle MADVISE =
            find("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            find("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle CLOSE = find("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SYSCALL =
            find("syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option.firstVariadicArg(1));
    private static final MethodHandle SCHED_ATTRIBUTES = find(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle PRCTL = find(
            "prctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle SETRLIMIT = find("setrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SCHED_SETAFFINITY =
            find("sched_setaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle SCHED_GETAFFINITY =
            find("sched_getaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle SETPRIORITY =
            find("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SYSCONF = find("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));

    private CLibrary() {}

    /** Whether this machine's C library is one this class knows: Linux on x86-64 or AArch64. */
    public static boolean known() {
        return Linkage.KNOWN_PLATFORM;
    }

    /** Size of a memory page in bytes; 4096 where it cannot be asked. */
    public static long pageSize() {
        try (Arena arena = Arena.ofConfined()) {
            long size = (long) SYSCONF.invokeExact(arena.allocate(STATE), SC_PAGESIZE);
            return size > 0 ? size : 4096;
        } catch (Throwable t) {
            throw Linkage.broken("sysconf", t);
        }
    }

    /**
     * Reserves private memory that nobody can read or write yet.
     *
     * @return the first address, or 0 if the system refused
     */
    public static long reserve(long length) {
        return map(length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    }

    /**
     * Reserves memory that no other process and not even the kernel's direct map can see, locked and never dumped, that
     * nobody can read or write yet: {@code memfd_secret}, Linux 5.14.
     *
     * @return the first address, or 0 if the system refused
     */
    public static long reserveSecretly(long length) {
        int descriptor = memfdSecret();
        if (descriptor < 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int cut = (int) FTRUNCATE.invokeExact(state, descriptor, length);
            long mapped = cut == 0 ? map(length, MAP_SHARED, descriptor) : 0;
            int closed = (int) CLOSE.invokeExact(state, descriptor); // the mapping keeps the memory
            if (mapped != 0 && closed != 0) {
                unmap(mapped, length);
                return 0;
            }
            return mapped;
        } catch (Throwable t) {
            throw Linkage.broken("ftruncate", t);
        }
    }

    /** Makes part of reserved memory readable and writable. Answers 0 or the error number. */
    public static int open(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) MPROTECT.invokeExact(state, address, length, PROT_READ_WRITE);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("mprotect", t);
        }
    }

    /** Gives addresses and the memory behind them back. Answers 0 or the error number. */
    public static int unmap(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) MUNMAP.invokeExact(state, address, length);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("munmap", t);
        }
    }

    /** Keeps memory out of the swap: {@code mlock}. Answers 0 or the error number. */
    public static int lock(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) MLOCK.invokeExact(state, address, length);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("mlock", t);
        }
    }

    /**
     * Keeps the whole process out of the swap, now and later, page by page as they are touched: {@code mlockall} with
     * {@code MCL_ONFAULT}, which leaves reserved but untouched memory (most of a Java process) alone. Answers 0 or the
     * error number.
     */
    public static int lockAll() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) MLOCKALL.invokeExact(state, MCL_CURRENT_FUTURE_ONFAULT);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("mlockall", t);
        }
    }

    /** Tells the kernel how to treat memory: {@code madvise}. Answers 0 or the error number. */
    public static int advise(long address, long length, int advice) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) MADVISE.invokeExact(state, address, length, advice);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("madvise", t);
        }
    }

    /** Sets a resource's soft and hard limit to 0, for good. Answers 0 or the error number. */
    public static int limitToZero(int resource) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) SETRLIMIT.invokeExact(state, resource, arena.allocate(16, 8));
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("setrlimit", t);
        }
    }

    /**
     * Says whether the process may be traced, dumped or attached to by its own user: {@code prctl(PR_SET_DUMPABLE)}.
     * Answers 0 or the error number.
     */
    public static int dumpable(boolean allowed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int status = (int) PRCTL.invokeExact(state, PR_SET_DUMPABLE, allowed ? 1L : 0L, 0L, 0L, 0L);
            return error(status, state);
        } catch (Throwable t) {
            throw Linkage.broken("prctl", t);
        }
    }

    /**
     * Lets the calling thread, which must be a platform thread, run on these cores only. Threads it starts afterwards
     * inherit this, and what the JVM says about available processors on such a thread counts these cores only.
     *
     * @param cores numbers of the cores, from 0; at least one
     * @return whether it is bound now; otherwise nothing changed
     */
    public static boolean bindCurrentThread(int... cores) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(CPU_SET_BYTES, 8);
            for (int core : cores) {
                if (core < 0 || core >= CPU_SET_BYTES * 8) {
                    return false;
                }
                int word = core / 64;
                mask.setAtIndex(JAVA_LONG, word, mask.getAtIndex(JAVA_LONG, word) | 1L << (core % 64));
            }
            int status = (int) SCHED_SETAFFINITY.invokeExact(arena.allocate(STATE), 0, (long) CPU_SET_BYTES, mask);
            return status == 0;
        } catch (Throwable t) {
            throw Linkage.broken("sched_setaffinity", t);
        }
    }

    /**
     * The cores on which this process may run, by the first thread of it, which nobody binds: what a container or the
     * service's unit allows.
     *
     * @return numbers of the cores, ascending; empty if they cannot be asked
     */
    public static int[] allowedCores() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(CPU_SET_BYTES, 8);
            int process = (int) ProcessHandle.current().pid();
            int status =
                    (int) SCHED_GETAFFINITY.invokeExact(arena.allocate(STATE), process, (long) CPU_SET_BYTES, mask);
            return status == 0 ? BitSet.valueOf(mask.asByteBuffer()).stream().toArray() : new int[0];
        } catch (Throwable t) {
            throw Linkage.broken("sched_getaffinity", t);
        }
    }

    /**
     * Lets the calling thread, which must be a platform thread, step back behind others where they want the same core:
     * {@code setpriority}, which Linux keeps for each thread. Threads it starts afterwards inherit this.
     *
     * @param niceness how far, 1 to 19
     * @return whether it has stepped back; otherwise nothing changed
     */
    public static boolean stepBack(int niceness) {
        try (Arena arena = Arena.ofConfined()) {
            int status = (int) SETPRIORITY.invokeExact(arena.allocate(STATE), PRIO_PROCESS, 0, niceness);
            return status == 0;
        } catch (Throwable t) {
            throw Linkage.broken("setpriority", t);
        }
    }

    /** What a call writes its error number to, for calls that are made again and again. */
    static MemorySegment callState(Arena arena) {
        return arena.allocate(STATE);
    }

    /**
     * Reads how the kernel schedules the calling thread, which must be a platform thread: {@code sched_getattr}.
     *
     * @param attributes filled with a {@code struct sched_attr}
     * @param state of {@link #callState}
     * @return whether they are there
     */
    static boolean schedulingOfCurrentThread(MemorySegment attributes, MemorySegment state) {
        try {
            return (long) SCHED_ATTRIBUTES.invokeExact(
                            state, SYS_SCHED_GETATTR, 0L, attributes, attributes.byteSize(), 0L)
                    == 0;
        } catch (Throwable t) {
            throw Linkage.broken("sched_getattr", t);
        }
    }

    /**
     * Changes how the kernel schedules the calling thread, which must be a platform thread: {@code sched_setattr}.
     * Threads it starts afterwards inherit this. Takes no heap.
     *
     * @param attributes a {@code struct sched_attr}
     * @param state of {@link #callState}
     * @return whether it changed
     */
    static boolean scheduleCurrentThread(MemorySegment attributes, MemorySegment state) {
        try { // the flags come third, and the last is not looked at
            return (long) SCHED_ATTRIBUTES.invokeExact(state, SYS_SCHED_SETATTR, 0L, attributes, 0L, 0L) == 0;
        } catch (Throwable t) {
            throw Linkage.broken("sched_setattr", t);
        }
    }

    /** What an error number means, for a log line. */
    public static String errorText(int error) {
        return switch (error) {
            case 0 -> "no error";
            case 1 -> "not permitted";
            case 11, 12 -> "above the limit of locked memory, or out of memory";
            case 22 -> "not supported by this kernel";
            case ENOSYS -> "not available on this platform";
            default -> "error " + error;
        };
    }

    private static int memfdSecret() {
        try (Arena arena = Arena.ofConfined()) {
            return (int) (long) SYSCALL.invokeExact(arena.allocate(STATE), SYS_MEMFD_SECRET, O_CLOEXEC);
        } catch (Throwable t) {
            throw Linkage.broken("memfd_secret", t);
        }
    }

    private static long map(long length, int flags, int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            long mapped = (long) MMAP.invokeExact(arena.allocate(STATE), 0L, length, PROT_NONE, flags, descriptor, 0L);
            return mapped == -1 ? 0 : mapped;
        } catch (Throwable t) {
            throw Linkage.broken("mmap", t);
        }
    }

    private static int error(int status, MemorySegment state) {
        if (status == 0) {
            return 0;
        }
        int error = (int) ERRNO.get(state, 0L);
        return error == 0 ? ENOSYS : error;
    }

    /** A function's handle; where the function is missing, one that answers -1 and leaves the error number 0. */
    private static MethodHandle find(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        Optional<MemorySegment> function =
                known() ? Linker.nativeLinker().defaultLookup().find(name) : Optional.empty();
        if (function.isPresent()) {
            return Linkage.handle(function.get(), type, all);
        }
        Class<?> answer = type.toMethodType().returnType();
        MethodHandle minusOne =
                answer == long.class ? MethodHandles.constant(long.class, -1L) : MethodHandles.constant(int.class, -1);
        return MethodHandles.dropArguments(
                minusOne,
                0,
                type.toMethodType().insertParameterTypes(0, MemorySegment.class).parameterList());
    }
}
