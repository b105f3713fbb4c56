// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.encodings.OAEPEncoding;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.RFC5649WrapEngine;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.params.RSAKeyParameters;

/** Whole keys on their way to or from the holder of an RSA key: see {@link KeyTransport}. For one call. */
final class PortableTransport {
    private static final int AES_KEY_LENGTH = 32;

    private final KeyTransport transport;
    private final SecureRandom random;

    PortableTransport(KeyTransport transport, SecureRandom random) {
        this.transport = transport;
        this.random = random;
    }

    /** Wraps; answers the length. */
    int wrap(PublicPart.Rsa to, MemorySegment plain, MemorySegment out, HeapCopies copies) {
        // "Internal" skips the library's search for small factors: who sends a bad key harms nobody else.
        RSAKeyParameters key =
                new RSAKeyParameters(false, new BigInteger(1, to.modulus()), new BigInteger(1, to.exponent()), true);
        byte[] aesKey = copies.allocate(AES_KEY_LENGTH);
        random.nextBytes(aesKey);
        try {
            OAEPEncoding oaep = oaep();
            oaep.init(true, new ParametersWithRandom(key, random));
            byte[] first = oaep.processBlock(aesKey, 0, aesKey.length);
            RFC5649WrapEngine wrapper = wrapper(true, aesKey, copies);
            byte[] secret = copies.copy(plain);
            byte[] second = wrapper.wrap(secret, 0, secret.length);
            MemorySegment.copy(MemorySegment.ofArray(first), 0, out, 0, first.length);
            MemorySegment.copy(MemorySegment.ofArray(second), 0, out, first.length, second.length);
            return first.length + second.length;
        } catch (InvalidCipherTextException impossible) {
            throw new EngineFailure("RSA-OAEP could not encode a key");
        }
    }

    /** Unwraps; answers the length, or {@link Engine#TRANSPORT_FAILED} for every reason alike. */
    int unwrap(PortableKey key, MemorySegment wrapped, MemorySegment out, HeapCopies copies) {
        int modulusLength = key.keyClass().bytes();
        byte[] standIn = copies.allocate(AES_KEY_LENGTH);
        random.nextBytes(standIn);
        byte[] opened = opened(key, copies.copy(wrapped.asSlice(0, modulusLength)), copies);
        boolean good = opened.length == 16 || opened.length == 24 || opened.length == 32;
        byte[] second = copies.copy(wrapped.asSlice(modulusLength));
        try {
            byte[] secret =
                    copies.keep(wrapper(false, good ? opened : standIn, copies).unwrap(second, 0, second.length));
            if (good) {
                MemorySegment.copy(MemorySegment.ofArray(secret), 0, out, 0, secret.length);
                return secret.length;
            }
        } catch (InvalidCipherTextException notIntact) {
            // The same answer as for the stand-in.
        }
        out.fill((byte) 0);
        return Engine.TRANSPORT_FAILED;
    }

    /** Encrypts few bytes; answers the length. */
    int encrypt(PublicPart.Rsa to, MemorySegment plain, MemorySegment out, HeapCopies copies) {
        RSAKeyParameters key =
                new RSAKeyParameters(false, new BigInteger(1, to.modulus()), new BigInteger(1, to.exponent()), true);
        byte[] content = copies.copy(plain);
        try {
            OAEPEncoding oaep = oaep();
            oaep.init(true, new ParametersWithRandom(key, random));
            byte[] sealed = oaep.processBlock(content, 0, content.length);
            MemorySegment.copy(MemorySegment.ofArray(sealed), 0, out, 0, sealed.length);
            return sealed.length;
        } catch (InvalidCipherTextException impossible) {
            throw new EngineFailure("RSA-OAEP could not encode a key");
        }
    }

    /** Decrypts; answers the length, or {@link Engine#TRANSPORT_FAILED} for every reason alike. */
    int decrypt(PortableKey key, MemorySegment sealed, MemorySegment out, HeapCopies copies) {
        byte[] opened = opened(key, copies.copy(sealed), copies);
        if (opened.length == 0) {
            out.fill((byte) 0);
            return Engine.TRANSPORT_FAILED;
        }
        MemorySegment.copy(MemorySegment.ofArray(opened), 0, out, 0, opened.length);
        return opened.length;
    }

    /** What the RSA part holds; empty if it is bad. */
    private byte[] opened(PortableKey key, byte[] first, HeapCopies copies) {
        BigInteger modulus = key.publicKey(RSAKeyParameters.class).getModulus();
        if (new BigInteger(1, first).compareTo(modulus) >= 0) {
            return new byte[0];
        }
        try {
            OAEPEncoding oaep = oaep();
            oaep.init(false, new ParametersWithRandom(RsaSecret.read(key.secret()), random));
            return copies.keep(oaep.processBlock(first, 0, first.length));
        } catch (InvalidCipherTextException badPadding) {
            return new byte[0];
        }
    }

    private OAEPEncoding oaep() {
        Digest digest = switch (transport) {
            case OAEP_SHA1 -> new SHA1Digest();
            case OAEP_SHA256 -> Digests.ofLength(32);
            case OAEP_SHA384 -> Digests.ofLength(48);
        };
        return new OAEPEncoding(new CheckedRsa(random), digest);
    }

    private static RFC5649WrapEngine wrapper(boolean wraps, byte[] aesKey, HeapCopies copies) {
        KeyParameter parameter = new KeyParameter(aesKey);
        copies.keep(parameter.getKey());
        RFC5649WrapEngine wrapper = new RFC5649WrapEngine(AESEngine.newInstance());
        wrapper.init(wraps, parameter);
        return wrapper;
    }
}
