// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CLibraryTest {
    @Test
    void bindsTheCallingThreadAndNoOther() throws Exception {
        assumeTrue(CLibrary.known());
        int[] cores = CLibrary.allowedCores();
        CompletableFuture<String> allowed = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                assertTrue(CLibrary.bindCurrentThread(cores[0]));
                allowed.complete(allowedCores());
            } catch (Throwable t) {
                allowed.completeExceptionally(t);
            }
        });
        assertEquals(Integer.toString(cores[0]), allowed.get());
        assumeTrue(cores.length > 1);
        assertNotEquals(allowed.get(), allowedCores());
    }

    @Test
    void bindsToNoCoreThatIsNotThere() {
        assertFalse(CLibrary.bindCurrentThread(-1));
        assertFalse(CLibrary.bindCurrentThread(1023));
        assertFalse(CLibrary.bindCurrentThread(5000));
    }

    @Test
    void answersTheErrorNumberOfARefusedCall() {
        assumeTrue(CLibrary.known());
        assertEquals(22, CLibrary.advise(1, 4096, CLibrary.MADV_DONTDUMP));
        assertEquals(12, CLibrary.lock(CLibrary.pageSize(), 4096));
    }

    private static String allowedCores() throws Exception {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElseThrow();
    }
}
