// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * What native code left on the calling thread's stack. A crypto library keeps blocks of keys in its frames and spills registers
 * there, does not wipe all of it, and a thread that goes to sleep then keeps it until it happens to be overwritten.
 *
 * <p>Overwriting it takes a native call that fills a large frame. The JDK has one: {@link FileOutputStream#write(byte[])} copies
 * up to {@value #LENGTH} bytes to its frame before it writes them, here to a device that takes everything. A test holds the
 * JDK to it. Nothing is allocated, and a call takes a third of a microsecond.
 */
public final class NativeStack {
    /** How many bytes below the caller's frame are overwritten: what io_util.c of the JDK has as BUF_SIZE. */
    static final int LENGTH = 8192;

    private static final String DEVICE = "/dev/null";
    private static final byte[] ZEROES = new byte[LENGTH];
    private static final @Nullable FileOutputStream SINK = open();

    private NativeStack() {}

    private static @Nullable FileOutputStream open() {
        try {
            return new FileOutputStream(DEVICE);
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Overwrites what ended calls left below the caller's frame. To be called from where the native code was called or from
     * nearer to the thread's start; by a platform thread, any number of them at once. Does nothing if it cannot be done here.
     *
     * @throws UncheckedIOException if the device fails, which none does
     */
    public static void wipe() {
        if (SINK == null) {
            return;
        }
        try {
            SINK.write(ZEROES);
        } catch (IOException e) {
            throw new UncheckedIOException(DEVICE + " takes nothing", e);
        }
    }

    static ProcessHardening.Measure measure() {
        return new ProcessHardening.Measure(
                "native-stack",
                SINK != null,
                SINK != null
                        ? "what the crypto library leaves on a thread's stack is overwritten"
                        : "give the process " + DEVICE);
    }
}
