// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.AllowedCores;
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
                allowed.complete(AllowedCores.ofCurrentThread());
            } catch (Throwable t) {
                allowed.completeExceptionally(t);
            }
        });
        assertEquals(Integer.toString(cores[0]), allowed.get());
        assumeTrue(cores.length > 1);
        assertNotEquals(allowed.get(), AllowedCores.ofCurrentThread());
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
}
