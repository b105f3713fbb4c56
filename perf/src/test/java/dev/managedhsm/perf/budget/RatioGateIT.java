// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The ratio that is far enough from its budget to be judged on a machine that others use: ES256 to the real
 * {@code openssl speed}, by CPU time and in turn. The others are for {@code bench budget}.
 */
@Tag("slow")
class RatioGateIT {
    @Test
    void es256KeepsItsBudgetsBesideOpenssl() throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        boolean kept;
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            Budgets budgets = Budgets.read(Path.of("budgets/ratios.properties"));
            kept = new OpensslRatio(new OpensslSpeed("openssl"), List.of(OpensslRatio.Pair.ES256), budgets, 2, 3, out)
                    .run();
        }
        assertTrue(kept, said.toString(StandardCharsets.UTF_8));
    }
}
