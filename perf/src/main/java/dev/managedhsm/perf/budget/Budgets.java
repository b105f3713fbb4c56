// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The least or the most that each measured ratio may be, as the repository promises it. Any thread. */
public final class Budgets {
    private final Properties bounds;

    private Budgets(Properties bounds) {
        this.bounds = bounds;
    }

    /**
     * Reads a file of {@code name=bound} lines.
     *
     * @throws IOException if it cannot be read
     */
    public static Budgets read(Path file) throws IOException {
        Properties bounds = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            bounds.load(reader);
        }
        return new Budgets(bounds);
    }

    /**
     * The least a ratio may be.
     *
     * @param name of the ratio, as the file has it
     * @throws IllegalStateException if nothing is promised under this name: a forgotten budget must not pass
     */
    public double least(String name) {
        return bound(name);
    }

    /**
     * The most a ratio may be; otherwise as {@link #least}.
     *
     * @param name of the ratio, as the file has it
     */
    public double most(String name) {
        return bound(name);
    }

    private double bound(String name) {
        String text = bounds.getProperty(name);
        if (text == null) {
            throw new IllegalStateException("the budgets name no " + name);
        }
        return Double.parseDouble(text);
    }
}
