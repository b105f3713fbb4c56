// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

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
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Domains as text, and what becomes of a text that is not as it was made. */
class DomainTextTest {
    private static final int MUTATIONS = Integer.getInteger("hsm.mutations", 3_000);
    private static final String CHARACTERS = "ABCXYZabcxyz0189-_=.,:{}[]\"\\ \u0000\u00e9";

    private static Engine engine;
    private static final List<EngineKey> KEYS = new ArrayList<>();
    private static final List<SecurityDomain.Custodian> CUSTODIANS = new ArrayList<>();
    private static RootKeys roots;
    private static String domain;
    private static String blob;

    @BeforeAll
    static void makeDomain() throws Refused {
        engine = Engines.choose();
        for (int i = 0; i < 4; i++) { // the last one has the transfer key
            try (LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "a custodian's key")) {
                Engine.GeneratedKey made = engine.generate(KeyClass.RSA_2048, secret.segment());
                PublicPart.Rsa part = (PublicPart.Rsa) made.publicPart();
                KEYS.add(engine.load(KeyClass.RSA_2048, part, secret.segment().asSlice(0, made.secretLength())));
                byte[] thumbprint = new byte[32];
                thumbprint[31] = (byte) i;
                CUSTODIANS.add(new SecurityDomain.Custodian(thumbprint, part));
            }
        }
        roots = RootKeys.of(RootKey.create(engine));
        domain = DomainText.write(SecurityDomain.make(engine, roots, CUSTODIANS.subList(0, 3), 2));
        blob = recover(domain, List.of(0, 1));
    }

    @AfterAll
    static void close() {
        KEYS.forEach(EngineKey::close);
        roots.close();
        engine.close();
    }

    private static String recover(String text, List<Integer> who) {
        SecurityDomain.Custodian transferKey = CUSTODIANS.get(3);
        SecurityDomain.Transfer transfer = SecurityDomain.transfer(
                engine,
                DomainText.read(text),
                who.stream()
                        .map(i -> new SecurityDomain.Opener(CUSTODIANS.get(i).thumbprint(), KEYS.get(i)))
                        .toList(),
                transferKey.key());
        return DomainText.write(transfer, transferKey.thumbprint());
    }

    private static RootKeys upload(String text) throws Refused {
        return SecurityDomain.open(
                engine, DomainText.read(text, CUSTODIANS.get(3).thumbprint()), KEYS.get(3));
    }

    @Test
    void bringsTheRootKeyBack() throws Refused {
        for (List<Integer> who : List.of(List.of(0, 1), List.of(2, 0), List.of(0, 1, 2))) {
            try (RootKeys back = upload(recover(domain, who))) {
                assertArrayEquals(
                        roots.current().identity(engine), back.current().identity(engine));
            }
        }
    }

    @Test
    void refusesMembersAndValuesThatTheFormatDoesNotName() {
        for (String[] change : new String[][] {
            {"\"version\":2", "\"version\":3"},
            {"\"version\":2", "\"version\":2,\"more\":1"},
            {"shamir_share", "xor_share"},
            {"sp108_kdf", "none"},
            {"\"required\":2", "\"required\":1"},
            {"\"required\":2", "\"required\":4"},
            {"\"required\":2", "\"required\":3"},
            {"\"tag\":\"hsm_backup\"", "\"tag\":\"else\""}
        }) {
            String changed = domain.replace(change[0], change[1]);
            assertTrue(!changed.equals(domain), change[0]);
            assertThrows(SealFailure.class, () -> recover(changed, List.of(0, 1)), change[1]);
        }
        for (String text : List.of("", "null", "[]", "{}", "{\"EncData\":{}}", domain, blob + " {}", blob + "x")) {
            assertThrows(Refused.class, () -> upload(text), text);
        }
    }

    /** Some in the file, some in the blob: changed, removed, added and swapped characters, and parts of them cut off. */
    @Test
    void acceptsNoneOfAThousandMutations() {
        assertEquals(0, accepted(new Random(1), MUTATIONS / 10));
    }

    @Test
    @Tag("slow")
    void acceptsNoneOfManyMutations() {
        assertEquals(0, accepted(new Random(2), MUTATIONS));
    }

    private static int accepted(Random random, int count) {
        int accepted = 0;
        for (int i = 0; i < count; i++) {
            boolean file = i % 2 == 0;
            String text = mutated(file ? domain : blob, random);
            try {
                RootKeys opened = upload(file ? recover(text, List.of(i % 3, (i + 1) % 3)) : text);
                opened.close();
                accepted++;
            } catch (SealFailure | Refused refused) {
                // as it must be
            }
        }
        return accepted;
    }

    private static String mutated(String text, Random random) {
        int at = random.nextInt(text.length());
        char one = CHARACTERS.charAt(random.nextInt(CHARACTERS.length()));
        String changed = switch (random.nextInt(6)) {
            case 0 -> text.substring(0, at) + one + text.substring(at + 1);
            case 1 ->
                text.substring(0, at) + (char) (text.charAt(at) ^ 1 << random.nextInt(7)) + text.substring(at + 1);
            case 2 -> text.substring(0, at) + text.substring(at + 1);
            case 3 -> text.substring(0, at) + text.charAt(at) + text.substring(at);
            case 4 -> text.substring(0, at);
            default -> {
                int other = random.nextInt(text.length() - 1);
                yield text.substring(0, other)
                        + text.charAt(other + 1)
                        + text.charAt(other)
                        + text.substring(other + 2);
            }
        };
        // A space between two of its parts means nothing in JSON: that is no mutation.
        return changed.equals(text) || changed.replaceAll("[ \t\r\n]", "").equals(text)
                ? mutated(text, random)
                : changed;
    }
}
