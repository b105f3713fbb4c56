// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.LogKey;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import dev.managedhsm.gateway.evidence.AuditVerifier;
import dev.managedhsm.gateway.evidence.Finding;
import dev.managedhsm.gateway.evidence.PackVerifier;
import dev.managedhsm.gateway.evidence.Trust;
import dev.managedhsm.gateway.evidence.Verdict;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hsm audit}: looks through an audit log, and takes evidence out of it. Needs no running HSM. */
@Command(
        name = "audit",
        description = "Verifies an audit log, or exports evidence from it.",
        subcommands = {AuditCommand.Verify.class, AuditExportCommand.class, AuditAcceptCommand.class})
final class AuditCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    AuditCommand() {}

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "usage: hsm audit verify FOLDER|FILE | export --from TIME --to TIME (--config FILE | --data DIR)"
                                    + " | accept (--config FILE | --data DIR)");
        }
        return 2;
    }

    /**
     * {@code hsm audit verify}: ends with 0 if the log is whole, 1 if something was found, and 2 if it cannot be looked at.
     */
    @Command(name = "verify", description = "Looks through a log, and names what is not as it was written.")
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "FOLDER|FILE", description = "The log's folder, or an evidence pack.")
        private @Nullable Path folder;

        @Option(
                names = "--key",
                paramLabel = "FILE",
                description = "Keys of the log that were kept: a keys.txt, or lines name+id+key.")
        private @Nullable Path keys;

        @Option(
                names = "--checkpoint",
                paramLabel = "FILE",
                description = "A checkpoint of the log that was kept: the log or the pack must agree with it.")
        private @Nullable Path checkpoint;

        @Spec
        private @Nullable CommandSpec spec;

        /** Only picocli makes one. */
        Verify() {}

        @Override
        public Integer call() {
            if (spec == null || folder == null) {
                throw new IllegalStateException("picocli makes this command");
            }
            PrintWriter out = spec.commandLine().getOut();
            try {
                if (Files.isRegularFile(folder)) {
                    return say(folder, PackVerifier.verify(folder, trust()), out);
                }
                if (!Files.isDirectory(folder)) {
                    throw new IOException(folder + " is no folder and no file");
                }
                Verdict verdict = AuditVerifier.verify(folder, trust());
                say(verdict, out);
                return verdict.whole() ? 0 : 1;
            } catch (IOException | AuditRefused e) {
                spec.commandLine().getErr().println("hsm: " + e.getMessage());
                return 2;
            }
        }

        private int say(Path pack, PackVerifier.Result result, PrintWriter out) {
            Finding finding = result.finding();
            JsonObject manifest = result.manifest();
            if (finding != null || manifest == null) {
                out.println(finding == null ? "" : finding.text());
                out.println("NOT WHOLE: " + pack);
                return 1;
            }
            LogKey key = result.key();
            if (key != null && keys == null) {
                out.println("key, to compare with one kept elsewhere: " + key);
            }
            for (Object gap : manifest.getJsonArray("gaps")) {
                out.println("note: what there was cannot be told in full: " + gap);
            }
            out.println("whole: " + (manifest.getLong("untilIndex") - manifest.getLong("firstIndex")) + " events of "
                    + manifest.getString("origin") + " from " + manifest.getString("from") + " to "
                    + manifest.getString("to"));
            return 0;
        }

        private Trust trust() throws IOException, AuditRefused {
            List<LogKey> kept = keys == null ? List.of() : keys(keys);
            if (checkpoint == null) {
                return new Trust(kept, List.of());
            }
            String text = Files.readString(checkpoint);
            SignedCheckpoint one = SignedCheckpoint.parse(text.stripTrailing() + "\n");
            if (one == null) {
                throw new AuditRefused(checkpoint.toString(), 0, "this is no checkpoint");
            }
            return new Trust(kept, List.of(one));
        }

        private static List<LogKey> keys(Path file) throws IOException, AuditRefused {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            if (text.startsWith("key ")) {
                return AuditKeys.parse(text).entries().stream()
                        .map(AuditKeys.Entry::key)
                        .toList();
            }
            List<LogKey> keys = new ArrayList<>();
            List<String> lines = text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                LogKey key = LogKey.parse(lines.get(i).strip());
                if (key == null) {
                    throw new AuditRefused(file.toString(), i + 1L, "this is no key");
                }
                keys.add(key);
            }
            return keys;
        }

        private void say(Verdict verdict, PrintWriter out) {
            verdict.findings().forEach(finding -> out.println(finding.text()));
            verdict.notes().forEach(note -> out.println("note: " + note));
            SignedCheckpoint last = verdict.last();
            if (last != null) {
                out.println("checkpoint " + last.number() + " of " + Instant.ofEpochMilli(last.timeMillis())
                        + " holds over " + last.size() + " events; " + verdict.unsigned()
                        + " later events are covered by none yet");
            }
            AuditKeys found = verdict.keys();
            if (found != null && keys == null) {
                out.println("key, to compare with one kept elsewhere: "
                        + found.entries().getFirst().key());
            }
            out.println(
                    verdict.whole()
                            ? "whole: " + verdict.size() + " events, from " + verdict.firstKept()
                                    + " on with their lines"
                            : "NOT WHOLE: " + verdict.findings().size()
                                    + (verdict.findings().size() == 1 ? " finding" : " findings"));
        }
    }
}
