// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tree of eight leaves that implementations of Certificate Transparency (RFC 6962) publish their vectors for. */
class MerkleVectorsTest {
    private static final List<String> LEAVES =
            List.of("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final List<String> ROOTS = List.of(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    private static final String E = ROOTS.get(1);
    private static final String L01 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    private static final String L23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    private static final String L47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    private static final String L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    private static final String L67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    private static final String L45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

    private final LeafList leaves =
            new LeafList(LEAVES.stream().map(HexFormat.of()::parseHex).toList());
    private final MerkleProofs proofs = new MerkleProofs(leaves);

    @Test
    void rootsOfEverySizeAreThePublishedOnes() throws IOException {
        MerkleTree tree = new MerkleTree();
        for (int size = 0; size <= 8; size++) {
            assertEquals(ROOTS.get(size), HexFormat.of().formatHex(tree.root()));
            assertEquals(ROOTS.get(size), HexFormat.of().formatHex(proofs.root(size)));
            if (size < 8) {
                tree.append(leaves.hash(size), 0);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, ''",
        "0, 8, " + L01 + " " + L23 + " " + L47,
        "5, 8, " + L4 + " " + L67 + " d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "2, 3, fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    })
    void inclusionProofsAreThePublishedOnes(long index, long size, String path) throws IOException {
        InclusionProof proof = proofs.inclusion(index, size);
        assertEquals(path, hex(proof.path()));
        assertTrue(proof.proves(leaves.hash(index), HexFormat.of().parseHex(ROOTS.get((int) size))));
    }

    @Test
    void theProofOfTheSecondOfFiveIsThePublishedOne() throws IOException {
        assertEquals(String.join(" ", E, L23, L4), hex(proofs.inclusion(1, 5).path()));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, ''",
        "1, 8, " + L01 + " " + L23 + " " + L47,
        "6, 8, " + L45 + " " + L67 + " d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "2, 5, " + L23 + " " + L4,
    })
    void consistencyProofsAreThePublishedOnes(long from, long to, String path) throws IOException {
        ConsistencyProof proof = proofs.consistency(from, to);
        assertEquals(path, hex(proof.path()));
        assertTrue(proof.proves(
                HexFormat.of().parseHex(ROOTS.get((int) from)), HexFormat.of().parseHex(ROOTS.get((int) to))));
    }

    private static String hex(List<byte[]> path) {
        return String.join(" ", path.stream().map(HexFormat.of()::formatHex).toList());
    }
}
