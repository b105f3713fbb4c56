// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Known answers for RSA: the key and the RS256 signature of RFC 7515 appendix A.2; what has randomness in it (PSS
 * signature, ciphertexts of bytes 0 to 31) was made with that key by OpenSSL 3.0.
 */
final class RsaSelfTests {
    /** RSAPrivateKey; published, so no secret. */
    static final String RSA_2048 =
            "308204a30201000282010100a1f8160ae2e3c9b465ce8d2d656263362b927dbe29e1f02477fc1625cc90a136e38bd934"
                    + "97c5b6ea63dd7711e67c7429f956b0fb8a8f089adc4b69893cc1333f53edd019b87784252fec914fe4857769594bea42"
                    + "80d32c0f55bf62944f130396bc6e9bdf6ebdd2bda3678eeca0c668f701b38dbffb38c8342ce2fe6d27fade4a5a487497"
                    + "9dd4b9cf9adec4c75b05852c2c0f5ef8a5c1750392f944e8ed64c110c6b647609aa4783aeb9c6c9ad755313050638b83"
                    + "665c6f6f7a82a396702a1f641b82d3ebf2392219491fb686872c5716f50af8358d9a8b9d17c340728f7f87d89a18d8fc"
                    + "ab67ad84590c2ecf759339363c07034d6f606f9e21e05456cae5e9a102030100010282010012ae71a469cd0a2bc37e52"
                    + "6c4500571f1d61751d64e949707b62590f9d0ba57c963c401e3fcf2f2cd3bdec88e503bfc6439b0b28c82f7d3797671f"
                    + "5213eed8c15a25d8d5cea0025ee3ab2e8b7f79216fc63bea562753b40644c6a15127d9b2954540a0bbe1a30556982d4e"
                    + "9fde5f6425f14d4b713441b55dc73b9b4aedcc92ace3927e37f57d0cfd5e7581fa512c8f4961a9eb0b80f8a80746728a"
                    + "55ff46471f3425063b9d53642f5ede1e84d613081afa5c22d051285bd63b943b565d898a05685413e53c3c6c6525ff1f"
                    + "e34e3ddc70f0d56450fda48ba12e104e9deb9fb81881e1c4bdf25d9247f450c865927968e77334f4414f75a750e13954"
                    + "6e3a8a739d02818100e01cc410eb48a6655d54464d0aa4bb6da0b872b774a6a9d11ffe480778f0ddb7311a7e902ef9c4"
                    + "b5f75476262ba8176cb35979f014372a1a2829e4136bd001d07c3f3f2e4f25d4c934f63c7109fba2e67628a0dc9a73c6"
                    + "058e6def22dcd50950e711ddc16d5586f2a7fa75ea8494c18083e0b65742f8a0d5e73fb2d970f0194702818100b903c4"
                    + "7e0995b632f4532cb1f3c199145d5f3ae9c7dfeedc7a92a6b47e29c61b42a07aa95a64fc600999c5a7b01e01c08cb62c"
                    + "a756527bbcc56078fb0baba5ed38de2d07990ff6300faeadeb6c039a97bf1e507e4e7040fa78db8257c8b112ed5e59c3"
                    + "cd092fe5d4e5b51275d41281072a5e785ebaf3dae3709203133f5159d702818007029f577024ab9fcc1590c56429d6fb"
                    + "0ce5f820a8f375a866f9cb430093783bfcbb396e4529e6ef52374022dd86ba84d9ef58931beec5d05fa53fcf23b633f8"
                    + "538a9eed51e87b097830a39f5d92937be6024b55db36f7e0c09dcbb72975387f615afbb6cb36bbabe7793c2b03ceab66"
                    + "dbb931baf50b55ec9af9311d001d628d0281810087ff7afa62b547fee0961b2e9bcd5d6718d39d8ca73db6691f38998d"
                    + "e78771762c5da68cc243a5383b166bb23dc570e84706ca801ef5f6bae6236a0aafa3770e8f54d1a8da1c5f8d2899f082"
                    + "331ddb0f5c8f3dfffa4c8d97102bdafe082a118da6633988880e4b55599ce67af26ebfa5b2c14a9de7b2c4dd96abddd2"
                    + "d2224c7502818021877b0c73a1ad6bf19303d0b11336b4e82b8db72b7efb50262a5df8395cc7256eb8cf6c40b7608d59"
                    + "36a32dba174126a527062ead8ca305fb7e177f409437c9dcb9718ed82018bcef0f7720a2c475f9db26da0e3cb516d084"
                    + "eb25178e828d5cabd49bb3161ac0181fa7f821e80e7ad37936f9943054ad092921ee2c592e4375";

    private static final String RS256 =
            "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd73a2663e5166687b"
                    + "000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d09402beedd5d9d97007108db28160d5f8"
                    + "040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44ae61eb1040acb20044d3ef9128ed40130795bd4bd3b41eeca"
                    + "d066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3c2eb02f9e3a41d612caad15911273a05f23b9e838faaf"
                    + "849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b2c25566b55ac1"
                    + "a748a070dfc8a32a469543d019eefb47";

    private static final String PSS =
            "464fce8d5c69a28a7105a9fd37d7c67611d75e3759f853b94665e8c113ebb3521c6314803a6c8afbba2b9082d8880c9c"
                    + "eb430c42f1e0d3b83fcf2a32df3efb61e6336bb122b9f17123b629b3baae9baf8b5b7e9f8a41d11e17d58a39eb13d9ee"
                    + "27c43608a12f5047bfed19c2906415d6c39f33bca79a50ca286290a54e1cafecab4eff87f37655051b00874e20133a4a"
                    + "8e4d5da475adf1ef0dbd48f5b104e648381832cb54a32433f3e1fbba6bd675f8a456919a97147d0dd48779b5c601197d"
                    + "8fbbfb080d38caf1a2886fd06f509ed5975fcc1ccc48df1d9c20d745d9e10578f2216bb124f2183cddc72769d0c5fe5a"
                    + "ecc96ad8998130ab7dfe026c007965f9";

    private static final String OAEP256 =
            "7bd67e4d0418c65fab6ca48ad13f34e9612988e2ccc400105d9bd9d5a8099e9241561dae201c9009a20ee698e15d4c56"
                    + "b9fd062ab75669b92398d5df0251c95f7439971ea7785ff33338422d4e72b77d16c8166ec431d7aed931b661ef003bad"
                    + "d9f559ebd767a6c1149ca0da653ca25104e8331f09b575c44ee7f84ac864a137cc22087c3dc84084867be8c6670d2c49"
                    + "ddc6b5bddb3acfdd9557c78247ec55a6031e7c3cd0a45b6f1aaee33593fa3671736a4041e2e0c4cb3bfe9f0f71f328f5"
                    + "2c680501211e9efe69b114f89a0719072f41cb06a058356d741b0067d210b4b50c53c90b4f5cef929a644cac484386ed"
                    + "02ee8d828c86b768f0bf2f0d138666d6";

    private static final String OAEP1 =
            "3e0518173b84f162e2320ee447784e937121e4c6a7fb4429e999bd404fbf8711c545c95c8e1f3bc67d0d5fc3bed229b5"
                    + "86b0efce0703f478e1a3efb538040ca91e56eddfedce8677527d64540cdad68f3b43e359a82787fbbbbab9296476e03b"
                    + "597edf2e6f6766371b83f3d5616b630e9271487799775379825c6b3ca5ae5990069cd7398fb0d552a75ef3c51e32f4d5"
                    + "4f56b28686838cb7ab5de3b8a2c17787ff2cda06fafb6021c0ea0bd57b39a28c2972659c76ce828840fa2e3039622952"
                    + "ee141b5198ed84ef633e3af9d4b6b5d4f1950c944423d78b7c91bf7c0b47deefdba3cc53f0596ec36f76fe2cb1eec0e7"
                    + "7ae12340e731dfa2dbbb5e22997e37bb";

    private static final String P15 =
            "633ce41811a4acdfb0377684a0ed44ec34aca249b969c7b27e8f09f806e41c30929f6036cdd749e051d35e7bf5a7c1df"
                    + "c337fa72525edb3642ce6aaee5d963d7d1226391b234ca79928c46fa5565016f8d9940633070ecf746432b30e398d73d"
                    + "72b3f872172932ca52c66679c971878b0d4e22951da497ee3e725832c0575608f6386e3037dc4aa6a9f66e48500a556d"
                    + "6eb1d024f3ee60f63ad10a0f85e4d5476cf1df1874cf40c96dfead59d3b1f20309b548c558647b5e8f711ea980ba91a3"
                    + "5926e585ca4e5adde1d047a9b94e84c89e2dd22e14d529bc5f9f37282c663f685fb71a7e1a0b7df13298d7ac5aa2a741"
                    + "5b7911fa39ff89e6960eb7d5d839fba6";

    private static final String DIGEST = "c88a34847b4ffb12a9326e540f144b3dcc4d5515f18701e7d6e0ee7866c9c705";
    private static final String PLAIN = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    /** Where the modulus lies in the encoding above. */
    private static final int MODULUS_AT = 12;

    private RsaSelfTests() {}

    static List<SelfTest> all() {
        return List.of(
                new SelfTest("RS256 sign", RS256, (scratch, cells) -> answer(scratch, signing())),
                new SelfTest("RS256 verify", Asked.VALID, (s, cells) -> answer(s, verifying(Algorithm.RS256, RS256))),
                new SelfTest("PS256 verify", Asked.VALID, (s, cells) -> answer(s, verifying(Algorithm.PS256, PSS))),
                new SelfTest("RSA1_5 decrypt", PLAIN, (s, cells) -> answer(s, decrypting(Algorithm.RSA1_5, P15))),
                new SelfTest("RSA-OAEP decrypt", PLAIN, (s, cells) -> answer(s, decrypting(Algorithm.RSA_OAEP, OAEP1))),
                new SelfTest(
                        "RSA-OAEP-256 decrypt",
                        PLAIN,
                        (s, cells) -> answer(s, decrypting(Algorithm.RSA_OAEP_256, OAEP256))));
    }

    /** The public part of the known key. */
    static PublicPart.Rsa publicPart(byte[] der) {
        byte[] modulus = Arrays.copyOfRange(der, MODULUS_AT, MODULUS_AT + KeyClass.RSA_2048.bytes());
        return new PublicPart.Rsa(modulus, new byte[] {1, 0, 1});
    }

    private static Asked signing() {
        return new Asked(Operation.SIGN, Algorithm.RS256, KeyClass.RSA_2048).put(Field.VALUE, DIGEST);
    }

    private static Asked verifying(Algorithm algorithm, String signature) {
        return new Asked(Operation.VERIFY, algorithm, KeyClass.RSA_2048)
                .put(Field.DIGEST, DIGEST)
                .put(Field.VALUE, signature);
    }

    private static Asked decrypting(Algorithm algorithm, String ciphertext) {
        return new Asked(Operation.DECRYPT, algorithm, KeyClass.RSA_2048).put(Field.VALUE, ciphertext);
    }

    private static byte[] answer(Scratch scratch, Asked prepared) {
        byte[] der = HexFormat.of().parseHex(RSA_2048);
        try (Asked asked = prepared;
                LockedMemory secret = LockedMemory.allocate(der.length, "self-tests")) {
            secret.segment().copyFrom(MemorySegment.ofArray(der));
            try (PairKey key = RsaKeys.load(KeyClass.RSA_2048, publicPart(der), secret.segment())) {
                if (asked.slot().algorithm().family() == Algorithm.Family.RSA_ENCRYPTION) {
                    RsaEncryption.execute(asked.slot(), key, scratch);
                } else {
                    RsaSignature.execute(asked.slot(), key, scratch);
                }
                return asked.answer();
            }
        }
    }
}
