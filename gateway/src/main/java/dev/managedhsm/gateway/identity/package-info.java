// SPDX-License-Identifier: Apache-2.0
/**
 * Managed identities that this HSM itself vouches for: an issuer with a key of its own, an endpoint that speaks the
 * managed-identity protocols, and one that speaks OAuth 2.0, so that the credentials of a stock SDK work unchanged.
 *
 * <pre>
 *   program of this machine ── GET /msi/token?resource=… ──> ManagedIdentityEndpoint ──┐
 *                                                                                      ├─> IdentityDirectory ─> DevIssuer
 *   workload ── POST /{tenant}/oauth2/v2.0/token ──TLS──> TokenEndpoint ───────────────┘                          │
 *      │             client_assertion: the cluster's token, or client_secret                                    signs
 *      └── Authorization: Bearer … ──> gateway   <── trusts the JWKS of ──────────────────────── access token <───┘
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.identity;

import org.jspecify.annotations.NullMarked;
