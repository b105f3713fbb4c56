// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BudgetsTest {
    @Test
    void promisesWhatTheProjectPromises() throws IOException {
        Budgets budgets = Budgets.read(Path.of("budgets/ratios.properties"));
        assertEquals(1.15, budgets.least("es256.engine"));
        assertEquals(1.05, budgets.least("es256.ring"));
        assertEquals(0.95, budgets.least("rs256-2048.engine"));
        assertEquals(0.93, budgets.least("rs256-2048.ring"));
        assertEquals(8, budgets.least("es384.engine"));
        assertEquals(1, budgets.least("a256gcm-1k.engine"));
    }

    @Test
    void refusesABudgetThatIsNotThere() throws IOException {
        Budgets budgets = Budgets.read(Path.of("budgets/ratios.properties"));
        assertThrows(IllegalStateException.class, () -> budgets.least("es512.engine"));
    }
}
