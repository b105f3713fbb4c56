// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The least that each measured ratio may be, as the repository promises it. Any thread. */
public final class Budgets {
    private final Properties least;

    private Budgets(Properties least) {
        this.least = least;
    }

    /**
     * Reads a file of {@code name=least} lines.
     *
     * @throws IOException if it cannot be read
     */
    public static Budgets read(Path file) throws IOException {
        Properties least = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            least.load(reader);
        }
        return new Budgets(least);
    }

    /**
     * The least a ratio may be.
     *
     * @param name of the ratio, as the file has it
     * @throws IllegalStateException if nothing is promised under this name: a forgotten budget must not pass
     */
    public double least(String name) {
        String text = least.getProperty(name);
        if (text == null) {
            throw new IllegalStateException("the budgets name no " + name);
        }
        return Double.parseDouble(text);
    }
}
