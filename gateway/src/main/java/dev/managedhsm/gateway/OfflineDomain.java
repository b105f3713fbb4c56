// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import dev.managedhsm.gateway.store.StoreRefused;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.DomainText;
import dev.managedhsm.gateway.wire.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;

/** The security domain without a running HSM: what operators do at the data folder, and custodians at a machine of their own. One thread. */
public final class OfflineDomain {
    private OfflineDomain() {}

    /**
     * A custodian who came with their key.
     *
     * @param certificate their certificate
     * @param key its private key; custodians' own, never one of an HSM
     */
    public record Party(X509Certificate certificate, RSAPrivateCrtKey key) {}

    /**
     * Downloads the domain of an HSM that is not running, which activates it if it was not.
     *
     * @param config the HSM's
     * @param certificates those of the custodians
     * @param quorum how many of them it takes
     * @return the text of the domain
     * @throws StartRefused saying what is wrong and what to do
     */
    public static String download(GatewayConfig config, List<X509Certificate> certificates, int quorum) {
        try (Foundation foundation = Foundation.open(config.dataFolder(), config.rootKey(), Engines::choose);
                RootKeys roots = roots(foundation)) {
            return RootCustody.domain(foundation, Clock.systemUTC(), roots, wanted(certificates, quorum));
        } catch (SealFailure | StoreRefused | Refused refused) {
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        }
    }

    private static RootKeys roots(Foundation foundation) {
        RootKeys roots = foundation.rootKeys();
        if (roots == null && foundation.state().now() != HsmCondition.PROVISIONED) {
            throw new SealFailure("The HSM is sealed: start it, and upload its security domain.");
        }
        if (roots == null) {
            throw new SealFailure("Only custodians are to keep this HSM's root key, so no file can bring it to the next"
                    + " start: download the security domain from the running HSM.");
        }
        return roots;
    }

    private static DomainBody.Download wanted(List<X509Certificate> certificates, int quorum) throws Refused {
        List<SecurityDomain.Custodian> custodians = new ArrayList<>();
        for (X509Certificate certificate : certificates) {
            custodians.add(DomainBody.custodian(certificate, "Certificate " + (custodians.size() + 1)));
        }
        return DomainBody.checked(custodians, quorum);
    }

    /**
     * Reads a domain, to see whether it is whole.
     *
     * @throws SealFailure saying what is wrong with it
     */
    public static SecurityDomain.Kept read(String domain) {
        return DomainText.read(domain);
    }

    /**
     * Makes the blob that takes a domain to an HSM.
     *
     * @param domain the text of the domain
     * @param parties as many custodians as the quorum, or more
     * @param transferKey the certificate of the HSM's transfer key
     * @return the blob
     * @throws SealFailure saying what is wrong
     */
    public static String recover(String domain, List<Party> parties, X509Certificate transferKey) {
        SecurityDomain.Kept kept = DomainText.read(domain);
        try (Engine engine = Engines.choose()) {
            List<SecurityDomain.Opener> openers = new ArrayList<>();
            try {
                for (Party party : parties) {
                    SecurityDomain.Custodian custodian =
                            DomainBody.custodian(party.certificate(), "Custodian " + (openers.size() + 1));
                    openers.add(
                            new SecurityDomain.Opener(custodian.thumbprint(), loaded(engine, custodian, party.key())));
                }
                SecurityDomain.Custodian to = DomainBody.custodian(transferKey, "The transfer key");
                return DomainText.write(SecurityDomain.transfer(engine, kept, openers, to.key()), to.thumbprint());
            } finally {
                openers.forEach(opener -> opener.key().close());
            }
        } catch (Refused refused) {
            throw new SealFailure(String.valueOf(refused.getMessage()));
        }
    }

    private static EngineKey loaded(Engine engine, SecurityDomain.Custodian custodian, RSAPrivateCrtKey key) {
        PublicPart.Rsa part = custodian.key();
        if (!key.getModulus().equals(new BigInteger(1, part.modulus()))) {
            throw new SealFailure("a custodian's key does not belong to their certificate: bring the right pair");
        }
        byte[] encoded = encoded(key);
        try (LockedMemory memory = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "a custodian's key")) {
            MemorySegment.copy(encoded, 0, memory.segment(), JAVA_BYTE, 0, encoded.length);
            return engine.load(keyClass(part), part, memory.segment().asSlice(0, encoded.length));
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private static byte[] encoded(RSAPrivateCrtKey key) {
        try {
            return new RSAPrivateKey(
                            key.getModulus(),
                            key.getPublicExponent(),
                            key.getPrivateExponent(),
                            key.getPrimeP(),
                            key.getPrimeQ(),
                            key.getPrimeExponentP(),
                            key.getPrimeExponentQ(),
                            key.getCrtCoefficient())
                    .getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here is read or written
        }
    }

    private static KeyClass keyClass(PublicPart.Rsa part) {
        return switch (part.modulus().length) {
            case 256 -> KeyClass.RSA_2048;
            case 384 -> KeyClass.RSA_3072;
            case 512 -> KeyClass.RSA_4096;
            default ->
                throw new SealFailure("a custodian's key has " + 8 * part.modulus().length
                        + " bits: recover with a tool that knows this size");
        };
    }
}
