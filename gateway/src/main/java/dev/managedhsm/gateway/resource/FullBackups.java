// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.BACKUP_START;
import static dev.managedhsm.auth.role.DataAction.BACKUP_STATUS;
import static dev.managedhsm.auth.role.DataAction.RESTORE_START;
import static dev.managedhsm.auth.role.DataAction.RESTORE_STATUS;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.gateway.backup.BackupFailure;
import dev.managedhsm.gateway.backup.BackupJob;
import dev.managedhsm.gateway.backup.BackupJobs;
import dev.managedhsm.gateway.backup.BackupTarget;
import dev.managedhsm.gateway.backup.BackupTargets;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.BackupPlace;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Backup and restore of the whole HSM, and of one key out of such a backup. Every start answers 202 and where to ask how far
 * it is. One for all event loops.
 */
public final class FullBackups {
    private static final int ASK_AGAIN_SECONDS = 1;

    private final BackupJobs jobs;
    private final BackupTargets targets;
    private final String baseUrl;

    /**
     * @param jobs does the work
     * @param targets the places that are allowed
     * @param baseUrl scheme, host and port of status URLs, without a slash at the end
     */
    public FullBackups(BackupJobs jobs, BackupTargets targets, String baseUrl) {
        this.jobs = jobs;
        this.targets = targets;
        this.baseUrl = baseUrl;
    }

    /** What this resource answers. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onDomain(POST, "/backup", BACKUP_START, EndpointGroup.FULL_BACKUP, this::backup),
                Endpoint.onDomain(POST, "/prebackup", BACKUP_START, EndpointGroup.FULL_BACKUP, this::preBackup),
                Endpoint.onDomain(
                        GET,
                        "/backup/:job/pending",
                        BACKUP_STATUS,
                        EndpointGroup.FULL_BACKUP,
                        call -> status(call, false)),
                Endpoint.onDomain(PUT, "/restore", RESTORE_START, EndpointGroup.FULL_BACKUP, this::restore),
                Endpoint.onDomain(PUT, "/prerestore", RESTORE_START, EndpointGroup.FULL_BACKUP, this::preRestore),
                Endpoint.onDomain(
                        PUT, "/keys/:name/restore", RESTORE_START, EndpointGroup.FULL_BACKUP, this::restoreKey),
                Endpoint.onDomain(
                        GET,
                        "/restore/:job/pending",
                        RESTORE_STATUS,
                        EndpointGroup.RESTORE_STATUS,
                        call -> status(call, true)));
    }

    /** Starts a job at a place; null if another one is under way. */
    private interface Start {
        @Nullable
        BackupJob at(@Nullable BackupTarget target, String folder);
    }

    private void backup(Call call) throws Refused {
        start(call, BackupPlace.ofBackup(call.json()), (target, _) -> jobs.backup(required(target)));
    }

    private void preBackup(Call call) throws Refused {
        JsonObject json = call.json();
        BackupPlace place = json.containsKey("storageResourceUri") ? BackupPlace.ofBackup(json) : null;
        start(call, place, (target, _) -> jobs.preBackup(target));
    }

    private void restore(Call call) throws Refused {
        BackupPlace place = BackupPlace.ofRestore(call.json(), "folderToRestore");
        start(call, place, (target, folder) -> jobs.restore(required(target), folder));
    }

    private void preRestore(Call call) throws Refused {
        JsonObject json = call.json();
        BackupPlace place =
                json.containsKey("sasTokenParameters") ? BackupPlace.ofRestore(json, "folderToRestore") : null;
        start(call, place, jobs::preRestore);
    }

    private void restoreKey(Call call) throws Refused {
        String name = call.part("name");
        if (!KeyName.valid(name)) {
            call.exchange().refuse(Keys.invalidName());
            return;
        }
        BackupPlace place = BackupPlace.ofRestore(call.json(), "folder");
        start(call, place, (target, folder) -> jobs.restoreKey(required(target), folder, new KeyName(name)));
    }

    private static BackupTarget required(@Nullable BackupTarget target) {
        if (target == null) {
            throw new IllegalStateException("the request named a place");
        }
        return target;
    }

    /** Off the event loop, because a folder is looked up on the disk. What was begun is recorded also if the client has gone. */
    private void start(Call call, @Nullable BackupPlace place, Start start) {
        Exchange exchange = call.exchange();
        exchange.body().letGo();
        exchange.edge()
                .vertx()
                .executeBlocking(() -> start(place, start), false)
                .onComplete(job -> exchange.conclude(() -> {
                    if (job.failed()) {
                        refuse(exchange, job.cause());
                    } else if (job.result() == null) {
                        exchange.refuse(new WireError(
                                409, "Conflict", "Another backup or restore is in progress; one is done at a time"));
                    } else {
                        accepted(exchange, job.result());
                    }
                }));
    }

    private @Nullable BackupJob start(@Nullable BackupPlace place, Start start) {
        if (place == null) {
            return start.at(null, "");
        }
        String folder = place.folder() == null ? "" : BackupTargets.folderName(place.folder());
        return start.at(targets.target(place.uri(), place.token(), place.managedIdentity()), folder);
    }

    private static void refuse(Exchange exchange, Throwable cause) {
        if (cause instanceof BackupFailure failure) {
            exchange.refuse(WireError.badParameter(String.valueOf(failure.getMessage())));
        } else {
            exchange.broken(cause);
        }
    }

    private void accepted(Exchange exchange, BackupJob job) {
        String url = baseUrl + (job.restore() ? "/restore/" : "/backup/") + job.id() + "/pending";
        exchange.accepted(body(job), url, ASK_AGAIN_SECONDS);
    }

    private void status(Call call, boolean restore) {
        BackupJob job = jobs.find(call.part("job").toLowerCase(Locale.ROOT), restore);
        if (job == null) {
            call.exchange()
                    .refuse(new WireError(
                            404,
                            "JobNotFound",
                            "No backup or restore of this id is known; ids are"
                                    + " forgotten when the HSM is stopped"));
        } else {
            call.exchange().answer(body(job));
        }
    }

    private static JsonObject body(BackupJob job) {
        BackupJob.Failure failure = job.failure();
        JsonObject body = new JsonObject()
                .put(
                        "status",
                        switch (job.status()) {
                            case IN_PROGRESS -> "InProgress";
                            case SUCCEEDED -> "Succeeded";
                            case FAILED -> "Failed";
                        })
                .put("statusDetails", job.details())
                .put(
                        "error",
                        failure == null
                                ? null
                                : new JsonObject().put("code", failure.code()).put("message", failure.message()))
                .put("startTime", job.startSeconds())
                .put("endTime", job.endSeconds())
                .put("jobId", job.id());
        return job.restore() ? body : body.put("azureStorageBlobContainerUri", job.uri());
    }
}
