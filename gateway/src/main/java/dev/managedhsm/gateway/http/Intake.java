// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request while it arrives: copied once, from the connection's decrypted bytes into a direct buffer of its
 * own, and wiped when it is let go. Used by the connection's event loop only.
 */
final class Intake {
    /** How a body can stand. */
    enum State {
        ARRIVING,
        COMPLETE,
        /** Longer than {@link #lengthMax()}. */
        TOO_LONG,
        /** The event loop holds as many body bytes as it may. */
        NO_ROOM,
        /** It did not arrive within {@link EdgeLimits#BODY_MILLIS_MAX}. */
        TOO_SLOW,
        /** Nobody wants it any more; further bytes are dropped. */
        CLOSED
    }

    /** What a body that comes in many small pieces grows to at once, so that it is not copied for each. */
    private static final int GROWN_MIN = 512;

    private final IntakeAccount account;
    private final long startNanos;
    private @Nullable ByteBuf body;
    private @Nullable Runnable whenSettled;
    private @Nullable LongBodies longBodies;
    private State state = State.ARRIVING;
    private int discarded;

    /** How many bytes are counted for the body: what was asked for, not what the buffer could take. */
    private int charged;

    /** The neighbours among those that are arriving; the account's own. */
    @Nullable
    Intake before;

    @Nullable
    Intake after;

    Intake(IntakeAccount account, long startNanos) {
        this.account = account;
        this.startNanos = startNanos;
        account.opened(this);
    }

    State state() {
        return state;
    }

    long startNanos() {
        return startNanos;
    }

    /** Lets the body be a long one; before its bytes come. */
    void allowLong(LongBodies room) {
        longBodies = room;
    }

    /** How long the body may be, in bytes. */
    int lengthMax() {
        return longBodies == null ? EdgeLimits.BODY_LENGTH_MAX : EdgeLimits.LONG_BODY_LENGTH_MAX;
    }

    /** The whole body; only when complete, and only until {@link #close()}. */
    ByteBuf body() {
        ByteBuf whole = body;
        return whole == null ? Unpooled.EMPTY_BUFFER : whole;
    }

    /** Calls back once when the body is complete or refused: at once if it already is. */
    void whenSettled(Runnable action) {
        if (state == State.ARRIVING) {
            whenSettled = action;
        } else {
            action.run();
        }
    }

    /**
     * Takes a chunk; its bytes are copied before this returns.
     *
     * @return whether the connection may go on; if not, it has sent far more than any body may have
     */
    boolean append(ByteBuf chunk) {
        int length = chunk.readableBytes();
        if (state != State.ARRIVING) {
            discarded += length;
            return discarded <= EdgeLimits.DISCARD_BYTES_MAX;
        }
        if (length == 0) {
            return true;
        }
        ByteBuf old = body;
        int sum = length + (old == null ? 0 : old.readableBytes());
        if (sum > lengthMax()) {
            settle(State.TOO_LONG);
        } else {
            ByteBuf to = roomFor(old, sum);
            if (to == null) {
                settle(State.NO_ROOM);
            } else {
                body = to.writeBytes(chunk, chunk.readerIndex(), length);
            }
        }
        return true;
    }

    /**
     * A buffer with room for {@code sum} bytes that holds what the old one did; null if this event loop may take no more.
     * Growing makes a new buffer, because growing in place would leave a copy behind unwiped.
     */
    private @Nullable ByteBuf roomFor(@Nullable ByteBuf old, int sum) {
        if (old != null && old.capacity() >= sum) {
            return old;
        }
        int capacity =
                old == null ? sum : Math.min(lengthMax(), Math.max(Math.max(sum, GROWN_MIN), 2 * old.capacity()));
        if (!take(capacity)) {
            return null;
        }
        ByteBuf bigger;
        try {
            bigger = account.buffers().take(capacity);
        } catch (OutOfMemoryError noDirectMemory) { // Netty's, of its own limit: one body less, not the end
            give(capacity);
            return null;
        }
        if (old != null) {
            bigger.writeBytes(old, old.readerIndex(), old.readableBytes());
            drop();
        }
        charged = capacity;
        return bigger;
    }

    /** The last byte has come. */
    void end() {
        if (state == State.ARRIVING) {
            settle(State.COMPLETE);
        }
    }

    /** Refuses a body that has taken too long. */
    void expire() {
        if (state == State.ARRIVING) {
            settle(State.TOO_SLOW);
        }
    }

    private void settle(State end) {
        state = end;
        account.settled(this);
        if (end != State.COMPLETE) {
            drop();
        }
        Runnable action = whenSettled;
        whenSettled = null;
        if (action != null) {
            action.run();
        }
    }

    /** Wipes and gives back the body; bytes that still come are dropped. */
    void close() {
        if (state == State.ARRIVING) {
            account.settled(this);
        }
        if (state != State.TOO_LONG) {
            state = State.CLOSED;
        }
        drop();
        Runnable action = whenSettled;
        whenSettled = null;
        if (action != null) {
            action.run();
        }
    }

    private void drop() {
        ByteBuf old = body;
        if (old != null) {
            body = null;
            give(charged);
            account.buffers().giveBack(old);
        }
    }

    /** What no ordinary body needs is taken from the room for long ones. */
    private boolean take(int capacity) {
        LongBodies room = longBodies;
        if (room != null && capacity > EdgeLimits.BODY_LENGTH_MAX) {
            return room.take(capacity);
        }
        return account.take(capacity);
    }

    private void give(int capacity) {
        LongBodies room = longBodies;
        if (room != null && capacity > EdgeLimits.BODY_LENGTH_MAX) {
            room.give(capacity);
        } else {
            account.give(capacity);
        }
    }
}
