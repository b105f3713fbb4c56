// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.KeyApi;
import dev.managedhsm.gateway.fixture.RunningHsm;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every operation on a key of every class in every state, over a real connection: the answer is the one of the table, and
 * what is allowed gives the right result. All algorithms that fit are tried.
 */
class StateTableIT {
    private static final StateTable TABLE = new StateTable();

    private static final Attester ATTESTER = Attester.start();
    private static final Enclave ENCLAVE = new Enclave(2048);

    private static RunningHsm hsm;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start("localhost", List.of(ATTESTER.authority()));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
        ATTESTER.close();
    }

    @Test
    void theTableIsWhole() {
        TreeSet<String> described = new TreeSet<>();
        KeyApi.DESCRIPTION.operations().forEach(operation -> described.add(operation.id()));
        assertEquals(described, new TreeSet<>(TABLE.operations()));
        assertEquals(described.size() * 3 * StateTable.State.values().length, TABLE.size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RSA-2048",
                "RSA-3072",
                "RSA-4096",
                "P-256",
                "P-384",
                "P-521",
                "P-256K",
                "oct-128",
                "oct-192",
                "oct-256"
            })
    void everyOperationAnswersAsTheTableSays(String keyClass) {
        KeyOfClass key = new KeyOfClass(hsm.client(), ATTESTER, ENCLAVE, keyClass);
        int cells = 0;
        for (StateTable.State state : StateTable.State.values()) {
            key.enter(state, "");
            for (String operation : TABLE.operations()) {
                if (state == StateTable.State.UNPERMITTED) {
                    key.enter(state, operation);
                }
                cells++;
                StateTable.Expected expected = TABLE.expected(operation, key.type(), state);
                for (String algorithm : key.algorithmsOf(operation)) {
                    Answer answer = key.ask(operation, algorithm);
                    expected.check(answer, operation + " " + algorithm + " with " + keyClass + ", " + state);
                    key.checkUndone(operation, answer);
                    key.undo(operation, state, answer);
                }
            }
        }
        assertEquals(TABLE.operations().size() * StateTable.State.values().length, cells, "every cell was looked at");
    }
}
