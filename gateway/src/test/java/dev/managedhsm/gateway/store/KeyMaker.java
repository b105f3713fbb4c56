// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * A process that makes keys until it is killed, and prints name and version of each that was acknowledged. Several are
 * under way at a time, so that commits are shared.
 */
final class KeyMaker {
    private static final int UNDER_WAY = 8;

    private KeyMaker() {}

    /** Makes keys until it is killed; takes data folder and prefix of names. */
    public static void main(String[] arguments) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        DurableHsm hsm = new DurableHsm(Engines.choose(), Path.of(arguments[0]));
        Semaphore room = new Semaphore(UNDER_WAY);
        out.println(Child.SAYS + "ready");
        for (long i = 0; ; i++) {
            room.acquire();
            KeyClass keyClass = i % 64 == 0 ? KeyClass.RSA_2048 : i % 2 == 0 ? KeyClass.OCT_256 : KeyClass.P_256;
            hsm.create(arguments[1] + i / 2, keyClass).whenComplete((answer, _) -> {
                if (answer instanceof LifecycleAnswer.Done<KeyFacts> done) {
                    out.println(Child.SAYS + done.value().name() + " "
                            + done.value().version());
                }
                room.release();
            });
        }
    }
}
