// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

/**
 * One request that is sent again and again.
 *
 * @param path with query
 * @param body JSON
 */
public record Ask(String path, String body) {}
