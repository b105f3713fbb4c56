// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What every engine does in the same way. A subclass says which engine. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class EngineContract
        implements RoundTripContract,
                RefusalContract,
                SignatureForgeryContract,
                CiphertextForgeryContract,
                EcdsaEdgeContract,
                Pkcs1SignatureEdgeContract,
                PssEdgeContract,
                RsaEncryptionEdgeContract,
                GcmEdgeContract,
                KeyWrapEdgeContract,
                InteroperabilityContract,
                KeyContract,
                SealingContract,
                TransportContract,
                ExaminationContract {
    private final Bench bench;

    EngineContract(Engine engine) {
        bench = new Bench(engine);
    }

    @AfterAll
    void closeBench() {
        bench.close();
        bench.engine().close();
    }

    @Override
    public Bench bench() {
        return bench;
    }
}
