// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.memory.SecretCells;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;

/** Known answers for AES and HMAC; the source of each stands at its values. */
final class SymmetricSelfTests {
    // RFC 4231 section 4.2. Its key has 20 bytes; HMAC fills short keys up with zero bytes, so 32 bytes give the same
    // MAC.
    private static final String HMAC_KEY = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000";
    private static final String HMAC_DATA = "4869205468657265";
    private static final String HS256 = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    private static final String HS384 =
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6";
    private static final String HS512 = "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854";

    // McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test case 16.
    private static final String GCM_KEY = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    private static final String GCM_IV = "cafebabefacedbaddecaf888";
    private static final String GCM_AAD = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    private static final String GCM_PLAIN = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    private static final String GCM_CIPHER = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
    private static final String GCM_TAG = "76fc6ece0f4e1768cddf8853bb2d551b";

    // NIST SP 800-38A appendix F.2.5, first block.
    private static final String CBC_KEY = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    private static final String CBC_IV = "000102030405060708090a0b0c0d0e0f";
    private static final String CBC_PLAIN = "6bc1bee22e409f96e93d7e117393172a";
    private static final String CBC_CIPHER = "f58c4c04d6e5f1ba779eabfb5f7bfbd6";

    // RFC 3394 section 4.6.
    private static final String KW_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private static final String KW_PLAIN = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f";
    private static final String KW_CIPHER =
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b" + "fb988b9b7a02dd21";

    // RFC 5649 section 6, first example.
    private static final String KWP_KEY = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8";
    private static final String KWP_PLAIN = "c37b7e6492584340bed12207808941155068f738";
    private static final String KWP_CIPHER = "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a";

    private SymmetricSelfTests() {}

    private interface Family {
        void execute(OperationSlot slot, SymmetricKey key, Scratch scratch);
    }

    static List<SelfTest> all() {
        return List.of(
                hmac(Algorithm.HS256, HS256),
                hmac(Algorithm.HS384, HS384),
                hmac(Algorithm.HS512, HS512),
                new SelfTest("AES-GCM encrypt", GCM_CIPHER + GCM_TAG, SymmetricSelfTests::sealed),
                new SelfTest("AES-GCM decrypt", GCM_PLAIN, (scratch, cells) -> {
                    Asked asked = asked(Operation.DECRYPT, Algorithm.A256GCM, KeyClass.OCT_256, GCM_CIPHER)
                            .put(Field.IV, GCM_IV)
                            .put(Field.AAD, GCM_AAD)
                            .put(Field.TAG, GCM_TAG);
                    return answer(asked, AesGcm::execute, KeyClass.OCT_256, GCM_KEY, scratch, cells);
                }),
                cbc(Operation.ENCRYPT, CBC_PLAIN, CBC_CIPHER),
                cbc(Operation.DECRYPT, CBC_CIPHER, CBC_PLAIN),
                wrap("AES-KW wrap", Operation.WRAP_KEY, Algorithm.A256KW, KW_KEY, KW_PLAIN, KW_CIPHER),
                wrap("AES-KW unwrap", Operation.UNWRAP_KEY, Algorithm.A256KW, KW_KEY, KW_CIPHER, KW_PLAIN),
                wrap(
                        "AES-KWP wrap",
                        Operation.WRAP_KEY,
                        Algorithm.CKM_AES_KEY_WRAP_PAD,
                        KWP_KEY,
                        KWP_PLAIN,
                        KWP_CIPHER),
                wrap(
                        "AES-KWP unwrap",
                        Operation.UNWRAP_KEY,
                        Algorithm.CKM_AES_KEY_WRAP_PAD,
                        KWP_KEY,
                        KWP_CIPHER,
                        KWP_PLAIN));
    }

    private static SelfTest hmac(Algorithm algorithm, String mac) {
        return new SelfTest(algorithm.name(), mac, (scratch, cells) -> {
            Asked asked = asked(Operation.SIGN, algorithm, KeyClass.OCT_256, HMAC_DATA);
            return answer(asked, Hmac::execute, KeyClass.OCT_256, HMAC_KEY, scratch, cells);
        });
    }

    private static SelfTest cbc(Operation operation, String in, String out) {
        String name = operation == Operation.ENCRYPT ? "AES-CBC encrypt" : "AES-CBC decrypt";
        return new SelfTest(name, out, (scratch, cells) -> {
            Asked asked =
                    asked(operation, Algorithm.A256CBC, KeyClass.OCT_256, in).put(Field.IV, CBC_IV);
            return answer(asked, AesCbc::execute, KeyClass.OCT_256, CBC_KEY, scratch, cells);
        });
    }

    private static SelfTest wrap(
            String name, Operation operation, Algorithm algorithm, String key, String in, String out) {
        KeyClass keyClass = key.length() == 64 ? KeyClass.OCT_256 : KeyClass.OCT_192;
        return new SelfTest(name, out, (scratch, cells) -> {
            Asked asked = asked(operation, algorithm, keyClass, in);
            return answer(asked, AesKeyWrap::execute, keyClass, key, scratch, cells);
        });
    }

    private static Asked asked(Operation operation, Algorithm algorithm, KeyClass keyClass, String value) {
        return new Asked(operation, algorithm, keyClass).put(Field.VALUE, value);
    }

    private static byte[] answer(
            Asked prepared, Family family, KeyClass keyClass, String keyHex, Scratch scratch, SecretCells cells) {
        try (Asked asked = prepared;
                Arena arena = Arena.ofConfined();
                SymmetricKey key = SymmetricKey.load(keyClass, segment(arena, keyHex), cells)) {
            family.execute(asked.slot(), key, scratch);
            return asked.answer();
        }
    }

    /** Encryption with a given vector, which no caller can have: ciphertext, then tag. */
    private static byte[] sealed(Scratch scratch, SecretCells cells) {
        try (Arena arena = Arena.ofConfined();
                SymmetricKey key = SymmetricKey.load(KeyClass.OCT_256, segment(arena, GCM_KEY), cells)) {
            MemorySegment in = segment(arena, GCM_PLAIN);
            MemorySegment aad = segment(arena, GCM_AAD);
            int length = (int) in.byteSize();
            MemorySegment out = arena.allocate(length + AesGcm.TAG_LENGTH);
            AesGcm.seal(
                    key,
                    segment(arena, GCM_IV).address(),
                    aad.address(),
                    (int) aad.byteSize(),
                    in.address(),
                    length,
                    out.address(),
                    out.address() + length,
                    scratch);
            return out.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        }
    }

    private static MemorySegment segment(Arena arena, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }
}
