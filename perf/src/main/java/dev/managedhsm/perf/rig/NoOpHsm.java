// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;

/** Runs the shipped gateway over a {@link NoOpEngine} until the process is asked to end, for {@link LiveHsm}. */
final class NoOpHsm {
    private NoOpHsm() {}

    /** {@code --port N --data FOLDER}: writes {@code dev.env} into the folder when it is ready. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        ReadyFile ready = ReadyFile.of(arguments);
        OwnHsm hsm = OwnHsm.start(ready.folder(), ready.port(), NoOpEngine::open);
        ready.serve(hsm.url(), hsm.authority(), hsm.token(), hsm);
    }
}
