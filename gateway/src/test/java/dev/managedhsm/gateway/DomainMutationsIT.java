// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.Meddler;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.DomainText;
import dev.managedhsm.gateway.wire.Refused;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Somebody meddles with a security domain's file, or with the blob that takes it to an HSM: none opens with another root key
 * than went in. A change of what holds nothing may pass. {@code -Dhsm.mutations=10000} is the full number, of which a fifth
 * are these.
 */
@Tag("slow")
class DomainMutationsIT {
    private static final Logger LOG = LoggerFactory.getLogger(DomainMutationsIT.class);
    private static final int OF_EACH = Meddler.MUTATIONS / 10;
    private static final byte[] THUMBPRINT = new byte[32];

    private final Engine engine = Engines.choose();
    private final RootKeys roots = RootKeys.of(RootKey.create(engine));
    private final List<SecurityDomain.Opener> openers = new ArrayList<>();
    private final List<SecurityDomain.Custodian> custodians = new ArrayList<>();
    private EngineKey transferKey;
    private PublicPart.Rsa transferPart;

    @BeforeEach
    void gather() throws IOException, Refused {
        for (Custodian custodian : Custodian.some(3)) {
            SecurityDomain.Custodian known = DomainBody.custodian(custodian.certificate(), "Custodian");
            custodians.add(known);
            byte[] key = PrivateKeyInfo.getInstance(
                            custodian.keys().getPrivate().getEncoded())
                    .parsePrivateKey()
                    .toASN1Primitive()
                    .getEncoded("DER");
            openers.add(new SecurityDomain.Opener(known.thumbprint(), load(known.key(), key)));
        }
        try (LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "transfer key")) {
            Engine.GeneratedKey made = engine.generate(KeyClass.RSA_2048, secret.segment());
            transferPart = (PublicPart.Rsa) made.publicPart();
            transferKey = engine.load(
                    KeyClass.RSA_2048, transferPart, secret.segment().asSlice(0, made.secretLength()));
        }
    }

    private EngineKey load(PublicPart.Rsa part, byte[] key) {
        try (LockedMemory memory = LockedMemory.allocate(key.length, "a custodian's key")) {
            MemorySegment bytes = memory.segment().asSlice(0, key.length);
            MemorySegment.copy(key, 0, bytes, JAVA_BYTE, 0, key.length);
            return engine.load(KeyClass.RSA_2048, part, bytes);
        }
    }

    @AfterEach
    void close() {
        openers.forEach(opener -> opener.key().close());
        transferKey.close();
        roots.close();
        engine.close();
    }

    @Test
    void noChangeOfADomainIsAccepted() {
        String domain = DomainText.write(SecurityDomain.make(engine, roots, custodians, 2));
        assertTrue(opens(domain), "untouched");
        Random random = new Random(33);
        int refused = 0;
        for (int i = 0; i < OF_EACH; i++) {
            refused += opens(text(Meddler.changed(bytes(domain), random))) ? 0 : 1;
        }
        report("a security domain's file", refused);
    }

    @Test
    void noChangeOfATransferIsAccepted() {
        SecurityDomain.Kept kept = SecurityDomain.make(engine, roots, custodians, 2);
        String blob = DomainText.write(
                SecurityDomain.transfer(engine, kept, openers.subList(0, 2), transferPart), THUMBPRINT);
        assertTrue(uploads(blob), "untouched");
        Random random = new Random(34);
        int refused = 0;
        for (int i = 0; i < OF_EACH; i++) {
            refused += uploads(text(Meddler.changed(bytes(blob), random))) ? 0 : 1;
        }
        report("a blob on its way to an HSM", refused);
    }

    private static void report(String what, int refused) {
        LOG.info(
                "{} mutations of {}: {} refused, {} without effect, 0 accepted",
                OF_EACH,
                what,
                refused,
                OF_EACH - refused);
        assertTrue(refused > OF_EACH * 9 / 10, "only " + refused + " were refused");
    }

    /** With the second and third custodian, so that also the share of the first, who is not there, is looked at. */
    private boolean opens(String domain) {
        try {
            SecurityDomain.Kept kept = DomainText.read(domain);
            return same(SecurityDomain.open(
                    engine, SecurityDomain.transfer(engine, kept, openers.subList(1, 3), transferPart), transferKey));
        } catch (SealFailure named) {
            assertNotNull(named.getMessage());
            return false;
        }
    }

    private boolean uploads(String blob) {
        try {
            return same(SecurityDomain.open(engine, DomainText.read(blob, THUMBPRINT), transferKey));
        } catch (SealFailure | Refused named) {
            assertNotNull(named.getMessage());
            return false;
        }
    }

    private boolean same(RootKeys opened) {
        try (opened) {
            assertArrayEquals(
                    roots.current().identity(engine), opened.current().identity(engine), "another root key came out");
            return true;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
