// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.lifecycle.KeyRelease;
import dev.managedhsm.crypto.lifecycle.SecureKeys;
import dev.managedhsm.gateway.attestation.AttestationVerifier;
import dev.managedhsm.gateway.attestation.StatementSigner;
import java.util.concurrent.Executor;

/**
 * What it takes to let keys go to attested environments. Shared by all event loops.
 *
 * @param verifier proves attestation tokens
 * @param keys releases keys
 * @param secureKeys wraps data keys
 * @param signer signs what is released
 * @param work runs what computes; refuses when its queue is full
 */
public record Releasing(
        AttestationVerifier verifier, KeyRelease keys, SecureKeys secureKeys, StatementSigner signer, Executor work) {}
