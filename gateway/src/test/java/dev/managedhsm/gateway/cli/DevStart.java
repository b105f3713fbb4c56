// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.nio.file.Path;

/** The way for tests of other packages to what {@code hsm dev} does, without its command line. */
public final class DevStart {
    private DevStart() {}

    /** Starts the development HSM of a folder; closing it ends it. All it has to say is in {@code dev.env}. */
    public static AutoCloseable start(Path folder, String name, int port) {
        DevHsm hsm = DevHsm.start(folder, name, "127.0.0.1", port);
        hsm.announce();
        return hsm;
    }
}
