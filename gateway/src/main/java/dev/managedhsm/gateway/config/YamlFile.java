// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a YAML 1.2 file as far as nodes with lines; nothing in it can make an object. One thread. */
final class YamlFile {
    private static final int LENGTH_MAX = 256 * 1024;
    private static final int DEPTH_MAX = 32;

    private YamlFile() {}

    /** The file's root, or null when it cannot be read; then the faults say why. */
    static @Nullable Node read(Path file, Faults faults) {
        String text = text(file, faults);
        if (text == null) {
            return null;
        }
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setMaxAliasesForCollections(0)
                .setCodePointLimit(LENGTH_MAX)
                .build();
        try {
            if (nestsTooDeeply(text, settings, faults)) {
                return null;
            }
            Node root = new Compose(settings).composeString(text).orElse(null);
            if (root == null) {
                faults.add(1, "", "the file is empty: begin with config/hsm.yaml");
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            // Its own message quotes the line, which may hold what was meant to be a secret.
            int line = e.getProblemMark()
                    .or(e::getContextMark)
                    .map(mark -> mark.getLine() + 1)
                    .orElse(1);
            faults.add(line, "", "this is no YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            faults.add(1, "", "this is no YAML");
        }
        return null;
    }

    /** Composing goes down as deep as the file does, so that depth is bounded before. */
    private static boolean nestsTooDeeply(String text, LoadSettings settings, Faults faults) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                default -> {} // no place where others begin
            }
            if (depth > DEPTH_MAX) {
                int line = event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
                faults.add(line, "", "nests more than " + DEPTH_MAX + " deep, which no configuration does");
                return true;
            }
        }
        return false;
    }

    private static @Nullable String text(Path file, Faults faults) {
        try {
            byte[] bytes = Files.size(file) > LENGTH_MAX ? new byte[0] : Files.readAllBytes(file);
            if (Files.size(file) > LENGTH_MAX) {
                faults.add(1, "", "the file is longer than " + LENGTH_MAX + " bytes");
                return null;
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            faults.add(1, "", "the file is not UTF-8");
        } catch (IOException e) {
            faults.add(
                    1,
                    "",
                    "the file cannot be read (" + e.getClass().getSimpleName()
                            + "): check that it exists and that the user who runs this HSM may read it");
        }
        return null;
    }
}
