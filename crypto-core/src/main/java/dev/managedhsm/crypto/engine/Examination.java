// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import dev.managedhsm.crypto.engine.Engine.Examined;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.MemorySegment;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a key that was made elsewhere is looked at before it is let in: the same steps for every engine, each with its own
 * arithmetic. Stateless between calls.
 *
 * <pre>
 *   encoding strict?  ->  numbers as the standard demands?  ->  does it load?  ->  does it sign what it verifies?
 * </pre>
 */
final class Examination {
    private final Engine engine;
    private final Function<RsaNumbers, RsaArithmetic> arithmetic;
    private final BiFunction<KeyClass, MemorySegment, PublicPart.Point> multiplication;

    /**
     * @param engine what loads the key and proves the pair
     * @param arithmetic the engine's way to calculate with RSA numbers
     * @param multiplication gives the base point times a scalar that is in range
     */
    Examination(
            Engine engine,
            Function<RsaNumbers, RsaArithmetic> arithmetic,
            BiFunction<KeyClass, MemorySegment, PublicPart.Point> multiplication) {
        this.engine = engine;
        this.arithmetic = arithmetic;
        this.multiplication = multiplication;
    }

    /** See {@link Engine#examine}. */
    Examined examine(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret) {
        return switch (keyClass.type()) {
            case RSA -> rsa(keyClass, publicPart, secret);
            case EC -> ec(keyClass, publicPart, secret);
            case OCT ->
                secret.byteSize() == keyClass.bytes()
                        ? new Examined.Sound(new PublicPart.None())
                        : new Examined.Faulty(KeyFault.MALFORMED);
        };
    }

    private Examined rsa(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret) {
        RsaNumbers numbers = RsaNumbers.read(secret);
        if (numbers == null || !(publicPart instanceof PublicPart.Rsa given) || !same(numbers, given)) {
            return new Examined.Faulty(KeyFault.MALFORMED);
        }
        try (RsaArithmetic asked = arithmetic.apply(numbers)) {
            KeyFault fault = RsaRules.fault(keyClass, asked);
            return fault == null ? proved(keyClass, given, secret) : new Examined.Faulty(fault);
        }
    }

    private static boolean same(RsaNumbers numbers, PublicPart.Rsa given) {
        return numbers.modulus().mismatch(MemorySegment.ofArray(given.modulus())) < 0
                && numbers.publicExponent().mismatch(MemorySegment.ofArray(given.exponent())) < 0;
    }

    private Examined ec(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret) {
        if (publicPart != null) {
            KeyFault fault =
                    publicPart instanceof PublicPart.Point given ? EcRules.fault(keyClass, given) : KeyFault.MALFORMED;
            if (fault != null) {
                return new Examined.Faulty(fault);
            }
        }
        KeyFault fault = EcRules.fault(keyClass, secret);
        if (fault != null) {
            return new Examined.Faulty(fault);
        }
        PublicPart.Point point = multiplication.apply(keyClass, secret);
        return publicPart == null || point.equals(publicPart)
                ? proved(keyClass, point, secret)
                : new Examined.Faulty(KeyFault.POINT);
    }

    /** Whatever the rules did not see must not make an engine that holds the key fail later, when somebody uses it. */
    private Examined proved(KeyClass keyClass, PublicPart publicPart, MemorySegment secret) {
        try (EngineKey key = engine.load(keyClass, publicPart, secret)) {
            SelfTest.checkPair(engine, key, none -> false);
            return new Examined.Sound(publicPart);
        } catch (EngineFailure unfit) {
            return new Examined.Faulty(KeyFault.INCONSISTENT);
        }
    }
}
