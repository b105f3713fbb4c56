// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.crypto.ring.Cores;
import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.ConsistencyProof;
import dev.managedhsm.gateway.audit.InclusionProof;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.MerkleProofs;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What an auditor asks of a log that is being written: checkpoints, keys, proofs and events. Read from the log's folder by
 * one thread of its own, one question after the other, never by an event loop; so many questions wait at most, others are
 * turned away. Any thread asks.
 *
 * <p>Proofs are made for trees that the last checkpoint covers: what nobody has signed yet proves nothing.
 */
public final class LogEvidence implements AutoCloseable {
    /** How many questions may be open at once, answers on their way included. */
    public static final int QUESTIONS_MAX = 16;

    /** The most events of one answer. */
    public static final int EVENTS_MAX = 1_000;

    private static final int PAGE_BYTES_MAX = 512 * 1024;

    private final Path folder;
    private final AuditLog log;
    private final MerkleProofs proofs;
    private final FolderLeaves leaves;
    private final EventPages pages;
    private final Semaphore places = new Semaphore(QUESTIONS_MAX);
    private final ExecutorService reader = Executors.newSingleThreadExecutor(
            Cores.freeThreads(Thread.ofPlatform().daemon().name("evidence")));

    /**
     * Of a log.
     *
     * @param folder the log's folder
     * @param log writes there
     */
    public LogEvidence(Path folder, AuditLog log) {
        this.folder = folder;
        this.log = log;
        this.leaves = new FolderLeaves(folder);
        this.proofs = new MerkleProofs(leaves);
        this.pages = new EventPages(folder);
    }

    /** An answer, and the place it holds until it has left. */
    public static final class Told<T> {
        private final T answer;
        private final Runnable release;

        private Told(T answer, Runnable release) {
            this.answer = answer;
            this.release = release;
        }

        /** What was asked for. */
        public T answer() {
            return answer;
        }

        /** The answer has left, or never will; may be called again. */
        public void over() {
            release.run();
        }
    }

    /**
     * Asks.
     *
     * @param question run by the reading thread
     * @return fails with {@link Refused}, or because something broke; null at once if too many questions are open
     */
    public <T> @Nullable CompletionStage<Told<T>> ask(Callable<T> question) {
        if (!places.tryAcquire()) {
            return null;
        }
        AtomicBoolean held = new AtomicBoolean(true);
        Runnable release = () -> {
            if (held.getAndSet(false)) {
                places.release();
            }
        };
        return CompletableFuture.supplyAsync(() -> told(question, release), reader)
                .whenComplete((told, failure) -> {
                    if (failure != null) {
                        release.run();
                    }
                });
    }

    private static <T> Told<T> told(Callable<T> question, Runnable release) {
        try {
            return new Told<>(question.call(), release);
        } catch (Exception e) { // of any kind: it is the answer
            throw new CompletionException(e);
        }
    }

    /** The text of the last checkpoint. Reading thread only, like all that follows. */
    public byte[] checkpoint() throws Refused {
        return signed().text().getBytes(StandardCharsets.UTF_8);
    }

    private SignedCheckpoint signed() throws Refused {
        SignedCheckpoint last = log.checkpoint();
        if (last == null) {
            throw new Refused(new WireError(404, "NotFound", "The audit log has no signed checkpoint yet"));
        }
        return last;
    }

    /** The public keys that sign checkpoints: the content of {@code keys.txt}. */
    public byte[] keys() throws Refused, IOException {
        try {
            return Files.readAllBytes(folder.resolve(AuditKeys.FILE));
        } catch (NoSuchFileException e) {
            throw new Refused(new WireError(404, "NotFound", "The audit log has no signing key yet"));
        }
    }

    /**
     * That an event is in the tree of a size.
     *
     * @param index the event's
     * @param size null for the last checkpoint's
     */
    public JsonObject inclusion(long index, @Nullable Long size) throws Refused, IOException {
        long of = covered(size, "size");
        if (index >= of) {
            throw new Refused("The parameter index must be smaller than the size, " + of);
        }
        InclusionProof proof = proofs.inclusion(index, of);
        byte[] leaf = new byte[MerkleHash.LENGTH];
        leaves.read(index, 1, leaf);
        return new JsonObject()
                .put("index", index)
                .put("size", of)
                .put("leafHash", base64(leaf))
                .put("rootHash", base64(proofs.root(of)))
                .put("path", PackProofs.path(proof.path()));
    }

    /**
     * That the tree of one size begins with that of an earlier one.
     *
     * @param from the earlier size
     * @param to null for the last checkpoint's
     */
    public JsonObject consistency(long from, @Nullable Long to) throws Refused, IOException {
        long until = covered(to, "to");
        if (from > until) {
            throw new Refused("The parameter from must not be larger than the later size, " + until);
        }
        ConsistencyProof proof = proofs.consistency(from, until);
        return new JsonObject()
                .put("from", from)
                .put("to", until)
                .put("fromRootHash", base64(proofs.root(from)))
                .put("toRootHash", base64(proofs.root(until)))
                .put("path", PackProofs.path(proof.path()));
    }

    private long covered(@Nullable Long size, String name) throws Refused {
        long covered = signed().size();
        if (size == null) {
            return covered;
        }
        if (size > covered) {
            throw new Refused(
                    "The parameter " + name + " is beyond the tree: the last checkpoint covers " + covered + " events");
        }
        return size;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * Durable events as they are in the log, a line each; fewer than asked for if there are no more, or they are long.
     *
     * @param from index of the first one; at most the number of all events, for which nothing is answered
     * @param count how many, at most {@link #EVENTS_MAX}
     */
    public byte[] events(long from, int count) throws Refused, IOException {
        long durable = log.health().events();
        if (from > durable) {
            throw new Refused("The parameter from is beyond the log, which has " + durable + " events");
        }
        byte[] page = pages.page(from, Math.min(durable, from + count), PAGE_BYTES_MAX);
        if (page.length == 0 && from < durable) {
            throw new Refused(new WireError(
                    404, "NotFound", "The event " + from + " is not there any more: hsm audit verify tells why"));
        }
        return page;
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
