// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: {@code hsm dev} makes what a development HSM needs in one folder, starts it, and says where it is.
 *
 * <pre>
 *   gateway/bin/hsm ──> Main ──> DevCommand ──> DevHsm ──> DevFolder     lock, files, modes
 *   (finds Java,                    │            │  ├────> DevFacts      tenant, administrator, header secret
 *    builds)                        │            │  ├────> DevCertificates
 *                                   │            │  ├────> identity: DevIssuer, ManagedIdentityEndpoint
 *                                   │            │  └────> Gateway
 *                                   └────> DevGuide  (dev.env, banner, curl line)
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.cli;

import org.jspecify.annotations.NullMarked;
