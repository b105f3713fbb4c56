// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

/** Tests that ask an engine on a bench. */
interface OnBench {
    /** The bench, the same for all tests of a class. */
    Bench bench();
}
