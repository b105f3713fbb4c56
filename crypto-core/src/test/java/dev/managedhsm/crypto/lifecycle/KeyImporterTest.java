// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.KeyMaterial.Part;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KeyImporterTest {
    private static final byte[] SECRET = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    private final LifecycleFixture hsm = new LifecycleFixture(LifecyclePolicy.DEFAULT);

    @AfterEach
    void close() {
        hsm.close();
    }

    private static KeyOrigin.Clear origin() {
        KeyMaterial material = new KeyMaterial();
        MemorySegment.copy(SECRET, 0, material.memory(), JAVA_BYTE, 10, SECRET.length);
        material.put(Part.KEY, 10, SECRET.length);
        return new KeyOrigin.Clear(new PublicPart.None(), material);
    }

    private static KeyRequest request() {
        return LifecycleFixture.request("k", KeyClass.OCT_128);
    }

    private static void assertWiped(KeyOrigin.Clear origin) {
        assertThrows(
                IllegalStateException.class, () -> origin.material().memory().get(JAVA_BYTE, 0));
    }

    @Test
    void makesAKeyOfTheSecretThatWasBroughtAndKeepsNothingOfIt() {
        KeyOrigin.Clear origin = origin();

        KeyFacts facts = LifecycleFixture.done(hsm.lifecycle.importKey(request(), origin));

        assertEquals(KeyClass.OCT_128, facts.keyClass());
        assertEquals(Arrays.hashCode(SECRET), hsm.fingerprint(facts));
        assertWiped(origin);
        hsm.restart();
        assertEquals(Arrays.hashCode(SECRET), hsm.fingerprint(facts), "it is durable");
    }

    @Test
    void makesANewVersionOfAKeyThatIsThere() {
        KeyFacts first = hsm.create("k");
        KeyFacts second = LifecycleFixture.done(hsm.lifecycle.importKey(request(), origin()));
        assertEquals(
                List.of(first, second),
                hsm.keyring.versions("k", null, 10).stream().map(LivingKey::facts).toList());
    }

    @Test
    void refusesABadKeyAndMakesNothing() {
        hsm.engine.fault = KeyFault.NOT_PRIME;
        KeyOrigin.Clear origin = origin();

        assertEquals(
                new LifecycleAnswer.BadKey<KeyFacts>(KeyFault.NOT_PRIME),
                LifecycleFixture.answer(hsm.lifecycle.importKey(request(), origin)));

        assertNull(hsm.keyring.find("k"));
        assertEquals(HsmCondition.OPERATIONAL, hsm.state.now());
        assertWiped(origin);
    }

    @Test
    void failsTheHsmWhenTheEngineFails() {
        hsm.engine.failing.set(true);
        KeyOrigin.Clear origin = origin();

        assertEquals(
                LifecycleRefusal.ENGINE_FAILED, LifecycleFixture.refused(hsm.lifecycle.importKey(request(), origin)));

        assertEquals(HsmCondition.FAILED, hsm.state.now());
        assertWiped(origin);
        KeyOrigin.Clear later = origin();
        assertEquals(
                LifecycleRefusal.NOT_OPERATIONAL, LifecycleFixture.refused(hsm.lifecycle.importKey(request(), later)));
        assertWiped(later);
    }

    @Test
    void wipesWhatIsRefusedBeforeItIsLookedAt() {
        hsm.create("k");
        LifecycleFixture.done(hsm.lifecycle.delete(new KeyName("k")));
        KeyOrigin.Clear origin = origin();
        assertEquals(
                LifecycleRefusal.NAME_IN_DELETED_STATE,
                LifecycleFixture.refused(hsm.lifecycle.importKey(request(), origin)));
        assertWiped(origin);
    }

    @Test
    void refusesRsaThatIsLongerThanAnyKey() {
        KeyMaterial material = new KeyMaterial();
        int at = 0;
        for (Part part : new Part[] {
            Part.PRIVATE_EXPONENT,
            Part.FIRST_PRIME,
            Part.SECOND_PRIME,
            Part.FIRST_EXPONENT,
            Part.SECOND_EXPONENT,
            Part.COEFFICIENT
        }) {
            material.memory().asSlice(at, 600).fill((byte) 1);
            material.put(part, at, 600);
            at += 600;
        }
        byte[] modulus = new byte[1000];
        modulus[0] = 1;
        KeyOrigin origin = new KeyOrigin.Clear(new PublicPart.Rsa(modulus, new byte[] {3}), material);
        KeyRequest rsa = LifecycleFixture.request("k", KeyClass.RSA_2048);

        assertEquals(
                new LifecycleAnswer.BadKey<KeyFacts>(KeyFault.MALFORMED),
                LifecycleFixture.answer(hsm.lifecycle.importKey(rsa, origin)));
        assertEquals(HsmCondition.OPERATIONAL, hsm.state.now());
    }

    @Test
    void knowsNoExchangeKeyThatIsNotThere() {
        KeyOrigin origin = new KeyOrigin.Wrapped(new KeyName("nobody"), null, new byte[300]);
        assertEquals(
                LifecycleRefusal.EXCHANGE_KEY_NOT_FOUND,
                LifecycleFixture.refused(hsm.lifecycle.importKey(request(), origin)));
    }

    @Test
    void refusesAnExchangeKeyOfAnotherType() {
        hsm.create("other", KeyClass.OCT_128);
        KeyOrigin origin = new KeyOrigin.Wrapped(new KeyName("other"), null, new byte[300]);
        assertEquals(
                LifecycleRefusal.EXCHANGE_KEY_NOT_USABLE,
                LifecycleFixture.refused(hsm.lifecycle.importKey(request(), origin)));
    }

    @Test
    void isBusyWhenTooManyWaitAndRefusesThemAllWhenItCloses() throws Exception {
        try (RootKey root = RootKey.create(hsm.engine);
                SealingKeys keys = new SealingKeys(hsm.engine, root, "hsm")) {
            CountingEngine engine = hsm.engine;
            RecordSeal seal = new RecordSeal(engine, keys);
            KeyImporter importer = new KeyImporter(engine, seal, new Keyring(engine, seal, 10, 2), hsm.state);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch held = new CountDownLatch(1);
            assertTrue(importer.submit(KeyClass.OCT_128, origin(), _ -> {
                entered.countDown();
                await(held);
            }));
            await(entered);
            CompletableFuture<LifecycleAnswer<FreshSecret>> last = new CompletableFuture<>();
            KeyOrigin.Clear waiting = origin();
            for (int i = 1; i < LifecycleLimits.IMPORTS_MAX; i++) {
                assertTrue(importer.submit(KeyClass.OCT_128, origin(), _ -> {}));
            }
            assertTrue(importer.submit(KeyClass.OCT_128, waiting, last::complete));
            KeyOrigin.Clear tooMany = origin();
            assertFalse(importer.submit(KeyClass.OCT_128, tooMany, _ -> {}));
            assertWiped(tooMany);

            Thread closing = Thread.ofPlatform().start(importer::close);
            while (!importer.closing()) {
                Thread.onSpinWait();
            }
            held.countDown();
            assertEquals(
                    new LifecycleAnswer.Refused<FreshSecret>(LifecycleRefusal.NOT_OPERATIONAL),
                    last.get(10, TimeUnit.SECONDS));
            closing.join();
            assertWiped(waiting);
            assertFalse(importer.submit(KeyClass.OCT_128, origin(), _ -> {}));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void keepsTheReleasePolicyOfTheCurrentVersionForTheNext() {
        ReleasePolicy policy = new ReleasePolicy("application/json", "{}", true);
        KeyRequest first = new KeyRequest(
                new KeyName("k"),
                KeyClass.OCT_128,
                Set.of(PermittedOperation.EXPORT),
                true,
                KeyAttributes.NONE,
                KeyAttributes.NONE,
                Map.of(),
                KeyRequest.PUBLIC_EXPONENT,
                true,
                policy);
        LifecycleFixture.done(hsm.lifecycle.create(first));
        KeyFacts second = LifecycleFixture.done(hsm.lifecycle.importKey(request(), origin()));
        assertEquals(policy, second.releasePolicy());
        assertTrue(second.exportable());
    }

    @Test
    void takesPartsOneBehindTheOther() {
        try (KeyMaterial material = new KeyMaterial()) {
            material.put(Part.KEY, 4, 4);
            assertEquals(8, material.end());
            assertEquals(4, material.length(Part.KEY));
            assertEquals(0, material.length(Part.SCALAR));
            assertThrows(IllegalStateException.class, () -> material.put(Part.SCALAR, 7, 4));
            assertThrows(IllegalStateException.class, () -> material.put(Part.SCALAR, 8, 0));
            assertThrows(IllegalStateException.class, () -> material.put(Part.SCALAR, 8, 8 + material.room()));
        }
    }
}
