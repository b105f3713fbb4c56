// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.auth.token.KeySchedule;
import dev.managedhsm.auth.token.KeySource;
import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads whose tokens are believed, and what a caller without one is told. One thread. */
final class TokensSection {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,39}");
    private static final Pattern ANY = Pattern.compile("\\S{1,400}");
    private static final int HTTPS_PORT = 443;

    private final Section section;
    private final Values values;
    private final UUID tenant;
    private final @Nullable URI hsm;

    TokensSection(Section section, Values values, UUID tenant, @Nullable URI hsm) {
        this.section = section;
        this.values = values;
        this.tenant = tenant;
        this.hsm = hsm;
    }

    /** Clients trust a challenge only if its resource is a parent domain of the host that they asked, with its port. */
    String resource() {
        Item item = section.required("resource");
        URI resource = values.origin(item);
        if (item != null && resource != null && hsm != null) {
            boolean parent = hsm.getHost().endsWith("." + resource.getHost())
                    || (hsm.getHost().equals(resource.getHost())
                            && hsm.getHost().indexOf('.') < 0);
            if (!parent || port(hsm) != port(resource)) {
                values.fault(
                        item,
                        "clients refuse it: the host must be a parent domain of hsm.url's host, with the same port");
            }
        }
        return resource == null ? "" : resource.toString();
    }

    String loginAuthority() {
        URI authority = values.origin(section.required("login_authority"));
        section.end();
        return authority == null ? "" : authority.toString();
    }

    /** @param others whether tokens of somebody else are believed besides */
    List<TokenIssuer> issuers(boolean others) {
        Item resource = section.optional("resource");
        List<Section> listed = section.sections("issuers");
        if (listed.isEmpty() && !others) {
            section.fault("issuers", "names nobody: no token would be believed; add one, or switch identity on");
        }
        List<TokenIssuer> issuers = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<String> urls = new HashSet<>();
        for (Section one : listed) {
            TokenIssuer issuer = issuer(one, resource == null ? "" : resource.text());
            if (issuer != null) {
                issuers.add(issuer);
                if (!names.add(issuer.name())) {
                    one.fault("name", "another issuer is called so too");
                }
                issuer.issuerUrls().stream()
                        .filter(url -> !urls.add(url))
                        .forEach(url -> one.fault("issuer_urls", "another issuer has " + url + " too"));
            }
        }
        return issuers;
    }

    private @Nullable TokenIssuer issuer(Section one, String resource) {
        String name = values.text(one.required("name"), NAME, "a name of small letters, digits, dots and hyphens");
        Set<String> urls = texts(one, "issuer_urls");
        if (urls.isEmpty()) {
            one.fault("issuer_urls", "must name at least one value of iss");
        }
        Set<String> audiences = one.has("audiences") ? texts(one, "audiences") : Set.of(resource);
        Set<SignatureAlgorithm> algorithms = algorithms(one);
        KeySource keys = keys(one.section("keys"));
        KeySchedule schedule = schedule(one);
        Duration skew = values.duration(
                one.optional("clock_skew"),
                Duration.ZERO,
                Duration.ofSeconds(TokenIssuer.CLOCK_SKEW_SECONDS_MAX),
                Duration.ofSeconds(TokenIssuer.CLOCK_SKEW_SECONDS_DEFAULT));
        one.end();
        if (keys == null || name.isEmpty() || urls.isEmpty() || audiences.isEmpty() || audiences.contains("")) {
            return null;
        }
        return new TokenIssuer(
                name, tenant, urls, audiences, algorithms, keys, schedule, Math.toIntExact(skew.toSeconds()));
    }

    private Set<String> texts(Section one, String name) {
        Set<String> texts = new LinkedHashSet<>();
        for (Item item : one.items(name)) {
            if (!texts.add(values.text(item, ANY, "a text without spaces"))) {
                values.fault(item, "is named twice");
            }
        }
        if (one.has(name) && texts.isEmpty()) {
            one.fault(name, "names nothing");
        }
        return texts;
    }

    private Set<SignatureAlgorithm> algorithms(Section one) {
        Set<SignatureAlgorithm> algorithms = EnumSet.noneOf(SignatureAlgorithm.class);
        for (Item item : one.items("algorithms")) {
            SignatureAlgorithm known = null;
            for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
                known = algorithm.name().equals(item.text()) ? algorithm : known;
            }
            if (known == null) {
                values.fault(item, "\"" + item.text() + "\" is none of " + EnumSet.allOf(SignatureAlgorithm.class));
            } else {
                algorithms.add(known);
            }
        }
        return algorithms.isEmpty() ? EnumSet.of(SignatureAlgorithm.RS256) : algorithms;
    }

    private @Nullable KeySource keys(Section section) {
        Item file = section.optional("file");
        Item url = section.optional("url");
        Item discovery = section.optional("discovery");
        Item trusted = section.optional("trusted_certificates");
        int sources = (file == null ? 0 : 1) + (url == null ? 0 : 1) + (discovery == null ? 0 : 1);
        section.end();
        if (sources != 1) {
            section.fault("", "keys come from exactly one of file, url and discovery");
            return null;
        }
        if (file != null) {
            if (trusted != null) {
                values.fault(trusted, "a file needs no trusted certificates: leave them out");
            }
            return new KeySource.InFile(values.path(file, NamedFile.Kind.PUBLIC));
        }
        URI at = values.url(url == null ? discovery : url);
        Path certificates = trusted == null ? null : values.path(trusted, NamedFile.Kind.PUBLIC);
        if (at == null) {
            return null;
        }
        return url == null ? new KeySource.ByDiscovery(at, certificates) : new KeySource.AtUrl(at, certificates);
    }

    private KeySchedule schedule(Section one) {
        KeySchedule usual = KeySchedule.DEFAULT;
        Duration most = KeySchedule.STALE_MAX;
        Duration refresh =
                values.duration(one.optional("refresh_every"), KeySchedule.REFRESH_MIN, most, usual.refreshEvery());
        Duration stale =
                values.duration(one.optional("stale_after"), KeySchedule.REFRESH_MIN, most, usual.staleAfter());
        Duration missing =
                values.duration(one.optional("missing_kept_for"), Duration.ZERO, most, usual.missingKeptFor());
        if (stale.compareTo(refresh) < 0) {
            one.fault("stale_after", "is shorter than refresh_every: keys would end before they are fetched again");
            return usual;
        }
        if (missing.compareTo(stale) > 0) {
            one.fault(
                    "missing_kept_for", "is longer than stale_after: a missing key would outlive those that are there");
            return usual;
        }
        return new KeySchedule(refresh, stale, missing);
    }

    private static int port(URI url) {
        return url.getPort() < 0 ? HTTPS_PORT : url.getPort();
    }
}
