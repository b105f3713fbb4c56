// SPDX-License-Identifier: Apache-2.0
/**
 * Who somebody is once proven: tenant, object id, application, groups.
 *
 * <p>Everything here is immutable and may be read by any thread.
 */
@NullMarked
package dev.managedhsm.auth.principal;

import org.jspecify.annotations.NullMarked;
