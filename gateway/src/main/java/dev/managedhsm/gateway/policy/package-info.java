// SPDX-License-Identifier: Apache-2.0
/**
 * Release policies: their grammar, their canonical form, and whether the claims of an attestation token meet them. Knows
 * neither keys nor HTTP nor how a token is verified.
 *
 * <p>What is refused when a policy is set can never surprise when a key is released: only policies whose every word is
 * understood here are accepted.
 */
@NullMarked
package dev.managedhsm.gateway.policy;

import org.jspecify.annotations.NullMarked;
