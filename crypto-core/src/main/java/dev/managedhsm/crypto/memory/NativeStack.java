// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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
    /** How many bytes are overwritten, a few hundred below the caller's frame: the buffer that io_util.c of the JDK has in a frame. */
    static final int LENGTH = 8192;

    private static final Path DEVICE = Path.of("/dev/null");
    private static final byte[] ZEROES = new byte[LENGTH];
    private static final @Nullable FileOutputStream SINK = open();

    private NativeStack() {}

    private static @Nullable FileOutputStream open() {
        try { // where there is no device, opening one would make a file
            boolean device =
                    Files.readAttributes(DEVICE, BasicFileAttributes.class).isOther();
            return device ? new FileOutputStream(DEVICE.toFile()) : null;
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Overwrites what ended calls left below the caller's frame. To be called from where the native code was called or from a few
     * frames nearer to the thread's start; by a platform thread, any number of them at once. Does nothing where the machine has no
     * such device, which {@link ProcessHardening} tells.
     */
    @SuppressWarnings("EmptyCatch") // the zeroes are on the stack before the device is asked
    public static void wipe() {
        if (SINK == null) {
            return;
        }
        try {
            SINK.write(ZEROES);
        } catch (IOException e) {
            // it does not matter whether the device took them
        }
    }

    static ProcessHardening.Measure measure() {
        return new ProcessHardening.Measure(
                "native-stack",
                SINK != null,
                SINK != null
                        ? "what native code leaves on a thread's stack is overwritten"
                        : "give the process " + DEVICE);
    }
}
