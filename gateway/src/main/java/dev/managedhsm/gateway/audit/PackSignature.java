// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;

/**
 * The signature of the log's key over the manifest of an evidence pack. What is signed is the line {@code
 * managed-hsm-evidence-pack}, then the manifest, so that it is no signature of a checkpoint or a key. Stateless; any thread.
 */
public final class PackSignature {
    private static final String SIGNED_AS = "managed-hsm-evidence-pack\n";

    private PackSignature() {}

    /** The text of a signature: the key's id in hex, a blank, the signature in base64, an end of line. */
    public static String sign(AuditSigner signer, byte[] manifest) {
        return signer.publicKey().id() + ' ' + Base64.getEncoder().encodeToString(signer.sign(signed(manifest))) + '\n';
    }

    /** Whether a text is exactly the signature of one of these keys over a manifest. */
    public static boolean verifies(AuditKeys keys, byte[] manifest, String text) {
        String[] words = text.split(" ", 2);
        AuditKeys.Entry entry = keys.find(words[0]);
        if (entry == null || words.length != 2 || !words[1].endsWith("\n")) {
            return false;
        }
        String base64 = words[1].substring(0, words[1].length() - 1);
        try {
            byte[] signature = Base64.getDecoder().decode(base64);
            return Base64.getEncoder().encodeToString(signature).equals(base64)
                    && entry.key().verifies(signed(manifest), signature);
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    private static byte[] signed(byte[] manifest) {
        byte[] begin = SIGNED_AS.getBytes(UTF_8);
        byte[] all = java.util.Arrays.copyOf(begin, begin.length + manifest.length);
        System.arraycopy(manifest, 0, all, begin.length, manifest.length);
        return all;
    }
}
