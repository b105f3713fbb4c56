// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;

/**
 * The file {@code dev.env} by which a server in a process of its own tells {@link LiveHsm} that it is ready, and where. One
 * thread.
 *
 * @param folder where it is written; may be missing
 * @param port the port that was asked for, 0 for a free one
 */
record ReadyFile(Path folder, int port) {
    /** Of the arguments {@code --port N --data FOLDER}. */
    static ReadyFile of(String... arguments) {
        if (arguments.length != 4 || !arguments[0].equals("--port") || !arguments[2].equals("--data")) {
            throw new IllegalArgumentException("this takes --port N --data FOLDER");
        }
        return new ReadyFile(Path.of(arguments[3]), Integer.parseInt(arguments[1]));
    }

    /** Tells of a server that is there, and closes it when the process is asked to end; returns then. */
    void serve(URI url, Path authority, String token, AutoCloseable server) throws IOException, InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                server.close();
            } catch (Exception e) {
                System.getLogger("perf").log(System.Logger.Level.WARNING, "not closed", e);
            }
            ended.countDown();
        }));
        Path half = folder.resolve("dev.env.new");
        Files.writeString(half, "HSM_URL=%s%nHSM_CA=%s%n%s=%s%n".formatted(url, authority, LiveHsm.TOKEN_FACT, token));
        Files.move(half, folder.resolve("dev.env"), StandardCopyOption.ATOMIC_MOVE);
        ended.await();
    }
}
