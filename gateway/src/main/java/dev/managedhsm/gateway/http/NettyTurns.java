// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import dev.managedhsm.crypto.ring.LoopTurns;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import java.util.concurrent.RejectedExecutionException;

/** The turns of one of Netty's event loops. On that event loop only. */
final class NettyTurns implements LoopTurns {
    private final SingleThreadEventLoop loop;

    /**
     * @param loop one with a thread of its own, as Vert.x makes them
     * @throws ClassCastException if it is another
     */
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
        loop.executeAfterEventLoopIteration(() -> next(task));
    }

    private void next(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException ended) { // meanwhile: there is no next turn
            task.run();
        }
    }
}
