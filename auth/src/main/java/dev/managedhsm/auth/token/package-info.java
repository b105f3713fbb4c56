// SPDX-License-Identifier: Apache-2.0
/**
 * Bearer tokens to principals, or to the reason why not.
 *
 * <pre>
 *   Authorization header ──&gt; BearerHeader ──&gt; token text ──&gt; TokenCache ──hit──────────────┐
 *                                 │                             │ miss                      ▼
 *                                 │                             ▼                     VerifiedToken ──&gt; Principal
 *                                 │       TokenVerifier (a thread that may work)            ▲
 *                                 │          text ──&gt; strict header and claims              │
 *                                 │          issuer, key id ──&gt; one key ──&gt; signature       │
 *                                 │          tenant, audience, time, object id ─────────────┤
 *                                 └──────────────────────┐                                  ▼
 *                                                        └───────────────────────────&gt; Rejection ──&gt; Challenge
 *
 *   TrustedKeys (each issuer's) &lt;── KeyRefresh ──&gt; KeyFetch (https) or a file
 * </pre>
 *
 * <p>The only package of its module that knows Vert.x, whose JWT library checks the signatures. Nothing here logs, and
 * nothing but the cache's keys holds a token.
 */
@NullMarked
package dev.managedhsm.auth.token;

import org.jspecify.annotations.NullMarked;
