// SPDX-License-Identifier: Apache-2.0
/**
 * What is done with an audit log once it is written: looked through, taken along as evidence, forwarded.
 *
 * <pre>
 *   folder of the log ──┬─&gt; AuditVerifier ──&gt; Verdict         every event against its leaf hash, every checkpoint's root
 *   (keys, checkpoints, │                                      and signature; needs nothing but the folder
 *    events, leaves)    ├─&gt; LogReader ──┬─&gt; HTTP             events and proofs, behind the durable end
 *                       │               └─&gt; Forwarder ──&gt; syslog or CEF over TCP or TLS, at least once, in order
 *                       └─&gt; EvidencePack ──&gt; one file        events of an interval with proofs, and the state at both ends
 * </pre>
 *
 * <p>Everything here reads the log while it is being written: events are written before their leaf hashes, and those before the
 * checkpoint that covers them.
 */
@NullMarked
package dev.managedhsm.gateway.evidence;

import org.jspecify.annotations.NullMarked;
