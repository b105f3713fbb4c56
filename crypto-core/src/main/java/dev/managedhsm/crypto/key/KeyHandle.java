// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * Small value that finds a live key version fast; carries no secret. The keyring makes one per version and never gives
 * the same handle to two versions, so a handle that outlives its version finds nothing rather than something else.
 *
 * @param index place in the keyring's table
 * @param generation how often that place has been given out before
 * @param keyClass type and size, so that a lane can be chosen without asking the keyring
 */
public record KeyHandle(int index, int generation, KeyClass keyClass) {}
