// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.SecretCells;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;

/**
 * Known answers for ECDSA: keys and signatures of the message "sample" from RFC 6979 appendix A.2.5 to A.2.7; for
 * secp256k1 the key 1 with its public point, the generator of SEC 2 section 2.4.1, and the RFC 6979 signature of
 * "Satoshi Nakamoto" that implementations of that curve share.
 *
 * <p>Signing with the libcrypto is random, so its answer is checked by verifying it.
 */
final class EcSelfTests {
    private record Known(
            Algorithm algorithm,
            KeyClass keyClass,
            String scalar,
            String x,
            String y,
            String digest,
            String signature) {}

    private static final Known P_256 = new Known(
            Algorithm.ES256,
            KeyClass.P_256,
            "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
            "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
            "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                    + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");

    private static final Known P_384 = new Known(
            Algorithm.ES384,
            KeyClass.P_384,
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
            "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
            "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
            "9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312313bca4a9b5b890efee42c77b1ee25fe",
            "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
                    + "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8");

    private static final Known P_521 = new Known(
            Algorithm.ES512,
            KeyClass.P_521,
            "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75ca"
                    + "a896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
            "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd37"
                    + "1123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4",
            "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28"
                    + "a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
            "39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f4"
                    + "9a739468ab8049bf18eef820cdb1ad6c9015f838556bc7fad4138b23fdf986c7",
            "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
                    + "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa"
                    + "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
                    + "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a");

    private static final Known P_256K = new Known(
            Algorithm.ES256K,
            KeyClass.P_256K,
            "0000000000000000000000000000000000000000000000000000000000000001",
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
            "a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                    + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");

    private EcSelfTests() {}

    static List<SelfTest> all() {
        return List.of(
                verifies(P_256),
                signs(P_256),
                verifies(P_384),
                signs(P_384),
                verifies(P_521),
                signs(P_521),
                verifies(P_256K),
                signs(P_256K));
    }

    private static SelfTest verifies(Known known) {
        return new SelfTest(
                known.algorithm + " verify",
                Asked.VALID,
                (scratch, cells) -> answer(known, verifying(known, hex(known.signature)), scratch, cells));
    }

    private static SelfTest signs(Known known) {
        return new SelfTest(known.algorithm + " sign", Asked.VALID, (scratch, cells) -> {
            Asked signing = new Asked(Operation.SIGN, known.algorithm, known.keyClass).put(Field.VALUE, known.digest);
            byte[] signature = answer(known, signing, scratch, cells);
            return answer(known, verifying(known, signature), scratch, cells);
        });
    }

    private static Asked verifying(Known known, byte[] signature) {
        return new Asked(Operation.VERIFY, known.algorithm, known.keyClass)
                .put(Field.DIGEST, known.digest)
                .put(Field.VALUE, signature);
    }

    private static byte[] answer(Known known, Asked prepared, Scratch scratch, SecretCells cells) {
        try (Asked asked = prepared;
                Arena arena = Arena.ofConfined()) {
            MemorySegment secret = arena.allocate(known.keyClass.bytes());
            secret.copyFrom(MemorySegment.ofArray(hex(known.scalar)));
            PublicPart.Point point = new PublicPart.Point(hex(known.x), hex(known.y));
            try (LoadedKey key = EcKeys.load(known.keyClass, point, secret, cells)) {
                switch (key) {
                    case PairKey pair -> Ecdsa.execute(asked.slot(), pair, scratch);
                    case CurveKey curve -> CurveEcdsa.execute(asked.slot(), curve, scratch);
                    case SymmetricKey none -> throw new IllegalStateException("an EC key was expected");
                }
                return asked.answer();
            }
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
