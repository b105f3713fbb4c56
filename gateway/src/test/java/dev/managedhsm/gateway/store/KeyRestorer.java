// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process that restores one key from a file, destroys it and restores it again until it is killed; says when it has. */
final class KeyRestorer {
    private KeyRestorer() {}

    /** Takes data folder, file of the backup, name of the key. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        DurableHsm hsm = new DurableHsm(Engines.choose(), Path.of(arguments[0]));
        byte[] text = Files.readAllBytes(Path.of(arguments[1]));
        KeyName name = new KeyName(arguments[2]);
        out.println(Child.SAYS + "ready");
        while (true) {
            hsm.lifecycle.delete(name).toCompletableFuture().join();
            hsm.lifecycle.purge(name).toCompletableFuture().join();
            out.println(Child.SAYS + "gone");
            if (hsm.backups.restore(text).toCompletableFuture().join() instanceof LifecycleAnswer.Done<KeyFacts>) {
                out.println(Child.SAYS + "restored");
            }
        }
    }
}
