// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Trees and proofs against the recursive definition, for sizes on both sides of a remembered subtree. */
class MerkleProperties {
    private static final int SIZE_MAX = 2600;

    private static final LeafList LEAVES = new LeafList(leaves());
    private static final MerkleProofs PROOFS = new MerkleProofs(LEAVES);

    private static List<byte[]> leaves() {
        List<byte[]> leaves = new ArrayList<>();
        for (int i = 0; i < SIZE_MAX; i++) {
            leaves.add(Integer.toString(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        return leaves;
    }

    @Property(tries = 200)
    void theFrontierHasTheRootOfTheModelAndSurvivesItsEncoding(
            @ForAll @IntRange(max = SIZE_MAX) int size, @ForAll @IntRange(max = SIZE_MAX) int cut) {
        MerkleTree tree = new MerkleTree();
        for (int i = 0; i < size; i++) {
            if (i == cut) {
                tree = MerkleTree.decode(tree.encode());
            }
            tree.append(LEAVES.hash(i), 0);
        }
        assertArrayEquals(LEAVES.modelRoot(0, size), tree.root());
        assertArrayEquals(tree.root(), MerkleTree.decode(tree.encode()).root());
    }

    @Property(tries = 300)
    void everyEventIsProvenInItsPlaceAndNoOther(
            @ForAll @IntRange(min = 1, max = SIZE_MAX) int size,
            @ForAll @IntRange(max = SIZE_MAX) int at,
            @ForAll @IntRange(max = SIZE_MAX) int otherAt)
            throws IOException {
        int index = at % size;
        int other = otherAt % size;
        byte[] root = LEAVES.modelRoot(0, size);
        InclusionProof proof = PROOFS.inclusion(index, size);
        assertTrue(proof.proves(LEAVES.hash(index), root));
        if (other != index) {
            assertFalse(proof.proves(LEAVES.hash(other), root));
            assertFalse(new InclusionProof(other, size, proof.path()).proves(LEAVES.hash(index), root));
        }
        for (int i = 0; i < proof.path().size(); i++) {
            List<byte[]> changed = new ArrayList<>(proof.path());
            changed.set(i, flipped(changed.get(i), other));
            assertFalse(new InclusionProof(index, size, changed).proves(LEAVES.hash(index), root));
            changed.remove(i);
            assertFalse(new InclusionProof(index, size, changed).proves(LEAVES.hash(index), root));
        }
        List<byte[]> longer = new ArrayList<>(proof.path());
        longer.add(root);
        assertFalse(new InclusionProof(index, size, longer).proves(LEAVES.hash(index), root));
    }

    @Property(tries = 300)
    void aLaterLogIsProvenToBeginWithTheEarlierOneAndNoOther(
            @ForAll @IntRange(max = SIZE_MAX) int one, @ForAll @IntRange(max = SIZE_MAX) int other) throws IOException {
        int from = Math.min(one, other);
        int to = Math.max(one, other);
        byte[] earlier = LEAVES.modelRoot(0, from);
        byte[] later = LEAVES.modelRoot(0, to);
        ConsistencyProof proof = PROOFS.consistency(from, to);
        assertTrue(proof.proves(earlier, later));
        assertFalse(proof.proves(flipped(earlier, one), later));
        if (from > 0) {
            assertFalse(proof.proves(earlier, flipped(later, other)));
        }
        for (int i = 0; i < proof.path().size(); i++) {
            List<byte[]> changed = new ArrayList<>(proof.path());
            changed.set(i, flipped(changed.get(i), other));
            assertFalse(new ConsistencyProof(from, to, changed).proves(earlier, later));
            changed.remove(i);
            assertFalse(new ConsistencyProof(from, to, changed).proves(earlier, later));
        }
        List<byte[]> longer = new ArrayList<>(proof.path());
        longer.add(later);
        assertFalse(new ConsistencyProof(from, to, longer).proves(earlier, later));
    }

    @Property(tries = 50)
    void noFrontierIsReadFromTooFewOrTooManyBytes(@ForAll @IntRange(max = 300) int size) {
        MerkleTree tree = new MerkleTree();
        for (int i = 0; i < size; i++) {
            tree.append(LEAVES.hash(i), 0);
        }
        byte[] encoded = tree.encode();
        assertThrows(
                IllegalArgumentException.class,
                () -> MerkleTree.decode(java.util.Arrays.copyOf(encoded, encoded.length - 1)));
        assertThrows(
                IllegalArgumentException.class,
                () -> MerkleTree.decode(java.util.Arrays.copyOf(encoded, encoded.length + 1)));
    }

    private static byte[] flipped(byte[] hash, int bit) {
        byte[] other = hash.clone();
        other[bit / 8 % other.length] ^= (byte) (1 << bit % 8);
        return other;
    }
}
