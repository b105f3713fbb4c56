// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.ObserveConfig;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.observe.LatencyLogConfig;
import dev.managedhsm.gateway.resource.WarmUp;
import dev.managedhsm.gateway.trace.TraceConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObserveSectionTest {
    @TempDir
    private Path temporary;

    private ServeFolder folder;

    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(temporary);
        folder.replace("warm_up: {operations: 100, time: 200ms}\n", "");
        folder.writeUnreadSecrets();
    }

    private ConfigFile with(String sections) throws Exception {
        Files.writeString(folder.config(), "\n" + sections + "\n", StandardOpenOption.APPEND);
        return ConfigFile.read(folder.config(), Map.of(), Instant.now());
    }

    private ObserveConfig read(String sections) throws Exception {
        ConfigFile read = with(sections);
        assertNotNull(read.config(), read.faults().toString());
        return read.config().gateway().observe();
    }

    @Test
    void warmsUpAndLogsLatenciesAndTracesNothingUnlessToldOtherwise() throws Exception {
        ObserveConfig observe = read("");
        assertEquals(WarmUp.USUAL, observe.warmUp());
        assertEquals(LatencyLogConfig.in(folder.at("data").resolve("latency")), observe.latencyLog());
        assertNull(observe.traces());
    }

    @Test
    void readsWhatItSays() throws Exception {
        ObserveConfig observe = read("""
                warm_up: {operations: 7, time: 250ms}
                latency_log: {folder: times, period: 1m, file_size: 2MiB, file_age: 12h, size: 8MiB}
                traces: {endpoint: 'http://127.0.0.1:4318/v1/traces', sample: 0.25}
                """);
        assertEquals(new WarmUp(7, Duration.ofMillis(250)), observe.warmUp());
        assertEquals(
                new LatencyLogConfig(folder.at("times"), Duration.ofMinutes(1), 2 << 20, Duration.ofHours(12), 8 << 20),
                observe.latencyLog());
        TraceConfig traces = observe.traces();
        assertNotNull(traces);
        assertEquals(URI.create("http://127.0.0.1:4318/v1/traces"), traces.endpoint());
        assertEquals(0.25, traces.sample());
        assertEquals("hsm1", traces.serviceName());
    }

    @Test
    void canLeaveTheLatencyLogOut() throws Exception {
        assertNull(read("latency_log: {enabled: false}").latencyLog());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            traces: {}                                                        | endpoint
            traces: {endpoint: 'http://collector.example:4318/v1/traces'}     | is not an https URL
            traces: {endpoint: 'http://192.0.2.1:4318/v1/traces'}             | is not an https URL
            traces: {endpoint: 'https://c.example/v1/traces', sample: 2}      | a share from 0 to 1
            traces: {endpoint: 'https://c.example/v1/traces', sample: all}    | a share from 0 to 1
            latency_log: {size: 1MiB, file_size: 2MiB}                        | is less than one file may take
            latency_log: {period: 10ms}                                       | is not between
            warm_up: {operations: 0}                                          | is not a number from 1
            warm_up: {for: 3s}                                                | for
            """)
    void saysWhatIsWrong(String section, String words) throws Exception {
        ConfigFile read = with(section);
        assertTrue(
                read.faults().stream().anyMatch(fault -> fault.text("hsm.yaml").contains(words)),
                read.faults().toString());
    }
}
