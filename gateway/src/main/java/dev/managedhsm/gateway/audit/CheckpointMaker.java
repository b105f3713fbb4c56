// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs the log once a second while it grows, at the end of every segment, and at the end: a checkpoint in the log's folder
 * and the anchor in the sealed store. A thread of its own, so that the log's thread waits neither for a signature nor for the
 * store. While the HSM has no root key there is nobody to sign; the first checkpoint afterwards covers all events since.
 */
final class CheckpointMaker implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointMaker.class);
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long STOP_SECONDS_MAX = 10;

    private final CheckpointFile file;
    private final CheckpointThinner thinner;
    private final String origin;
    private final long keyMillisMax;
    private final SecureRandom random = new SecureRandom();
    private final Thread thread = Thread.ofPlatform().name("audit-sign").unstarted(this);

    // The log's thread's own.
    private long offeredSize = -1;
    private long offeredNanos = System.nanoTime() - EVERY_NANOS;

    private volatile @Nullable State wanted;
    private volatile boolean closing;
    private volatile @Nullable String failure;
    private volatile long signedSize = -1;
    private volatile long signedMillis;

    /** Set and used under this object's lock by all but the log's thread, which reads the key alone. */
    private @Nullable AuditRecords records;

    /** Changes under the file's lock too, so that nobody signs with the key of before. */
    private volatile AuditRecords.@Nullable Signing signing;

    /** The log at a moment; nobody changes the hash. */
    @SuppressWarnings("ArrayRecordComponent")
    private record State(long size, byte[] root, long timeMillis) {}

    /**
     * @param file where checkpoints go
     * @param thinner takes those out of it that nobody needs any more
     * @param origin the log's name
     * @param keyAgeMax how old a key grows before another one signs
     */
    CheckpointMaker(CheckpointFile file, CheckpointThinner thinner, String origin, Duration keyAgeMax) {
        this.file = file;
        this.thinner = thinner;
        this.origin = origin;
        this.keyMillisMax = keyAgeMax.toMillis();
    }

    void start() {
        thread.start();
    }

    /** When the log's thread should look in again although no event comes, on the clock of {@link System#nanoTime()}. */
    long dueNanos(long size, long nowNanos) {
        boolean unsigned = signing != null && size != offeredSize && size > 0;
        return unsigned ? Math.max(offeredNanos + EVERY_NANOS, nowNanos) : nowNanos + TimeUnit.HOURS.toNanos(1);
    }

    /** Has the log signed as it is now, if it is time or must be. Called by the log's thread, which does not wait. */
    void offer(MerkleTree tree, long nowMillis, boolean must) {
        if (signing == null || tree.size() == offeredSize || tree.size() == 0) {
            return;
        }
        long nowNanos = System.nanoTime();
        if (must || nowNanos - offeredNanos >= EVERY_NANOS) {
            offeredSize = tree.size();
            offeredNanos = nowNanos;
            wanted = new State(tree.size(), tree.root(), nowMillis);
            LockSupport.unpark(thread);
        }
    }

    /**
     * A checkpoint of the log as it is now, durable, or null while nobody can sign. Called by the log's thread, which waits for
     * that because somebody has asked for it.
     */
    @Nullable
    String sign(MerkleTree tree, long nowMillis) {
        try {
            synchronized (file) { // the key whose turn it is
                AuditRecords.Signing now = signing;
                return now == null
                        ? null
                        : file.covering(now.signer(), tree.size(), tree.root(), nowMillis)
                                .text();
            }
        } catch (IOException e) {
            LOG.error("the audit log could not be signed for a receipt", e);
            failure = "the audit log could not be signed: " + e.getMessage();
            return null;
        }
    }

    /**
     * The root key is there: from now on the log is signed and anchored.
     *
     * @param from the sealed store's records
     * @param size how long the log is
     * @throws IOException if checkpoints or public keys cannot be written
     */
    synchronized void use(AuditRecords from, long size, long nowMillis) throws IOException {
        AuditRecords.Signing known = from.signing(origin);
        if (known == null) {
            AuditSigner first = AuditSigner.generate(origin, random);
            known = kept(from, new AuditRecords.Signing(first, AuditKeys.begin(first, size, nowMillis)));
        } else if (nowMillis - known.keys().last().timeMillis() > keyMillisMax) {
            known = next(from, known, nowMillis);
        }
        file.keys(known.keys());
        records = from;
        signing = known;
    }

    /** Another key follows: what is signed for by then is the old one's, the rest the new one's. */
    private AuditRecords.Signing next(AuditRecords into, AuditRecords.Signing known, long nowMillis)
            throws IOException {
        synchronized (file) { // nothing is signed by the old key meanwhile
            AuditSigner next = AuditSigner.generate(known.keys().origin(), random);
            long size = file.signedSize();
            AuditKeys keys = known.keys().rotate(known.signer(), next.publicKey(), size, nowMillis);
            AuditRecords.Signing followed = kept(into, new AuditRecords.Signing(next, keys));
            signing = followed;
            LOG.info("the audit log is signed by another key behind event {}", size);
            return followed;
        }
    }

    private static AuditRecords.Signing kept(AuditRecords in, AuditRecords.Signing signing) throws IOException {
        if (!in.keep(signing)) {
            throw new IOException("the store did not take the key of the audit log");
        }
        return signing;
    }

    /** The root key goes: after this the records are not used any more. Does nothing if others are in use. */
    @SuppressWarnings("ReferenceEquality") // records are themselves and nothing else
    synchronized void leave(AuditRecords gone) {
        if (records == gone) {
            records = null;
            signing = null;
        }
    }

    @Override
    public void run() {
        while (true) {
            boolean last = closing; // read before what is wanted
            State state = wanted;
            if (state != null && state.size() != signedSize) {
                make(state);
            } else if (last) {
                return;
            } else {
                LockSupport.park(this);
            }
        }
    }

    private synchronized void make(State state) {
        AuditRecords into = records;
        AuditRecords.Signing now = signing;
        try {
            if (into != null && now != null) { // otherwise the next checkpoint covers it
                if (state.timeMillis() - now.keys().last().timeMillis() > keyMillisMax) {
                    now = next(into, now, state.timeMillis());
                    file.keys(now.keys());
                }
                SignedCheckpoint made = file.covering(now.signer(), state.size(), state.root(), state.timeMillis());
                boolean anchored = into.anchor(
                        new AuditRecords.Anchored(made.size(), made.root(), made.number(), made.timeMillis()));
                failure = anchored ? null : "the store does not take the last checkpoint of the audit log";
                signedMillis = state.timeMillis();
                thinner.thin(now, state.timeMillis(), () -> closing);
            }
        } catch (IOException | RuntimeException e) { // the events are durable all the same; the next one is another try
            LOG.error("the audit log could not be signed", e);
            failure = "the audit log could not be signed: " + e.getMessage();
        }
        signedSize = state.size();
    }

    /** Why the last checkpoint was not made, or null. */
    @Nullable
    String failure() {
        return failure;
    }

    /** When the log was signed last, since 1970; 0 if it was not since the start. */
    long signedMillis() {
        return signedMillis;
    }

    /** Makes the last checkpoint, then ends. The log's thread has ended. */
    void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofSeconds(STOP_SECONDS_MAX))) {
                LOG.error("the audit log's last checkpoint was not made in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
