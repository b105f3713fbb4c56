// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The facts of a key version as bytes, to be sealed. Enums are written by name, so that their order may change.
 *
 * <pre>
 *   format, ordinal, name, version, key class, permitted…, enabled, notBefore, expires, created, updated, tags…, public part,
 *   release policy
 * </pre>
 */
final class FactsCodec {
    private static final int FORMAT = 2;
    /** The format before keys could be released. */
    private static final int FORMAT_WITHOUT_RELEASE = 1;

    private static final int PUBLIC_NONE = 0;
    private static final int PUBLIC_RSA = 1;
    private static final int PUBLIC_POINT = 2;

    /**
     * What is written.
     *
     * @param facts of a key version
     * @param ordinal place among the versions of its key
     */
    record Placed(KeyFacts facts, int ordinal) {}

    private FactsCodec() {}

    static byte[] encode(KeyFacts facts, int ordinal) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeInt(ordinal);
            out.writeUTF(facts.name().text());
            out.writeUTF(facts.version().text());
            out.writeUTF(facts.keyClass().name());
            out.writeByte(facts.permitted().size());
            for (PermittedOperation operation : facts.permitted()) {
                out.writeUTF(operation.name());
            }
            KeyAttributes attributes = facts.attributes();
            out.writeBoolean(attributes.enabled());
            out.writeLong(attributes.notBefore());
            out.writeLong(attributes.expires());
            out.writeLong(attributes.created());
            out.writeLong(attributes.updated());
            out.writeByte(facts.tags().size());
            for (Map.Entry<String, String> tag : facts.tags().entrySet()) {
                out.writeUTF(tag.getKey());
                out.writeUTF(tag.getValue());
            }
            encode(facts.publicPart(), out);
            encode(facts.releasePolicy(), out);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        return bytes.toByteArray();
    }

    private static void encode(PublicPart publicPart, DataOutputStream out) throws IOException {
        switch (publicPart) {
            case PublicPart.None _ -> out.writeByte(PUBLIC_NONE);
            case PublicPart.Rsa rsa -> {
                out.writeByte(PUBLIC_RSA);
                encode(rsa.modulus(), out);
                encode(rsa.exponent(), out);
            }
            case PublicPart.Point point -> {
                out.writeByte(PUBLIC_POINT);
                encode(point.x(), out);
                encode(point.y(), out);
            }
        }
    }

    private static void encode(@Nullable ReleasePolicy policy, DataOutputStream out) throws IOException {
        out.writeBoolean(policy != null);
        if (policy != null) {
            out.writeUTF(policy.contentType());
            out.writeUTF(policy.json());
            out.writeBoolean(policy.immutable());
        }
    }

    private static void encode(byte[] part, DataOutputStream out) throws IOException {
        out.writeShort(part.length);
        out.write(part);
    }

    /**
     * Reads what {@link #encode(KeyFacts, int)} wrote; the bytes have been opened and so are ours.
     *
     * @throws UncheckedIOException if the format is a newer one
     * @throws IllegalArgumentException if a name in it is a newer one
     */
    static Placed decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readByte();
            if (format != FORMAT && format != FORMAT_WITHOUT_RELEASE) {
                throw new IOException("a newer format");
            }
            int ordinal = in.readInt();
            KeyName name = new KeyName(in.readUTF());
            KeyVersion version = new KeyVersion(in.readUTF());
            KeyClass keyClass = KeyClass.valueOf(in.readUTF());
            Set<PermittedOperation> permitted = EnumSet.noneOf(PermittedOperation.class);
            for (int count = in.readByte(); count > 0; count--) {
                permitted.add(PermittedOperation.valueOf(in.readUTF()));
            }
            KeyAttributes attributes =
                    new KeyAttributes(in.readBoolean(), in.readLong(), in.readLong(), in.readLong(), in.readLong());
            Map<String, String> tags = new LinkedHashMap<>();
            for (int count = in.readByte(); count > 0; count--) {
                tags.put(in.readUTF(), in.readUTF());
            }
            PublicPart publicPart = decodePublicPart(in);
            ReleasePolicy policy = format == FORMAT ? decodePolicy(in) : null;
            KeyFacts facts = new KeyFacts(name, version, keyClass, permitted, attributes, tags, publicPart, policy);
            return new Placed(facts, ordinal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PublicPart decodePublicPart(DataInputStream in) throws IOException {
        return switch (in.readByte()) {
            case PUBLIC_NONE -> new PublicPart.None();
            case PUBLIC_RSA -> new PublicPart.Rsa(decodeBytes(in), decodeBytes(in));
            case PUBLIC_POINT -> new PublicPart.Point(decodeBytes(in), decodeBytes(in));
            default -> throw new IOException("a newer format");
        };
    }

    private static @Nullable ReleasePolicy decodePolicy(DataInputStream in) throws IOException {
        return in.readBoolean() ? new ReleasePolicy(in.readUTF(), in.readUTF(), in.readBoolean()) : null;
    }

    private static byte[] decodeBytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedShort()];
        in.readFully(bytes);
        return bytes;
    }
}
