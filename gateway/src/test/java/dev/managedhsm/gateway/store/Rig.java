// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Stands between a process and its disk: logs what it writes and what it forces to disk, and makes folders as a loss of
 * power could have left them. What was forced is there; of the rest every write may be there, be missing, or be torn at a
 * sector.
 */
final class Rig {
    private static final int SECTOR = 512;

    private final Path library;
    private final Path log;
    private final Path data;

    private Rig(Path library, Path log, Path data) {
        this.library = library;
        this.log = log;
        this.data = data;
    }

    /** Compiles the library that is put between, with gcc. */
    static Rig of(Path folder, Path data) throws IOException, InterruptedException {
        Path source = folder.resolve("powercut.c");
        try (var in = Objects.requireNonNull(Rig.class.getResourceAsStream("/rig/powercut.c"))) {
            Files.write(source, in.readAllBytes());
        }
        Path library = folder.resolve("powercut.so");
        Process gcc = new ProcessBuilder(
                        "gcc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-lpthread")
                .inheritIO()
                .start();
        assertEquals(0, gcc.waitFor());
        return new Rig(library, folder.resolve("rig.log"), data);
    }

    static boolean possible() {
        return Files.isExecutable(Path.of("/usr/bin/gcc")) && Files.isExecutable(Path.of("/usr/bin/env"));
    }

    /** What a child's command begins with. */
    List<String> before(String... more) {
        List<String> before = new ArrayList<>(
                List.of("/usr/bin/env", "LD_PRELOAD=" + library, "RIG_LOG=" + log, "RIG_FOLDER=" + data));
        before.addAll(List.of(more));
        return before;
    }

    /** One thing that was done to a file. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    record Step(char what, String name, long at, byte[] bytes) {}

    List<Step> steps() throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.LITTLE_ENDIAN);
        List<Step> steps = new ArrayList<>();
        while (in.hasRemaining()) {
            char what = (char) in.get();
            byte[] name = new byte[in.get()];
            in.get(name);
            long at = in.getLong();
            byte[] bytes = new byte[in.getInt()];
            in.get(bytes);
            steps.add(new Step(what, new String(name, StandardCharsets.US_ASCII), at, bytes));
        }
        return steps;
    }

    /** Makes the folder as it could be if the power went before the step of this number. */
    static void cut(List<Step> steps, int number, Random random, Path into) throws IOException {
        Map<String, Content> durable = new HashMap<>();
        Map<String, List<Step>> pending = new HashMap<>();
        for (Step step : steps.subList(0, number)) {
            List<Step> waiting = pending.computeIfAbsent(step.name(), _ -> new ArrayList<>());
            switch (step.what()) {
                case 'S' -> {
                    waiting.forEach(one -> apply(durable.computeIfAbsent(one.name(), _ -> new Content()), one));
                    durable.putIfAbsent(step.name(), new Content());
                    waiting.clear();
                }
                case 'U' -> {
                    durable.remove(step.name());
                    waiting.clear();
                }
                case 'L' -> waiting.clear(); // forcing failed: never written, whatever is forced later
                default -> waiting.add(step);
            }
        }
        for (List<Step> waiting : pending.values()) {
            for (Step step : waiting) {
                if (random.nextInt(3) > 0) {
                    Step maybe = random.nextInt(4) == 0 ? torn(step, random) : step;
                    apply(durable.computeIfAbsent(step.name(), _ -> new Content()), maybe);
                }
            }
        }
        for (Map.Entry<String, Content> file : durable.entrySet()) {
            Content content = file.getValue();
            Files.write(into.resolve(file.getKey()), Arrays.copyOf(content.bytes, content.length));
        }
    }

    private static Step torn(Step step, Random random) {
        int sectors = step.bytes().length / SECTOR;
        return sectors == 0
                ? step
                : new Step(
                        step.what(),
                        step.name(),
                        step.at(),
                        Arrays.copyOf(step.bytes(), SECTOR * random.nextInt(sectors + 1)));
    }

    private static void apply(Content content, Step step) {
        if (step.what() == 'T') {
            content.resize((int) step.at());
            return;
        }
        content.resize(Math.max(content.length, (int) step.at() + step.bytes().length));
        System.arraycopy(step.bytes(), 0, content.bytes, (int) step.at(), step.bytes().length);
    }

    /** The bytes of a file, with room to grow. */
    private static final class Content {
        private byte[] bytes = new byte[1 << 16];
        private int length;

        void resize(int wanted) {
            if (wanted > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(wanted, 2 * bytes.length));
            } else if (wanted < length) {
                Arrays.fill(bytes, wanted, length, (byte) 0);
            }
            length = wanted;
        }
    }
}
