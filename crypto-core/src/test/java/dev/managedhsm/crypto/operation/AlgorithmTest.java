// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import org.junit.jupiter.api.Test;

class AlgorithmTest {
    @Test
    void bindsEachEcdsaAlgorithmToOneCurve() {
        assertTrue(Algorithm.ES256.fits(KeyClass.P_256));
        assertFalse(Algorithm.ES256.fits(KeyClass.P_256K));
        assertTrue(Algorithm.ES256K.fits(KeyClass.P_256K));
        assertFalse(Algorithm.ES512.fits(KeyClass.P_384));
    }

    @Test
    void bindsEachNamedAesAlgorithmToOneKeyLength() {
        assertTrue(Algorithm.A192GCM.fits(KeyClass.OCT_192));
        assertFalse(Algorithm.A192GCM.fits(KeyClass.OCT_256));
        assertFalse(Algorithm.A128KW.fits(KeyClass.RSA_2048));
        assertTrue(Algorithm.CKM_AES_KEY_WRAP.fits(KeyClass.OCT_128));
        assertTrue(Algorithm.CKM_AES_KEY_WRAP.fits(KeyClass.OCT_256));
    }

    @Test
    void servesOnlyTheOperationsOfItsFamily() {
        assertTrue(Algorithm.RSA_OAEP.serves(Operation.WRAP_KEY));
        assertTrue(Algorithm.RSA_OAEP.serves(Operation.DECRYPT));
        assertFalse(Algorithm.RSA_OAEP.serves(Operation.SIGN));
        assertFalse(Algorithm.A256GCM.serves(Operation.WRAP_KEY));
        assertFalse(Algorithm.A256KW.serves(Operation.ENCRYPT));
        assertTrue(Algorithm.HS384.serves(Operation.VERIFY));
    }

    @Test
    void demandsTheDigestOfItsHash() {
        assertEquals(32, Algorithm.ES256K.digestLength());
        assertEquals(64, Algorithm.ES512.digestLength());
        assertEquals(48, Algorithm.PS384.digestLength());
        assertEquals(0, Algorithm.RSNULL.digestLength());
    }
}
