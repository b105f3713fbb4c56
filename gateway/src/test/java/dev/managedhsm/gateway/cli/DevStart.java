// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import java.nio.file.Path;
import java.util.List;

/** The way for tests of other packages to what {@code hsm dev} does, without its command line. */
public final class DevStart {
    private DevStart() {}

    /** Starts the development HSM of a folder with the usual rules for deletion; closing it ends it. */
    public static AutoCloseable start(Path folder, String name, int port) {
        return start(folder, name, port, LifecyclePolicy.DEFAULT);
    }

    /** Starts the development HSM of a folder; closing it ends it. All it has to say is in {@code dev.env}. */
    public static AutoCloseable start(Path folder, String name, int port, LifecyclePolicy deletion) {
        return start(folder, name, port, deletion, List.of());
    }

    /** The same with authorities whose word about environments counts. */
    public static AutoCloseable start(
            Path folder, String name, int port, LifecyclePolicy deletion, List<AttestationAuthority> authorities) {
        DevHsm hsm = DevHsm.start(folder, name, "127.0.0.1", port, deletion, authorities);
        hsm.announce();
        return hsm;
    }
}
