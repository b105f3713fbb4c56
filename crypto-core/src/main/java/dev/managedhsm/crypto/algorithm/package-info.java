// SPDX-License-Identifier: Apache-2.0
/**
 * One class per family of algorithms on the native libraries, its known answers for the self-test beside it, in a resource of the class's name.
 *
 * <pre>
 *   slot (what is asked, lengths already checked) + loaded key + the worker's scratch  ->  outcome and output in the slot
 * </pre>
 *
 * <p>Executing allocates nothing on the heap and takes no lock. A library that fails where no input can make it fail ends
 * in a {@link dev.managedhsm.crypto.foreign.LibraryFailure}.
 */
@NullMarked
package dev.managedhsm.crypto.algorithm;

import org.jspecify.annotations.NullMarked;
