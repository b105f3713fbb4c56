// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

/**
 * One value with its place.
 *
 * @param text as it is written, without quotes
 * @param line where, from 1 on
 * @param key its place, such as {@code listeners.data.port}
 */
record Item(String text, int line, String key) {}
