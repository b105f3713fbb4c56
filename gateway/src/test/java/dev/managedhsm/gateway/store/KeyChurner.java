// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;

/** A process that makes and deletes keys in a fixed order, and says in a file of the same folder how many times it has. */
final class KeyChurner {
    private KeyChurner() {}

    /** Churns; takes the data folder and how many changes. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        try (DurableHsm hsm = new DurableHsm(Engines.choose(), folder);
                OutputStream said = Files.newOutputStream(
                        folder.resolve("said"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
                done(
                        deletes(i)
                                ? hsm.lifecycle.delete(new KeyName(name(i - 1)))
                                : hsm.create(name(i), KeyClass.OCT_256));
                said.write('.');
            }
        }
    }

    private static void done(CompletionStage<? extends LifecycleAnswer<?>> change) {
        if (!(change.toCompletableFuture().join() instanceof LifecycleAnswer.Done)) {
            throw new IllegalStateException("a change was not made");
        }
    }

    private static boolean deletes(int change) {
        return change % 4 == 3;
    }

    private static String name(int change) {
        return "key-" + change;
    }

    /** Which keys live after so many changes. */
    static Set<String> livingAfter(int changes) {
        Set<String> living = new TreeSet<>();
        for (int i = 0; i < changes; i++) {
            if (deletes(i)) {
                living.remove(name(i - 1));
            } else {
                living.add(name(i));
            }
        }
        return living;
    }
}
