// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.gateway.fixture.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The table beside this class that says what every operation answers in every state of a key of every type. */
final class StateTable {
    /** The states of a key, in the order of the table's columns. */
    enum State {
        ENABLED,
        DISABLED,
        EARLY,
        EXPIRED,
        UNPERMITTED,
        DELETED,
        PURGED
    }

    /**
     * What is answered.
     *
     * @param status HTTP status
     * @param code of the refusal, or empty
     * @param innerCode the more exact code, or empty
     */
    record Expected(int status, String code, String innerCode) {
        void check(Answer answer, String what) {
            assertEquals(status, answer.status(), () -> what + ": " + answer.body());
            if (code.isEmpty()) {
                answer.assertSuccessHeaders();
                return;
            }
            answer.refused(status, code);
            if (innerCode.isEmpty()) {
                assertNull(answer.json().getJsonObject("error").getValue("innererror"), what);
            } else {
                assertEquals(innerCode, answer.innerCode(), what);
            }
        }
    }

    private final Map<String, Expected> cells = new LinkedHashMap<>();
    private final Set<String> operations = new LinkedHashSet<>();

    StateTable() {
        Map<String, Expected> answers = new LinkedHashMap<>();
        for (String line : lines()) {
            List<String> words = List.of(line.split("\\s+", -1));
            if (words.getFirst().equals("answer")) {
                answers.put(words.get(1), expected(words));
            } else if (words.getFirst().equals("operation")) {
                checkColumns(words);
            } else {
                row(words, answers);
            }
        }
    }

    private static List<String> lines() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(StateTable.class.getResourceAsStream("state-table.txt")),
                StandardCharsets.UTF_8))) {
            return reader.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Expected expected(List<String> words) {
        return new Expected(
                Integer.parseInt(words.get(2)),
                words.size() > 3 ? words.get(3) : "",
                words.size() > 4 ? words.get(4) : "");
    }

    private static void checkColumns(List<String> words) {
        List<String> states = new ArrayList<>(List.of("operation", "type"));
        for (State state : State.values()) {
            states.add(state.name().toLowerCase(Locale.ROOT));
        }
        assertEquals(states, words);
    }

    private void row(List<String> words, Map<String, Expected> answers) {
        assertEquals(2 + State.values().length, words.size(), words::toString);
        String operation = words.getFirst();
        operations.add(operation);
        for (String type : words.get(1).split(",", -1)) {
            for (State state : State.values()) {
                Expected expected =
                        Objects.requireNonNull(answers.get(words.get(2 + state.ordinal())), words::toString);
                assertNull(cells.put(cell(operation, type, state), expected), "one row for each operation and type");
            }
        }
    }

    private static String cell(String operation, String type, State state) {
        return operation + " of " + type + " in " + state;
    }

    /** The operations, in the order of the rows. */
    List<String> operations() {
        return List.copyOf(operations);
    }

    /** What an operation answers for a key of this type, RSA, EC or oct, in a state. */
    Expected expected(String operation, String type, State state) {
        String cell = cell(operation, type, state);
        return Objects.requireNonNull(cells.get(cell), cell);
    }

    /** How many cells there are. */
    int size() {
        return cells.size();
    }
}
