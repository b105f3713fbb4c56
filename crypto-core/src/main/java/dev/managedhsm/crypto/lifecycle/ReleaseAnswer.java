// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Outcome;

/** What became of a wish to have a secret wrapped for an attested environment. */
public sealed interface ReleaseAnswer {
    /**
     * It was wrapped.
     *
     * @param facts of the key version at that moment
     * @param wrapped the secret, readable by the receiver alone
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Released(KeyFacts facts, byte[] wrapped) implements ReleaseAnswer {}

    /**
     * The key may not be used for this, or the operation failed.
     *
     * @param outcome why; never one that has an answer
     */
    record Refused(Outcome outcome) implements ReleaseAnswer {}

    /** The secret stays where it is, for this reason. */
    enum Withheld implements ReleaseAnswer {
        /** The key has no release policy and never leaves. */
        NOT_EXPORTABLE,
        /** The policy in force is not the one that the caller found met. */
        POLICY_CHANGED,
        /** Nothing may be wrapped to the receiver's public key: too short, too long, or no RSA key. */
        RECEIVER_UNFIT,
        /** The HSM is not operational. */
        NOT_OPERATIONAL
    }
}
