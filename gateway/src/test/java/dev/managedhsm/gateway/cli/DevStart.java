// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import java.nio.file.Path;

/** The way for tests of other packages to what {@code hsm dev} does, without its command line. */
public final class DevStart {
    private DevStart() {}

    /** Starts the development HSM of a folder with the usual rules for deletion; closing it ends it. */
    public static AutoCloseable start(Path folder, String name, int port) {
        return start(folder, name, port, LifecyclePolicy.DEFAULT);
    }

    /** Starts the development HSM of a folder; closing it ends it. All it has to say is in {@code dev.env}. */
    public static AutoCloseable start(Path folder, String name, int port, LifecyclePolicy deletion) {
        DevHsm hsm = DevHsm.start(folder, name, "127.0.0.1", port, deletion);
        hsm.announce();
        return hsm;
    }
}
