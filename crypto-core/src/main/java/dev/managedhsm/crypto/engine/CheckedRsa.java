// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.crypto.AsymmetricBlockCipher;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.jspecify.annotations.Nullable;

/**
 * The bare RSA permutation, RFC 8017 section 5: blinded, and every private result checked with the public exponent
 * before anybody sees it, because one faulty half of the Chinese remainder gives the factors away.
 *
 * <p>For one call; not shared.
 */
final class CheckedRsa implements AsymmetricBlockCipher {
    private final RSABlindedEngine engine = new RSABlindedEngine();
    private final SecureRandom random;
    private @Nullable RSAPrivateCrtKeyParameters privateKey;

    /** @param random for blinding */
    CheckedRsa(SecureRandom random) {
        this.random = random;
    }

    @Override
    public void init(boolean forEncryption, CipherParameters parameters) {
        CipherParameters key = parameters instanceof ParametersWithRandom both ? both.getParameters() : parameters;
        privateKey = key instanceof RSAPrivateCrtKeyParameters secret ? secret : null;
        engine.init(forEncryption, new ParametersWithRandom(key, random));
    }

    @Override
    public int getInputBlockSize() {
        return engine.getInputBlockSize();
    }

    @Override
    public int getOutputBlockSize() {
        return engine.getOutputBlockSize();
    }

    /**
     * Applies the permutation to a number below the modulus.
     *
     * @return with {@code forEncryption} as long as the modulus, else without leading zero bytes
     * @throws EngineFailure if a private result does not lead back to the input
     */
    @Override
    public byte[] processBlock(byte[] in, int inOff, int inLen) {
        RSAPrivateCrtKeyParameters key = privateKey;
        if (key == null) {
            return engine.processBlock(in, inOff, inLen);
        }
        byte[] result = undone(in, inOff, inLen);
        check(key, new BigInteger(1, in, inOff, inLen), result);
        return result;
    }

    /** The library checks its blinded result; this checks what is given out, whatever the library does. */
    static void check(RSAPrivateCrtKeyParameters key, BigInteger input, byte[] result) {
        BigInteger back = new BigInteger(1, result).modPow(key.getPublicExponent(), key.getModulus());
        if (!back.equals(input)) {
            throw new EngineFailure("an RSA private operation gave a wrong result; replace this machine");
        }
    }

    private byte[] undone(byte[] in, int inOff, int inLen) {
        try {
            return engine.processBlock(in, inOff, inLen);
        } catch (IllegalStateException faulty) {
            // The library's own check of the same thing. Its exception is not carried on: it may hold the result.
            throw new EngineFailure("an RSA private operation failed its check; replace this machine");
        }
    }
}
