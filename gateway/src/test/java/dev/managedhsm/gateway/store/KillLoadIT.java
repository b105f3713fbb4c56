// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills a process that creates, rotates, deletes and purges keys, several at once, and changes role assignments, at random
 * moments: everything it acknowledged is so afterwards, nothing is half done, no purged key is back, and every key signs.
 * {@code -Dhsm.kills=500} kills so often.
 */
@Tag("slow")
class KillLoadIT {
    private static final Logger LOG = LoggerFactory.getLogger(KillLoadIT.class);
    private static final int KILLS = Integer.getInteger("hsm.kills", 8);

    @TempDir
    Path folder;

    @TempDir
    Path temporary;

    /** What was acknowledged of a key. */
    private static final class Known {
        private final List<String> versions = new ArrayList<>();
        private boolean deleted;
        private boolean purged;
    }

    private final Map<String, Known> keys = new HashMap<>();
    private final Set<String> roles = new TreeSet<>();
    private int acknowledged;
    private final Set<String> triedKeys = new TreeSet<>();
    private @Nullable String triedRole;

    @Test
    void whatWasAcknowledgedIsSoAfterEveryKill() throws IOException, InterruptedException {
        Engine engine = Engines.choose();
        Random random = new Random(500);
        for (int kill = 0; kill < KILLS; kill++) {
            changeAndKill("r" + kill + "-", random.nextInt(600), kill + 1);
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                settleTried(hsm);
                String prefix = "r" + kill + "-";
                keys.forEach((name, known) -> check(hsm, name, known, name.startsWith(prefix)));
                assertEquals(roles, found(hsm));
                long there = keys.values().stream()
                        .filter(one -> !one.deleted && !one.purged)
                        .count();
                assertEquals(there, hsm.keyring.keyCount());
            }
        }
        try (DurableHsm hsm = new DurableHsm(engine, folder)) {
            keys.forEach((name, known) -> check(hsm, name, known, true));
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).toList();
            assertTrue(names.size() < 9, () -> "the folder fills up: " + names);
        }
        LOG.info("{} kills: {} acknowledged changes, 0 lost, 0 half done, 0 purged keys back", KILLS, acknowledged);
        assertTrue(acknowledged > KILLS * 5, "only " + acknowledged);
        engine.close();
    }

    private void changeAndKill(String prefix, long millis, int seed) throws IOException, InterruptedException {
        triedKeys.clear();
        triedRole = null;
        Path said = temporary.resolve("said");
        Process process = Child.startInto(said, ChangeMaker.class, folder.toString(), prefix, Integer.toString(seed));
        while (!Files.readString(said, StandardCharsets.ISO_8859_1).contains(Child.SAYS + "ready\n")) {
            assertTrue(process.isAlive(), "it starts");
            TimeUnit.MILLISECONDS.sleep(1);
        }
        assertThrows(StoreRefused.class, () -> SqliteStore.open(folder));
        TimeUnit.MILLISECONDS.sleep(millis); // the random moment, not a wait for something
        process.destroyForcibly().waitFor();
        String text = Files.readString(said, StandardCharsets.ISO_8859_1);
        text.substring(0, text.lastIndexOf('\n'))
                .lines()
                .filter(line -> line.startsWith(Child.SAYS))
                .map(line -> line.substring(Child.SAYS.length()))
                .filter(line -> line.matches("try (key [a-z0-9-]+|role [0-9a-f-]{36})|version [a-z0-9-]+ [0-9a-f]{32}"
                        + "|(deleted|purged) r[0-9]+-[0-9]+-[0-9]+|(un)?assigned [0-9a-f-]{36}"))
                .forEach(this::take);
    }

    private void take(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "try" -> {
                if (words[1].equals("key")) {
                    triedKeys.add(words[2]);
                } else {
                    triedRole = words[2];
                }
                return;
            }
            case "version" ->
                keys.computeIfAbsent(words[1], _ -> new Known()).versions.add(words[2]);
            case "deleted" -> known(words[1]).deleted = true;
            case "purged" -> known(words[1]).purged = true;
            case "assigned" -> roles.add(words[1]);
            default -> roles.remove(words[1]);
        }
        acknowledged++;
        if (words[0].endsWith("assigned")) {
            triedRole = null;
        } else {
            triedKeys.remove(words[1]);
        }
    }

    private Known known(String name) {
        Known known = keys.get(name);
        assertNotNull(known, name);
        return known;
    }

    /** What was tried and not acknowledged may be done or not; a line cut short may hide an acknowledgement. */
    private void settleTried(DurableHsm hsm) {
        assertTrue(triedKeys.size() <= ChangeMaker.LANES, () -> "under way at once: " + triedKeys);
        for (String key : triedKeys) {
            Known known = keys.computeIfAbsent(key, _ -> new Known());
            List<String> now = versions(hsm, key);
            DeletedKey deleted = hsm.keyring.findDeleted(key);
            int size = deleted == null ? now.size() : deleted.versions().size();
            int steps = (known.deleted == (deleted != null) ? 0 : 1) + Math.abs(size - known.versions.size());
            boolean purgedNow = known.deleted && deleted == null && now.isEmpty();
            assertTrue(purgedNow || steps <= 1, key + " did more than one step");
            if (deleted != null) {
                known.deleted = true;
            } else if (purgedNow || now.isEmpty()) {
                known.purged = true; // or was never made
            } else {
                assertEquals(known.versions, now.subList(0, known.versions.size()));
                known.versions.clear();
                known.versions.addAll(now);
            }
        }
        String role = triedRole;
        if (role != null) {
            boolean there = found(hsm).contains(role) ? roles.add(role) : roles.remove(role);
            LOG.debug("the role that was tried last has changed: {}", there);
        }
    }

    private static List<String> versions(DurableHsm hsm, String name) {
        return hsm.keyring.versions(name, null, 1000).stream()
                .map(key -> key.facts().version().text())
                .toList();
    }

    private static Set<String> found(DurableHsm hsm) {
        Set<String> names = new TreeSet<>();
        if (hsm.roles != null) {
            for (RoleAssignment one : hsm.roles.assignments()) {
                names.add(one.name().toString());
            }
        }
        return names;
    }

    private static void check(DurableHsm hsm, String name, Known known, boolean fresh) {
        DeletedKey deleted = hsm.keyring.findDeleted(name);
        List<String> now = versions(hsm, name);
        if (known.purged) {
            assertNull(deleted, name + " is back");
            assertEquals(List.of(), now, name + " is back");
        } else if (known.deleted) {
            assertNotNull(deleted, name);
            assertEquals(known.versions.size(), deleted.versions().size(), name);
        } else {
            assertEquals(known.versions, now, name);
            for (LivingKey key : fresh ? hsm.keyring.versions(name, null, 1000) : List.<LivingKey>of()) {
                assertTrue(hsm.signs(key), name);
            }
        }
    }
}
