// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The JDK's AES-256-GCM over 1 KiB as a reference: one cipher and one key for all calls, buffers that are there. It does what
 * the engine does, which draws a nonce for each call; with a nonce that is counted it is as fast as it can be had. One thread.
 */
final class JdkGcm implements Runnable {
    private static final int PLAINTEXT_LENGTH = 1024;
    private static final int TAG_BITS = 128;
    private static final int KEY_LENGTH = 32;
    private static final int NONCE_LENGTH = 12;

    private final Cipher cipher;
    private final SecretKeySpec key;
    private final boolean drawn;
    private final SecureRandom random = new SecureRandom();
    private final byte[] nonce = new byte[NONCE_LENGTH];
    private final byte[] plaintext = new byte[PLAINTEXT_LENGTH];
    private final byte[] ciphertext = new byte[PLAINTEXT_LENGTH + TAG_BITS / Byte.SIZE];

    /** @param drawn whether nonces are drawn, or counted */
    JdkGcm(boolean drawn) {
        this.drawn = drawn;
        byte[] bytes = new byte[KEY_LENGTH];
        Arrays.fill(bytes, (byte) 7); // of nobody: what is encrypted is never read
        key = new SecretKeySpec(bytes, "AES");
        try {
            cipher = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }

    /** What computes, in words. */
    String description() {
        return "the JDK's, " + cipher.getProvider().getName() + ' ' + Runtime.version();
    }

    /** Encrypts once under a nonce that was not used before. */
    @Override
    public void run() {
        if (drawn) {
            random.nextBytes(nonce);
        } else {
            count();
        }
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            int length = cipher.doFinal(plaintext, 0, PLAINTEXT_LENGTH, ciphertext, 0);
            if (length != ciphertext.length) {
                throw new IllegalStateException("a ciphertext of " + length + " bytes");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("nothing can be wrong with this call", e);
        }
    }

    private void count() {
        int place = 0;
        while (place < NONCE_LENGTH && ++nonce[place] == 0) {
            place++;
        }
    }
}
