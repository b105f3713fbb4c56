// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

/**
 * A variable of the environment that a configuration names.
 *
 * @param name its name
 * @param line where it is named
 * @param key the key that names it
 */
record NamedVariable(String name, int line, String key) {}
