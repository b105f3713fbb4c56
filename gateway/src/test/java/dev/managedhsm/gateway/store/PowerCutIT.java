// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.seal.RootKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The power goes at random moments, 40 or {@code -Dhsm.cuts=100}: nothing is lost that was acknowledged, and nothing is half there. The control
 * is the same store with less forced to disk, which must lose, or the rig sees nothing.
 */
@Tag("slow")
class PowerCutIT {
    private static final Logger LOG = LoggerFactory.getLogger(PowerCutIT.class);
    private static final int CUTS = Integer.getInteger("hsm.cuts", 40);
    private static final int CUTS_OF_HSM = Integer.getInteger("hsm.cuts", 10);
    private static final int COMMITS = 300;

    @TempDir
    Path folder;

    /** How many acknowledged commits a cut lost; how many acknowledged ones there were. */
    private record Loss(int lost, int acknowledged) {}

    @Test
    void losesNothingThatWasAcknowledged() throws IOException, InterruptedException {
        Loss loss = lossesOf(false);
        assertTrue(loss.acknowledged() > 10 * CUTS, "only " + loss.acknowledged());
        assertEquals(0, loss.lost());
    }

    @Test
    void theRigNoticesAStoreThatForcesLess() throws IOException, InterruptedException {
        assertTrue(lossesOf(true).lost() > 0);
    }

    @Test
    void everyCutLeavesAnHsmThatOpensWithAllItsKeys() throws IOException, InterruptedException {
        assumeTrue(Rig.possible(), "needs gcc");
        Engine engine = Engines.choose();
        Path data = Files.createDirectory(folder.resolve("data"));
        Path sealing = folder.resolve("root.seal");
        try (RootKey root = RootKey.create(engine)) {
            root.write(sealing);
        }
        Files.copy(sealing, data.resolve("root.seal"), StandardCopyOption.COPY_ATTRIBUTES);
        Rig rig = Rig.of(folder, data);
        Process process = Child.start(rig.before(), KeyChurner.class, data.toString(), Integer.toString(COMMITS));
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(_ -> {});
        }
        assertEquals(0, process.waitFor());
        List<Rig.Step> steps = rig.steps();
        assertTrue(steps.stream().anyMatch(step -> step.name().equals("witness")), "the rig sees the witness");
        int first = firstSaid(steps);
        Random random = new Random(101);
        int acknowledged = 0;
        for (int cut = 0; cut < CUTS_OF_HSM; cut++) {
            int number = first + random.nextInt(steps.size() - first);
            Path after = Files.createDirectory(folder.resolve("cut-" + cut));
            Rig.cut(steps, number, random, after);
            Files.copy(sealing, after.resolve("root.seal"), StandardCopyOption.COPY_ATTRIBUTES);
            int said = (int) steps.subList(0, number).stream()
                    .filter(step -> step.name().equals("said"))
                    .count();
            acknowledged += said;
            try (DurableHsm hsm = new DurableHsm(engine, after)) {
                Set<String> found = new TreeSet<>();
                hsm.keyring
                        .list(null, Integer.MAX_VALUE)
                        .forEach(key -> found.add(key.facts().name().text()));
                Set<String> atLeast = KeyChurner.livingAfter(said);
                assertTrue(
                        found.equals(atLeast) || found.equals(KeyChurner.livingAfter(said + 1)),
                        () -> "after " + said + " changes: " + found);
            }
        }
        LOG.info(
                "{} power cuts of a whole HSM: {} acknowledged changes of keys, 0 lost, all opened",
                CUTS_OF_HSM,
                acknowledged);
        engine.close();
    }

    private Loss lossesOf(boolean less) throws IOException, InterruptedException {
        assumeTrue(Rig.possible(), "needs gcc");
        Path data = Files.createDirectory(folder.resolve("data"));
        Rig rig = Rig.of(folder, data);
        Process process = Child.start(
                rig.before(), CommitMaker.class, data.toString(), Integer.toString(COMMITS), Boolean.toString(less));
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(_ -> {});
        }
        assertEquals(0, process.waitFor());
        List<Rig.Step> steps = rig.steps();
        int first = firstSaid(steps);
        Random random = new Random(100);
        int lost = 0;
        int acknowledged = 0;
        for (int cut = 0; cut < CUTS; cut++) {
            int number = first + random.nextInt(steps.size() - first);
            Path after = Files.createDirectory(folder.resolve("cut-" + cut));
            Rig.cut(steps, number, random, after);
            int said = (int) steps.subList(0, number).stream()
                    .filter(step -> step.name().equals("said"))
                    .count();
            acknowledged += said;
            lost += Math.max(0, said - whole(after));
        }
        LOG.info(
                "{} power cuts, {}: {} acknowledged commits, {} lost",
                CUTS,
                less ? "less forced to disk" : "all forced to disk",
                acknowledged,
                lost);
        return new Loss(lost, acknowledged);
    }

    private static int firstSaid(List<Rig.Step> steps) {
        int first = 0;
        while (!steps.get(first).name().equals("said")) {
            first++;
        }
        return first;
    }

    /** How many commits are there, from the first one on without a gap, each with both its records. */
    private static int whole(Path data) {
        try (Store store = SqliteStore.open(data);
                Snapshot snapshot = store.snapshot()) {
            int whole = (int) store.head();
            for (int i = 1; i <= whole; i++) {
                StoredRecord a = snapshot.find("a", Integer.toString(i));
                StoredRecord b = snapshot.find("b", Integer.toString(i));
                assertTrue(a != null && b != null, "half there: " + i);
                assertEquals(i, a.revision());
                assertTrue(new String(a.value(), java.nio.charset.StandardCharsets.US_ASCII)
                        .startsWith("value " + i + " "));
            }
            assertTrue(snapshot.find("a", Integer.toString(whole + 1)) == null);
            return whole;
        }
    }
}
