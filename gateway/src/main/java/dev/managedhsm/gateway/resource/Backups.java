// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.KEYS_BACKUP;
import static dev.managedhsm.auth.role.DataAction.KEYS_RESTORE;
import static io.vertx.core.http.HttpMethod.POST;

import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.KeyBackups;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.lifecycle.LifecycleRefusal;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.BackupBody;
import dev.managedhsm.gateway.wire.KeyBody;
import dev.managedhsm.gateway.wire.LifecycleErrors;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Backup and restore of single keys. Texts of hundreds of kilobytes and more are taken apart and put together off the event
 * loop, and only so many calls hold one at a time. One for all event loops.
 */
public final class Backups {
    private static final String RESTORE = "/keys/restore";
    /** How many calls hold a text at a time, from their body, or the backup's begin, until the answer was written. */
    private static final int CALLS_MAX = 8;

    private final KeyBackups backups;
    private final KeyBody body;
    private final String baseUrl;
    private final Semaphore room = new Semaphore(CALLS_MAX);

    /**
     * @param backups makes and restores backups
     * @param baseUrl scheme, host and port of identifiers, without a slash at the end
     * @param policy what the HSM's owner decided about deletion
     */
    public Backups(KeyBackups backups, String baseUrl, LifecyclePolicy policy) {
        this.backups = backups;
        this.body = new KeyBody(baseUrl, policy);
        this.baseUrl = baseUrl;
    }

    /** Whether a request may have a long body: it restores a key. */
    public static boolean longBody(Exchange exchange) {
        String path = exchange.path();
        return POST.equals(exchange.request().method())
                && path != null
                && path.regionMatches(true, 0, RESTORE, 0, RESTORE.length())
                && (path.length() == RESTORE.length()
                        || path.substring(RESTORE.length()).equals("/"));
    }

    /** What this resource answers. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onKey(POST, "/keys/:name/backup", KEYS_BACKUP, this::backup),
                Endpoint.onKeys(POST, RESTORE, KEYS_RESTORE, this::restore));
    }

    private void backup(Call call) {
        Place place = place(call.exchange());
        if (place == null) {
            return;
        }
        String name = call.part("name");
        CompletionStage<LifecycleAnswer<byte[]>> json = backups.backup(new KeyName(name))
                .thenApply(answer -> answer instanceof LifecycleAnswer.Done<byte[]>(byte[] text)
                        ? new LifecycleAnswer.Done<>(BackupBody.write(text))
                        : answer);
        when(
                call.exchange(),
                json,
                place,
                baseUrl + "/keys/" + name,
                bytes -> call.exchange().answer(Security.JSON, bytes, place));
    }

    /** The caller is permitted; now the body may be waited for, and then he is looked at once more. */
    private void restore(Call call) {
        Exchange exchange = call.exchange();
        exchange.body().whenHere(() -> {
            WireError lapsed = call.right().lapsed();
            if (lapsed != null) {
                exchange.refuse(lapsed);
                return;
            }
            Place place = place(exchange);
            if (place == null) {
                return;
            }
            byte[] json = ByteBufUtil.getBytes(exchange.body().bytes());
            exchange.body().letGo();
            restore(exchange, json, place, body.speaking(call.query("api-version")));
        });
    }

    private void restore(Exchange exchange, byte[] json, Place place, KeyBody body) {
        exchange.edge()
                .vertx()
                .executeBlocking(() -> BackupBody.read(json), false)
                .onComplete(text -> {
                    if (exchange.over()) {
                        place.run();
                        exchange.gone();
                    } else if (text.succeeded()) {
                        attempt(
                                exchange,
                                place,
                                () -> when(
                                        exchange, backups.restore(text.result()), place, baseUrl + RESTORE, facts -> {
                                            exchange.event().key(facts);
                                            exchange.answer(body.bundle(facts));
                                            place.run();
                                        }));
                    } else {
                        place.run();
                        refuse(exchange, text.cause());
                    }
                });
    }

    /** What breaks off gives the place back, and is answered. */
    private static void attempt(Exchange exchange, Place place, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException broken) {
            place.run();
            exchange.broken(broken);
        }
    }

    private static void refuse(Exchange exchange, Throwable cause) {
        if (cause instanceof Refused refused) {
            exchange.refuse(refused.error());
        } else {
            exchange.broken(cause);
        }
    }

    /** Answers when it has ended; gives the place back unless the answer does. */
    private static <T> void when(
            Exchange exchange, CompletionStage<LifecycleAnswer<T>> change, Place place, String id, Consumer<T> answer) {
        exchange.body().letGo();
        change.whenComplete((how, failure) -> exchange.conclude(() -> {
            switch (how) {
                case LifecycleAnswer.Done<T>(T value) -> attempt(exchange, place, () -> answer.accept(value));
                case LifecycleAnswer.Refused<T>(LifecycleRefusal refusal) -> {
                    place.run();
                    exchange.refuse(LifecycleErrors.of(refusal, id));
                }
                case LifecycleAnswer.BadKey<T>(KeyFault fault) -> {
                    place.run();
                    exchange.refuse(LifecycleErrors.of(fault));
                }
                case null -> {
                    place.run();
                    exchange.broken(failure);
                }
            }
        }));
    }

    /** A place among those who hold a text, or null after the exchange has been refused. */
    private @Nullable Place place(Exchange exchange) {
        if (room.tryAcquire()) {
            return new Place(room);
        }
        exchange.refuse(WireError.throttled());
        return null;
    }

    /** Gives the place back when it is run the first time. */
    private static final class Place implements Runnable {
        private final Semaphore room;
        private final AtomicBoolean given = new AtomicBoolean();

        Place(Semaphore room) {
            this.room = room;
        }

        @Override
        public void run() {
            if (given.compareAndSet(false, true)) {
                room.release();
            }
        }
    }
}
