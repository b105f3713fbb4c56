// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import dev.managedhsm.crypto.key.PermittedOperation;

/** One thing asked of a key. */
public enum Operation {
    SIGN(PermittedOperation.SIGN, true),
    VERIFY(PermittedOperation.VERIFY, false),
    ENCRYPT(PermittedOperation.ENCRYPT, true),
    DECRYPT(PermittedOperation.DECRYPT, false),
    WRAP_KEY(PermittedOperation.WRAP_KEY, true),
    UNWRAP_KEY(PermittedOperation.UNWRAP_KEY, false);

    private final PermittedOperation needs;
    private final boolean boundToPeriod;

    Operation(PermittedOperation needs, boolean boundToPeriod) {
        this.needs = needs;
        this.boundToPeriod = boundToPeriod;
    }

    /** What the key's owner must have permitted. */
    public PermittedOperation needs() {
        return needs;
    }

    /**
     * Whether the operation protects new data and so is refused outside the key's period of use. What undoes or checks
     * earlier protection (verify, decrypt, unwrap) is allowed outside it, so that expiry never loses data.
     */
    public boolean boundToPeriod() {
        return boundToPeriod;
    }
}
