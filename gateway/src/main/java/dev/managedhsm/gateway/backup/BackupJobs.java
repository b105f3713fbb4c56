// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecycleRefusal;
import dev.managedhsm.gateway.backup.BackupJob.Failure;
import dev.managedhsm.gateway.backup.BackupJob.Status;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups and restores of the whole HSM, one at a time on one thread of their own. Any thread may start one and ask how far
 * it is. How jobs ended is known until the HSM is stopped, for the last {@value #REMEMBERED_MAX} of them.
 *
 * <p>A restore reads and checks the whole backup first, and only then touches anything: a backup that is damaged or foreign
 * changes nothing. While the keys are being replaced the HSM answers nothing but how far that is.
 */
public final class BackupJobs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BackupJobs.class);
    private static final int REMEMBERED_MAX = 64;
    private static final long STOP_SECONDS_MAX = 20;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC);

    private final BackupParts parts;
    private final BackupReader reader;
    private final InstantSource clock;
    private final Map<String, BackupJob> jobs = new LinkedHashMap<>();
    private final AtomicReference<@Nullable String> running = new AtomicReference<>();
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.MINUTES,
            new SynchronousQueue<>(),
            Thread.ofPlatform().name("full-backup").factory());

    private long lastFolderSeconds;

    /**
     * @param parts what is backed up and restored
     * @param clock tells the time in folder names and answers
     */
    public BackupJobs(BackupParts parts, InstantSource clock) {
        this.parts = parts;
        this.clock = clock;
        this.reader = new BackupReader(parts.engine(), parts.seal(), parts.identity());
    }

    /** What a job does; gives back the backup's folder, or null. */
    private interface Work {
        @Nullable
        String run();
    }

    /** Begins a backup. Answers null if another job is under way. */
    public @Nullable BackupJob backup(BackupTarget target) {
        return start(false, "Full backup is in progress", () -> {
            String folder = folder();
            BackupManifest manifest = new BackupWriter(parts.seal(), target, folder)
                    .write(parts.store(), parts.identity(), parts.hsm(), now());
            LOG.info(
                    "backup {} of {} records at revision {} is whole", folder, manifest.records(), manifest.revision());
            return target.uri() + "/" + folder;
        });
    }

    /** Begins a look at whether a backup could be made there: an object is written and removed. */
    public @Nullable BackupJob preBackup(@Nullable BackupTarget target) {
        return start(false, "Pre-backup check is in progress", () -> {
            if (target != null) {
                String folder = folder();
                target.put(folder, "check", "check".getBytes(StandardCharsets.US_ASCII));
                target.remove(folder, "check");
            }
            return null;
        });
    }

    /** Begins a restore of everything. Answers null if another job is under way. */
    public @Nullable BackupJob restore(BackupTarget target, String folder) {
        return start(true, "Full restore is in progress", () -> {
            restoreAll(reader.read(target, folder));
            return null;
        });
    }

    /** Begins a look at whether everything could be restored from there: all of the backup is read and checked. */
    public @Nullable BackupJob preRestore(@Nullable BackupTarget target, @Nullable String folder) {
        return start(true, "Pre-restore check is in progress", () -> {
            if (target != null && folder != null) {
                reader.read(target, folder);
            }
            return null;
        });
    }

    /** Begins a restore of one key, with all its versions. Answers null if another job is under way. */
    public @Nullable BackupJob restoreKey(BackupTarget target, String folder, KeyName name) {
        return start(true, "Selective key restore is in progress", () -> {
            BackupReader.Whole whole = reader.read(target, folder);
            LifecycleAnswer<KeyFacts> answer = parts.keyBackups()
                    .restore(whole.keys(), name)
                    .toCompletableFuture()
                    .join();
            if (answer instanceof LifecycleAnswer.Refused<KeyFacts>(LifecycleRefusal refusal)) {
                throw new RefusedRestore(refusal);
            }
            return null;
        });
    }

    /** The job of this id, or null. */
    public @Nullable BackupJob find(String id, boolean restore) {
        synchronized (jobs) {
            BackupJob job = jobs.get(id);
            return job != null && job.restore() == restore ? job : null;
        }
    }

    private @Nullable BackupJob start(boolean restore, String details, Work work) {
        String id = UUID.randomUUID().toString().replace("-", "");
        if (!running.compareAndSet(null, id)) {
            return null;
        }
        BackupJob job = new BackupJob(id, restore, Status.IN_PROGRESS, details, null, now(), null, null);
        keep(job);
        try {
            worker.execute(() -> {
                try {
                    keep(ended(job, work));
                } finally {
                    running.set(null);
                }
            });
        } catch (RejectedExecutionException closed) {
            running.set(null);
            return null;
        }
        return job;
    }

    private BackupJob ended(BackupJob job, Work work) {
        String what = job.details().replace(" is in progress", "");
        try {
            String uri = work.run();
            return end(job, Status.SUCCEEDED, what + " has succeeded", null, uri);
        } catch (BackupFailure e) {
            LOG.warn("{} failed: {}", what, e.getMessage());
            return failed(job, what, code(e.reason()), String.valueOf(e.getMessage()));
        } catch (RefusedRestore e) {
            LOG.warn("{} failed: {}", what, e.refusal);
            return failed(job, what, e.code(), e.sentence());
        } catch (RuntimeException e) {
            LOG.error("{} broke off", what, e);
            return failed(job, what, "InternalServerError", "The HSM could not complete the request");
        }
    }

    private static String code(BackupFailure.Reason reason) {
        return switch (reason) {
            case NOT_ALLOWED -> "BadParameter";
            case UNREACHABLE -> "StorageUnavailable";
            case NOT_FOUND -> "BackupNotFound";
            case FOREIGN, DAMAGED -> "MalformedBackupBlob";
        };
    }

    private BackupJob failed(BackupJob job, String what, String code, String message) {
        return end(job, Status.FAILED, what + " has failed", new Failure(code, message), null);
    }

    private BackupJob end(
            BackupJob job, Status status, String details, @Nullable Failure failure, @Nullable String uri) {
        return new BackupJob(job.id(), job.restore(), status, details, failure, job.startSeconds(), now(), uri);
    }

    private void keep(BackupJob job) {
        synchronized (jobs) {
            jobs.put(job.id(), job);
            if (jobs.size() > REMEMBERED_MAX) {
                jobs.remove(jobs.keySet().iterator().next());
            }
        }
    }

    /** A restore that was checked and could not be made all the same. */
    private static final class RefusedRestore extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final LifecycleRefusal refusal;

        RefusedRestore(LifecycleRefusal refusal) {
            super(refusal.name());
            this.refusal = refusal;
        }

        String code() {
            return switch (refusal) {
                case KEY_NOT_FOUND -> "KeyNotFound";
                case NAME_IN_USE, NAME_IN_DELETED_STATE -> "Conflict";
                default -> "ServiceUnavailable";
            };
        }

        String sentence() {
            return switch (refusal) {
                case KEY_NOT_FOUND -> "The backup has no key of this name";
                case NAME_IN_USE, NAME_IN_DELETED_STATE ->
                    "A key of this name exists or can be recovered; it must be deleted and purged first";
                default -> "The restore could not be made durable and was not made";
            };
        }
    }

    private void restoreAll(BackupReader.Whole whole) {
        if (!parts.state().become(HsmCondition.RESTORING)) {
            throw new RefusedRestore(LifecycleRefusal.NOT_OPERATIONAL);
        }
        try {
            boolean done = parts.roles()
                    .replace(
                            whole.roles(),
                            writes -> parts.lifecycle()
                                            .replaceAll(whole.keys(), writes)
                                            .toCompletableFuture()
                                            .join()
                                    instanceof LifecycleAnswer.Done)
                    .toCompletableFuture()
                    .join();
            if (!done) {
                throw new RefusedRestore(LifecycleRefusal.STORE_FAILED);
            }
            LOG.info(
                    "restored {} keys and {} deleted keys with {} versions, and {} records of roles",
                    whole.keys().keyCount(),
                    whole.keys().deletedCount(),
                    whole.keys().versionCount(),
                    whole.roleCount());
        } finally {
            parts.state().become(HsmCondition.OPERATIONAL);
        }
    }

    /** Another name for every backup, also for two within one second. */
    private String folder() {
        lastFolderSeconds = Math.max(now(), lastFolderSeconds + 1);
        return "mhsm-" + parts.hsm() + "-" + TIME.format(java.time.Instant.ofEpochSecond(lastFolderSeconds));
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }

    /** Lets a restore that has begun to replace keys come to its end, and breaks off a transfer. To be closed first. */
    @Override
    public void close() {
        worker.shutdownNow();
        try {
            if (!worker.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("a backup or restore does not come to an end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
