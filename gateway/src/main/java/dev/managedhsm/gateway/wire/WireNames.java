// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Azure's spelling of what the rest of the house knows as enums. All methods may be called by any thread. */
public final class WireNames {
    private static final Map<String, Algorithm> ALGORITHMS = new HashMap<>();
    private static final Map<Algorithm, String> ALGORITHM_NAMES = new EnumMap<>(Algorithm.class);

    /** The algorithms by the length of their names. */
    private static final Algorithm[][] BY_LENGTH;

    private static final Map<String, PermittedOperation> PERMITTED = new HashMap<>();
    private static final Map<PermittedOperation, String> PERMITTED_NAMES = new EnumMap<>(PermittedOperation.class);

    static {
        for (Algorithm algorithm : Algorithm.values()) {
            String name = switch (algorithm) {
                case RSA_OAEP -> "RSA-OAEP";
                case RSA_OAEP_256 -> "RSA-OAEP-256";
                default -> algorithm.name();
            };
            ALGORITHMS.put(name, algorithm);
            ALGORITHM_NAMES.put(algorithm, name);
        }
        int lengthMax =
                ALGORITHMS.keySet().stream().mapToInt(String::length).max().orElse(0);
        BY_LENGTH = new Algorithm[lengthMax + 1][];
        for (int length = 0; length <= lengthMax; length++) {
            int wanted = length;
            BY_LENGTH[length] = Arrays.stream(Algorithm.values())
                    .filter(algorithm -> of(algorithm).length() == wanted)
                    .toArray(Algorithm[]::new);
        }
        for (PermittedOperation permitted : PermittedOperation.values()) {
            String name = switch (permitted) {
                case WRAP_KEY -> "wrapKey";
                case UNWRAP_KEY -> "unwrapKey";
                case DERIVE_KEY -> "deriveKey";
                default -> permitted.name().toLowerCase(Locale.ROOT);
            };
            PERMITTED.put(name, permitted);
            PERMITTED_NAMES.put(permitted, name);
        }
    }

    private WireNames() {}

    /** The algorithm of this name, or null. */
    public static @Nullable Algorithm algorithm(String name) {
        return ALGORITHMS.get(name);
    }

    /** The algorithm whose name stands between two indexes of a text, or null. Makes no string of it. */
    static @Nullable Algorithm algorithm(JsonCursor text, int start, int stop) {
        int length = stop - start;
        if (length < BY_LENGTH.length) {
            for (Algorithm algorithm : BY_LENGTH[length]) {
                if (text.same(start, stop, of(algorithm))) {
                    return algorithm;
                }
            }
        }
        return null;
    }

    /** The name of an algorithm. */
    public static String of(Algorithm algorithm) {
        return java.util.Objects.requireNonNull(ALGORITHM_NAMES.get(algorithm));
    }

    /** The permitted operation of this name, or null. */
    public static @Nullable PermittedOperation permitted(String name) {
        return PERMITTED.get(name);
    }

    /** The name of a permitted operation. */
    public static String of(PermittedOperation permitted) {
        return java.util.Objects.requireNonNull(PERMITTED_NAMES.get(permitted));
    }

    /** The operation that a path's last segment names, in any case of letters, or null. */
    public static @Nullable Operation operation(String segment) {
        return switch (segment.length()) {
            case 4 -> segment.equalsIgnoreCase("sign") ? Operation.SIGN : null;
            case 6 -> segment.equalsIgnoreCase("verify") ? Operation.VERIFY : null;
            case 7 ->
                segment.equalsIgnoreCase("wrapkey")
                        ? Operation.WRAP_KEY
                        : segment.equalsIgnoreCase("encrypt")
                                ? Operation.ENCRYPT
                                : segment.equalsIgnoreCase("decrypt") ? Operation.DECRYPT : null;
            case 9 -> segment.equalsIgnoreCase("unwrapkey") ? Operation.UNWRAP_KEY : null;
            default -> null;
        };
    }

    /** The key type that a request names, hardware or not, or null: every key of this HSM is one of an HSM. */
    public static @Nullable KeyType keyType(String name) {
        return switch (name) {
            case "RSA", "RSA-HSM" -> KeyType.RSA;
            case "EC", "EC-HSM" -> KeyType.EC;
            case "oct", "oct-HSM" -> KeyType.OCT;
            default -> null;
        };
    }

    /** The name of a key type in answers. */
    public static String of(KeyType type) {
        return switch (type) {
            case RSA -> "RSA-HSM";
            case EC -> "EC-HSM";
            case OCT -> "oct-HSM";
        };
    }

    /** The key class of a curve's name, or null. */
    public static @Nullable KeyClass curve(String name) {
        return switch (name) {
            case "P-256" -> KeyClass.P_256;
            case "P-384" -> KeyClass.P_384;
            case "P-521" -> KeyClass.P_521;
            case "P-256K" -> KeyClass.P_256K;
            default -> null;
        };
    }

    /** The curve's name of an EC key class. */
    public static String curve(KeyClass keyClass) {
        return switch (keyClass) {
            case P_256 -> "P-256";
            case P_384 -> "P-384";
            case P_521 -> "P-521";
            case P_256K -> "P-256K";
            default -> throw new IllegalStateException("not a curve");
        };
    }
}
