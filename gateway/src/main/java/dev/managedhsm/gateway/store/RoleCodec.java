// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Roles as bytes, to be sealed. Texts are their UTF-16 units with their number before them, so that whatever JSON can hold
 * comes back as it was.
 *
 * <pre>
 *   definition: format, id, name, description, number of permissions, for each: four lists of texts
 *   assignment: format, name, id of the definition, id of the principal, scope
 * </pre>
 */
final class RoleCodec {
    private static final int FORMAT = 1;

    private RoleCodec() {}

    /** Writes what is to be written. */
    private interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    /** Reads what was written. */
    private interface Reading<T> {
        T readFrom(DataInputStream in) throws IOException;
    }

    static byte[] encode(RoleDefinition definition) {
        return encode(out -> {
            write(definition.id(), out);
            write(definition.name(), out);
            write(definition.description(), out);
            out.writeInt(definition.permissions().size());
            for (Permission permission : definition.permissions()) {
                write(permission.actions(), out);
                write(permission.notActions(), out);
                write(permission.dataActions(), out);
                write(permission.notDataActions(), out);
            }
        });
    }

    static byte[] encode(RoleAssignment assignment) {
        return encode(out -> {
            write(assignment.name(), out);
            write(assignment.roleDefinitionId(), out);
            write(assignment.principalId(), out);
            write(assignment.scope().text(), out);
        });
    }

    private static byte[] encode(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            content.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #encode(RoleDefinition)} wrote; the bytes have been opened and so are ours. */
    static RoleDefinition definition(byte[] bytes) {
        return decode(bytes, in -> {
            UUID id = id(in);
            String name = text(in);
            String description = text(in);
            List<Permission> permissions = new ArrayList<>();
            for (int count = in.readInt(); count > 0; count--) {
                permissions.add(new Permission(texts(in), texts(in), texts(in), texts(in)));
            }
            return new RoleDefinition(id, name, description, RoleDefinition.Kind.CUSTOM, permissions);
        });
    }

    /** Reads what {@link #encode(RoleAssignment)} wrote; the bytes have been opened and so are ours. */
    static RoleAssignment assignment(byte[] bytes) {
        return decode(bytes, in -> {
            UUID name = id(in);
            UUID definition = id(in);
            UUID principal = id(in);
            Scope scope = Scope.parse(text(in));
            if (scope == null) {
                throw new IOException("a newer format");
            }
            return new RoleAssignment(name, definition, principal, scope);
        });
    }

    private static <T> T decode(byte[] bytes, Reading<T> reading) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readByte() != FORMAT) {
                throw new IOException("a newer format");
            }
            return reading.readFrom(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(UUID id, DataOutputStream out) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID id(DataInputStream in) throws IOException {
        long high = in.readLong();
        return new UUID(high, in.readLong());
    }

    private static void write(List<String> texts, DataOutputStream out) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            write(text, out);
        }
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int count = in.readInt(); count > 0; count--) {
            texts.add(text(in));
        }
        return texts;
    }

    private static void write(String text, DataOutputStream out) throws IOException {
        out.writeInt(text.length());
        out.writeChars(text);
    }

    private static String text(DataInputStream in) throws IOException {
        char[] units = new char[in.readInt()];
        for (int i = 0; i < units.length; i++) {
            units[i] = in.readChar();
        }
        return new String(units);
    }
}
