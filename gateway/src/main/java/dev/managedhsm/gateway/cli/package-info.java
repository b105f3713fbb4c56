// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: {@code hsm dev} makes what a development HSM needs in one folder, starts it, and says where it is;
 * {@code hsm serve} starts the HSM of a configuration file, which {@code hsm init} made and {@code hsm config} checks.
 *
 * <pre>
 *   gateway/bin/hsm ──> Main ──> DevCommand ──> DevHsm ──> DevFolder     lock, files, modes
 *   (finds Java,         │          │            │  ├────> DevFacts      tenant, administrator, header secret
 *    builds)             │          │            │  ├────> DevCertificates
 *                        │          │            │  ├────> DevIdentities, DevEndpoints ──> identity
 *                        │          │            │  └────> Gateway
 *                        │          └────> DevGuide  (dev.env, banner, curl line)
 *                        ├────> ServeCommand ──> ServingHsm ──> identity, Gateway
 *                        ├────> InitCommand ──> NewHsm          root key file, folder, issuer's key
 *                        └────> ConfigCommand                   each reads the file by config
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.cli;

import org.jspecify.annotations.NullMarked;
