// SPDX-License-Identifier: Apache-2.0
/**
 * One operation in, one outcome out: the only switch from operation to algorithm.
 *
 * <p>Two engines do the same work and are tested against each other: the native one on a libcrypto, for production, and
 * the portable one on BouncyCastle, for machines without a usable libcrypto and as the oracle of the tests.
 */
@NullMarked
package dev.managedhsm.crypto.engine;

import org.jspecify.annotations.NullMarked;
