// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A page of the runbooks.
 *
 * @param name its file's name
 * @param text all of it
 * @param begins the state of the HSM in which it begins
 * @param steps commands to run, in their order
 */
public record Page(String name, String text, String begins, List<Step> steps) {
    /** Where the pages are. */
    public static final Path FOLDER = Tool.CONFIG.resolve("runbooks");

    private static final Pattern BEGINS = Pattern.compile("^<!-- begins: ([a-z ]+) -->\n");
    private static final Pattern BLOCK =
            Pattern.compile("^( *)```([a-z-]+(?: [a-z-]+)?)\n(.*?)^\\1```$", Pattern.DOTALL | Pattern.MULTILINE);

    /**
     * Commands of a block.
     *
     * @param commands for bash
     * @param expected what they print, where … stands for anything; null if the page does not say
     */
    public record Step(String commands, @Nullable String expected) {
        /** Whether this was printed. A line that is … stands for any lines, also none. */
        public boolean prints(String actual) {
            if (expected == null) {
                return true;
            }
            StringBuilder pattern = new StringBuilder();
            for (String line : expected.strip().split("\n", -1)) {
                if (line.strip().equals("…")) {
                    pattern.append("(?:.*\n)*?");
                } else {
                    String[] parts = line.strip().split("…", -1);
                    pattern.append(String.join(
                                    ".*",
                                    Arrays.stream(parts).map(Pattern::quote).toList()))
                            .append("\n");
                }
            }
            return Pattern.matches(pattern.toString(), actual.strip() + "\n");
        }
    }

    /** All pages but the list of them. */
    public static List<Page> all() throws IOException {
        try (var files = Files.list(FOLDER)) {
            List<Page> pages = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".md") && !name.equals("README.md")) {
                    pages.add(read(name, Files.readString(file)));
                }
            }
            return pages;
        }
    }

    private static Page read(String name, String text) {
        Matcher begins = BEGINS.matcher(text);
        if (!begins.find()) {
            throw new IllegalStateException(name + " does not say how it begins");
        }
        List<Step> steps = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        int end = -1;
        while (block.find()) {
            String kind = block.group(2);
            String content = block.group(3).replaceAll("(?m)^" + block.group(1), "");
            switch (kind) {
                case "sh" -> {
                    steps.add(new Step(content, null));
                    end = block.end();
                }
                case "text" -> {
                    if (steps.isEmpty() || !text.substring(end, block.start()).isBlank()) {
                        throw new IllegalStateException(name + " has an output without its commands: " + content);
                    }
                    steps.set(steps.size() - 1, new Step(steps.getLast().commands(), content));
                }
                case "sh by-hand" -> end = -1;
                default -> throw new IllegalStateException(name + " has a block that is neither: " + kind);
            }
        }
        return new Page(name, text, begins.group(1), List.copyOf(steps));
    }
}
