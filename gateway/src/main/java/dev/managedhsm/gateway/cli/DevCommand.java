// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hsm dev}: starts a development HSM and keeps it running until the process is asked to end. */
@Command(name = "dev", description = "Starts an activated HSM for development on this machine.")
final class DevCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(DevCommand.class);
    private static final int REFUSED = 1;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8443",
            description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--bind",
            paramLabel = "ADDR",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String bind = "";

    @Option(
            names = "--name",
            paramLabel = "DNS",
            defaultValue = "localhost",
            description = "Host name in URLs, key ids and certificate (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Folder of everything it keeps (default: managed-hsm/dev in $XDG_STATE_HOME or ~/.local/state).")
    private @Nullable Path data;

    @Option(
            names = "--retention-days",
            paramLabel = "N",
            defaultValue = "90",
            description = "Days a deleted key can be recovered, 7 to 90 (default: ${DEFAULT-VALUE}).")
    private int retentionDays;

    @Option(names = "--purge-protection", description = "Nobody can purge a deleted key before that time is over.")
    private boolean purgeProtection;

    @Option(
            names = "--attestation-issuer",
            paramLabel = "URL",
            description = "Attestation authority whose word counts where keys are released; may be repeated.")
    private List<String> attestationIssuers = List.of();

    @Option(
            names = "--attestation-ca",
            paramLabel = "PEM",
            description = "The CA that the authorities' certificates come from (default: those of the JDK).")
    private @Nullable Path attestationCa;

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    DevCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65_535) {
            err().println("hsm: --port takes a number from 0 to 65535.");
            return 2;
        }
        if (retentionDays < LifecyclePolicy.RETENTION_DAYS_MIN || retentionDays > LifecyclePolicy.RETENTION_DAYS_MAX) {
            err().println("hsm: --retention-days takes a number from 7 to 90.");
            return 2;
        }
        try {
            Path folder = data == null ? defaultFolder() : data;
            LifecyclePolicy deletion = new LifecyclePolicy(retentionDays, purgeProtection);
            run(DevHsm.start(folder, name, bind, port, deletion, authorities()));
        } catch (StartRefused refused) {
            LOG.debug("start refused", refused);
            err().println("hsm: " + refused.sentence());
            return REFUSED;
        }
        return 0;
    }

    private List<AttestationAuthority> authorities() {
        try {
            return attestationIssuers.stream()
                    .map(issuer -> new AttestationAuthority(issuer, null, attestationCa))
                    .toList();
        } catch (IllegalArgumentException notAnIssuer) {
            throw new StartRefused(String.valueOf(notAnIssuer.getMessage()), notAnIssuer);
        }
    }

    private void run(DevHsm hsm) throws InterruptedException {
        UntilSignal.hold(hsm, () -> {
            hsm.announce();
            if (!hsm.guide().names().loopbackOnly()) {
                LOG.warn(
                        "other machines can reach this development HSM; whoever reads its folder is its administrator");
            }
            out().println(hsm.guide().banner());
        });
    }

    private static Path defaultFolder() {
        String state = System.getenv("XDG_STATE_HOME");
        // A relative one is to be ignored, says the XDG base directory specification.
        Path root = state != null && state.startsWith("/")
                ? Path.of(state)
                : Path.of(System.getProperty("user.home"), ".local", "state");
        return root.resolve("managed-hsm").resolve("dev");
    }

    private PrintWriter out() {
        return command().commandLine().getOut();
    }

    private PrintWriter err() {
        return command().commandLine().getErr();
    }

    private CommandSpec command() {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        return spec;
    }
}
