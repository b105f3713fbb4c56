// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.crypto.ring.LoopTurns;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;

/** The turns of one of Netty's event loops. On that event loop only. */
final class NettyTurns implements LoopTurns {
    private final SingleThreadEventLoop loop;

    /** @param loop one with a thread of its own, as Vert.x makes them */
    NettyTurns(EventLoop loop) {
        this.loop = (SingleThreadEventLoop) loop;
    }

    @Override
    public void atEnd(Runnable task) {
        loop.execute(task);
    }

    /** A task of a task would run in the same turn; one that runs after all tasks may ask for the next. */
    @Override
    public void atEndOfNext(Runnable task) {
        loop.executeAfterEventLoopIteration(() -> loop.execute(task));
    }
}
