// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import io.netty.channel.unix.Errors;
import java.net.BindException;
import org.jspecify.annotations.Nullable;

/** Why an address cannot be listened on, in one sentence for an operator. Any thread. */
final class ListenFailure {
    /** Linux's EADDRINUSE, as the epoll transport reports it. */
    private static final int ADDRESS_IN_USE = -98;

    private ListenFailure() {}

    /**
     * What is wrong and what to do.
     *
     * @param address the address to listen on, as text
     * @param port the port, 1 to 65535
     * @param failure what the transport reported, possibly as a cause of this
     */
    static String sentence(String address, int port, Throwable failure) {
        String at = "Cannot listen on " + address + " port " + port;
        return inUse(failure)
                ? at + ", another program uses it: end it or choose another port."
                : at + ": " + failure.getMessage() + ".";
    }

    private static boolean inUse(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean byNumber = cause instanceof Errors.NativeIoException epoll && epoll.expectedErr() == ADDRESS_IN_USE;
            // The JDK throws the same exception for an address of another machine; only its message tells.
            boolean byMessage = cause instanceof BindException
                    && String.valueOf(cause.getMessage()).contains("already in use");
            if (byNumber || byMessage) {
                return true;
            }
        }
        return false;
    }
}
