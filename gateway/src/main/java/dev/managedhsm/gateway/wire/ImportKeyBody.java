// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.lifecycle.KeyMaterial;
import dev.managedhsm.crypto.lifecycle.KeyMaterial.Part;
import dev.managedhsm.crypto.lifecycle.KeyOrigin;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import dev.managedhsm.gateway.wire.JwkText.Place;
import dev.managedhsm.gateway.wire.JwkText.Secret;
import io.netty.buffer.ByteBuf;
import io.vertx.core.json.JsonObject;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request to import a key, parsed into what the key life-cycle understands: a JSON Web Key in the clear, or
 * one that was wrapped for this HSM. May be called by any thread.
 *
 * <p>Whatever {@code Hsm} says, the key becomes one of the HSM. Key operations and attributes follow the rules of creation,
 * except that a key which unwraps imported keys must be made here: who brings it knows it.
 *
 * @param request what the key is to be; of a wrapped RSA or symmetric key the size is known when it is unwrapped
 * @param origin what it is made from; to be closed
 */
public record ImportKeyBody(KeyRequest request, KeyOrigin origin) {
    private static final Map<Secret, Part> RSA = new EnumMap<>(Map.of(
            Secret.D, Part.PRIVATE_EXPONENT,
            Secret.P, Part.FIRST_PRIME,
            Secret.Q, Part.SECOND_PRIME,
            Secret.DP, Part.FIRST_EXPONENT,
            Secret.DQ, Part.SECOND_EXPONENT,
            Secret.QI, Part.COEFFICIENT));

    /**
     * Parses a body. No secret of it is on the heap, neither then nor later.
     *
     * @param name the key's name, from the path
     * @param body the whole body; its reader index is not moved
     * @param baseUrl scheme, host and port of this HSM's identifiers
     * @throws Refused saying which property is not acceptable
     */
    public static ImportKeyBody read(KeyName name, ByteBuf body, String baseUrl) throws Refused {
        KeyMaterial material = new KeyMaterial();
        try {
            JwkText text = new JwkText(material);
            ImportKeyBody parsed = read(name, text, text.read(body), material, baseUrl);
            if (parsed.origin instanceof KeyOrigin.Wrapped) {
                material.close();
            }
            return parsed;
        } catch (Refused | RuntimeException e) {
            material.close();
            throw e;
        }
    }

    private static ImportKeyBody read(KeyName name, JwkText text, JsonObject json, KeyMaterial material, String baseUrl)
            throws Refused {
        JsonFields.flag(json, "Hsm");
        JsonObject jwk = JsonFields.object(json, "key");
        KeyType type = KeyTerms.type(jwk);
        Set<PermittedOperation> permitted = KeyTerms.permitted(jwk, type);
        if (permitted.contains(PermittedOperation.IMPORT)) {
            throw new Refused("Property 'key_ops': a key with the operation 'import' must be created, not imported");
        }
        String wrapped = JsonFields.text(jwk, "key_hsm");
        KeyOrigin origin;
        KeyClass keyClass;
        if (wrapped != null) {
            only(text, Set.of(), "a key with the property 'key_hsm'");
            keyClass = switch (type) {
                case RSA -> KeyClass.RSA_2048;
                case EC -> CreateKeyBody.curve(JsonFields.text(jwk, "crv"));
                case OCT -> KeyClass.OCT_256;
            };
            origin = TransferBlob.read(wrapped, baseUrl);
        } else {
            PublicPart publicPart = publicPart(type, jwk);
            keyClass = keyClass(type, jwk, publicPart, text);
            put(type, keyClass, text, material);
            origin = new KeyOrigin.Clear(publicPart, material);
        }
        return new ImportKeyBody(
                CreateKeyBody.request(name, keyClass, permitted, KeyRequest.PUBLIC_EXPONENT, KeyTerms.read(json)),
                origin);
    }

    private static PublicPart publicPart(KeyType type, JsonObject jwk) throws Refused {
        return switch (type) {
            case RSA ->
                new PublicPart.Rsa(
                        number(jwk, "n", JwkNumber.NO_FULL_LENGTH), number(jwk, "e", JwkNumber.NO_FULL_LENGTH));
            case EC -> {
                int length = CreateKeyBody.curve(JsonFields.text(jwk, "crv")).bytes();
                yield new PublicPart.Point(number(jwk, "x", length), number(jwk, "y", length));
            }
            case OCT -> new PublicPart.None();
        };
    }

    /** A public number: of its full length if it has one, else without zero bytes in front. */
    private static byte[] number(JsonObject jwk, String member, int fullLength) throws Refused {
        String text = JsonFields.text(jwk, member);
        if (text == null) {
            throw missing(member);
        }
        byte[] bytes = JsonFields.base64(text);
        if (bytes == null || bytes.length == 0) {
            throw new Refused("JSON Web Key: property '" + member + "' is empty or not base64url");
        }
        int ignored = JwkNumber.ignored(MemorySegment.ofArray(bytes), fullLength);
        if (ignored < 0) {
            throw form(member);
        }
        byte[] digits = Arrays.copyOfRange(bytes, ignored, bytes.length);
        if (digits.length >= fullLength) {
            return digits;
        }
        byte[] full = new byte[fullLength];
        System.arraycopy(digits, 0, full, fullLength - digits.length, digits.length);
        return full;
    }

    private static KeyClass keyClass(KeyType type, JsonObject jwk, PublicPart publicPart, JwkText text) throws Refused {
        return switch (publicPart) {
            case PublicPart.Rsa rsa -> {
                int leading = Integer.numberOfLeadingZeros(rsa.modulus()[0] & 0xff) - 24;
                KeyClass keyClass = CreateKeyBody.bySize(type, 8L * rsa.modulus().length - leading);
                if (rsa.exponent().length > keyClass.bytes()) {
                    throw form("e");
                }
                yield keyClass;
            }
            case PublicPart.Point _ -> CreateKeyBody.curve(JsonFields.text(jwk, "crv"));
            case PublicPart.None _ ->
                CreateKeyBody.bySize(type, 8L * required(text, Secret.K).length());
        };
    }

    private static void put(KeyType type, KeyClass keyClass, JwkText text, KeyMaterial material) throws Refused {
        switch (type) {
            case RSA -> {
                only(text, RSA.keySet(), "a key of type RSA");
                for (Map.Entry<Secret, Part> part : inMemoryOrder(text).entrySet()) {
                    int full = keyClass.bytes() / (part.getKey() == Secret.D ? 1 : 2);
                    put(part.getKey(), part.getValue(), full, false, text, material);
                }
            }
            case EC -> {
                only(text, Set.of(Secret.D), "a key of type EC");
                put(Secret.D, Part.SCALAR, keyClass.bytes(), true, text, material);
            }
            case OCT -> {
                only(text, Set.of(Secret.K), "a key of type oct");
                put(Secret.K, Part.KEY, keyClass.bytes(), false, text, material);
            }
        }
    }

    /** RSA's parts as they lie one behind the other, which is as the client wrote them. */
    private static Map<Secret, Part> inMemoryOrder(JwkText text) throws Refused {
        Map<Secret, Part> order = new LinkedHashMap<>();
        for (Secret secret : RSA.keySet()) {
            required(text, secret);
        }
        RSA.entrySet().stream()
                .sorted(Comparator.comparingInt(part -> start(text, part.getKey())))
                .forEach(part -> order.put(part.getKey(), part.getValue()));
        return order;
    }

    private static int start(JwkText text, Secret secret) {
        Place place = text.place(secret);
        return place == null ? 0 : place.start();
    }

    private static void put(
            Secret secret, Part part, int fullLength, boolean padded, JwkText text, KeyMaterial material)
            throws Refused {
        Place place = required(text, secret);
        int ignored = JwkNumber.ignored(material.memory().asSlice(place.start(), place.length()), fullLength);
        if (ignored < 0) {
            throw form(secret.member());
        }
        int length = padded ? fullLength : place.length() - ignored;
        material.put(part, place.start() + place.length() - length, length);
    }

    private static void only(JwkText text, Set<Secret> allowed, String what) throws Refused {
        for (Secret secret : Secret.values()) {
            if (text.place(secret) != null && !allowed.contains(secret)) {
                throw new Refused("JSON Web Key: property '" + secret.member() + "' does not belong to " + what);
            }
        }
    }

    private static Place required(JwkText text, Secret secret) throws Refused {
        @Nullable Place place = text.place(secret);
        if (place == null) {
            throw missing(secret.member());
        }
        return place;
    }

    private static Refused missing(String member) {
        return new Refused("JSON Web Key: property '" + member + "' is required");
    }

    private static Refused form(String member) {
        return new Refused("JSON Web Key: property '" + member + "' is not a number in its canonical form");
    }
}
