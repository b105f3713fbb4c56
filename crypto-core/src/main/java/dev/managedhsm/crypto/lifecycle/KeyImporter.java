// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.algorithm.Pkcs8;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engine.Examined;
import dev.managedhsm.crypto.foreign.FreeThreads;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.SecretAccess;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.seal.RecordSeal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets keys in that were made elsewhere, on one daemon thread: unwraps them where they come wrapped, has the engine examine
 * them, and seals them before they leave the thread's locked memory. It takes milliseconds to unwrap and up to a quarter of
 * a second to examine, so neither the control worker nor the workers of the ring nor the key generator do it: nobody waits
 * for an import but other imports.
 *
 * <pre>
 *   wrapped:  find the exchange key -> unwrap -> PKCS#8 -+
 *   clear:    parts of the key                          -+-> secret encoding -> examine -> seal -> then
 * </pre>
 */
final class KeyImporter implements AutoCloseable {
    private static final KeyClass[] SYMMETRIC = {KeyClass.OCT_128, KeyClass.OCT_192, KeyClass.OCT_256};
    private static final KeyTransport TRANSPORT = KeyTransport.OAEP_SHA1;

    /** Ends an import for a reason that is the caller's. */
    private sealed interface Step {
        record Found(KeyClass keyClass, @Nullable PublicPart publicPart, int secretLength) implements Step {}

        record Refused(LifecycleRefusal refusal) implements Step {}
    }

    private final Engine engine;
    private final RecordSeal seal;
    private final Keyring keyring;
    private final HsmState state;
    private final LockedMemory secret = LockedMemory.allocate(Pkcs8.LENGTH_MAX, "imported key");
    private final LockedMemory unwrapped = LockedMemory.allocate(Pkcs8.LENGTH_MAX, "unwrapped key");
    private final ThreadPoolExecutor thread;
    private volatile boolean closing;
    private long serial;

    KeyImporter(Engine engine, RecordSeal seal, Keyring keyring, HsmState state) {
        this.engine = engine;
        this.seal = seal;
        this.keyring = keyring;
        this.state = state;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(LifecycleLimits.IMPORTS_MAX),
                FreeThreads.of(Thread.ofPlatform().daemon().name("key-importer")));
    }

    /**
     * Lets a key in. Any thread; never waits.
     *
     * @param wanted the class that the request names
     * @param origin what the key is made from; closed in any case
     * @param then takes the sealed secret, on the importer's thread, or why there is none
     * @return false if too many wait already; {@code then} is not called
     */
    boolean submit(KeyClass wanted, KeyOrigin origin, Consumer<LifecycleAnswer<FreshSecret>> then) {
        try {
            thread.execute(() -> {
                LifecycleAnswer<FreshSecret> answer;
                try (origin) {
                    answer = letIn(wanted, origin);
                }
                then.accept(answer);
            });
            return true;
        } catch (RejectedExecutionException full) {
            origin.close();
            return false;
        }
    }

    private LifecycleAnswer<FreshSecret> letIn(KeyClass wanted, KeyOrigin origin) {
        if (closing) {
            return new LifecycleAnswer.Refused<>(LifecycleRefusal.NOT_OPERATIONAL);
        }
        try {
            return switch (origin) {
                case KeyOrigin.Clear(PublicPart publicPart, KeyMaterial material) ->
                    examined(wanted, publicPart, material.write(publicPart, SecretAccess.IMPORT, secret.segment()));
                case KeyOrigin.Wrapped wrapped ->
                    switch (unwrapped(wanted, wrapped)) {
                        case Step.Refused(LifecycleRefusal refusal) -> new LifecycleAnswer.Refused<>(refusal);
                        // What was wrapped in the wrong way and what is no good key have the same answer.
                        case Step.Found(KeyClass keyClass, PublicPart publicPart, int length) ->
                            examined(keyClass, publicPart, length) instanceof LifecycleAnswer.Done<FreshSecret> done
                                    ? done
                                    : new LifecycleAnswer.Refused<>(LifecycleRefusal.TRANSFER_NOT_OPENED);
                    };
            };
        } catch (RuntimeException | Error e) {
            state.fail("a key could not be imported: " + e);
            return new LifecycleAnswer.Refused<>(LifecycleRefusal.ENGINE_FAILED);
        } finally {
            secret.wipe();
            unwrapped.wipe();
        }
    }

    private Step unwrapped(KeyClass wanted, KeyOrigin.Wrapped origin) {
        String name = origin.exchangeKey().folded();
        String version = origin.exchangeVersion();
        LivingKey found = version == null ? keyring.find(name) : keyring.find(name, version);
        if (found == null) {
            return new Step.Refused(LifecycleRefusal.EXCHANGE_KEY_NOT_FOUND);
        }
        try (KeyringReader reader = keyring.reader()) {
            LivingKey key = reader.enter(found.handle());
            if (key == null) {
                return new Step.Refused(LifecycleRefusal.EXCHANGE_KEY_NOT_FOUND);
            }
            try {
                return exchanges(key.facts())
                        ? opened(wanted, unwrap(reader, key, origin.wrapped()))
                        : new Step.Refused(LifecycleRefusal.EXCHANGE_KEY_NOT_USABLE);
            } finally {
                reader.exit();
            }
        }
    }

    /** Unwrapping is not bound to the key's period of use, as for the operation of that name. */
    private static boolean exchanges(KeyFacts facts) {
        return facts.keyClass().type() == KeyType.RSA
                && facts.attributes().enabled()
                && facts.permitted().equals(Set.of(PermittedOperation.IMPORT));
    }

    /** Length of what was wrapped, or {@link Engine#TRANSPORT_FAILED}. */
    private int unwrap(KeyringReader reader, LivingKey key, byte[] wrapped) {
        int room = KeyTransport.unwrappedLengthMax(key.facts().keyClass().bytes(), wrapped.length);
        if (room > unwrapped.segment().byteSize()) {
            return Engine.TRANSPORT_FAILED; // longer than any key, which is no secret
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, wrapped.length));
            MemorySegment.copy(wrapped, 0, bytes, JAVA_BYTE, 0, wrapped.length);
            return engine.unwrapFromTransport(
                    TRANSPORT, reader.engineKey(key), bytes.asSlice(0, wrapped.length), unwrapped.segment());
        }
    }

    private Step opened(KeyClass wanted, int length) {
        Step.Found found = length == Engine.TRANSPORT_FAILED ? null : read(wanted, length);
        if (found == null
                || found.keyClass().type() != wanted.type()
                || (wanted.type() == KeyType.EC && found.keyClass() != wanted)) {
            return new Step.Refused(LifecycleRefusal.TRANSFER_NOT_OPENED);
        }
        return found;
    }

    private Step.@Nullable Found read(KeyClass wanted, int length) {
        MemorySegment plain = unwrapped.segment().asSlice(0, length);
        if (wanted.type() != KeyType.OCT) {
            Pkcs8.Pair pair = Pkcs8.decode(plain, secret.segment());
            return pair == null ? null : new Step.Found(pair.keyClass(), pair.publicPart(), pair.secretLength());
        }
        for (KeyClass keyClass : SYMMETRIC) {
            if (keyClass.bytes() == length) {
                MemorySegment.copy(plain, 0, secret.segment(), 0, length);
                return new Step.Found(keyClass, new PublicPart.None(), length);
            }
        }
        return null;
    }

    private LifecycleAnswer<FreshSecret> examined(KeyClass keyClass, @Nullable PublicPart publicPart, int length) {
        if (length < 1 || length > Engine.SECRET_LENGTH_MAX) {
            return new LifecycleAnswer.BadKey<>(KeyFault.MALFORMED);
        }
        MemorySegment content = secret.segment().asSlice(0, length);
        return switch (engine.examine(keyClass, publicPart, content)) {
            case Examined.Faulty(KeyFault fault) -> new LifecycleAnswer.BadKey<>(fault);
            case Examined.Sound(PublicPart own) -> new LifecycleAnswer.Done<>(sealed(keyClass, own, content));
        };
    }

    private FreshSecret sealed(KeyClass keyClass, PublicPart publicPart, MemorySegment content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sealed = arena.allocate(content.byteSize() + RecordSeal.OVERHEAD);
            long number = --serial; // the key generator counts upwards
            int length = seal.seal(FreshSecret.name(keyClass, number), 1, 0, content, sealed);
            byte[] blob = sealed.asSlice(0, length).toArray(JAVA_BYTE);
            return new FreshSecret(keyClass, publicPart, number, blob);
        }
    }

    /** Whether it is closing, for tests that close it while keys wait. */
    boolean closing() {
        return closing;
    }

    /** Finishes the key it is at, refuses those that wait, then ends. Waits for that. */
    @Override
    public void close() {
        closing = true;
        thread.close();
        secret.close();
        unwrapped.close();
    }
}
