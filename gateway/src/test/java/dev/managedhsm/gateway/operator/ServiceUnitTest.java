// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service for systemd, as systemd's own tool sees it. */
class ServiceUnitTest {
    /** Of 10: what is not closed is what Java and a server need. */
    private static final double EXPOSURE_MAX = 1.5;

    private static final Tool SYSTEMD_ANALYZE = new Tool("systemd-analyze");

    @TempDir
    private Path temporary;

    @Test
    void everyLineIsUnderstood() throws Exception {
        SYSTEMD_ANALYZE.orSkip();
        Path program = Files.createDirectories(temporary.resolve("bin")).resolve("hsm");
        Files.writeString(program, "#!/bin/sh\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path unit = temporary.resolve("managed-hsm.service");
        Files.writeString(
                unit,
                Files.readString(Tool.CONFIG.resolve("systemd/managed-hsm.service"))
                        .replace("ExecStart=/opt/managed-hsm/bin/hsm", "ExecStart=" + program));

        Tool.Ended ended = SYSTEMD_ANALYZE.run("verify", "--man=no", unit.toString());

        assertEquals("", ended.output());
        assertEquals(0, ended.status());
    }

    @Test
    void workersMayBePinnedAndGiveWay() throws Exception {
        List<String> lines = Files.readAllLines(Tool.CONFIG.resolve("systemd/managed-hsm.service"));
        String filter = lines.stream() // of several lines a later one decides
                .filter(line -> line.startsWith("SystemCallFilter="))
                .reduce((earlier, later) -> later)
                .orElseThrow();
        for (String call : List.of("sched_setaffinity", "sched_setattr", "setpriority")) {
            assertTrue(filter.contains(call), filter);
        }
        assertTrue(lines.contains("LimitNICE=+10"));
    }

    @Test
    void littleOfTheMachineIsOpenToIt() throws Exception {
        Tool.Ended ended =
                SYSTEMD_ANALYZE.orSkip().run("security", "--offline=true", "--no-pager", "systemd/managed-hsm.service");

        Matcher matcher = Pattern.compile("Overall exposure level for managed-hsm.service: ([0-9.]+)")
                .matcher(ended.output());
        assertTrue(matcher.find(), ended.output());
        assertTrue(Double.parseDouble(matcher.group(1)) <= EXPOSURE_MAX, ended.output());
    }
}
