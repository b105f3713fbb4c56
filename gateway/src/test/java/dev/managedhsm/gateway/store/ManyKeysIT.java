// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A hundred thousand keys: made at a steady cost each, and loaded within the time a start may take. */
@Tag("slow")
class ManyKeysIT {
    private static final Logger LOG = LoggerFactory.getLogger(ManyKeysIT.class);
    private static final int KEYS = 100_000;
    private static final long LOAD_SECONDS_MAX = 15;

    @TempDir
    Path folder;

    @Test
    void hundredThousandKeysLoadInTime() {
        try (Engine engine = Engines.choose()) {
            long begin = System.nanoTime();
            long half = 0;
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                Semaphore room = new Semaphore(500);
                for (int i = 0; i < KEYS; i++) {
                    room.acquireUninterruptibly();
                    KeyClass keyClass = i % 2 == 0 ? KeyClass.OCT_256 : KeyClass.P_256;
                    hsm.create("key-" + i, keyClass).whenComplete((_, _) -> room.release());
                    if (i == KEYS / 2) {
                        half = System.nanoTime();
                    }
                }
                room.acquireUninterruptibly(500);
                assertEquals(KEYS, hsm.keyring.keyCount());
            }
            long made = System.nanoTime();
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                double loadSeconds = (System.nanoTime() - made) / 1e9;
                LOG.info(
                        "{} keys: first half made in {} s, second in {} s, loaded in {} s with {}",
                        KEYS,
                        (half - begin) / 1e9,
                        (made - half) / 1e9,
                        loadSeconds,
                        engine.description());
                assertEquals(KEYS, hsm.keyring.keyCount());
                LivingKey key = hsm.keyring.find("key-77777");
                assertNotNull(key);
                assertTrue(hsm.signs(key));
                assertTrue(loadSeconds <= LOAD_SECONDS_MAX, loadSeconds + " s");
                assertTrue(made - half < 3 * (half - begin), "a key costs more the more there are");
            }
        }
    }
}
