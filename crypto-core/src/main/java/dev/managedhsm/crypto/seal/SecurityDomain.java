// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The security domain: the root key outside of the HSM, so that a quorum of custodians has it and nobody else. Stateless;
 * any thread that may wait for some milliseconds.
 *
 * <pre>
 *   make                                            custodian 1..n: RSA key
 *     master key (32 random bytes) -- Shamir, m of n --> share x --> envelope to custodian x
 *        | SP 800-108, label = tag
 *        +--> item "hsm_backup"                root keys: format, how many, 32 bytes each, the current one first
 *        +--> item "base_enclave_backup"       format, identity of the current root key
 *        +--> item "partition_enclave_backup"  format, digest over quorum and shares, so that none is exchanged unseen
 *
 *   transfer (offline, m custodians)
 *     shares --> master key --> items --> the same items under a new master key --> envelope to the HSM's transfer key
 *
 *   open (the HSM)
 *     envelope --> new master key --> items --> root keys
 * </pre>
 *
 * <p>All secrets on the way lie in locked memory.
 */
public final class SecurityDomain {
    /** Fewest custodians, and the smallest quorum. */
    public static final int QUORUM_MIN = 2;

    /** Most custodians. */
    public static final int CUSTODIANS_MAX = 10;

    private static final String ROOT_KEYS = "hsm_backup";
    private static final String IDENTITY = "base_enclave_backup";
    private static final String SHARES = "partition_enclave_backup";

    /** The tags of the items, in their order. */
    public static final List<String> TAGS = List.of(ROOT_KEYS, IDENTITY, SHARES);

    private static final byte FORMAT = 1;
    private static final int DIGEST_LENGTH = 32;

    private SecurityDomain() {}

    /**
     * Somebody who keeps a share.
     *
     * @param thumbprint SHA-256 of their certificate's DER
     * @param key the certificate's public key
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    public record Custodian(byte[] thumbprint, PublicPart.Rsa key) {}

    /**
     * A custodian's share.
     *
     * @param thumbprint SHA-256 of the custodian's certificate
     * @param envelope the share, sealed to the certificate's key
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    public record Share(byte[] thumbprint, Envelope envelope) {}

    /**
     * One sealed item.
     *
     * @param tag what it is, and the label of its key's derivation
     * @param envelope the item
     */
    public record Item(String tag, Envelope envelope) {}

    /**
     * What is kept outside.
     *
     * @param items the items of {@link #TAGS}, in any order
     * @param shares one for each custodian
     * @param quorum how many of them it takes
     */
    public record Kept(List<Item> items, List<Share> shares, int quorum) {
        /** Copies the lists. */
        public Kept {
            items = List.copyOf(items);
            shares = List.copyOf(shares);
        }
    }

    /**
     * What is sent to the HSM that is to have the root key.
     *
     * @param items the items of {@link #TAGS}, in any order
     * @param key their master key, sealed to the HSM's transfer key
     */
    public record Transfer(List<Item> items, Envelope key) {
        /** Copies the list. */
        public Transfer {
            items = List.copyOf(items);
        }
    }

    /**
     * A custodian with the key that opens their share, for {@link #transfer}.
     *
     * @param thumbprint SHA-256 of their certificate
     * @param key their RSA key, loaded in the engine; stays the caller's
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    public record Opener(byte[] thumbprint, EngineKey key) {}

    /**
     * Makes a domain.
     *
     * @param engine what draws and seals
     * @param roots the root keys
     * @param custodians {@value #QUORUM_MIN} to {@value #CUSTODIANS_MAX}, each with another certificate and another key
     * @param quorum how many of them it takes, at least {@value #QUORUM_MIN}
     * @throws SealFailure if a custodian's key cannot be encrypted to; the message names which
     */
    public static Kept make(Engine engine, RootKeys roots, List<Custodian> custodians, int quorum) {
        Envelopes envelopes = new Envelopes(engine);
        long room = (long) custodians.size() * QuorumShares.SHARE_LENGTH;
        try (LockedMemory master = LockedMemory.allocate(QuorumShares.SECRET_LENGTH, "master key of a domain");
                LockedMemory split = LockedMemory.allocate(room, "quorum shares")) {
            MemorySegment key = master.segment();
            engine.random(key);
            QuorumShares.split(engine, key, quorum, custodians.size(), split.segment());
            List<Share> shares = new ArrayList<>();
            for (int i = 0; i < custodians.size(); i++) {
                Custodian custodian = custodians.get(i);
                MemorySegment share =
                        split.segment().asSlice((long) i * QuorumShares.SHARE_LENGTH, QuorumShares.SHARE_LENGTH);
                Envelope envelope = envelopes.sealTo(custodian.key(), share);
                if (envelope == null) {
                    throw new SealFailure("the key of certificate " + (i + 1)
                            + " cannot be encrypted to: take an RSA key of 2048 to 4096 bits");
                }
                shares.add(new Share(custodian.thumbprint(), envelope));
            }
            List<Item> items = List.of(
                    rootKeys(engine, key, roots),
                    item(engine, key, IDENTITY, prefixed(roots.current().identity(engine))),
                    item(engine, key, SHARES, prefixed(digest(quorum, shares))));
            return new Kept(items, shares, quorum);
        }
    }

    private static Item rootKeys(Engine engine, MemorySegment master, RootKeys roots) {
        List<RootKey> all = new ArrayList<>(List.of(roots.current()));
        all.addAll(roots.retired());
        long length = 2 + (long) all.size() * RootKey.LENGTH;
        try (LockedMemory memory = LockedMemory.allocate(length, "root keys for a domain")) {
            MemorySegment content = memory.segment();
            content.set(JAVA_BYTE, 0, FORMAT);
            content.set(JAVA_BYTE, 1, (byte) all.size());
            for (int i = 0; i < all.size(); i++) {
                MemorySegment.copy(all.get(i).bytes(), 0, content, 2 + (long) i * RootKey.LENGTH, RootKey.LENGTH);
            }
            return item(engine, master, ROOT_KEYS, content);
        }
    }

    private static byte[] prefixed(byte[] content) {
        return ByteBuffer.allocate(1 + content.length).put(FORMAT).put(content).array();
    }

    /** An item that holds no secret. */
    private static Item item(Engine engine, MemorySegment master, String tag, byte[] content) {
        try (LockedMemory memory = LockedMemory.allocate(content.length, "an item of a domain")) {
            MemorySegment.copy(content, 0, memory.segment(), JAVA_BYTE, 0, content.length);
            return item(engine, master, tag, memory.segment());
        }
    }

    private static Item item(Engine engine, MemorySegment master, String tag, MemorySegment content) {
        try (LockedMemory memory = itemKey(engine, master, tag)) {
            return new Item(tag, new Envelopes(engine).seal(itemKey(memory), tag, content));
        }
    }

    private static LockedMemory itemKey(Engine engine, MemorySegment master, String tag) {
        LockedMemory memory = LockedMemory.allocate(Engine.CONTENT_KEY_LENGTH, "key of an item");
        engine.derive(master, tag.getBytes(StandardCharsets.UTF_8), new byte[0], itemKey(memory));
        return memory;
    }

    private static MemorySegment itemKey(LockedMemory memory) {
        return memory.segment().asSlice(0, Engine.CONTENT_KEY_LENGTH);
    }

    private static byte[] digest(int quorum, List<Share> shares) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update((byte) quorum);
            for (Share share : shares) {
                Envelope envelope = share.envelope();
                for (byte[] part : List.of(
                        share.thumbprint(),
                        envelope.header(),
                        envelope.wrappedKey(),
                        envelope.iv(),
                        envelope.ciphertext(),
                        envelope.tag())) {
                    sha256.update(ByteBuffer.allocate(4).putInt(part.length).array());
                    sha256.update(part);
                }
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * What custodians do offline, when they have come together: takes the domain out of their hands and seals it to one
     * HSM's transfer key.
     *
     * @param engine what opens and seals; it has loaded the custodians' keys
     * @param kept the domain
     * @param openers as many custodians as the quorum, or more
     * @param to the HSM's transfer key
     * @throws SealFailure saying what is wrong: too few custodians, a share that does not open, a domain that was changed
     */
    public static Transfer transfer(Engine engine, Kept kept, List<Opener> openers, PublicPart.Rsa to) {
        try (LockedMemory master = LockedMemory.allocate(QuorumShares.SECRET_LENGTH, "master key of a domain");
                LockedMemory fresh = LockedMemory.allocate(QuorumShares.SECRET_LENGTH, "master key of a transfer")) {
            combine(engine, kept, openers, master.segment());
            engine.random(fresh.segment());
            checkShares(engine, kept, master.segment());
            List<Item> items = new ArrayList<>();
            for (String tag : TAGS) {
                try (BackupContent content = open(engine, master.segment(), find(kept.items(), tag))) {
                    items.add(item(engine, fresh.segment(), tag, content.bytes()));
                }
            }
            Envelope key = new Envelopes(engine).sealTo(to, fresh.segment());
            if (key == null) {
                throw new SealFailure("the transfer key cannot be encrypted to: fetch it from the HSM again");
            }
            return new Transfer(items, key);
        }
    }

    private static void combine(Engine engine, Kept kept, List<Opener> openers, MemorySegment out) {
        long room = (long) kept.quorum() * QuorumShares.SHARE_LENGTH;
        try (LockedMemory memory = LockedMemory.allocate(room, "quorum shares")) {
            int count = 0;
            for (Share share : kept.shares()) {
                Opener opener = opener(openers, share);
                if (opener == null || count == kept.quorum()) {
                    continue;
                }
                try (BackupContent content = new Envelopes(engine).open(opener.key(), share.envelope())) {
                    if (content == null || content.length() != QuorumShares.SHARE_LENGTH) {
                        throw new SealFailure("a share does not open with the key of its certificate: the security"
                                + " domain file was changed, or the key is another one");
                    }
                    long at = (long) count * QuorumShares.SHARE_LENGTH;
                    MemorySegment.copy(content.bytes(), 0, memory.segment(), at, QuorumShares.SHARE_LENGTH);
                }
                count++;
            }
            if (count < kept.quorum()) {
                throw new SealFailure("the security domain needs " + kept.quorum() + " of its custodians, and " + count
                        + " of those that came have a share: bring more");
            }
            if (!QuorumShares.combine(memory.segment(), count, out)) {
                throw new SealFailure("the shares do not fit together: the security domain file was changed");
            }
        }
    }

    private static @Nullable Opener opener(List<Opener> openers, Share share) {
        for (Opener opener : openers) {
            if (Arrays.equals(opener.thumbprint(), share.thumbprint())) {
                return opener;
            }
        }
        return null;
    }

    private static void checkShares(Engine engine, Kept kept, MemorySegment master) {
        try (BackupContent content = open(engine, master, find(kept.items(), SHARES))) {
            byte[] expected = prefixed(digest(kept.quorum(), kept.shares()));
            if (content.length() != 1 + DIGEST_LENGTH
                    || !MessageDigest.isEqual(expected, content.bytes().toArray(JAVA_BYTE))) {
                throw new SealFailure(
                        "the security domain file was changed: its shares are not those it was made with");
            }
        }
    }

    private static Item find(List<Item> items, String tag) {
        List<Item> found = items.stream().filter(item -> item.tag().equals(tag)).toList();
        if (found.size() != 1 || items.size() != TAGS.size()) {
            throw new SealFailure("the security domain does not hold the items " + TAGS + ", each once");
        }
        return found.getFirst();
    }

    private static BackupContent open(Engine engine, MemorySegment master, Item item) {
        try (LockedMemory memory = itemKey(engine, master, item.tag())) {
            BackupContent content = new Envelopes(engine).open(itemKey(memory), item.envelope());
            if (content == null) {
                throw new SealFailure("the item " + item.tag()
                        + " of the security domain does not open: it was changed, or the shares are another domain's");
            }
            return content;
        }
    }

    /**
     * Opens what was sealed to a transfer key.
     *
     * @param engine what opens; it has loaded the transfer key
     * @param transfer what custodians sent
     * @param key the transfer key
     * @return the root keys, to be closed by the caller
     * @throws SealFailure saying what is wrong
     */
    public static RootKeys open(Engine engine, Transfer transfer, EngineKey key) {
        try (BackupContent master = new Envelopes(engine).open(key, transfer.key())) {
            if (master == null || master.length() != QuorumShares.SECRET_LENGTH) {
                throw new SealFailure("the wrapped key does not open with this HSM's transfer key: fetch the transfer"
                        + " key again and make the blob with that");
            }
            find(transfer.items(), SHARES);
            try (BackupContent shares = open(engine, master.bytes(), find(transfer.items(), SHARES));
                    BackupContent identity = open(engine, master.bytes(), find(transfer.items(), IDENTITY));
                    BackupContent content = open(engine, master.bytes(), find(transfer.items(), ROOT_KEYS))) {
                return read(engine, shares.bytes(), identity.bytes(), content.bytes());
            }
        }
    }

    private static RootKeys read(Engine engine, MemorySegment shares, MemorySegment identity, MemorySegment content) {
        int count = content.byteSize() < 2 ? 0 : content.get(JAVA_BYTE, 1);
        boolean known = content.byteSize() == 2 + (long) count * RootKey.LENGTH
                && count >= 1
                && count <= RootKeys.COUNT_MAX
                && identity.byteSize() == 1 + RootKey.IDENTITY_LENGTH
                && shares.byteSize() == 1 + DIGEST_LENGTH
                && content.get(JAVA_BYTE, 0) == FORMAT
                && identity.get(JAVA_BYTE, 0) == FORMAT
                && shares.get(JAVA_BYTE, 0) == FORMAT;
        if (!known) {
            throw foreign();
        }
        List<RootKey> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(RootKey.of(content.asSlice(2 + (long) i * RootKey.LENGTH, RootKey.LENGTH)));
        }
        RootKeys roots = new RootKeys(keys.getFirst(), keys.subList(1, count));
        byte[] said = identity.asSlice(1).toArray(JAVA_BYTE);
        if (!MessageDigest.isEqual(said, roots.current().identity(engine))) {
            roots.close();
            throw foreign();
        }
        return roots;
    }

    private static SealFailure foreign() {
        return new SealFailure("the security domain is not one of this software, or of a newer version of it");
    }
}
