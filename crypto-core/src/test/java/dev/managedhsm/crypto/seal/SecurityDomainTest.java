// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The root key in the hands of custodians and back, with every subset of them. */
class SecurityDomainTest {
    private static final int CUSTODIANS = 10;

    private static final List<Party> CUSTODY = new ArrayList<>();
    private static Engine engine;

    /** Somebody with an RSA key. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Party(byte[] thumbprint, PublicPart.Rsa publicPart, EngineKey key) {
        static Party make(int number) {
            try (LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "a custodian's key")) {
                Engine.GeneratedKey made = engine.generate(KeyClass.RSA_2048, secret.segment());
                PublicPart.Rsa part = (PublicPart.Rsa) made.publicPart();
                byte[] thumbprint = new byte[32];
                thumbprint[0] = (byte) number;
                return new Party(
                        thumbprint,
                        part,
                        engine.load(KeyClass.RSA_2048, part, secret.segment().asSlice(0, made.secretLength())));
            }
        }

        SecurityDomain.Custodian custodian() {
            return new SecurityDomain.Custodian(thumbprint, publicPart);
        }

        SecurityDomain.Opener opener() {
            return new SecurityDomain.Opener(thumbprint, key);
        }
    }

    @BeforeAll
    static void makeCustodians() {
        engine = Engines.choose();
        for (int i = 0; i <= CUSTODIANS; i++) {
            CUSTODY.add(Party.make(i)); // the last one has the transfer key
        }
    }

    @AfterAll
    static void close() {
        CUSTODY.forEach(party -> party.key().close());
        engine.close();
    }

    private static Party transferKey() {
        return CUSTODY.get(CUSTODIANS);
    }

    private static SecurityDomain.Kept make(RootKeys roots, int quorum, int holders) {
        return SecurityDomain.make(
                engine,
                roots,
                CUSTODY.subList(0, holders).stream().map(Party::custodian).toList(),
                quorum);
    }

    private static List<SecurityDomain.Opener> openers(List<Integer> subset) {
        return subset.stream().map(i -> CUSTODY.get(i).opener()).toList();
    }

    private static SecurityDomain.Transfer transfer(SecurityDomain.Kept kept, List<Integer> subset) {
        return SecurityDomain.transfer(
                engine, kept, openers(subset), transferKey().publicPart());
    }

    private static String said(SealFailure refused) {
        return String.valueOf(refused.getMessage());
    }

    @Test
    void everyQuorumOpensAndNoSmallerSetDoes() {
        everyQuorumOpensAndNoSmallerSetDoes(new int[][] {{2, 3}, {3, 5}});
    }

    @Test
    @Tag("slow")
    void everyQuorumOfFiveOutOfTenOpensAndNoSmallerSetDoes() {
        everyQuorumOpensAndNoSmallerSetDoes(new int[][] {{5, 10}});
    }

    private static void everyQuorumOpensAndNoSmallerSetDoes(int[][] forms) {
        for (int[] form : forms) {
            int quorum = form[0];
            int holders = form[1];
            try (RootKeys roots = RootKeys.of(RootKey.create(engine))) {
                byte[] identity = roots.current().identity(engine);
                SecurityDomain.Kept kept = make(roots, quorum, holders);
                int opened = 0;
                for (List<Integer> subset : QuorumSharesTest.subsets(holders, quorum)) {
                    try (RootKeys back = SecurityDomain.open(
                            engine, transfer(kept, subset), transferKey().key())) {
                        assertArrayEquals(identity, back.current().identity(engine));
                        opened++;
                    }
                }
                assertEquals(QuorumSharesTest.subsets(holders, quorum).size(), opened);
                for (List<Integer> subset : QuorumSharesTest.subsets(holders, quorum - 1)) {
                    SealFailure refused = assertThrows(SealFailure.class, () -> transfer(kept, subset));
                    assertTrue(said(refused).contains("needs " + quorum), said(refused));
                    // Nor when the file is made to say that fewer are enough.
                    SecurityDomain.Kept lowered = new SecurityDomain.Kept(kept.items(), kept.shares(), quorum - 1);
                    assertThrows(SealFailure.class, () -> transfer(lowered, subset));
                }
            }
        }
    }

    @Test
    void bringsRetiredRootKeysBackToo() {
        List<RootKey> retired = List.of(RootKey.create(engine), RootKey.create(engine));
        try (RootKeys roots = new RootKeys(RootKey.create(engine), retired);
                RootKeys back = SecurityDomain.open(
                        engine,
                        transfer(make(roots, 2, 3), List.of(0, 2)),
                        transferKey().key())) {
            assertEquals(2, back.retired().size());
            for (int i = 0; i < 2; i++) {
                assertArrayEquals(
                        roots.retired().get(i).identity(engine),
                        back.retired().get(i).identity(engine));
            }
        }
    }

    @Test
    void refusesAnotherTransferKeyAndAnotherDomainsShares() {
        try (RootKeys roots = RootKeys.of(RootKey.create(engine))) {
            SecurityDomain.Kept kept = make(roots, 2, 3);
            SecurityDomain.Transfer transfer = transfer(kept, List.of(0, 1));
            SealFailure wrongKey = assertThrows(
                    SealFailure.class,
                    () -> SecurityDomain.open(
                            engine, transfer, CUSTODY.getFirst().key()));
            assertTrue(said(wrongKey).contains("transfer key"), said(wrongKey));

            SecurityDomain.Kept other = make(roots, 2, 3);
            SecurityDomain.Kept mixed = new SecurityDomain.Kept(kept.items(), other.shares(), 2);
            SealFailure foreign = assertThrows(SealFailure.class, () -> transfer(mixed, List.of(0, 1)));
            assertTrue(said(foreign).contains("does not open"), said(foreign));

            List<SecurityDomain.Share> halves = new ArrayList<>(kept.shares());
            halves.set(1, other.shares().get(1));
            SecurityDomain.Kept half = new SecurityDomain.Kept(kept.items(), halves, 2);
            assertThrows(SealFailure.class, () -> transfer(half, List.of(0, 1)));
            // A share that nobody uses this time is looked after as well.
            SealFailure unused = assertThrows(SealFailure.class, () -> transfer(half, List.of(0, 2)));
            assertTrue(said(unused).contains("was changed"), said(unused));
        }
    }

    @Test
    void refusesItemsThatAreMissingTwiceOrChanged() {
        try (RootKeys roots = RootKeys.of(RootKey.create(engine))) {
            SecurityDomain.Transfer good = transfer(make(roots, 2, 2), List.of(0, 1));
            List<SecurityDomain.Item> items = good.items();
            refused(new SecurityDomain.Transfer(items.subList(0, 2), good.key()));
            refused(new SecurityDomain.Transfer(List.of(items.get(0), items.get(1), items.get(1)), good.key()));
            SecurityDomain.Item first = items.getFirst();
            SecurityDomain.Item renamed = new SecurityDomain.Item(items.get(1).tag(), first.envelope());
            refused(new SecurityDomain.Transfer(List.of(renamed, items.get(1), items.get(2)), good.key()));
            byte[] ciphertext = first.envelope().ciphertext().clone();
            ciphertext[5] ^= 1;
            Envelope changed = new Envelope(
                    first.envelope().header(),
                    first.envelope().wrappedKey(),
                    first.envelope().iv(),
                    ciphertext,
                    first.envelope().tag());
            refused(new SecurityDomain.Transfer(
                    List.of(new SecurityDomain.Item(first.tag(), changed), items.get(1), items.get(2)), good.key()));
        }
    }

    private static void refused(SecurityDomain.Transfer transfer) {
        assertThrows(
                SealFailure.class,
                () -> SecurityDomain.open(engine, transfer, transferKey().key()));
    }

    @Test
    void refusesKeysThatCannotBeEncryptedTo() {
        byte[] even = CUSTODY.getFirst().publicPart().modulus().clone();
        even[even.length - 1] &= (byte) 0xfe;
        byte[] exponent = CUSTODY.getFirst().publicPart().exponent();
        try (RootKeys roots = RootKeys.of(RootKey.create(engine))) {
            for (PublicPart.Rsa weak : List.of(
                    new PublicPart.Rsa(even, exponent),
                    new PublicPart.Rsa(Arrays.copyOf(even, 128), exponent),
                    new PublicPart.Rsa(CUSTODY.getFirst().publicPart().modulus(), new byte[] {1}))) {
                List<SecurityDomain.Custodian> custodians =
                        List.of(CUSTODY.getFirst().custodian(), new SecurityDomain.Custodian(new byte[32], weak));
                SealFailure refused =
                        assertThrows(SealFailure.class, () -> SecurityDomain.make(engine, roots, custodians, 2));
                assertTrue(said(refused).contains("certificate 2"), said(refused));
            }
        }
    }

    @Test
    void opensBackupsThatWereSealedBeforeARotation() {
        RootKey before = RootKey.create(engine);
        byte[] text;
        try (BackupSeal seal = new BackupSeal(engine, before);
                LockedMemory content = LockedMemory.allocate(64, "content")) {
            text = seal.seal(content.segment());
        }
        try (RootKeys roots = new RootKeys(RootKey.create(engine), List.of(before));
                BackupSeal seal = new BackupSeal(engine, roots);
                BackupContent opened = Objects.requireNonNull(seal.open(text))) {
            assertEquals(64, opened.length());
        }
    }
}
