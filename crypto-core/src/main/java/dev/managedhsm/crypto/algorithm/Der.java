// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

/** Tags of the DER (X.690) that keys and ECDSA signatures need. */
final class Der {
    static final int INTEGER = 0x02;
    static final int OCTET_STRING = 0x04;
    static final int SEQUENCE = 0x30;

    private Der() {}
}
