// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The dashboard in a real browser beside the histogram log of the same time, with little load. */
@Tag("slow")
class DashboardFiguresIT {
    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    @Test
    void thePageShowsTheFiguresOfTheHistogramLog() throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        boolean same;
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            same = new DashboardFigures(new DashboardFigures.Plan(Work.ES256, List.of(0.0, 300.0), 6, false), out)
                    .run(PROJECT);
        }
        assertTrue(same, said.toString(StandardCharsets.UTF_8));
        for (String name : List.of("0.png", "300.png", "300-running.png", "300-hsm.hlog", "300-rig.hlog")) {
            assertTrue(Files.size(PROJECT.resolve("perf/target/dashboard").resolve(name)) > 0, name);
        }
    }

    @Test
    void readsTimesAsThePageWritesThem() {
        assertEquals(61_200, OpenDashboard.nanos("61.2 µs"), 1e-6);
        assertEquals(1_230_000, OpenDashboard.nanos("1.23 ms"), 1e-6);
        assertEquals(350, OpenDashboard.nanos("350 ns"), 1e-6);
        assertTrue(Double.isNaN(OpenDashboard.nanos("–")));
    }
}
