// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KeyGeneratorTest {
    private final CountingEngine engine = new CountingEngine();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");
    private final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    private final KeyGenerator generator =
            new KeyGenerator(engine, new RecordSeal(engine, keys), state, new RsaKeyPool());

    @AfterEach
    void close() {
        generator.close();
        keys.close();
        root.close();
    }

    @Test
    void errorOfTheEngineFailsTheHsmAndIsAnsweredWithNothing() throws Exception {
        engine.error = new AssertionError("told to fail");
        CompletableFuture<Boolean> nothing = new CompletableFuture<>();
        assertTrue(generator.request(KeyClass.RSA_2048, pair -> nothing.complete(pair == null)));
        generator.start();

        assertTrue(nothing.get(10, TimeUnit.SECONDS));
        assertEquals(HsmCondition.FAILED, state.now());
    }

    @Test
    @Timeout(10)
    void whateverEndsTheThreadLeavesNoRequestUnanswered() throws Exception {
        CompletableFuture<FreshSecret> waiting = new CompletableFuture<>();
        assertTrue(generator.request(KeyClass.RSA_2048, _ -> {
            throw new AssertionError("told to fail");
        }));
        assertTrue(generator.request(KeyClass.RSA_2048, waiting::complete));
        generator.start();

        assertNull(waiting.get(10, TimeUnit.SECONDS));
        assertEquals(HsmCondition.FAILED, state.now());
        assertFalse(generator.request(KeyClass.RSA_2048, _ -> {}));
    }
}
