// SPDX-License-Identifier: Apache-2.0
/**
 * The audit log: one event for the end of every request, in a log that proves itself.
 *
 * <pre>
 *   events-….jsonl     line ──SHA-256(0x00 ‖ line)──&gt; leaves-….bin ──&gt; MerkleTree ──root──&gt; SignedCheckpoint ──&gt; checkpoints.txt
 *                                                         │                                     │
 *                                                         └─&gt; MerkleProofs (RFC 6962 §2.1)      └─ signed by AuditSigner, whose
 *                                                             inclusion, consistency               public keys are in keys.txt
 * </pre>
 *
 * <p>The tree is over all events since the log began. Whoever has a checkpoint can tell whether an event is in the log, and
 * whether a later log still begins with the same events.
 */
@NullMarked
package dev.managedhsm.gateway.audit;

import org.jspecify.annotations.NullMarked;
