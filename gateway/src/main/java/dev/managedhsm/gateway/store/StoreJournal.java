// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the records of keys, or those of roles, in a store: one namespace per purpose, key and version as the key. Used by
 * one thread at a time: the one that starts, then the one that makes changes.
 *
 * <p>Each commit is guarded by the anchor's revision, so that a second writer would be noticed and not mixed in.
 */
public final class StoreJournal implements KeyJournal {
    private static final Logger LOG = LoggerFactory.getLogger(StoreJournal.class);

    private static final Map<SealPurpose, String> OF_KEYS = new EnumMap<>(Map.of(
            SealPurpose.KEY_FACTS, "key-facts",
            SealPurpose.KEY_SECRET, "key-secret",
            SealPurpose.ROTATION_POLICY, "rotation-policy",
            SealPurpose.DELETED_KEY, "deleted-key",
            SealPurpose.ATTESTATION_KEY, "attestation-key",
            SealPurpose.ANCHOR, "anchor"));

    private static final Map<SealPurpose, String> OF_ROLES = new EnumMap<>(Map.of(
            SealPurpose.ROLE_DEFINITION, "role-definition",
            SealPurpose.ROLE_ASSIGNMENT, "role-assignment",
            SealPurpose.ROLE_ANCHOR, "role-anchor"));

    private final Store store;
    private final Map<SealPurpose, String> namespaces;
    private final SealPurpose anchor;
    private long anchorRevision;

    /**
     * Keeps the records of keys.
     *
     * @param store where to keep them; closed by its owner
     */
    public StoreJournal(Store store) {
        this(store, OF_KEYS, SealPurpose.ANCHOR);
    }

    /**
     * Keeps the records of roles.
     *
     * @param store where to keep them; closed by its owner
     */
    public static StoreJournal ofRoles(Store store) {
        return new StoreJournal(store, OF_ROLES, SealPurpose.ROLE_ANCHOR);
    }

    /** The namespaces of records of keys, by purpose, in the order of purposes. */
    public static Map<SealPurpose, String> namespacesOfKeys() {
        return Collections.unmodifiableMap(OF_KEYS);
    }

    /** The namespaces of records of roles, by purpose, in the order of purposes. */
    public static Map<SealPurpose, String> namespacesOfRoles() {
        return Collections.unmodifiableMap(OF_ROLES);
    }

    /** @param anchor the purpose whose one record guards all others */
    private StoreJournal(Store store, Map<SealPurpose, String> namespaces, SealPurpose anchor) {
        this.store = store;
        this.namespaces = namespaces;
        this.anchor = anchor;
    }

    @Override
    public void load(Visitor visitor) {
        try (Snapshot snapshot = store.snapshot()) {
            namespaces.forEach((purpose, namespace) -> snapshot.forEach(namespace, record -> {
                if (purpose == anchor) {
                    anchorRevision = record.revision();
                }
                visitor.record(name(purpose, record.key()), record.value());
            }));
        }
    }

    @Override
    public Ending commit(List<JournalWrite> writes) {
        String operation = UUID.randomUUID().toString();
        Commit end = store.commit(new Transaction(operation, List.of(guard()), writes(writes)));
        if (end instanceof Commit.Unknown) {
            end = store.settle(operation);
        }
        return switch (end) {
            case Commit.Committed committed -> {
                anchorRevision = committed.revision();
                yield Ending.COMMITTED;
            }
            case Commit.Conflict _ -> {
                LOG.error("somebody else wrote to the store: no change is made until this HSM is started anew");
                yield Ending.NOT_COMMITTED;
            }
            case Commit.NotCommitted not -> {
                LOG.error("a change was not made: {}", not.reason());
                yield Ending.NOT_COMMITTED;
            }
            case Commit.Unknown unknown -> {
                LOG.error("it is not known whether a change was made: {}", unknown.reason());
                yield Ending.UNKNOWN;
            }
        };
    }

    /** What holds as long as nobody else has written what this keeps. */
    Transaction.Guard guard() {
        RecordName record = new RecordName(anchor, "", "");
        return new Transaction.Guard(namespace(record), key(record), anchorRevision);
    }

    /** The same writes as the store takes them. */
    List<Transaction.Write> writes(List<JournalWrite> writes) {
        List<Transaction.Write> out = new ArrayList<>(writes.size());
        for (JournalWrite write : writes) {
            RecordName name = write.name();
            out.add(
                    switch (write) {
                        case JournalWrite.Put put -> new Transaction.Put(namespace(name), key(name), put.blob());
                        case JournalWrite.Remove _ -> new Transaction.Remove(namespace(name), key(name));
                    });
        }
        return out;
    }

    /** Of either kind, because a restore writes both in one commit. */
    private static String namespace(RecordName name) {
        String namespace = OF_KEYS.getOrDefault(name.purpose(), OF_ROLES.get(name.purpose()));
        if (namespace == null) {
            throw new IllegalStateException("records of this purpose are not kept here");
        }
        return namespace;
    }

    /** The key that a record is kept under. A slash is in no key name, and so tells key and version apart. */
    public static String key(RecordName name) {
        return name.version().isEmpty() ? name.key() : name.key() + '/' + name.version();
    }

    /** The name of a record that is kept under a key. */
    public static RecordName name(SealPurpose purpose, String key) {
        int slash = key.indexOf('/');
        return slash < 0
                ? new RecordName(purpose, key, "")
                : new RecordName(purpose, key.substring(0, slash), key.substring(slash + 1));
    }
}
