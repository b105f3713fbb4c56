// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void commandsThatServeNobodyLogNothingBelowAWarning() throws JoranException {
        LoggerContext log = new LoggerContext();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(log);
        configurator.doConfigure(Path.of("..", "config", "logback.xml").toFile());
        assertTrue(log.getLogger(Main.class).isInfoEnabled(), "serving, the HSM tells what it does");

        Main.quieten(log);

        assertFalse(log.getLogger(Main.class).isInfoEnabled());
        assertTrue(log.getLogger(Main.class).isWarnEnabled());
        log.stop();
    }
}
