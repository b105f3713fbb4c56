// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.Refused;

/** What the HSM does about its security domain and its root key. All methods may block for seconds; any thread but event loops. */
public interface DomainKeeper {
    /**
     * The key under which a security domain is uploaded.
     *
     * @param certificate its certificate, DER
     * @param key its public key
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    record TransferKey(byte[] certificate, PublicPart.Rsa key) {}

    /** How an operation stands. */
    enum Progress {
        /** None was begun. */
        NONE,
        /** It is under way. */
        IN_PROGRESS,
        /** It was done. */
        SUCCESS,
        /** It came to nothing; the HSM is as it was before. */
        FAILED
    }

    /**
     * How the last operation of a kind stands.
     *
     * @param progress how far it is
     * @param details one sentence
     */
    record Standing(Progress progress, String details) {}

    /**
     * Puts the root key into the hands of custodians; activates an HSM that is provisioned.
     *
     * @return the text of the domain
     * @throws Refused if it cannot be now
     */
    String download(DomainBody.Download wanted) throws Refused;

    /** How the last download stands. */
    Standing downloaded();

    /** The transfer key; the same until a domain was uploaded with it. */
    TransferKey transferKey() throws Refused;

    /**
     * Takes the root key out of a domain. Everything that can be wrong with it is found before this returns; the keys are
     * opened after, and {@link #uploaded} tells when.
     *
     * @param domain the blob that custodians made for the transfer key
     */
    void upload(String domain) throws Refused;

    /** How the last upload stands. */
    Standing uploaded();

    /**
     * Replaces the root key by a new one and seals every record anew; operations go on meanwhile, changes wait.
     *
     * @return how many records were sealed anew
     */
    long rotateRootKey() throws Refused;
}
