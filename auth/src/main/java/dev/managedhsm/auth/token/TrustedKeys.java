// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one issuer that are believed now. Sets are merged into it: a key that a set does not hold any more is
 * believed for a while longer, each key until its own {@link KeyLife} ends.
 *
 * <p>Any thread may look keys up; one thread at a time takes a set.
 *
 * <p>Always holds: no key is believed for longer than {@link KeySchedule#staleAfter} after it was seen in a set, so when
 * nothing can be fetched any more, all of them end.
 */
final class TrustedKeys {
    /** Most keys of one issuer, those included that are missing from its latest set. */
    static final int KEYS_MAX = 64;

    private static final long ALWAYS = Long.MAX_VALUE;

    private final TokenIssuer issuer;
    private volatile Map<String, TrustedKey> byId = Map.of();
    private volatile long freshUntilSeconds;

    /**
     * One key.
     *
     * @param key checks signatures
     * @param life until when it is believed
     * @param lastSeenSeconds when a set held it last, in seconds since 1970
     */
    record TrustedKey(IssuerKey key, KeyLife life, long lastSeenSeconds) {}

    /** Those that are fixed, or none yet. */
    TrustedKeys(TokenIssuer issuer) {
        this.issuer = issuer;
        if (issuer.keys() instanceof KeySource.Fixed(String jwks)) {
            take(jwks, 0);
        }
    }

    TokenIssuer issuer() {
        return issuer;
    }

    /** The key with this id, or null when there is none that is believed at this second. */
    @Nullable
    TrustedKey find(String kid, long nowSeconds) {
        TrustedKey found = byId.get(kid);
        return found == null || nowSeconds >= found.life.untilSeconds() ? null : found;
    }

    /** Whether the issuer's set was seen recently enough to say that a key is none of its. */
    boolean freshAt(long nowSeconds) {
        return nowSeconds < freshUntilSeconds;
    }

    /** The first second, since 1970, at which the issuer's tokens are not judged any more; 0 when no set was ever seen. */
    long freshUntilSeconds() {
        return freshUntilSeconds;
    }

    /** Ids of the keys that are believed at this second, in order. */
    List<String> kids(long nowSeconds) {
        return byId.keySet().stream()
                .filter(kid -> find(kid, nowSeconds) != null)
                .sorted()
                .toList();
    }

    /**
     * Takes the set that the issuer has at this second.
     *
     * @throws IllegalArgumentException with a sentence for the operator, when the set cannot be used; then nothing has
     *     changed
     */
    void take(String jwks, long nowSeconds) {
        Map<String, IssuerKey> seen = IssuerKeys.of(issuer, jwks);
        long staleAt = issuer.keys() instanceof KeySource.Fixed
                ? ALWAYS
                : nowSeconds + issuer.schedule().staleAfter().toSeconds();
        Map<String, TrustedKey> before = byId;
        Map<String, TrustedKey> after = new HashMap<>();
        seen.forEach((kid, key) -> after.put(kid, renewed(before.get(kid), key, staleAt, nowSeconds)));
        before.entrySet().stream()
                .filter(entry -> !seen.containsKey(entry.getKey()))
                .sorted(Comparator.comparingLong(entry -> -entry.getValue().lastSeenSeconds))
                .forEach(entry -> {
                    if (keepsMissing(entry.getValue(), nowSeconds, after.size())) {
                        after.put(entry.getKey(), entry.getValue());
                    }
                });
        byId = Map.copyOf(after);
        freshUntilSeconds = staleAt;
    }

    private static TrustedKey renewed(@Nullable TrustedKey known, IssuerKey key, long staleAt, long nowSeconds) {
        if (known != null && known.key.sameAs(key)) {
            known.life.endAt(staleAt);
            return new TrustedKey(known.key, known.life, nowSeconds);
        }
        if (known != null) {
            known.life.endAt(0); // its id belongs to another key now
        }
        return new TrustedKey(key, new KeyLife(staleAt), nowSeconds);
    }

    /** A file is its owner's word: what was taken out of it is meant to end. */
    private boolean keepsMissing(TrustedKey missing, long nowSeconds, int kept) {
        long keptFor = issuer.keys() instanceof KeySource.InFile
                ? 0
                : issuer.schedule().missingKeptFor().toSeconds();
        long end = Math.min(missing.life.untilSeconds(), missing.lastSeenSeconds + keptFor);
        boolean keeps = end > nowSeconds && kept < KEYS_MAX;
        missing.life.endAt(keeps ? end : 0);
        return keeps;
    }
}
