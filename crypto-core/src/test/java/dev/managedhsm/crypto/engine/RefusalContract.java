// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every reason for which an engine ends an operation without doing it, by its outcome. */
interface RefusalContract extends OnBench {
    Pair GCM = new Pair(Algorithm.A256GCM, KeyClass.OCT_256);

    /** A length that no rule forbids anywhere, so that only the mismatch can be the reason. */
    private static Map<Field, byte[]> harmless() {
        return Map.of(Field.VALUE, new byte[32], Field.DIGEST, new byte[32]);
    }

    @Test
    default void refusesAlgorithmsThatDoNotFitTheKey() {
        for (Algorithm algorithm : Algorithm.values()) {
            for (KeyClass keyClass : KeyClass.values()) {
                for (Operation operation : Operation.values()) {
                    if (!algorithm.fits(keyClass)) {
                        ends(Outcome.ALGORITHM_MISMATCH, new Pair(algorithm, keyClass), operation, harmless());
                    }
                }
            }
        }
    }

    @Test
    default void refusesOperationsThatTheAlgorithmDoesNotServe() {
        Bench.pairs(Family.values()).forEach(pair -> {
            for (Operation operation : Operation.values()) {
                if (!pair.algorithm().serves(operation)) {
                    ends(Outcome.ALGORITHM_MISMATCH, pair, operation, harmless());
                }
            }
        });
    }

    @Test
    default void refusesDigestsOfAnotherLength() {
        Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE, Family.ECDSA, Family.HMAC)
                .filter(pair -> pair.algorithm() != Algorithm.RSNULL)
                .forEach(pair -> {
                    int good = pair.algorithm().digestLength();
                    for (int length : new int[] {0, 20, good - 1, good + 1, 2 * good}) {
                        byte[] digest = new byte[length];
                        ends(Outcome.BAD_DIGEST_LENGTH, pair, Operation.SIGN, Map.of(Field.VALUE, digest));
                        Map<Field, byte[]> signed = Map.of(Field.DIGEST, digest, Field.VALUE, new byte[64]);
                        ends(Outcome.BAD_DIGEST_LENGTH, pair, Operation.VERIFY, signed);
                    }
                    ends(Outcome.BAD_DIGEST_LENGTH, pair, Operation.SIGN, Map.of());
                    ends(Outcome.BAD_DIGEST_LENGTH, pair, Operation.VERIFY, Map.of(Field.VALUE, new byte[good]));
                });
    }

    @Test
    default void takesSignaturesOfAnotherLengthAsInvalid() {
        Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE, Family.ECDSA, Family.HMAC)
                .forEach(pair -> {
                    byte[] digest = bench().random(
                                    pair.algorithm() == Algorithm.RSNULL
                                            ? 20
                                            : pair.algorithm().digestLength());
                    byte[] good = bench().sign(pair, digest);
                    for (int length : new int[] {0, 1, good.length - 1, good.length + 1, 2 * good.length}) {
                        byte[] signature = Arrays.copyOf(good, length);
                        assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, signature));
                    }
                    ends(Outcome.SIGNATURE_INVALID, pair, Operation.VERIFY, Map.of(Field.DIGEST, digest));
                });
    }

    @Test
    default void refusesValuesThatDoNotFitTypeOnePadding() {
        for (KeyClass keyClass : new KeyClass[] {KeyClass.RSA_2048, KeyClass.RSA_3072, KeyClass.RSA_4096}) {
            Pair pair = new Pair(Algorithm.RSNULL, keyClass);
            for (int length : new int[] {0, keyClass.bytes() - 10, keyClass.bytes()}) {
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.SIGN, Map.of(Field.VALUE, new byte[length]));
                Map<Field, byte[]> signed =
                        Map.of(Field.DIGEST, new byte[length], Field.VALUE, new byte[keyClass.bytes()]);
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.VERIFY, signed);
            }
        }
    }

    @Test
    default void refusesPlaintextsThatDoNotFitTheModulus() {
        Bench.pairs(Family.RSA_ENCRYPTION).forEach(pair -> {
            int most = RoundTripContract.rsaMost(pair);
            for (int length : new int[] {most + 1, pair.keyClass().bytes(), 8192}) {
                Map<Field, byte[]> value = Map.of(Field.VALUE, new byte[length]);
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.ENCRYPT, value);
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.WRAP_KEY, value);
            }
        });
    }

    @Test
    default void failsToDecryptRsaCiphertextsOfAnotherLength() {
        Bench.pairs(Family.RSA_ENCRYPTION).forEach(pair -> {
            int modulus = pair.keyClass().bytes();
            for (int length : new int[] {0, 1, modulus - 1, modulus + 1, 8192}) {
                Map<Field, byte[]> value = Map.of(Field.VALUE, new byte[length]);
                ends(Outcome.DECRYPTION_FAILED, pair, Operation.DECRYPT, value);
                ends(Outcome.DECRYPTION_FAILED, pair, Operation.UNWRAP_KEY, value);
            }
        });
    }

    @Test
    default void refusesVectorsGivenToGcmEncryption() {
        for (int length : new int[] {0, 12, 16}) {
            Map<Field, byte[]> inputs = Map.of(Field.VALUE, new byte[4], Field.IV, new byte[length]);
            ends(Outcome.BAD_IV, GCM, Operation.ENCRYPT, inputs);
        }
    }

    @Test
    default void refusesGcmDecryptionWithoutAVectorOfTwelveBytes() {
        Answer sealed = bench().ask(GCM, Operation.ENCRYPT, Map.of(Field.VALUE, new byte[4]));
        ends(Outcome.BAD_IV, GCM, Operation.DECRYPT, Map.of(Field.VALUE, sealed.value(), Field.TAG, sealed.tag()));
        for (int length : new int[] {0, 8, 11, 13, 16}) {
            Map<Field, byte[]> inputs =
                    Map.of(Field.VALUE, sealed.value(), Field.TAG, sealed.tag(), Field.IV, new byte[length]);
            ends(Outcome.BAD_IV, GCM, Operation.DECRYPT, inputs);
        }
    }

    @Test
    default void refusesGcmDecryptionWithoutATagOfSixteenBytes() {
        Answer sealed = bench().ask(GCM, Operation.ENCRYPT, Map.of(Field.VALUE, new byte[4]));
        ends(Outcome.BAD_TAG, GCM, Operation.DECRYPT, Map.of(Field.VALUE, sealed.value(), Field.IV, sealed.iv()));
        for (int length : new int[] {0, 1, 4, 8, 12, 15, 17, 32}) {
            byte[] tag = Arrays.copyOf(sealed.tag(), length);
            Map<Field, byte[]> inputs = Map.of(Field.VALUE, sealed.value(), Field.IV, sealed.iv(), Field.TAG, tag);
            ends(Outcome.BAD_TAG, GCM, Operation.DECRYPT, inputs);
        }
    }

    @Test
    default void refusesCbcWithoutAVectorOfSixteenBytes() {
        Bench.pairs(Family.AES_CBC, Family.AES_CBC_PAD).forEach(pair -> {
            for (Operation operation : new Operation[] {Operation.ENCRYPT, Operation.DECRYPT}) {
                ends(Outcome.BAD_IV, pair, operation, Map.of(Field.VALUE, new byte[32]));
                for (int length : new int[] {0, 12, 15, 17, 32}) {
                    Map<Field, byte[]> inputs = Map.of(Field.VALUE, new byte[32], Field.IV, new byte[length]);
                    ends(Outcome.BAD_IV, pair, operation, inputs);
                }
            }
        });
    }

    @Test
    default void refusesCbcOverPartsOfBlocks() {
        Bench.pairs(Family.AES_CBC, Family.AES_CBC_PAD).forEach(pair -> {
            for (int length : new int[] {0, 1, 15, 17, 40}) {
                Map<Field, byte[]> inputs = Map.of(Field.VALUE, new byte[length], Field.IV, new byte[16]);
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.DECRYPT, inputs);
                if (pair.algorithm().family() == Family.AES_CBC) {
                    ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.ENCRYPT, inputs);
                }
            }
        });
    }

    @Test
    default void refusesKeyWrapOverPartsOfSemiblocksOrTooFew() {
        Bench.pairs(Family.AES_KEY_WRAP).forEach(pair -> {
            for (int length : new int[] {0, 1, 8, 15, 17, 20, 33}) {
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.WRAP_KEY, Map.of(Field.VALUE, new byte[length]));
            }
            for (int length : new int[] {0, 8, 16, 23, 25, 36}) {
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, new byte[length]));
            }
        });
    }

    @Test
    default void refusesPaddedKeyWrapOverNothingAndUnwrapOverPartsOfSemiblocks() {
        Bench.pairs(Family.AES_KEY_WRAP_PAD).forEach(pair -> {
            ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.WRAP_KEY, Map.of());
            ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.WRAP_KEY, Map.of(Field.VALUE, new byte[0]));
            for (int length : new int[] {0, 8, 15, 17, 20, 31}) {
                ends(Outcome.BAD_VALUE_LENGTH, pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, new byte[length]));
            }
        });
    }

    @Test
    default void refusesValuesWhoseAnswerWouldNotFitTheSlot() {
        Bench.pairs(Family.AES_GCM, Family.AES_CBC, Family.AES_CBC_PAD, Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .forEach(pair -> {
                    Operation protect =
                            pair.algorithm().serves(Operation.ENCRYPT) ? Operation.ENCRYPT : Operation.WRAP_KEY;
                    Operation undo = protect == Operation.ENCRYPT ? Operation.DECRYPT : Operation.UNWRAP_KEY;
                    byte[] more = new byte[Limits.VALUE_LENGTH_MAX + 16];
                    byte[] evenMore = new byte[Limits.VALUE_LENGTH_MAX + 32];
                    boolean gcm = pair.algorithm().family() == Family.AES_GCM;
                    Map<Field, byte[]> ask =
                            gcm ? Map.of(Field.VALUE, more) : Map.of(Field.VALUE, more, Field.IV, new byte[16]);
                    ends(Outcome.BAD_VALUE_LENGTH, pair, protect, ask);
                    Map<Field, byte[]> back =
                            Map.of(Field.VALUE, evenMore, Field.IV, new byte[gcm ? 12 : 16], Field.TAG, new byte[16]);
                    ends(Outcome.BAD_VALUE_LENGTH, pair, undo, back);
                });
    }

    @Test
    default void ignoresFieldsThatTheAlgorithmDoesNotTake() {
        byte[] noise = {1, 2, 3};
        Map<Field, byte[]> sign = Map.of(
                Field.VALUE, new byte[32], Field.IV, noise, Field.AAD, noise, Field.TAG, noise, Field.DIGEST, noise);
        Pair hmac = new Pair(Algorithm.HS256, KeyClass.OCT_256);
        assertEquals(Outcome.DONE, bench().outcome(hmac, Operation.SIGN, sign));
        assertEquals(Outcome.DONE, bench().outcome(new Pair(Algorithm.ES256, KeyClass.P_256), Operation.SIGN, sign));
        assertEquals(
                Outcome.DONE, bench().outcome(new Pair(Algorithm.RSA1_5, KeyClass.RSA_2048), Operation.ENCRYPT, sign));
        assertEquals(
                Outcome.DONE, bench().outcome(new Pair(Algorithm.A256KW, KeyClass.OCT_256), Operation.WRAP_KEY, sign));
        Map<Field, byte[]> gcm = Map.of(Field.VALUE, new byte[32], Field.TAG, noise, Field.DIGEST, noise);
        assertEquals(Outcome.DONE, bench().outcome(GCM, Operation.ENCRYPT, gcm));
    }

    @Test
    default void refusesAKeyOfAnotherEngine() {
        EngineKey stranger = new EngineKey() {
            @Override
            public KeyClass keyClass() {
                return KeyClass.OCT_256;
            }

            @Override
            public void close() {}
        };
        assertThrows(
                IllegalStateException.class,
                () -> bench().ask(stranger, Operation.SIGN, Algorithm.HS256, Map.of(Field.VALUE, new byte[32])));
    }

    private void ends(Outcome outcome, Pair pair, Operation operation, Map<Field, byte[]> inputs) {
        assertEquals(
                outcome,
                bench().outcome(pair, operation, inputs),
                () -> pair + ", " + operation + ", " + inputs.keySet());
    }
}
