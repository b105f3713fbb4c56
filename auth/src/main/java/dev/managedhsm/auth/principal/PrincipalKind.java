// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.principal;

/** What sort of identity a token was issued to: the claim {@code idtyp}. */
public enum PrincipalKind {
    /** A service principal or managed identity acting for itself. */
    APP,
    /** A person, through an application. */
    USER,
    /** The token does not say. */
    UNKNOWN
}
