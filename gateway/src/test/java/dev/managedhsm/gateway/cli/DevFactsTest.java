// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.StartRefused;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevFactsTest {
    @TempDir
    private Path temporary;

    private DevFolder folder;

    @BeforeEach
    void openFolder() {
        folder = DevFolder.open(temporary.resolve("dev"));
    }

    @AfterEach
    void closeFolder() {
        folder.close();
    }

    @Test
    void stayTheSameFromTheFirstStartOn() {
        assertEquals(DevFacts.of(folder), DevFacts.of(folder));
    }

    @Test
    void differBetweenFolders() {
        try (DevFolder other = DevFolder.open(temporary.resolve("other"))) {
            DevFacts mine = DevFacts.of(folder);
            DevFacts theirs = DevFacts.of(other);

            assertNotEquals(mine.tenantId(), theirs.tenantId());
            assertNotEquals(mine.administratorId(), theirs.administratorId());
            assertNotEquals(mine.identityHeader(), theirs.identityHeader());
        }
    }

    @Test
    void rememberTheEndpointsPorts() {
        DevFacts facts = DevFacts.of(folder);
        assertEquals(0, facts.identityPort());
        assertEquals(0, facts.tokenPort());

        facts.withPorts(folder, 40_000, 40_001);

        assertEquals(40_000, DevFacts.of(folder).identityPort());
        assertEquals(40_001, DevFacts.of(folder).tokenPort());
        assertEquals(facts.tenantId(), DevFacts.of(folder).tenantId());
    }

    @Test
    void areReadFromAFolderThatKnowsNoTokenPort() {
        DevFacts facts = DevFacts.of(folder);
        folder.writePrivate(DevFolder.FACTS, folder.read(DevFolder.FACTS).replace("tokenPort=0\n", ""));

        assertEquals(facts, DevFacts.of(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tenantId", "administratorId", "clientId", "identityHeader", "identityPort"})
    void refuseAFileThatLacksOne(String name) {
        DevFacts.of(folder);
        String damaged = folder.read(DevFolder.FACTS).replace(name + "=", name + "=x");
        folder.writePrivate(DevFolder.FACTS, damaged);

        StartRefused refused = assertThrows(StartRefused.class, () -> DevFacts.of(folder));

        assertTrue(refused.sentence().contains("is damaged (" + name + "): restore it"), refused.getMessage());
    }

    @Test
    void refuseAPortThatIsNone() {
        DevFacts.of(folder);
        folder.writePrivate(
                DevFolder.FACTS, folder.read(DevFolder.FACTS).replace("identityPort=0", "identityPort=65536"));

        assertThrows(StartRefused.class, () -> DevFacts.of(folder));
    }

    @Test
    void keepTheHeaderSecretOutOfTheirText() {
        DevFacts facts = DevFacts.of(folder);

        assertFalse(facts.toString().contains(facts.identityHeader()));
    }
}
