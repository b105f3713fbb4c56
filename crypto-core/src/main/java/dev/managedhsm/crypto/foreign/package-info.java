// SPDX-License-Identifier: Apache-2.0
/**
 * The only native calls in the house: the C library and the crypto libraries, one class each, as plain Java methods.
 *
 * <p>Pointers travel as {@code long}, so that a call allocates nothing; every handle is {@code static final} or belongs
 * to an immutable binding, so that the compiler can inline it. Nothing outside this package touches
 * {@link java.lang.foreign.Linker}.
 */
@NullMarked
package dev.managedhsm.crypto.foreign;

import org.jspecify.annotations.NullMarked;
