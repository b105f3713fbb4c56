// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;

/** Runs the shipped gateway over a {@link NoOpEngine} until the process is asked to end, for {@link LiveHsm}. */
final class NoOpHsm {
    private NoOpHsm() {}

    /** {@code --port N --data FOLDER}: writes {@code dev.env} into the folder when it is ready. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 4 || !arguments[0].equals("--port") || !arguments[2].equals("--data")) {
            throw new IllegalArgumentException("NoOpHsm takes --port N --data FOLDER");
        }
        Path folder = Path.of(arguments[3]);
        OwnHsm hsm = OwnHsm.start(folder, Integer.parseInt(arguments[1]), NoOpEngine::open);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            hsm.close();
            ended.countDown();
        }));
        Path env = folder.resolve("dev.env");
        Path half = folder.resolve("dev.env.new");
        Files.writeString(
                half,
                "HSM_URL=%s%nHSM_CA=%s%n%s=%s%n"
                        .formatted(hsm.url(), hsm.authority(), LiveHsm.TOKEN_FACT, hsm.token()));
        Files.move(half, env, StandardCopyOption.ATOMIC_MOVE);
        ended.await();
    }
}
