// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.OfflineHoldings;
import dev.managedhsm.gateway.OfflineSeal;
import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRecords;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSigner;
import dev.managedhsm.gateway.audit.DurableFile;
import dev.managedhsm.gateway.config.PlainConfig;
import dev.managedhsm.gateway.evidence.EvidencePack;
import dev.managedhsm.gateway.evidence.Holdings;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreLook;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code hsm audit export}: takes the evidence of a period into one signed file. Also while the HSM runs: nothing of it is
 * changed. It takes what opens the root key, because the file is signed by the log's key.
 */
@Command(name = "export", description = "Writes a signed evidence pack of a period: events, proofs, keys, roles.")
final class AuditExportCommand implements Callable<Integer> {
    /** In which forms events are written. */
    enum Format {
        jsonl,
        cef
    }

    @Mixin
    private final HsmOption hsm = new HsmOption();

    @Option(
            names = "--from",
            paramLabel = "TIME",
            required = true,
            description = "The first moment: 2026-03-01 or 2026-03-01T12:00:00Z.")
    private String from = "";

    @Option(names = "--to", paramLabel = "TIME", required = true, description = "The first moment behind the period.")
    private String to = "";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "jsonl, or cef for events in both forms; ${DEFAULT-VALUE} if left out.")
    private Format format = Format.jsonl;

    @Option(names = "--out", paramLabel = "FILE", description = "The pack; evidence-FROM-TO.zip if left out.")
    private @Nullable Path wanted;

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    AuditExportCommand() {}

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        PrintWriter err = spec.commandLine().getErr();
        PrintWriter out = spec.commandLine().getOut();
        return OfflineStep.attempt(err, "the evidence cannot be exported", () -> {
            Instant begin = time(from);
            Instant end = time(to);
            if (!begin.isBefore(end)) {
                throw new AuditRefused("--from must be before --to");
            }
            export(begin, end, hsm.place(err), out);
        });
    }

    private static Instant time(String text) throws AuditRefused {
        try {
            return text.contains("T")
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            throw new AuditRefused(text + " is no time such as 2026-03-01 or 2026-03-01T12:00:00Z");
        }
    }

    private void export(Instant begin, Instant end, HsmOption.Place place, PrintWriter say)
            throws IOException, AuditRefused {
        Path pack = wanted == null ? Path.of("evidence-" + file(begin) + "-" + file(end) + ".zip") : wanted;
        if (Files.exists(pack)) {
            throw new AuditRefused(pack + " is there already");
        }
        Path scratch = Files.createTempDirectory(pack.toAbsolutePath().getParent(), ".evidence-");
        try (OfflineSeal seal = OfflineSeal.open(place.rootKey());
                Store store = StoreLook.at(place.dataFolder())) {
            Path keys = place.audit().resolve(AuditKeys.FILE);
            if (!Files.exists(keys)) {
                throw new AuditRefused("nothing of the audit log in " + place.audit() + " is signed yet");
            }
            String origin = AuditKeys.parse(Files.readString(keys)).origin();
            AuditSigner signer = new AuditRecords(store, seal.seal(), List.of()).signer(origin);
            if (signer == null) {
                throw new AuditRefused("the store in " + place.dataFolder() + " has no key of the audit log");
            }
            Holdings now = OfflineHoldings.of(store, seal);
            EvidencePack.Wish wish = new EvidencePack.Wish(
                    begin, end, format == Format.cef, now, configuration(), System.currentTimeMillis());
            // It names keys and callers as the log does: for its owner only, whatever others may read here.
            Path fresh = Files.createFile(
                    scratch.resolve("pack"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            EvidencePack.Taken taken = EvidencePack.write(place.audit(), wish, signer, scratch, fresh);
            try (FileChannel written = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            Files.move(fresh, pack);
            Path folder = pack.toAbsolutePath().getParent();
            if (folder != null) { // the file system's root is no pack
                DurableFile.forceNames(folder);
            }
            say.println(pack + ": " + (taken.until() - taken.first()) + " events, from " + taken.first() + " to "
                    + (taken.until() - 1));
            if (taken.unsigned() > 0) {
                say.println("note: the last " + taken.unsigned()
                        + " events of the period are not signed for yet and left" + " out");
            }
            taken.gaps().forEach(gap -> say.println("note: what there was cannot be told in full: " + gap));
        } finally {
            delete(scratch);
        }
    }

    private JsonObject configuration() {
        Path file = hsm.configFile();
        return file == null ? new JsonObject().put("development", true) : PlainConfig.of(file);
    }

    private static String file(Instant time) {
        return time.toString().replaceAll("[:.]", "");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
