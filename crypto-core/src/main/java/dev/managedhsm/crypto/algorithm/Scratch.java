// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.MemorySegment;

/**
 * What one worker needs besides slot and key: a little locked memory and a cipher context. Owned by one thread.
 *
 * <pre>
 *   0        LENGTH     where the library writes a length or finds one
 *   64       SIGNATURE  DER of an ECDSA signature, a MAC, a recovered digest
 *   640      KEY        an AES key that lives for one call
 *   1024     SCHEDULE   a prepared AES key
 *   2048     RESIDUE    what is written only to overwrite registers
 * </pre>
 */
public final class Scratch implements AutoCloseable {
    static final int LENGTH = 0;
    static final int SIGNATURE = 64;
    static final int SIGNATURE_LENGTH_MAX = 512;
    static final int KEY = 640;
    static final int SCHEDULE = 1024;
    static final int RESIDUE = 2048;
    private static final int SIZE = 3072;

    private final LockedMemory memory;
    private final MemorySegment segment;
    private final long address;
    private final long cipherContext;
    private final DerReader reader;
    private final DerWriter writer;
    private boolean closed;

    /** Allocates; to be closed by the thread that uses it. */
    public Scratch() {
        this.memory = LockedMemory.allocate(SIZE, "the scratch of a worker");
        this.segment = memory.segment();
        this.address = segment.address();
        this.reader = new DerReader(segment);
        this.writer = new DerWriter(segment);
        this.cipherContext = LibCryptoCiphers.newContext();
        if (cipherContext == 0) {
            throw new IllegalStateException("no memory for a cipher context");
        }
    }

    MemorySegment segment() {
        return segment;
    }

    /** Address of one of the places above. */
    long address(int place) {
        return address + place;
    }

    long cipherContext() {
        return cipherContext;
    }

    /** Reads DER in the scratch; to be started again by each user. */
    DerReader reader() {
        return reader;
    }

    /** Writes DER into the scratch; to be started again by each user. */
    DerWriter writer() {
        return writer;
    }

    void wipe(int place, int length) {
        LibCrypto.wipe(address + place, length);
    }

    /** Wipes and frees. Closing twice is the same as closing once. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LibCryptoCiphers.freeContext(cipherContext);
            memory.close();
        }
    }
}
