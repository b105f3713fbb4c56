// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/** Makes downcall handles, and says on which machines this package knows the binary interface. */
final class Linkage {
    private static final Linker LINKER = Linker.nativeLinker();

    /**
     * Whether this is Linux on a 64-bit machine whose constants this package knows: x86-64 and AArch64 agree on all
     * that are used here.
     */
    static final boolean KNOWN_PLATFORM =
            System.getProperty("os.name", "").equals("Linux") && !architecture().isEmpty();

    private Linkage() {}

    /** The machine's name as native artifacts spell it, {@code x86_64} or {@code aarch64}; empty for others. */
    static String architecture() {
        return switch (System.getProperty("os.arch", "").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "aarch64";
            default -> "";
        };
    }

    /** A handle that calls the function at the given address. */
    @SuppressWarnings("restricted")
    static MethodHandle handle(MemorySegment function, FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(function, type, options);
    }

    /** A handle's exception, which cannot happen because C functions throw nothing; if it does, the binding is wrong. */
    static IllegalStateException broken(String function, Throwable cause) {
        return new IllegalStateException("native call of " + function + " failed", cause);
    }
}
