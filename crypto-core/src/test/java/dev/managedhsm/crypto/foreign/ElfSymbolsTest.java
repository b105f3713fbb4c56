// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class ElfSymbolsTest {
    private static final String LIBRARY = "com/amazon/corretto/crypto/provider/libamazonCorrettoCryptoProvider.so";

    @Test
    void findsFunctionsThatAreNotExportedOnEveryMachine() throws IOException {
        for (URL url : Collections.list(ElfSymbolsTest.class.getClassLoader().getResources(LIBRARY))) {
            ElfSymbols symbols = ElfSymbols.read(bytes(url));
            for (String function : new String[] {"JNI_OnLoad", "EVP_PKEY_sign", "EVP_AEAD_CTX_seal_scatter"}) {
                assertTrue(symbols.offset(function) > 0, function);
            }
            assertEquals(0, symbols.offset("no_such_function"));
        }
    }

    @Test
    void refusesWhatIsNoElfFile() {
        assertThrows(LibraryFailure.class, () -> ElfSymbols.read(new byte[100]));
        assertThrows(LibraryFailure.class, () -> ElfSymbols.read(new byte[0]));
    }

    @Test
    void refusesAFileThatIsCutShort() throws IOException {
        URL url = ElfSymbolsTest.class.getClassLoader().getResources(LIBRARY).nextElement();
        byte[] whole = bytes(url);
        for (int length : new int[] {10, 60, 1000, whole.length / 2, whole.length - 100_000}) {
            assertThrows(LibraryFailure.class, () -> ElfSymbols.read(Arrays.copyOf(whole, length)), "" + length);
        }
    }

    private static byte[] bytes(URL url) throws IOException {
        try (InputStream stream = url.openStream()) {
            return stream.readAllBytes();
        }
    }
}
