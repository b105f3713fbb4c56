// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.gateway.Threads;
import java.io.IOException;
import java.nio.file.Files;

/** Runs a {@link BareServer} with as many event loops as the gateway takes here, for {@link LiveHsm}. */
final class BareProcess {
    private static final String NO_TOKEN = "none";

    private BareProcess() {}

    /** {@code --port 0 --data FOLDER}: writes {@code dev.env} into the folder when it is ready. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        ReadyFile ready = ReadyFile.of(arguments);
        Files.createDirectories(ready.folder());
        Certificate certificate = Certificate.make(ready.folder());
        int eventLoops =
                Threads.forCores(Runtime.getRuntime().availableProcessors()).eventLoops();
        BareServer server = BareServer.start(certificate, eventLoops);
        ready.serve(server.url(), certificate.chain(), NO_TOKEN, server);
    }
}
