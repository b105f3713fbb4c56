// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the engine of this process. */
public final class Engines {
    private static final Logger LOG = LoggerFactory.getLogger(Engines.class);

    private Engines() {}

    /**
     * The native engine if it works here, else the portable one, with one line in the log that says why.
     *
     * <p>A configured libcrypto is never replaced: if the system property {@code hsm.libcrypto} is set and that library
     * does not work, there is no engine.
     *
     * @throws EngineFailure if there is no engine, with the reason
     */
    public static Engine choose() {
        return choose(name -> false);
    }

    /** @param spoiled names of self-tests that are to fail with the native engine; only tests name any */
    static Engine choose(Predicate<String> spoiled) {
        try {
            Engine engine = NativeEngine.open(spoiled);
            LOG.info("{}", engine.description());
            return engine;
        } catch (EngineFailure e) {
            if (!System.getProperty("hsm.libcrypto", "").isEmpty()) {
                throw e;
            }
            Engine engine = PortableEngine.open();
            LOG.warn(
                    "{}, which is slow, because the native engine does not work: {}",
                    engine.description(),
                    e.getMessage());
            return engine;
        }
    }

    /**
     * Proves that the two halves of a pair belong together: signs with one, verifies with the other (FIPS 140-3 section
     * 7.10.3.3). For pairs that come from elsewhere; the engine proves those that it makes.
     *
     * @param engine the engine that loaded the key
     * @param key an RSA or EC key
     * @throws EngineFailure if they do not belong together
     */
    public static void checkPair(Engine engine, EngineKey key) {
        SelfTest.checkPair(engine, key, none -> false);
    }
}
