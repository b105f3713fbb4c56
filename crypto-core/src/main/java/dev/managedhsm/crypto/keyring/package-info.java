// SPDX-License-Identifier: Apache-2.0
/**
 * Living keys: find a key version by name, hand out its handle, lend its engine key to one worker at a time per reader.
 *
 * <pre>
 *   event loop             worker                                      control worker
 *   Keyring.find     --->  KeyringReader.enter(handle)                 KeyringWriter.add, replace, delete, …
 *     name -> LivingKey      publish in hazard, look again               unpublish
 *     handle, facts        KeyringReader.engineKey(key)                KeyringWriter.sweep
 *                            warm: one read; cold: unseal, load          evict cold keys; close and free what no
 *                          KeyringReader.exit()                          hazard holds
 * </pre>
 *
 * <p>For a key that is loaded, readers take no lock and never wait. To load a cold one they unseal its secret, and may wait
 * for each other there: a sealer may be one at a time. Everything is changed by one thread, the control worker.
 */
@NullMarked
package dev.managedhsm.crypto.keyring;

import org.jspecify.annotations.NullMarked;
