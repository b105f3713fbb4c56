// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import dev.managedhsm.gateway.identity.DevIssuer;
import java.nio.file.Path;
import java.util.List;

/** The way for tests of other packages to what {@code hsm dev} does, without its command line. */
public final class DevStart {
    private DevStart() {}

    /** Made when the first folder needs one. */
    private static final class Issuer {
        static final String KEY = Pem.privateKey(DevIssuer.newKey());
    }

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
        giveItAnIssuersKey(folder);
        DevHsm hsm = DevHsm.start(folder, name, "127.0.0.1", port, deletion, authorities);
        hsm.announce();
        return hsm;
    }

    /** A new folder makes a key of its own, which takes as long as all the rest; here all of a JVM have the same. */
    private static void giveItAnIssuersKey(Path folder) {
        try (DevFolder opened = DevFolder.open(folder)) {
            DevFacts.of(opened);
            if (!opened.has(DevGuide.ISSUER_KEY)) {
                opened.writePrivate(DevGuide.ISSUER_KEY, Issuer.KEY);
            }
        }
    }
}
