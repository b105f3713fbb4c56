// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.foreign.FreeThreads;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.SecretAccess;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.BackupContent;
import dev.managedhsm.crypto.seal.BackupSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backups of single keys, and keys restored from them. Any thread may ask; nothing here waits.
 *
 * <pre>
 *   any thread     key-backup                                        control-worker
 *   .backup  --->  one moment of all versions, secrets unsealed
 *                  into locked memory, sealed as a whole  ---> answer
 *   .restore --->  tag, contents, pairs checked  ----------------->  RestoreKey: seal, commit, publish  ---> answer
 * </pre>
 *
 * <p>All the work that takes time is done on one thread of its own, so that changes of keys do not wait for it, and so that
 * the content of one backup only lies in memory at a time.
 */
public final class KeyBackups implements AutoCloseable {
    /** Longest text of a backup, in characters. */
    public static final int TEXT_LENGTH_MAX = BackupSeal.textLength(BackupCodec.LENGTH_MAX);

    private static final Logger LOG = LoggerFactory.getLogger(KeyBackups.class);
    private static final int WAITING_MAX = 16;
    private static final int ATTEMPTS_MAX = 3;

    private final Engine engine;
    private final BackupSeal seal;
    private final Keyring keyring;
    private final KeyLifecycle lifecycle;
    private final HsmState state;
    private final KeyringReader reader;
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            FreeThreads.of(Thread.ofPlatform().name("key-backup")));

    /**
     * @param engine what tries the keys of a backup
     * @param seal seals backups
     * @param keyring the living keys
     * @param lifecycle makes the change that a restore is; closed after this
     * @param state the HSM's state; moves to failed where a promise was broken
     */
    public KeyBackups(Engine engine, BackupSeal seal, Keyring keyring, KeyLifecycle lifecycle, HsmState state) {
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.lifecycle = lifecycle;
        this.state = state;
        this.reader = keyring.reader();
    }

    /**
     * One key at one moment.
     *
     * @param versions all versions, oldest first
     * @param facts theirs, in the same order
     * @param rotation the key's rotation policy
     */
    private record Moment(List<LivingKey> versions, List<KeyFacts> facts, KeyRotation rotation) {}

    /**
     * Backs up a living key with all its versions as of one moment, whether they may be used or not. Gives back the text,
     * ASCII, completed on the backup thread.
     */
    public CompletionStage<LifecycleAnswer<byte[]>> backup(KeyName name) {
        return submit(() -> CompletableFuture.completedStage(backup(name.folded())));
    }

    /**
     * Restores a key as it was when it was backed up. Gives back the facts of its latest version, once all of it is durable
     * and visible.
     *
     * @param text what {@link #backup} gave; not kept
     */
    public CompletionStage<LifecycleAnswer<KeyFacts>> restore(byte[] text) {
        return submit(() -> restored(text));
    }

    /**
     * Restores one key of a backup of the whole HSM, as it was then, and living even if it was soft-deleted then. Gives back
     * the facts of its latest version, once all of it is durable and visible.
     *
     * @param archive the keys of the backup, checked
     */
    public CompletionStage<LifecycleAnswer<KeyFacts>> restore(KeyArchive archive, KeyName name) {
        return submit(() -> restored(archive, name.folded()));
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> restored(KeyArchive archive, String folded) {
        LockedMemory memory = LockedMemory.allocate(archive.secretsLength(folded), "the secrets of a key of a backup");
        CompletionStage<LifecycleAnswer<KeyFacts>> ended = null;
        try {
            BackupCodec.Content read = archive.key(folded, memory.segment());
            ended = read == null ? refused(LifecycleRefusal.KEY_NOT_FOUND) : restored(read);
            return ended.whenComplete((_, _) -> memory.close());
        } finally {
            if (ended == null) {
                memory.close();
            }
        }
    }

    private interface Task<T> {
        CompletionStage<LifecycleAnswer<T>> run();
    }

    private <T> CompletionStage<LifecycleAnswer<T>> submit(Task<T> task) {
        CompletableFuture<LifecycleAnswer<T>> answer = new CompletableFuture<>();
        try {
            worker.execute(() -> run(task, answer));
        } catch (RejectedExecutionException fullOrClosed) {
            return CompletableFuture.completedStage(new LifecycleAnswer.Refused<>(LifecycleRefusal.BUSY));
        }
        return answer.minimalCompletionStage();
    }

    private <T> void run(Task<T> task, CompletableFuture<LifecycleAnswer<T>> answer) {
        try {
            CompletionStage<LifecycleAnswer<T>> ended = state.now() == HsmCondition.OPERATIONAL
                    ? task.run()
                    : CompletableFuture.completedStage(new LifecycleAnswer.Refused<>(LifecycleRefusal.NOT_OPERATIONAL));
            ended.whenComplete((end, _) -> answer.complete(end));
        } catch (SealFailure | EngineFailure e) {
            state.fail("a backup or restore of a key broke off: " + e.getMessage());
            answer.complete(new LifecycleAnswer.Refused<>(LifecycleRefusal.ENGINE_FAILED));
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e); // who waits for the answer says so, and nothing was changed
        }
    }

    private LifecycleAnswer<byte[]> backup(String folded) {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Moment moment = moment(folded);
            if (moment.versions().isEmpty()) {
                return new LifecycleAnswer.Refused<>(LifecycleRefusal.KEY_NOT_FOUND);
            }
            LifecycleAnswer<byte[]> answer = sealed(moment);
            if (answer != null) {
                return answer;
            }
        }
        return new LifecycleAnswer.Refused<>(LifecycleRefusal.BUSY);
    }

    /** What two looks in a row found the same was there at once between them. */
    private Moment moment(String folded) {
        Moment seen = look(folded);
        for (Moment again = look(folded); !again.equals(seen); again = look(folded)) {
            seen = again;
        }
        return seen;
    }

    private Moment look(String folded) {
        List<LivingKey> versions = keyring.versions(folded, null, LifecycleLimits.VERSIONS_MAX);
        List<KeyFacts> facts = versions.stream().map(LivingKey::facts).toList();
        return new Moment(versions, facts, keyring.rotation(folded));
    }

    /** The text, or null if the key was deleted meanwhile. */
    private @Nullable LifecycleAnswer<byte[]> sealed(Moment moment) {
        int count = moment.versions().size();
        List<byte[]> encoded = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            encoded.add(FactsCodec.encode(
                    moment.facts().get(i), moment.versions().get(i).ordinal()));
        }
        try (LockedMemory memory =
                LockedMemory.allocate(BackupCodec.room(moment.facts(), encoded), "the content of a backup")) {
            MemorySegment out = memory.segment();
            long at = BackupCodec.begin(out, count);
            for (int i = 0; i < count; i++) {
                at = BackupCodec.facts(out, at, encoded.get(i));
                LivingKey entered = reader.enter(moment.versions().get(i).handle());
                if (entered == null) {
                    return null;
                }
                try {
                    int length = reader.secret(entered, SecretAccess.BACKUP, BackupCodec.secret(out, at));
                    at = BackupCodec.ended(out, at, length);
                } finally {
                    reader.exit();
                }
            }
            at = BackupCodec.rotation(out, at, moment.rotation());
            return at > BackupCodec.LENGTH_MAX
                    ? new LifecycleAnswer.Refused<>(LifecycleRefusal.BACKUP_TOO_LONG)
                    : new LifecycleAnswer.Done<>(seal.seal(out.asSlice(0, at)));
        }
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> restored(byte[] text) {
        BackupContent content = text.length > TEXT_LENGTH_MAX ? null : seal.open(text);
        if (content == null) {
            return refused(LifecycleRefusal.BACKUP_MALFORMED);
        }
        CompletionStage<LifecycleAnswer<KeyFacts>> ended = null;
        try {
            ended = restored(content.bytes());
            return ended.whenComplete((_, _) -> content.close());
        } finally {
            if (ended == null) {
                content.close();
            }
        }
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> restored(MemorySegment content) {
        BackupCodec.Content read = BackupCodec.read(content);
        return read == null ? unreadable() : restored(read);
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> unreadable() {
        LOG.warn("a backup of this security domain cannot be read: it was made by a newer version of this software");
        return refused(LifecycleRefusal.BACKUP_MALFORMED);
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> restored(BackupCodec.Content read) {
        if (!read.versions().stream().allMatch(this::usable)) {
            return unreadable();
        }
        RestoreKey change = new RestoreKey(keyring, read);
        LifecycleRefusal refusal = RestoreKey.refusal(keyring, change.key());
        return refusal == null ? lifecycle.submit(change) : refused(refusal);
    }

    /** Whether the secret is one of its class and belongs to the public part: a signature made with one fits the other. */
    private boolean usable(BackupCodec.Version version) {
        KeyFacts facts = version.facts();
        try (EngineKey key = engine.load(facts.keyClass(), facts.publicPart(), version.secret())) {
            if (facts.keyClass().type() != KeyType.OCT) {
                Engines.checkPair(engine, key);
            }
            return true;
        } catch (EngineFailure notAPair) {
            return false;
        }
    }

    private static <T> CompletionStage<LifecycleAnswer<T>> refused(LifecycleRefusal refusal) {
        return CompletableFuture.completedStage(new LifecycleAnswer.Refused<>(refusal));
    }

    /** Does what waits, then ends. Waits for that. To be closed before the lifecycle. Closing twice is the same as once. */
    @Override
    public void close() {
        if (worker.isShutdown()) {
            return;
        }
        worker.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = worker.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        reader.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
