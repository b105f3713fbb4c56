// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.gateway.wire.JsonText;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBuf;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request, as it arrives: off the heap, and wiped when nobody needs it any more, at the latest with the answer.
 * Used by its connection's event loop only.
 */
public final class RequestBody {
    private final Exchange exchange;
    private final Intake intake;

    RequestBody(Exchange exchange, Intake intake) {
        this.exchange = exchange;
        this.intake = intake;
    }

    /** How long it may be, in bytes. */
    public int lengthMax() {
        return intake.lengthMax();
    }

    /** Whether it may be a long one: then the caller is looked at before the body is waited for. */
    public boolean isLong() {
        return intake.lengthMax() > EdgeLimits.BODY_LENGTH_MAX;
    }

    /** Calls back when all of it is here. Refuses the request itself if the body is too long, too slow, or finds no room. */
    public void whenHere(Runnable action) {
        intake.whenSettled(() -> {
            switch (intake.state()) {
                case COMPLETE -> action.run();
                case TOO_LONG -> exchange.refuse(WireError.bodyTooLong(intake.lengthMax()));
                case NO_ROOM -> {
                    exchange.edge().counters().turnedAway(EdgeCounters.Busy.NO_MEMORY);
                    exchange.refuse(WireError.throttled());
                }
                case TOO_SLOW -> exchange.refuse(WireError.bodyTooSlow());
                case CLOSED -> exchange.gone();
                case ARRIVING -> {} // not settled
            }
        });
    }

    /** All of it, valid until the answer; only inside {@link #whenHere}'s action or after it. */
    public ByteBuf bytes() {
        return intake.body();
    }

    /** As a JSON object, or null if it is none. Asked once: the body is let go. */
    public @Nullable JsonObject json() {
        try {
            return JsonText.object(bytes());
        } finally {
            letGo();
        }
    }

    /** Wipes it; nobody needs it any more. Does nothing if that was done before. */
    public void letGo() {
        intake.close();
    }
}
