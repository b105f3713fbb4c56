// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a {@link TlsConfig} held when they were read: a chain whose first certificate holds now and belongs
 * to the key, and the authorities of clients. Immutable. The key is one of the JDK on the heap, as BoringSSL wants it: it
 * proves who the server is and protects no key of the HSM.
 */
public final class TlsFiles {
    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";
    private static final String SEALED_BEGIN = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    private static final String SEALED_END = "-----END ENCRYPTED PRIVATE KEY-----";
    private static final long LENGTH_MAX = 1 << 20;
    private static final byte[] PROBE = "does this key belong to this certificate".getBytes(US_ASCII);

    private final String mark;
    private final byte[] chain;
    private final byte[] key;
    private final byte @Nullable [] authorities;
    private final List<X509Certificate> certificates;
    private final PrivateKey privateKey;

    private TlsFiles(
            String mark,
            byte[] chain,
            byte[] key,
            byte @Nullable [] authorities,
            List<X509Certificate> certificates,
            PrivateKey privateKey) {
        this.mark = mark;
        this.chain = chain;
        this.key = key;
        this.authorities = authorities;
        this.certificates = List.copyOf(certificates);
        this.privateKey = privateKey;
    }

    /**
     * Reads the files.
     *
     * @param now the time at which the certificate must hold
     * @throws IllegalArgumentException with a sentence for the operator, when TLS cannot speak with them
     */
    public static TlsFiles read(TlsConfig config, Instant now) {
        refuseReadableByAll(config.privateKey());
        byte[] chain = bytes(config.certificateChain());
        byte[] sealed = bytes(config.privateKey());
        Path clients = config.clientAuthorities();
        byte[] authorities = clients == null ? null : bytes(clients);
        List<X509Certificate> certificates = certificates(config.certificateChain(), chain);
        if (clients != null && authorities != null) {
            certificates(clients, authorities);
        }
        byte[] der = privateKey(config, new String(sealed, US_ASCII));
        try {
            X509Certificate server = certificates.getFirst();
            refuseOutOfTime(config.certificateChain(), server, now);
            PrivateKey privateKey = privateKey(config, server.getPublicKey(), der);
            byte[] pem = (KEY_BEGIN + "\n" + Base64.getMimeEncoder().encodeToString(der) + "\n" + KEY_END + "\n")
                    .getBytes(US_ASCII);
            return new TlsFiles(mark(chain, sealed, authorities), chain, pem, authorities, certificates, privateKey);
        } finally {
            Arrays.fill(der, (byte) 0);
            Arrays.fill(sealed, (byte) 0);
        }
    }

    /**
     * What tells one content of the files from another, without saying what it is.
     *
     * @throws IllegalArgumentException with a sentence for the operator, when a file cannot be read
     */
    public static String mark(TlsConfig config) {
        Path clients = config.clientAuthorities();
        byte[] key = bytes(config.privateKey());
        try {
            return mark(bytes(config.certificateChain()), key, clients == null ? null : bytes(clients));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** The mark of what was read. */
    public String mark() {
        return mark;
    }

    /** The server's certificate, for the log. */
    public X509Certificate server() {
        return certificates.getFirst();
    }

    /** The server's certificate, then its intermediates. */
    public List<X509Certificate> certificates() {
        return certificates;
    }

    /** The key of the server's certificate. */
    public PrivateKey privateKey() {
        return privateKey;
    }

    /** Chain and key, for a server. */
    public PemKeyCertOptions keyPair() {
        return new PemKeyCertOptions().addCertValue(Buffer.buffer(chain)).addKeyValue(Buffer.buffer(key));
    }

    @Nullable
    PemTrustOptions clientTrust() {
        return authorities == null ? null : new PemTrustOptions().addCertValue(Buffer.buffer(authorities));
    }

    private static String mark(byte[] chain, byte[] key, byte @Nullable [] authorities) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : List.of(chain, key, authorities == null ? new byte[0] : authorities)) {
                digest.update(ByteBuffer.allocate(4).putInt(0, part.length));
                digest.update(part);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no SHA-256", e);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.size(file) > LENGTH_MAX) {
                throw new IllegalArgumentException(file + " is longer than a PEM file of TLS is: name the right one.");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + " cannot be read (" + e.getClass().getSimpleName()
                            + "): check that it exists and that the user who runs this HSM may read it.");
        }
    }

    private static void refuseReadableByAll(Path file) {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new IllegalArgumentException(
                        file + " holds a private key that every user of this machine can reach: run chmod o= on it.");
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new IllegalArgumentException(
                    file + " cannot be read (" + e.getClass().getSimpleName()
                            + "): check that it exists and that the user who runs this HSM may read it.");
        }
    }

    private static List<X509Certificate> certificates(Path file, byte[] pem) {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .forEach(certificate -> certificates.add((X509Certificate) certificate));
        } catch (CertificateException e) {
            throw new IllegalArgumentException(
                    file + " holds something that is no certificate: put PEM certificates there.");
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException(file + " holds no certificate: put PEM certificates there.");
        }
        return certificates;
    }

    private static void refuseOutOfTime(Path file, X509Certificate server, Instant now) {
        if (now.isAfter(server.getNotAfter().toInstant())) {
            throw new IllegalArgumentException("The certificate in " + file + " ended at "
                    + server.getNotAfter().toInstant() + ": put a new one there.");
        }
        if (now.isBefore(server.getNotBefore().toInstant())) {
            throw new IllegalArgumentException("The certificate in " + file + " begins at "
                    + server.getNotBefore().toInstant() + ": check this machine's clock.");
        }
    }

    private static byte[] privateKey(TlsConfig config, String pem) {
        Path file = config.privateKey();
        String text = pem.strip();
        SecretSource passphrase = config.passphrase();
        if (text.startsWith(KEY_BEGIN) && text.endsWith(KEY_END)) {
            if (passphrase != null) {
                throw new IllegalArgumentException(
                        file + " is not encrypted: take its passphrase out of the configuration.");
            }
            return base64(file, text.substring(KEY_BEGIN.length(), text.length() - KEY_END.length()));
        }
        if (text.startsWith(SEALED_BEGIN) && text.endsWith(SEALED_END)) {
            if (passphrase == null) {
                throw new IllegalArgumentException(file + " is encrypted: name its passphrase in the configuration.");
            }
            return opened(
                    file,
                    base64(file, text.substring(SEALED_BEGIN.length(), text.length() - SEALED_END.length())),
                    passphrase);
        }
        throw new IllegalArgumentException(
                file + " is no private key in PKCS#8: openssl pkcs8 -topk8 makes one of other forms.");
    }

    private static byte[] base64(Path file, String text) {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " is damaged: restore it."); // without what it holds
        }
    }

    /** RFC 5958 section 3, with the schemes that the JDK knows: PBES2 of RFC 8018. */
    private static byte[] opened(Path file, byte[] sealed, SecretSource passphrase) {
        byte[] secret = passphrase.read();
        CharBuffer characters = UTF_8.decode(ByteBuffer.wrap(secret));
        char[] password = new char[characters.remaining()];
        characters.get(password);
        PBEKeySpec spec = new PBEKeySpec(password);
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(sealed);
            String scheme =
                    info.getAlgName().equals("PBES2") ? String.valueOf(info.getAlgParameters()) : info.getAlgName();
            return info.getKeySpec(SecretKeyFactory.getInstance(scheme).generateSecret(spec))
                    .getEncoded();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(
                    file + " does not open with its passphrase: put the right one in its place.");
        } finally {
            spec.clearPassword();
            Arrays.fill(password, '\0');
            Arrays.fill(characters.array(), '\0');
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** A signature tells whether key and certificate belong together, for RSA and EC alike. */
    private static PrivateKey privateKey(TlsConfig config, PublicKey certified, byte[] der) {
        try {
            PrivateKey key =
                    KeyFactory.getInstance(certified.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(der));
            Signature signature = Signature.getInstance(
                    switch (certified.getAlgorithm()) {
                        case "RSA" -> "SHA256withRSA";
                        case "EC" -> "SHA256withECDSA";
                        default -> throw new GeneralSecurityException("neither RSA nor EC");
                    });
            signature.initSign(key);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(PROBE);
            if (signature.verify(signed)) {
                return key;
            }
        } catch (GeneralSecurityException e) {
            // said below, without what the key holds
        }
        throw new IllegalArgumentException("The private key in " + config.privateKey()
                + " does not belong to the first certificate in " + config.certificateChain()
                + ": put a pair of one RSA or EC key there.");
    }
}
