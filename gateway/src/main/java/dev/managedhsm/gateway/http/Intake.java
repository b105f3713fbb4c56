// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
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
        /** Longer than {@link EdgeLimits#BODY_LENGTH_MAX}. */
        TOO_LONG,
        /** The event loop holds as many body bytes as it may. */
        NO_ROOM,
        /** It did not arrive within {@link EdgeLimits#BODY_MILLIS_MAX}. */
        TOO_SLOW,
        /** Nobody wants it any more; further bytes are dropped. */
        CLOSED
    }

    private final IntakeAccount account;
    private final long startNanos;
    private @Nullable ByteBuf body;
    private @Nullable Runnable whenSettled;
    private State state = State.ARRIVING;
    private int discarded;

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
        ByteBuf to = body;
        int sum = length + (to == null ? 0 : to.readableBytes());
        if (sum > EdgeLimits.BODY_LENGTH_MAX) {
            settle(State.TOO_LONG);
        } else if (!account.take(length)) {
            settle(State.NO_ROOM);
        } else {
            body = grown(to, length).writeBytes(chunk, chunk.readerIndex(), length);
        }
        return true;
    }

    /** Grows into a new buffer, because growing in place would leave a copy behind unwiped. */
    private static ByteBuf grown(@Nullable ByteBuf old, int more) {
        if (old == null) {
            return ByteBufAllocator.DEFAULT.directBuffer(more, EdgeLimits.BODY_LENGTH_MAX);
        }
        if (old.writableBytes() >= more) {
            return old;
        }
        int capacity = Math.min(EdgeLimits.BODY_LENGTH_MAX, Math.max(old.readableBytes() + more, 2 * old.capacity()));
        ByteBuf bigger = ByteBufAllocator.DEFAULT
                .directBuffer(capacity, EdgeLimits.BODY_LENGTH_MAX)
                .writeBytes(old, old.readerIndex(), old.readableBytes());
        Wipe.release(old);
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
        whenSettled = null;
        drop();
    }

    private void drop() {
        ByteBuf old = body;
        if (old != null) {
            body = null;
            account.give(old.readableBytes());
            Wipe.release(old);
        }
    }
}
