// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

/** The two answers of authorisation. Only {@link Authoriser} makes them. */
public sealed interface Decision permits Permit, Denial {}
