// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.Refused;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hsm security-domain}: the steps that need no running HSM. Files that are there are never replaced. */
@Command(
        name = "security-domain",
        description = "The root key in the hands of custodians: steps that need no running HSM.")
final class SecurityDomainCommand implements Callable<Integer> {
    private static final int REFUSED = 1;
    private static final int QUORUM_MIN = 2;
    private static final int MISUSED = 2;

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    SecurityDomainCommand() {}

    @Override
    public Integer call() {
        spec().commandLine().usage(spec().commandLine().getErr());
        return MISUSED;
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        return spec;
    }

    @Command(
            name = "download",
            description = "Writes the security domain of an HSM that is not running; activates it if it was not.")
    int download(
            @Mixin ConfigOption config,
            @Option(names = "--quorum", required = true, description = "How many custodians it takes.") int quorum,
            @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where to.") Path out,
            @Parameters(paramLabel = "CERTIFICATE", arity = "2..10", description = "Custodians' certificates, PEM.")
                    List<Path> files) {
        return attempt(() -> {
            ServeConfig read = ConfigOption.faultless(
                    config.file(),
                    ConfigFile.read(config.file(), System.getenv(), Instant.now()),
                    spec().commandLine().getErr());
            refuseTaken(out);
            if (quorum < QUORUM_MIN || quorum > files.size()) {
                throw new StartRefused(
                        "--quorum is " + quorum + " and there are " + files.size() + " certificates: choose "
                                + QUORUM_MIN + " at least, and no more than there are certificates.");
            }
            List<X509Certificate> certificates = new ArrayList<>();
            for (Path file : files) {
                certificates.add(certificate(file));
            }
            write(out, OfflineDomain.download(read.gateway(), certificates, quorum));
            say("wrote " + out + ": " + quorum + " of " + files.size()
                    + " custodians bring the root key back; keep copies in different places");
        });
    }

    @Command(name = "check", description = "Says what a security domain file holds, or what is wrong with it.")
    int check(@Parameters(paramLabel = "FILE", description = "The security domain.") Path file) {
        return attempt(() -> {
            SecurityDomain.Kept kept = OfflineDomain.read(text(file));
            say("in order: " + kept.quorum() + " of " + kept.shares().size() + " custodians are needed");
            for (SecurityDomain.Share share : kept.shares()) {
                say("share of the certificate with SHA-256 " + HexFormat.of().formatHex(share.thumbprint()));
            }
            say("whether the shares open is seen only with custodians' keys: rehearse the recovery");
        });
    }

    @Command(
            name = "recover",
            description = "Makes the blob that takes the security domain to the HSM with this transfer key.")
    int recover(
            @Option(names = "--domain", required = true, paramLabel = "FILE", description = "The security domain.")
                    Path domain,
            @Option(
                            names = "--transfer-key",
                            required = true,
                            paramLabel = "FILE",
                            description =
                                    "The certificate of the HSM's transfer key, PEM, or what the HSM answered to GET"
                                            + " /securitydomain/upload.")
                    Path transferKey,
            @Option(
                            names = "--body",
                            description =
                                    "Write the body of POST /securitydomain/upload, instead of the blob in it that"
                                            + " stock clients take.")
                    boolean body,
            @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where to.") Path out,
            @Parameters(
                            paramLabel = "KEY",
                            arity = "2..10",
                            description = "Custodians' private keys, PEM; the certificate is beside each, with .cer.")
                    List<Path> keys) {
        return attempt(() -> {
            refuseTaken(out);
            List<OfflineDomain.Party> parties = new ArrayList<>();
            for (Path key : keys) {
                parties.add(party(key));
            }
            String blob = OfflineDomain.recover(text(domain), parties, transferKey(transferKey));
            write(out, body ? new JsonObject().put("value", blob).encode() : blob);
            say("wrote " + out + ": upload it to the HSM");
        });
    }

    @Command(
            name = "make-custodian",
            description = "Makes a custodian's key and certificate, NAME.key and NAME.cer, at the custodian's machine.")
    int makeCustodian(@Parameters(paramLabel = "NAME", description = "The files' name, without extension.") Path name) {
        return attempt(() -> {
            Path key = name.resolveSibling(name.getFileName() + ".key");
            Path certificate = name.resolveSibling(name.getFileName() + ".cer");
            refuseTaken(key);
            refuseTaken(certificate);
            CustodianKey made = CustodianKey.make(String.valueOf(name.getFileName()));
            write(key, Pem.privateKey(made.key()));
            write(certificate, Pem.certificate(made.certificate()));
            say("wrote " + key + " (keep it, and let nobody have it) and " + certificate + " (give it away)");
        });
    }

    /** One step, which may refuse itself. */
    private interface Step {
        void run() throws IOException;
    }

    private int attempt(Step step) {
        try {
            step.run();
            return 0;
        } catch (StartRefused | SealFailure refused) {
            return refused(String.valueOf(refused.getMessage()));
        } catch (IOException e) {
            return refused(e.getMessage() + " (" + e.getClass().getSimpleName() + "): check the file and its folder.");
        }
    }

    private int refused(String sentence) {
        spec().commandLine().getErr().println("hsm: " + sentence);
        return REFUSED;
    }

    private void say(String line) {
        spec().commandLine().getOut().println(line);
    }

    private static OfflineDomain.Party party(Path key) {
        String name = String.valueOf(key.getFileName());
        int dot = name.lastIndexOf('.');
        Path beside = key.resolveSibling((dot < 0 ? name : name.substring(0, dot)) + ".cer");
        if (Pem.privateKey(text(key), "RSA") instanceof RSAPrivateCrtKey rsa) {
            return new OfflineDomain.Party(certificate(beside), rsa);
        }
        throw new StartRefused(key + " holds no RSA key in PKCS#8 without passphrase: convert it with openssl pkcs8.");
    }

    /** In PEM, or in the HSM's answer that shows the key. */
    private static X509Certificate transferKey(Path file) {
        String text = text(file);
        try {
            return text.stripLeading().startsWith("{") ? DomainBody.transferCertificate(text) : certificate(file);
        } catch (Refused refused) {
            throw new StartRefused(file + ": " + refused.getMessage());
        }
    }

    private static X509Certificate certificate(Path file) {
        X509Certificate certificate = Pem.certificate(text(file));
        if (certificate == null) {
            throw new StartRefused(file + " holds no X.509 certificate in PEM: name another file.");
        }
        return certificate;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.US_ASCII);
        } catch (CharacterCodingException e) {
            throw new StartRefused(file + " is no text in ASCII: name another file, in PEM or JSON.");
        } catch (IOException e) {
            throw new StartRefused(file + " cannot be read (" + e.getClass().getSimpleName()
                    + "): check its name and that you may read it.");
        }
    }

    private static void refuseTaken(Path file) {
        if (Files.exists(file)) {
            throw new StartRefused(file + " is there already: name another file.");
        }
    }

    /** Writes for the owner alone. */
    private static void write(Path file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        try (var out = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.DSYNC),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            var rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
