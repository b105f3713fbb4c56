// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The key from which all sealing keys are derived: 32 random bytes in locked memory, never on the heap.
 *
 * <p>For starts without a person there is the sealing file: the 32 bytes, readable by its owner alone. Who has that file
 * and the store has all keys. Used by one thread at a time.
 */
public final class RootKey implements AutoCloseable {
    private static final byte[] IDENTITY_LABEL = "security domain identity".getBytes(StandardCharsets.US_ASCII);

    /** Length of the {@link #identity}, in bytes. */
    public static final int IDENTITY_LENGTH = 16;

    /** Length of the key and of the sealing file, in bytes. */
    public static final int LENGTH = 32;

    private final LockedMemory memory;

    private RootKey(LockedMemory memory) {
        this.memory = memory;
    }

    /** Makes a new root key of the engine's random bytes. */
    public static RootKey create(Engine engine) {
        RootKey key = empty();
        engine.random(key.bytes());
        return key;
    }

    /** A root key of bytes that come out of something sealed; the caller wipes those. */
    static RootKey of(MemorySegment bytes) {
        RootKey key = empty();
        MemorySegment.copy(bytes, 0, key.bytes(), 0, LENGTH);
        return key;
    }

    /** Room for a root key that is filled inside this package. */
    static RootKey empty() {
        return new RootKey(LockedMemory.allocate(LENGTH, "root key"));
    }

    /**
     * Reads a sealing file. The bytes go from the file to locked memory directly.
     *
     * @param file the sealing file: {@link #LENGTH} bytes, no permission for group or others
     * @throws SealFailure saying what is wrong with the file and what to do
     */
    public static RootKey read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            OwnFile.refuseOthers(file, "sealing file");
            if (channel.size() != LENGTH) {
                throw new SealFailure("the sealing file " + file + " has " + channel.size() + " bytes instead of "
                        + LENGTH + ": put the right file in its place");
            }
            return read(file, channel);
        } catch (IOException | UnsupportedOperationException e) {
            throw new SealFailure("the sealing file " + file + " cannot be read (" + reason(e)
                    + "): check that it exists and belongs to the user who runs this HSM");
        }
    }

    private static RootKey read(Path file, FileChannel channel) throws IOException {
        RootKey key = empty();
        try {
            ByteBuffer bytes = key.bytes().asByteBuffer();
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new IOException("it ended early");
                }
            }
            if (key.zero()) {
                throw new SealFailure(
                        "the sealing file " + file + " holds only zeros: put the right file in its place");
            }
            return key;
        } catch (IOException | RuntimeException e) {
            key.close();
            throw e;
        }
    }

    /**
     * Writes the sealing file, durably and all at once: a file under another name, forced to disk, given the right name
     * too, and the names forced to disk. A file of that name is never replaced, not even one that appears meanwhile,
     * because it may be the only way to open a store.
     *
     * @param file where to; its folder must exist
     * @throws SealFailure saying what is wrong and what to do
     */
    public void write(Path file) {
        OwnFile.write(file, "sealing file", bytes().asByteBuffer());
    }

    /**
     * Which root key this is: a value derived from it (NIST SP 800-108) that tells nothing about it and may be shown.
     *
     * @return {@link #IDENTITY_LENGTH} bytes, the caller's
     */
    public byte[] identity(Engine engine) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment identity = arena.allocate(IDENTITY_LENGTH);
            engine.derive(bytes(), IDENTITY_LABEL, new byte[0], identity);
            return identity.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Vouches for a text that is kept in the clear, so that a change of it is noticed.
     *
     * @param label what the text is for
     * @param text what is vouched for
     * @return 32 bytes that only this root key makes
     */
    public byte[] vouch(Engine engine, String label, byte[] text) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment proof = arena.allocate(LENGTH);
            engine.derive(bytes(), label.getBytes(StandardCharsets.US_ASCII), text, proof);
            return proof.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** The key's bytes, for derivation inside this package only. */
    MemorySegment bytes() {
        return memory.segment().asSlice(0, LENGTH);
    }

    private boolean zero() {
        byte any = 0;
        for (int i = 0; i < LENGTH; i++) {
            any |= bytes().get(ValueLayout.JAVA_BYTE, i);
        }
        return any == 0;
    }

    private static String reason(Exception e) {
        return e.getClass().getSimpleName();
    }

    /** Wipes the key. */
    @Override
    public void close() {
        memory.close();
    }
}
