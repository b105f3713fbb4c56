// SPDX-License-Identifier: Apache-2.0
/**
 * Statements with a signature: those of attestation authorities about an environment that wants a key, and this HSM's own
 * about a key that it released.
 *
 * <pre>
 *   token ─▶ AttestationToken ─▶ which configured authority? ─▶ AuthorityKeys (discovery, HTTPS, cached) ─▶ signature,
 *            strict, unproven    no other is ever fetched       Vert.x client, never a URL of the token     times
 *                                                                                                             │
 *                                                              Attestation.Proven: issuer and claims ◀────────┘
 * </pre>
 *
 * <p>Keys of authorities are looked for by their configured name only: nothing in a token brings a key or an address.
 */
@NullMarked
package dev.managedhsm.gateway.attestation;

import org.jspecify.annotations.NullMarked;
