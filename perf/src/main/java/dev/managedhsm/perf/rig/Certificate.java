// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A certificate for localhost that signs itself, made by the openssl command.
 *
 * @param chain PEM
 * @param key PEM, PKCS#8, P-256
 */
record Certificate(Path chain, Path key) {
    /** Makes one in a folder. */
    static Certificate make(Path folder) throws IOException, InterruptedException {
        String line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
                + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem";
        Path log = folder.resolve("certificate.log");
        Process process = new ProcessBuilder(line.split(" ", -1))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("failed: " + line + ": " + Files.readString(log));
        }
        return new Certificate(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    }
}
