// SPDX-License-Identifier: Apache-2.0
/**
 * The development identity: an issuer with a key of its own, and a token endpoint that speaks the managed-identity
 * protocols on loopback, so that {@code ManagedIdentityCredential} of a stock SDK works unchanged.
 *
 * <pre>
 *   client ── GET /msi/token?resource=… ──> ManagedIdentityEndpoint ──> DevIssuer ── signs ──> access token
 *     │                                                                    │
 *     └── Authorization: Bearer … ──> gateway   <── trusts the JWKS of ────┘
 * </pre>
 *
 * <p>Nothing here is for production: there, tokens come from the tenant's own issuer.
 */
@NullMarked
package dev.managedhsm.gateway.identity;

import org.jspecify.annotations.NullMarked;
