// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where an event is in the log, for a client that asked. Written by the log's thread before the event is said to be durable,
 * read by the event loop after.
 */
public final class AuditReceipt {
    /** The header by which a client asks, with the value 1, and is answered. */
    public static final String HEADER = "x-hsm-audit-receipt";

    private long index;
    private byte[] leaf = {};
    private String checkpoint = "";

    /** An empty receipt. */
    public AuditReceipt() {}

    void fill(long at, byte[] leafHash) {
        index = at;
        leaf = leafHash;
    }

    /** Whether the event is in the log. */
    public boolean filled() {
        return leaf.length > 0;
    }

    /** @param text a checkpoint that covers the event; empty while nobody can sign one */
    void cover(String text) {
        checkpoint = text;
    }

    /**
     * The header's value: the event's index, its leaf hash and a checkpoint that covers it, both in base64; the checkpoint is
     * missing while the HSM has no key to sign with.
     */
    public String text() {
        Base64.Encoder base64 = Base64.getEncoder();
        String text = "index=" + index + ";leaf=" + base64.encodeToString(leaf);
        return checkpoint.isEmpty()
                ? text
                : text + ";checkpoint=" + base64.encodeToString(checkpoint.getBytes(StandardCharsets.UTF_8));
    }
}
