// SPDX-License-Identifier: Apache-2.0
/**
 * The one configuration file of {@code hsm serve}: text to records, with every fault of it at once.
 *
 * <pre>
 *   hsm.yaml ─> YamlFile ─> Section, Item (lines, taken keys) ─> *Section readers ─> ServeConfig
 *                   │              │                                  │                  │
 *                   └──────────────┴───────> Faults <─────────────────┘                  └─> World: files, permissions,
 *                                                                                            variables, key pairs
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.config;

import org.jspecify.annotations.NullMarked;
