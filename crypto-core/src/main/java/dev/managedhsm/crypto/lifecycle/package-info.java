// SPDX-License-Identifier: Apache-2.0
/**
 * Changes to keys (create, import, rotate, update, delete, recover, purge, restore) and the HSM's own states; one control
 * worker applies them in order. What takes secrets out of the keyring in sealed form is here too: {@link KeyBackups}.
 *
 * <pre>
 *                       key-importer: unwrap, examine, seal
 *   any thread          key-generator          control-worker                                    any thread
 *   KeyLifecycle  --->  RSA pool, miss  --->   queue -> group -> prepare: check, seal
 *   .create …     ------------------------>             commit in the {@link KeyJournal}: durable
 *                                                       publish in the keyring  --->  answer  ---> caller
 *                                   {@link Agenda}  <--->   then what is due by the clock, likewise
 * </pre>
 *
 * <p>Nothing is answered, and nothing can be found in the keyring, before it is durable.
 */
@NullMarked
package dev.managedhsm.crypto.lifecycle;

import org.jspecify.annotations.NullMarked;
