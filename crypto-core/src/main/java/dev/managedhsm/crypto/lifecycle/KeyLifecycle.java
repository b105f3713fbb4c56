// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.RotationPolicy;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import java.lang.foreign.MemorySegment;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
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
    private final KeyGenerator generator;
    private final KeyImporter importer;
    private final Agenda agenda;
    private final ControlWorker worker;
    private final OwnRecords own = new OwnRecords();
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
     * @param clock tells the time for attributes, for purging and for rotating
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
        this.generator = new KeyGenerator(engine, seal, state, new RsaKeyPool());
        this.importer = new KeyImporter(engine, seal, keyring, state);
        this.agenda = new Agenda(engine, seal, keyring, clock, policy, generator, this::lookForDue);
        this.worker = new ControlWorker(journal, writer, draft, state, agenda::take, agenda::look);
        agenda.lookAtAll();
        worker.start();
        generator.start();
    }

    private Anchor loaded(KeyJournal journal) {
        try (KeyLoader loader = new KeyLoader(seal, writer, own)) {
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
        return withPair(
                request.keyClass(),
                request.publicExponent(),
                pair -> new CreateKey(engine, seal, keyring, clock, request, pair));
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
     * Overwrites what the calling thread, which took a secret in, still has of it in registers and on its stack. To be called near to the
     * thread's start, by an event loop as a task of its own. If the library fails, the HSM moves to failed.
     */
    public void forget() {
        try {
            engine.forget();
        } catch (EngineFailure broken) {
            state.fail("what was left of a key could not be overwritten: " + broken);
        }
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
     * Makes a new version of a key after the current one, which becomes the current one. Class, permitted operations,
     * tags, release policy and whether it is enabled stay the same. When the version expires is what the key's rotation
     * policy says; without a policy it does not. Gives back the facts of what was made.
     */
    public CompletionStage<LifecycleAnswer<KeyFacts>> rotate(KeyName name) {
        LivingKey current = keyring.find(name.folded());
        LifecycleRefusal refusal = state.now() == HsmCondition.OPERATIONAL
                ? RotateKey.refusal(keyring, name.folded())
                : LifecycleRefusal.NOT_OPERATIONAL;
        if (current == null || refusal != null) {
            return refused(refusal == null ? LifecycleRefusal.KEY_NOT_FOUND : refusal);
        }
        return withPair(
                current.facts().keyClass(),
                RotateKey.exponent(current.facts()),
                pair -> new RotateKey(engine, seal, keyring, clock, name.folded(), pair));
    }

    /** Submits a change that needs a fresh pair if the class is one of RSA, once the pair is there. */
    private CompletionStage<LifecycleAnswer<KeyFacts>> withPair(
            KeyClass keyClass, long publicExponent, Function<@Nullable FreshSecret, Change<KeyFacts>> change) {
        if (keyClass.type() != KeyType.RSA) {
            return submit(change.apply(null));
        }
        CompletableFuture<LifecycleAnswer<KeyFacts>> answer = new CompletableFuture<>();
        boolean taken = generator.request(keyClass, publicExponent, pair -> {
            CompletionStage<LifecycleAnswer<KeyFacts>> made =
                    pair == null ? refused(withoutPair()) : submit(change.apply(pair));
            made.whenComplete((end, _) -> answer.complete(end));
        });
        return taken ? answer.minimalCompletionStage() : refused(LifecycleRefusal.BUSY);
    }

    /** Why there is no pair: the engine broke a promise, or the HSM is stopping and makes none any more. */
    private LifecycleRefusal withoutPair() {
        return state.now() == HsmCondition.FAILED ? LifecycleRefusal.ENGINE_FAILED : LifecycleRefusal.NOT_OPERATIONAL;
    }

    /**
     * Sets when a key is rotated by itself, and when versions made by rotation expire. The current version is not changed;
     * it is rotated soon if by this policy its time has come. Gives back the policy as it is kept.
     *
     * @param rotation the policy; a blank one takes away what is there
     */
    public CompletionStage<LifecycleAnswer<KeyRotation>> rotationPolicy(KeyName name, RotationPolicy rotation) {
        return submit(new SetRotationPolicy(keyring, clock, name.folded(), rotation));
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

    /**
     * Replaces all keys, living and soft-deleted, by those of a backup, in one commit. The HSM must be {@link
     * HsmCondition#RESTORING}, and stays so.
     *
     * @param archive the keys of the backup, checked
     * @param others records of another anchor that are written in the same commit
     */
    public CompletionStage<LifecycleAnswer<KeyArchive>> replaceAll(KeyArchive archive, List<JournalWrite> others) {
        return submit(new ReplaceKeys(seal, keyring, own, archive, others, agenda::lookAgain));
    }

    /** A sealed record of the HSM's own, or null if none was kept; not to be written to. */
    byte @Nullable [] ownRecord(RecordName name) {
        return own.find(name);
    }

    /** Keeps a record of the HSM's own; its content stays until the answer, and is wiped by its owner then. */
    CompletionStage<? extends LifecycleAnswer<?>> keep(RecordName name, MemorySegment content) {
        return submit(new KeepRecord(own, name, content));
    }

    /**
     * Makes a key that nobody can name, to try the machine out with: it is found by its handle only, is kept in memory
     * only, and is gone when the HSM ends.
     *
     * @param keyClass not of RSA
     */
    public CompletionStage<LifecycleAnswer<LivingKey>> lend(KeyClass keyClass) {
        return submit(new LendKey(engine, seal, keyClass));
    }

    /** Ends a key that {@link #lend} made; operations that are under way come to their end. */
    public CompletionStage<LifecycleAnswer<LivingKey>> takeBack(LivingKey lent) {
        return submit(new TakeBackKey(lent));
    }

    /** What the owner decided about deletion. */
    public LifecyclePolicy policy() {
        return policy;
    }

    <T> CompletionStage<LifecycleAnswer<T>> submit(Change<T> change) {
        return worker.submit(change) ? change.answer() : refused(LifecycleRefusal.BUSY);
    }

    private static <T> CompletionStage<LifecycleAnswer<T>> refused(LifecycleRefusal refusal) {
        return CompletableFuture.completedStage(new LifecycleAnswer.Refused<>(refusal));
    }

    /**
     * Makes the changes that wait, then none until {@link #release}; who asks for one meanwhile is told {@link
     * LifecycleRefusal#BUSY}. Waits for that. For whoever must have the journal to himself.
     */
    public void hold() throws InterruptedException {
        worker.hold();
    }

    /** Makes changes again. */
    public void release() {
        worker.release();
    }

    /** Has everything done that is due by the clock now, rather than within a minute. */
    void lookForDue() {
        worker.lookForDue();
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
