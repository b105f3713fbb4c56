// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a real event loop, which has nothing else to do. */
@Timeout(30)
class NettyTurnsTest {
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
    private final NettyTurns turns = new NettyTurns(loop);
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() {
        var _ = group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void aTaskRunsInTheTurnThatAsksAndAnotherInTheNext() throws Exception {
        CountDownLatch all = new CountDownLatch(3);
        loop.execute(() -> {
            turns.atEndOfNext(() -> ran("next", all));
            loop.executeAfterEventLoopIteration(() -> ran("over", all));
            turns.atEnd(() -> ran("end", all));
        });
        all.await();
        assertEquals(List.of("end", "over", "next"), ran);
    }

    @Test
    void aTaskOfTheNextTurnRunsThoughTheEventLoopEndsBefore() throws Exception {
        CountDownLatch ends = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        loop.execute(() -> {
            turns.atEndOfNext(() -> ran("next", both));
            var _ = group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            ran("ending", both);
            ends.countDown();
        });
        ends.await();
        assertTrue(group.terminationFuture().await(10, TimeUnit.SECONDS));
        assertEquals(List.of("ending", "next"), ran);
        assertThrows(RejectedExecutionException.class, () -> turns.atEnd(() -> {}));
        assertThrows(RejectedExecutionException.class, () -> turns.atEndOfNext(() -> {}));
    }

    private void ran(String what, CountDownLatch latch) {
        ran.add(what);
        latch.countDown();
    }
}
