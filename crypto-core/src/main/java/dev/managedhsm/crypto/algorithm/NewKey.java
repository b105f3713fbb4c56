// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.key.PublicPart;

/**
 * What was generated.
 *
 * @param secretLength length of the secret encoding, in bytes
 * @param publicPart the public part
 */
public record NewKey(int secretLength, PublicPart publicPart) {}
