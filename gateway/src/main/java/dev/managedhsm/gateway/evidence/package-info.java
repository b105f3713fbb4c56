// SPDX-License-Identifier: Apache-2.0
/**
 * What is done with an audit log once it is written: it is looked through.
 *
 * <pre>
 *   keys.txt, checkpoints.txt ──&gt; CheckpointReader ──&gt; Roots ──┐
 *   leaves-….bin ───────────────&gt; HashSequence ──────&gt;   │     ├──&gt; AuditVerifier ──&gt; Verdict
 *   events-….jsonl ─LineReader──&gt; HashSequence ──────&gt; Difference
 * </pre>
 *
 * <p>The log may be written meanwhile: events are written before their leaf hashes, and those before the checkpoint that covers
 * them; it is read the other way round.
 */
@NullMarked
package dev.managedhsm.gateway.evidence;

import org.jspecify.annotations.NullMarked;
