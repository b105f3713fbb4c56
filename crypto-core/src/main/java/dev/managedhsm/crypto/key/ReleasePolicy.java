// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * Who may have an exportable key released to them. The policy is kept as text: what it says is decided where keys are
 * released.
 *
 * @param contentType media type of the policy, as its owner gave it
 * @param json the policy in its canonical form: members sorted, no white space; at most {@link #LENGTH_MAX} characters
 * @param immutable whether the policy is frozen; once true, always true
 */
public record ReleasePolicy(String contentType, String json, boolean immutable) {
    /** Longest policy, in characters. */
    public static final int LENGTH_MAX = 10 * 1024;

    /** Longest media type, in characters. */
    public static final int CONTENT_TYPE_LENGTH_MAX = 128;

    /** Refuses, as a programmer's mistake, what is longer than the limits. */
    public ReleasePolicy {
        if (json.length() > LENGTH_MAX || contentType.length() > CONTENT_TYPE_LENGTH_MAX) {
            throw new IllegalStateException("a release policy over its limits");
        }
    }
}
