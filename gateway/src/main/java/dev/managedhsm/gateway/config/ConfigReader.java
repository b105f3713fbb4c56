// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.ring.IdleStrategy;
import dev.managedhsm.crypto.ring.RingConfig;
import dev.managedhsm.gateway.CustodyConfig;
import dev.managedhsm.gateway.GatewayConfig;
import dev.managedhsm.gateway.ObserveConfig;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.Threads;
import dev.managedhsm.gateway.attestation.AttestationAuthority;
import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.refusal.AlertRule;
import dev.managedhsm.gateway.refusal.RefusalConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the whole configuration file, section by section, in the order of {@code config/hsm.yaml}. One thread. */
final class ConfigReader {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{1,22}[a-z0-9]");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,40}");
    private static final long MEMORY_MAX = 1L << 30;

    private final Section root;
    private final Values values;
    private final Faults faults;

    ConfigReader(Node node, Values values, Faults faults) {
        this.root = new Section(node, "", 1, faults);
        this.values = values;
        this.faults = faults;
    }

    /** What the file says; null when it has faults. */
    @Nullable
    ServeConfig read() {
        Section hsm = root.section("hsm");
        String name = values.text(hsm.required("name"), NAME, "a name of 3 to 24 letters, digits and hyphens");
        URI url = values.origin(hsm.required("url"));
        UUID tenant = values.guid(hsm.required("tenant"));
        String region = hsm.has("region") ? values.text(hsm.optional("region"), REGION, "a region") : "local";
        int retention = values.number(
                hsm.optional("retention_days"),
                LifecyclePolicy.RETENTION_DAYS_MIN,
                LifecyclePolicy.RETENTION_DAYS_MAX,
                LifecyclePolicy.RETENTION_DAYS_MAX);
        boolean purgeProtection = values.flag(hsm.optional("purge_protection"), false);
        hsm.end();
        Path data = values.path(root.required("data"), NamedFile.Kind.FOLDER);
        RootKeySource rootKey = rootKey(root.section("root_key"), data);
        CustodyConfig custody = custody(data);
        List<Listener> listeners = new ListenersSection(root.section("listeners"), values).read();
        TlsConfig tls = tls(root.section("tls"));
        IdentitySection identities = new IdentitySection(root, values, tenant, url);
        IdentitySettings identity = identities.read();
        TokensSection tokens = new TokensSection(root.section("tokens"), values, tenant, url);
        List<TokenIssuer> issuers = tokens.issuers(identities.wanted());
        String resource = tokens.resource();
        String loginAuthority = tokens.loginAuthority();
        List<String> administrators = administrators();
        Path libcrypto = engine(root.optionalSection("engine"));
        Threads threads = threads(root.optionalSection("threads"));
        RefusalConfig refusals = refusals(root.optionalSection("refused_tokens"), data);
        AuditConfig audit = new AuditSection(root.optionalSection("audit"), values, data).read();
        List<AttestationAuthority> authorities = attestationAuthorities();
        ObserveConfig observe = new ObserveSection(root, values, name).read(data);
        root.end();
        if (!faults.none() || url == null || tls == null || rootKey == null) {
            return null;
        }
        GatewayConfig gateway = new GatewayConfig(
                url.toString(),
                region,
                listeners,
                tls,
                data,
                rootKey,
                custody,
                threads,
                tenant.toString(),
                resource,
                loginAuthority,
                issuers,
                administrators,
                List.of(),
                new LifecyclePolicy(retention, purgeProtection),
                authorities,
                refusals,
                audit,
                observe);
        return new ServeConfig(name, gateway, libcrypto, identity);
    }

    private @Nullable RootKeySource rootKey(Section section, Path data) {
        if (values.flag(section.optional("custodians_only"), false)) {
            for (String other : List.of("file", "passphrase", "key_file")) {
                if (section.has(other)) {
                    section.fault(other, "only custodians keep the root key, so no file does: leave this out");
                }
            }
            section.end();
            return new RootKeySource.Custodians();
        }
        Item usual = new Item(data.resolve("root.key").toString(), section.line(), section.key());
        Path file = values.path(section.has("file") ? section.optional("file") : usual, NamedFile.Kind.ROOT_KEY);
        if (section.has("passphrase") == section.has("key_file")) {
            section.fault(
                    section.has("passphrase") ? "key_file" : "passphrase",
                    "the root key is opened by passphrase or by key_file: name exactly one of the two");
            section.end();
            return null;
        }
        SecretReference passphrase = values.secret(section.optional("passphrase"));
        Item keyFile = section.optional("key_file");
        section.end();
        if (keyFile != null) {
            return new RootKeySource.KeyFile(file, values.path(keyFile, NamedFile.Kind.MADE_BY_INIT));
        }
        return passphrase == null ? null : new RootKeySource.Passphrase(file, passphrase);
    }

    /** The witness is made at the first start; until then it need not be there. */
    private CustodyConfig custody(Path data) {
        Item witness = root.optional("witness");
        Path file =
                witness == null ? CustodyConfig.witnessIn(data) : values.apart().path(witness, NamedFile.Kind.PUBLIC);
        return new CustodyConfig(file, new BackupsSection(root.optionalSection("backups"), values).read());
    }

    private @Nullable TlsConfig tls(Section section) {
        Path chain = values.path(section.required("certificate_chain"), NamedFile.Kind.PUBLIC);
        Path key = values.path(section.required("private_key"), NamedFile.Kind.SECRET);
        SecretReference passphrase = values.secret(section.optional("passphrase"));
        TlsConfig.Version oldest = values.choice(
                section.optional("oldest_version"), TlsConfig.Version.values(), TlsConfig.Version.TLS_1_2);
        TlsConfig.ClientCertificates clients = values.choice(
                section.optional("client_certificates"),
                TlsConfig.ClientCertificates.values(),
                TlsConfig.ClientCertificates.NONE);
        Path authorities = section.has("client_authorities")
                ? values.path(section.optional("client_authorities"), NamedFile.Kind.PUBLIC)
                : null;
        Duration lookEvery = values.duration(
                section.optional("look_every"),
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                TlsConfig.LOOK_EVERY_DEFAULT);
        if ((clients == TlsConfig.ClientCertificates.NONE) != (authorities == null)) {
            section.fault(
                    authorities == null ? "client_certificates" : "client_authorities",
                    authorities == null
                            ? "whose certificates are taken is said by client_authorities, which is missing"
                            : "clients are not asked for certificates: set client_certificates, or leave this out");
            section.end();
            return null;
        }
        section.end();
        return new TlsConfig(chain, key, passphrase, oldest, clients, authorities, lookEvery);
    }

    private List<String> administrators() {
        List<Item> items = root.items("administrators");
        if (items.isEmpty()) {
            root.fault("administrators", "names nobody: nobody could ever do anything");
        }
        List<String> ids = new ArrayList<>();
        Set<UUID> known = new HashSet<>();
        for (Item item : items) {
            UUID id = values.guid(item);
            if (!known.add(id)) {
                values.fault(item, "is named twice");
            }
            ids.add(id.toString());
        }
        return ids;
    }

    private @Nullable Path engine(@Nullable Section section) {
        if (section == null) {
            return null;
        }
        Item libcrypto = section.optional("libcrypto");
        section.end();
        return libcrypto == null ? null : values.path(libcrypto, NamedFile.Kind.PUBLIC);
    }

    private Threads threads(@Nullable Section section) {
        int cores = Runtime.getRuntime().availableProcessors();
        Threads fit = Threads.forCores(cores);
        if (section == null) {
            return fit;
        }
        RingConfig ring = fit.ring();
        int workersMax = Keyring.READERS_MAX_DEFAULT;
        int fast = values.number(section.optional("fast_workers"), 1, workersMax - 1, ring.fastWorkers());
        int slow = values.number(section.optional("slow_workers"), 1, workersMax - 1, ring.slowWorkers());
        if (fast + slow > workersMax) {
            section.fault("slow_workers", "with fast_workers there are more than " + workersMax + " workers");
        }
        RingConfig wanted = new RingConfig(
                fast,
                slow,
                powerOfTwo(section.optional("fast_capacity"), ring.fastCapacity()),
                powerOfTwo(section.optional("slow_capacity"), ring.slowCapacity()),
                values.choice(section.optional("idle"), IdleStrategy.values(), ring.idle()),
                values.flag(section.optional("pinned"), ring.pinned()));
        int eventLoops = values.number(section.optional("event_loops"), 1, 64, Threads.eventLoopsBeside(fast, cores));
        int verifiers = values.number(section.optional("token_verifiers"), 1, 64, fit.verifiers());
        section.end();
        return new Threads(wanted, eventLoops, verifiers);
    }

    private int powerOfTwo(@Nullable Item item, int otherwise) {
        int number = values.number(item, 1, 1 << 16, otherwise);
        if (item != null && Integer.bitCount(number) != 1) {
            values.fault(item, "\"" + item.text() + "\" is not a power of two");
            return otherwise;
        }
        return number;
    }

    private List<AttestationAuthority> attestationAuthorities() {
        List<AttestationAuthority> authorities = new ArrayList<>();
        Set<URI> issuers = new HashSet<>();
        for (Section one : root.sections("attestation_authorities")) {
            URI issuer = values.url(one.required("issuer"));
            Path keys = optionalFile(one, "keys");
            Path trusted = optionalFile(one, "trusted_certificates");
            if (keys != null && trusted != null) {
                one.fault("trusted_certificates", "keys in a file need no trusted certificates: leave one of them out");
            }
            if (issuer != null && !issuers.add(issuer)) {
                one.fault("issuer", "another authority is called so too");
            }
            one.end();
            if (issuer != null && issuer.getRawQuery() != null) {
                one.fault("issuer", "an authority is an https URL without query");
            } else if (issuer != null) {
                authorities.add(new AttestationAuthority(issuer.toString(), keys, trusted));
            }
        }
        return authorities;
    }

    private @Nullable Path optionalFile(Section section, String name) {
        Item item = section.optional(name);
        return item == null ? null : values.path(item, NamedFile.Kind.PUBLIC);
    }

    /** What is wrong with the file of rules is told at the line that names it. */
    private List<AlertRule> alertRules(Section section, List<AlertRule> usual) {
        Path file = optionalFile(section, "alert_rules");
        if (file == null || !Files.isReadable(file)) { // that it is not there is said with what else is not
            return usual;
        }
        Faults wrong = new Faults();
        List<AlertRule> rules = AlertRulesFile.read(file, wrong);
        wrong.all().forEach(fault -> section.fault("alert_rules", fault.text(file.toString())));
        return rules;
    }

    private RefusalConfig refusals(@Nullable Section section, Path data) {
        RefusalConfig usual = RefusalConfig.in(data.resolve("refused-tokens"));
        if (section == null) {
            return usual;
        }
        Path folder =
                section.has("folder") ? values.path(section.optional("folder"), NamedFile.Kind.FOLDER) : usual.folder();
        long least = RefusalConfig.FILE_BYTES_MIN;
        RefusalConfig wanted = new RefusalConfig(
                folder,
                values.size(section.optional("file_size"), least, MEMORY_MAX, usual.fileBytesMax()),
                values.number(section.optional("files"), 2, 1000, usual.filesMax()),
                values.size(section.optional("memory"), least, 64L << 20, usual.memoryBytesMax()),
                alertRules(section, usual.rules()));
        section.end();
        return wanted;
    }
}
