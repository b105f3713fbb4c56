// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.CalendarDuration;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.LifetimeAction;
import dev.managedhsm.crypto.key.RotationPolicy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rotation policy as bytes, to be sealed. Enums are written by name, durations as their text.
 *
 * <pre>
 *   format, created, updated, expiry time or empty, actions: kind, trigger, time …
 * </pre>
 */
final class RotationCodec {
    private static final int FORMAT = 1;

    private RotationCodec() {}

    static byte[] encode(KeyRotation rotation) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeLong(rotation.created());
            out.writeLong(rotation.updated());
            CalendarDuration expiryTime = rotation.policy().expiryTime();
            out.writeUTF(expiryTime == null ? "" : expiryTime.text());
            out.writeByte(rotation.policy().actions().size());
            for (LifetimeAction action : rotation.policy().actions()) {
                out.writeUTF(action.kind().name());
                out.writeUTF(action.trigger().name());
                out.writeUTF(action.time().text());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array does not fail
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #encode} wrote; the bytes have been opened and so are ours.
     *
     * @throws UncheckedIOException if the format is a newer one
     * @throws IllegalArgumentException if a name in it is a newer one, or the policy is within newer bounds only
     */
    static KeyRotation decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readByte() != FORMAT) {
                throw new IOException("a newer format");
            }
            long created = in.readLong();
            long updated = in.readLong();
            String expiryTime = in.readUTF();
            List<LifetimeAction> actions = new ArrayList<>();
            for (int count = in.readByte(); count > 0; count--) {
                actions.add(new LifetimeAction(
                        LifetimeAction.Kind.valueOf(in.readUTF()),
                        LifetimeAction.Trigger.valueOf(in.readUTF()),
                        duration(in.readUTF())));
            }
            @Nullable CalendarDuration expiry = expiryTime.isEmpty() ? null : duration(expiryTime);
            return new KeyRotation(new RotationPolicy(actions, expiry), created, updated);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CalendarDuration duration(String text) throws IOException {
        CalendarDuration duration = CalendarDuration.parse(text);
        if (duration == null) {
            throw new IOException("a newer form of durations");
        }
        return duration;
    }
}
