// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command line: what stands in order, and options of the form {@code --name=value} anywhere. One thread. */
final class Arguments {
    private static final String OPTION = "--";

    private final Deque<String> ordered = new ArrayDeque<>();
    private final Map<String, String> options = new HashMap<>();

    private Arguments() {}

    static Arguments of(String... line) {
        Arguments arguments = new Arguments();
        for (String word : line) {
            int equals = word.indexOf('=');
            if (word.startsWith(OPTION) && equals > 0) {
                arguments.options.put(word.substring(OPTION.length(), equals), word.substring(equals + 1));
            } else {
                arguments.ordered.add(word);
            }
        }
        return arguments;
    }

    /** The next one in order, or this where there is none. */
    String next(String otherwise) {
        String word = ordered.poll();
        return word == null ? otherwise : word;
    }

    /** Whether the next one in order is this; then it is taken. */
    boolean take(String word) {
        return word.equals(ordered.peek()) && ordered.poll() != null;
    }

    /** All that are left in order. */
    List<String> left() {
        List<String> left = List.copyOf(ordered);
        ordered.clear();
        return left;
    }

    /** The value of an option, or this where it is not given. */
    String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }
}
