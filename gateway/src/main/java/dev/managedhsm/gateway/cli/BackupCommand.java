// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.OfflineSeal;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.backup.BackupFailure;
import dev.managedhsm.gateway.backup.BackupManifest;
import dev.managedhsm.gateway.backup.BackupReader;
import dev.managedhsm.gateway.backup.FolderTarget;
import dev.managedhsm.gateway.backup.RestoreRehearsal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hsm backup}: a look at a backup of the whole HSM, before anybody needs it. Nothing of the HSM is touched. */
@Command(
        name = "backup",
        description = "Checks a backup of the whole HSM, or rehearses its restore.",
        subcommands = {BackupCommand.Verify.class, BackupCommand.Rehearse.class})
final class BackupCommand implements Callable<Integer> {
    private static final int REFUSED = 1;

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    BackupCommand() {}

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine()
                    .getErr()
                    .println("usage: hsm backup verify|rehearse (--config FILE | --data DIR) FOLDER");
        }
        return 2;
    }

    /** What a look does with an open seal. */
    private interface Look {
        void at(OfflineSeal seal, FolderTarget target, String folder, PrintWriter out);
    }

    private static int look(CommandSpec spec, HsmOption hsm, Path folder, Look look) {
        PrintWriter err = spec.commandLine().getErr();
        Path absolute = folder.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        Path name = absolute.getFileName();
        if (parent == null || name == null) {
            err.println("hsm: " + absolute + " is no folder of a backup");
            return REFUSED;
        }
        try (OfflineSeal seal = OfflineSeal.open(hsm.place(err).rootKey())) {
            look.at(
                    seal,
                    new FolderTarget(parent),
                    name.toString(),
                    spec.commandLine().getOut());
            return 0;
        } catch (StartRefused refused) {
            err.println("hsm: " + refused.sentence());
        } catch (BackupFailure failure) {
            err.println("hsm: " + failure.getMessage());
        }
        return REFUSED;
    }

    private static void say(BackupManifest manifest, PrintWriter out) {
        out.println("backup " + manifest.id() + " of " + manifest.hsm() + ", made "
                + Instant.ofEpochSecond(manifest.madeSeconds()) + " at revision " + manifest.revision() + ", "
                + manifest.parts() + " parts, " + manifest.records() + " records");
    }

    private static CommandSpec made(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        return spec;
    }

    private static Path made(@Nullable Path folder) {
        if (folder == null) {
            throw new IllegalStateException("picocli demands the folder");
        }
        return folder;
    }

    /** {@code hsm backup verify}: opens every part and every record, secrets too. */
    @Command(name = "verify", description = "Opens every part and every record of a backup, and says what it holds.")
    static final class Verify implements Callable<Integer> {
        @Mixin
        private final HsmOption hsm = new HsmOption();

        @Parameters(paramLabel = "FOLDER", description = "The backup's folder, mhsm-…, on this machine.")
        private @Nullable Path folder;

        @Spec
        private @Nullable CommandSpec spec;

        /** Only picocli makes one. */
        Verify() {}

        @Override
        public Integer call() {
            return look(made(spec), hsm, made(folder), (seal, target, name, out) -> {
                BackupReader.Whole whole =
                        new BackupReader(seal.engine(), seal.seal(), seal.identity()).read(target, name);
                say(whole.manifest(), out);
                out.println("whole: " + whole.keys().keyCount() + " keys, "
                        + whole.keys().deletedCount() + " deleted keys, "
                        + whole.keys().versionCount() + " versions, " + whole.roleCount() + " records of roles");
            });
        }
    }

    /** {@code hsm backup rehearse}: restores into a store that is gone afterwards. */
    @Command(
            name = "rehearse",
            description = "Restores a backup into a trial store, tries every key, says how long it took.")
    static final class Rehearse implements Callable<Integer> {
        @Mixin
        private final HsmOption hsm = new HsmOption();

        @Option(
                names = "--scratch",
                paramLabel = "DIR",
                description = "Where the trial store is made and removed; the folder for temporary files, if left out.")
        private Path scratch = Path.of(System.getProperty("java.io.tmpdir"));

        @Parameters(paramLabel = "FOLDER", description = "The backup's folder, mhsm-…, on this machine.")
        private @Nullable Path folder;

        @Spec
        private @Nullable CommandSpec spec;

        /** Only picocli makes one. */
        Rehearse() {}

        @Override
        public Integer call() {
            return look(made(spec), hsm, made(folder), (seal, target, name, out) -> {
                RestoreRehearsal.Report report =
                        new RestoreRehearsal(seal.engine(), seal.seal(), seal.identity()).run(target, name, scratch);
                say(report.manifest(), out);
                out.println("restored: " + report.keys() + " keys, " + report.deletedKeys() + " deleted keys, "
                        + report.versions() + " versions that all work, " + report.assignments()
                        + " role assignments, " + report.definitions() + " custom role definitions");
                out.println("time: " + report.readMillis() + " ms to read and check, " + report.restoreMillis()
                        + " ms to restore and open, " + report.proveMillis() + " ms to try every version");
            });
        }
    }
}
