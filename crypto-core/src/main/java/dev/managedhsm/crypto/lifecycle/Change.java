// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.KeyringWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One change of one key, on its way through the control worker: prepared, made durable with others, published, answered.
 *
 * @param <T> what it gives back when it was made
 */
abstract sealed class Change<T>
        permits CreateKey,
                RotateKey,
                UpdateKey,
                SetRotationPolicy,
                DeleteKey,
                RecoverKey,
                PurgeKey,
                RestoreKey,
                ReplaceKeys,
                KeepRecord,
                LendKey,
                TakeBackKey {
    private final String key;
    private final CompletableFuture<LifecycleAnswer<T>> answer = new CompletableFuture<>();

    /** @param key folded name of the key it changes */
    Change(String key) {
        this.key = key;
    }

    /** Folded name of the key. Two changes of one key never share a commit, so each is checked against what is there. */
    final String key() {
        return key;
    }

    final CompletionStage<LifecycleAnswer<T>> answer() {
        return answer.minimalCompletionStage();
    }

    /** In which condition of the HSM it can be made. */
    HsmCondition condition() {
        return HsmCondition.OPERATIONAL;
    }

    /**
     * Checks the change against the keyring and seals what it writes. Checks everything before it writes anything.
     *
     * @return why it cannot be made, with nothing in the draft, or null
     */
    abstract @Nullable LifecycleRefusal prepare(Draft draft);

    /** Makes the change visible; it is durable. */
    abstract T publish(KeyringWriter writer);

    final void publishAndAnswer(KeyringWriter writer) {
        answer.complete(new LifecycleAnswer.Done<>(publish(writer)));
    }

    final void refuse(LifecycleRefusal refusal) {
        answer.complete(new LifecycleAnswer.Refused<>(refusal));
    }
}
