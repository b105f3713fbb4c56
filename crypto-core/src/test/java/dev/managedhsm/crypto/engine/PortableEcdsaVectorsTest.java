// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** ECDSA vectors that only this engine can run, because its nonces are deterministic. */
final class PortableEcdsaVectorsTest {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** RFC 6979 appendix A.2.5, SHA-256, message "sample". */
    @Test
    void signsWithTheNoncesOfRfc6979() throws NoSuchAlgorithmException {
        KnownAnswer sample = new KnownAnswer(
                "RFC 6979 A.2.5",
                KeyClass.P_256,
                new PublicPart.Point(
                        HEX.parseHex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
                        HEX.parseHex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")),
                HEX.parseHex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
                Operation.SIGN,
                Algorithm.ES256,
                Map.of(
                        Field.VALUE,
                        MessageDigest.getInstance("SHA-256").digest("sample".getBytes(StandardCharsets.US_ASCII))),
                Outcome.DONE,
                HEX.parseHex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                        + "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"));
        try (Engine engine = new PortableEngine(name -> false);
                Rehearsal rehearsal = new Rehearsal(engine);
                EngineKey key = sample.load(engine)) {
            assertNull(sample.complaint(rehearsal, key));
        }
    }

    @TestFactory
    Stream<DynamicTest> signsTheSameDigestInTheSameWay() {
        return Bench.pairs(Algorithm.Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    try (Engine engine = new PortableEngine(name -> false);
                            Bench bench = new Bench(engine)) {
                        byte[] digest = bench.random(pair.algorithm().digestLength());
                        byte[] one = bench.sign(pair, digest);
                        assertEquals(2 * pair.keyClass().bytes(), one.length);
                        assertArrayEquals(one, bench.sign(pair, digest));
                    }
                }));
    }
}
