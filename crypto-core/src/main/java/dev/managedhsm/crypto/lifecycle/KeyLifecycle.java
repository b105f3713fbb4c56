// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Everything that changes keys. Any thread may ask; nothing here waits.
 *
 * <p>Each answer comes after the change is durable and visible in the keyring. It is completed on the control worker's
 * thread (a refusal that needs no look at the keyring: on the caller's), so who goes on from it must hand over at once.
 */
public final class KeyLifecycle implements AutoCloseable {
    private final Engine engine;
    private final RecordSeal seal;
    private final Keyring keyring;
    private final HsmState state;
    private final LifecyclePolicy policy;
    private final InstantSource clock;
    private final KeyringWriter writer;
    private final Draft draft;
    private final ControlWorker worker;
    private final KeyGenerator generator;
    private final KeyImporter importer;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Fills the keyring from the journal, and starts the control worker, the key generator and the key importer.
     *
     * @param engine what makes keys
     * @param seal what seals their records
     * @param keyring an empty keyring whose writer nobody has asked for
     * @param journal where records are kept
     * @param state the HSM's state; changes are made while it is operational
     * @param policy what its owner decided about deletion
     * @param clock tells the time for attributes and for purging
     * @throws SealFailure naming the record, if what the journal holds is not what was written
     */
    public KeyLifecycle(
            Engine engine,
            RecordSeal seal,
            Keyring keyring,
            KeyJournal journal,
            HsmState state,
            LifecyclePolicy policy,
            InstantSource clock) {
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.state = state;
        this.policy = policy;
        this.clock = clock;
        this.writer = keyring.writer();
        this.draft = new Draft(seal, loaded(journal));
        this.worker = new ControlWorker(journal, writer, draft, state, this::duePurges);
        this.generator = new KeyGenerator(engine, seal, state, new RsaKeyPool());
        this.importer = new KeyImporter(engine, seal, keyring, state);
        worker.start();
        generator.start();
    }

    private Anchor loaded(KeyJournal journal) {
        try (KeyLoader loader = new KeyLoader(seal, writer)) {
            Anchor anchor = loader.load(journal);
            writer.sweep();
            return anchor;
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    /** Makes a key, or a new version of it which becomes the current one. Gives back the facts of what was made. */
    public CompletionStage<LifecycleAnswer<KeyFacts>> create(KeyRequest request) {
        LifecycleRefusal refusal = refusal(request);
        if (refusal != null) {
            return refused(refusal);
        }
        if (request.keyClass().type() != KeyType.RSA) {
            return submit(new CreateKey(engine, seal, keyring, clock, request, null));
        }
        CompletableFuture<LifecycleAnswer<KeyFacts>> answer = new CompletableFuture<>();
        boolean taken =
                generator.request(request.keyClass(), request.publicExponent(), pair -> create(request, pair, answer));
        return taken ? answer.minimalCompletionStage() : refused(LifecycleRefusal.BUSY);
    }

    private void create(
            KeyRequest request, @Nullable FreshSecret pair, CompletableFuture<LifecycleAnswer<KeyFacts>> answer) {
        CompletionStage<LifecycleAnswer<KeyFacts>> made = pair == null
                ? refused(LifecycleRefusal.ENGINE_FAILED)
                : submit(new CreateKey(engine, seal, keyring, clock, request, pair));
        made.whenComplete((end, _) -> answer.complete(end));
    }

    private @Nullable LifecycleRefusal refusal(KeyRequest request) {
        LifecycleRefusal refusal = request.refusal();
        if (refusal != null) {
            return refusal;
        }
        return state.now() == HsmCondition.OPERATIONAL
                ? CreateKey.refusal(keyring, request)
                : LifecycleRefusal.NOT_OPERATIONAL;
    }

    /**
     * Makes a key, or a new version of it, of a secret that was made elsewhere. Gives back the facts of what was made;
     * answers {@link LifecycleAnswer.BadKey} for what the engine would not trust.
     *
     * @param request what it is to be
     * @param origin what it is made from; closed in any case
     */
    public CompletionStage<LifecycleAnswer<KeyFacts>> importKey(KeyRequest request, KeyOrigin origin) {
        LifecycleRefusal refusal = refusal(request);
        if (refusal != null) {
            origin.close();
            return refused(refusal);
        }
        CompletableFuture<LifecycleAnswer<KeyFacts>> answer = new CompletableFuture<>();
        boolean taken = importer.submit(request.keyClass(), origin, letIn -> {
            CompletionStage<LifecycleAnswer<KeyFacts>> made = switch (letIn) {
                case LifecycleAnswer.Done<FreshSecret>(FreshSecret secret) -> create(request, secret);
                case LifecycleAnswer.Refused<FreshSecret>(LifecycleRefusal why) -> refused(why);
                case LifecycleAnswer.BadKey<FreshSecret>(KeyFault fault) ->
                    CompletableFuture.completedStage(new LifecycleAnswer.BadKey<>(fault));
            };
            made.whenComplete((end, _) -> answer.complete(end));
        });
        return taken ? answer.minimalCompletionStage() : refused(LifecycleRefusal.BUSY);
    }

    private CompletionStage<LifecycleAnswer<KeyFacts>> create(KeyRequest request, FreshSecret secret) {
        return submit(new CreateKey(engine, seal, keyring, clock, request.of(secret.keyClass()), secret));
    }

    /**
     * Changes what may be changed of a key version. Gives back the new facts.
     *
     * @param version in any case of letters, or null for the current one
     */
    public CompletionStage<LifecycleAnswer<KeyFacts>> update(KeyName name, @Nullable String version, KeyUpdate update) {
        LifecycleRefusal refusal = update.tags() == null ? null : LifecycleLimits.refusal(update.tags());
        return refusal != null
                ? refused(refusal)
                : submit(new UpdateKey(keyring, clock, name.folded(), version, update));
    }

    /** Soft-deletes a key with all its versions. Gives back the deleted key. */
    public CompletionStage<LifecycleAnswer<DeletedKey>> delete(KeyName name) {
        return submit(new DeleteKey(keyring, clock, policy, name.folded()));
    }

    /** Brings a soft-deleted key back. Gives back the facts of its current version. */
    public CompletionStage<LifecycleAnswer<KeyFacts>> recover(KeyName name) {
        return submit(new RecoverKey(keyring, name.folded()));
    }

    /** Destroys a soft-deleted key. Gives back what there was. */
    public CompletionStage<LifecycleAnswer<DeletedKey>> purge(KeyName name) {
        return submit(new PurgeKey(keyring, clock, policy, name.folded()));
    }

    /** What the owner decided about deletion. */
    public LifecyclePolicy policy() {
        return policy;
    }

    private <T> CompletionStage<LifecycleAnswer<T>> submit(Change<T> change) {
        return worker.submit(change) ? change.answer() : refused(LifecycleRefusal.BUSY);
    }

    private static <T> CompletionStage<LifecycleAnswer<T>> refused(LifecycleRefusal refusal) {
        return CompletableFuture.completedStage(new LifecycleAnswer.Refused<>(refusal));
    }

    /** Purges of keys whose retention is over, a group at a time. */
    private List<Change<?>> duePurges() {
        long now = clock.instant().getEpochSecond();
        List<Change<?>> due = new ArrayList<>();
        for (DeletedKey deleted : keyring.listDeleted(null, Integer.MAX_VALUE)) {
            if (deleted.purgeSeconds() <= now && due.size() < LifecycleLimits.GROUP_MAX) {
                due.add(new PurgeKey(keyring, clock, policy, deleted.name().folded()));
            }
        }
        return due;
    }

    /**
     * Makes the changes that wait, ends its threads, closes all engine keys and gives back the keyring's memory. Waits
     * for that. All keyring readers must have been closed before; the journal and the engine are closed after. Closing
     * twice is the same as closing once.
     */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        generator.close();
        importer.close();
        worker.close();
        draft.close();
        writer.close();
    }
}
