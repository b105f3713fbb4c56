// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.memory.ProcessHardening;
import dev.managedhsm.crypto.seal.RetiredKeys;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.store.RootKeyRecords;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreRefused;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is before any key can be opened: the engine, the store, and what the HSM's condition is.
 *
 * @param engine what computes
 * @param store where sealed records are kept
 * @param state the HSM's condition
 * @param sealingFile where the root key is kept from one start to the next
 * @param activatesItself whether the first start activates the HSM
 * @param custody what is done to keep the process's memory to itself
 */
record Foundation(
        Engine engine,
        Store store,
        HsmState state,
        SealingFile sealingFile,
        boolean activatesItself,
        List<ProcessHardening.Measure> custody)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Foundation.class);

    /**
     * Opens the data folder.
     *
     * @param folder of the store
     * @param source where the root key is
     * @param engines opens the engine
     * @throws StartRefused if the folder, the store or the engine does not allow it
     */
    static Foundation open(Path folder, RootKeySource source, Supplier<Engine> engines) {
        List<ProcessHardening.Measure> measures = ProcessHardening.apply(false);
        for (ProcessHardening.Measure measure : measures) {
            LOG.info(
                    "custody measure {}: {} ({})", measure.name(), measure.held() ? "held" : "NOT HELD", measure.why());
        }
        Opened opened = new Opened();
        try {
            Engine engine = opened.add(engines.get());
            Store store = opened.add(SqliteStore.open(folder));
            HsmState state = new HsmState(HsmCondition.SEALED);
            return new Foundation(engine, store, state, new SealingFile(source), source.activatesItself(), measures);
        } catch (StoreRefused | EngineFailure refused) {
            opened.close(refused);
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        } catch (RuntimeException e) {
            opened.close(e);
            throw e;
        }
    }

    /** How the HSM was activated, as the store says it, not checked yet; null if it was not. */
    @Nullable
    Activation activation() {
        byte[] text = RootKeyRecords.read(store).activation();
        return text == null ? null : Activation.read(text);
    }

    /**
     * The root keys at start, and the HSM's condition by what there is.
     *
     * @return to be closed by the caller; null if nobody but custodians has the root key, or it is to be made yet
     * @throws SealFailure saying what is wrong and what to do
     */
    @Nullable
    RootKeys rootKeys() {
        RootKeyRecords.Said said = RootKeyRecords.read(store);
        byte[] text = said.activation();
        boolean used = store.head() > 0;
        RootKey root = sealingFile.open(
                engine, text == null ? null : Activation.read(text).root(), used);
        if (root == null) {
            state.become(text == null && !used ? HsmCondition.PROVISIONED : HsmCondition.SEALED);
            return null;
        }
        try {
            if (text == null && !used && !activatesItself) {
                state.become(HsmCondition.PROVISIONED);
            }
            return with(root, said);
        } catch (RuntimeException e) {
            root.close();
            throw e;
        }
    }

    /**
     * A root key with those before it.
     *
     * @throws SealFailure if what the store says was not said under this root key
     */
    RootKeys with(RootKey root, RootKeyRecords.Said said) {
        byte[] text = said.activation();
        if (text != null) {
            Activation.check(engine, root, text);
        }
        byte[] retired = said.retired();
        return retired == null ? RootKeys.of(root) : new RootKeys(root, RetiredKeys.open(engine, root, retired));
    }

    /** How well the keys are kept now. Any thread that may read from the disk. */
    CustodyReport report() {
        try {
            return CustodyReport.of(state.now(), activation(), custody);
        } catch (StoreRefused unreadable) { // a report is wanted most of all when something has failed
            return CustodyReport.unread(state.now(), String.valueOf(unreadable.getMessage()), custody);
        }
    }

    @Override
    public void close() {
        store.close();
        engine.close();
    }
}
