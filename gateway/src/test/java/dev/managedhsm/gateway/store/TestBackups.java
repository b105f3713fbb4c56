// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.gateway.backup.BackupJob;
import dev.managedhsm.gateway.backup.BackupJobs;
import dev.managedhsm.gateway.backup.BackupParts;
import dev.managedhsm.gateway.backup.BackupTarget;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Backs a whole HSM up and restores it, and waits for that. */
final class TestBackups {
    private final DurableHsm hsm;

    TestBackups(DurableHsm hsm) {
        this.hsm = hsm;
    }

    /** The backup's folder. */
    String backup(BackupTarget target) {
        try (BackupJobs jobs = jobs()) {
            String uri = Objects.requireNonNull(ended(jobs, jobs.backup(target)).uri());
            return uri.substring(uri.lastIndexOf('/') + 1);
        }
    }

    void restore(BackupTarget target, String folder) {
        try (BackupJobs jobs = jobs()) {
            ended(jobs, jobs.restore(target, folder));
        }
    }

    private BackupJobs jobs() {
        return new BackupJobs(
                new BackupParts(
                        "test",
                        hsm.engine,
                        hsm.seal,
                        hsm.identity,
                        hsm.store,
                        hsm.state,
                        hsm.lifecycle,
                        hsm.backups,
                        (come, commit) -> {
                            boolean done = commit.test(hsm.roleJournal.replacement(come));
                            var _ = hsm.roleJournal.load();
                            return CompletableFuture.completedFuture(done);
                        }),
                InstantSource.system());
    }

    private static BackupJob ended(BackupJobs jobs, @Nullable BackupJob begun) {
        BackupJob job = Objects.requireNonNull(begun);
        while (job.status() == BackupJob.Status.IN_PROGRESS) {
            LockSupport.parkNanos(1_000_000);
            job = Objects.requireNonNull(jobs.find(job.id(), job.restore()));
        }
        if (job.status() != BackupJob.Status.SUCCEEDED) {
            throw new AssertionError(job.toString());
        }
        return job;
    }
}
