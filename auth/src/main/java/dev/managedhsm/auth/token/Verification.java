// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/** How the verification of a token ended. */
public sealed interface Verification permits VerifiedToken, Rejection {}
