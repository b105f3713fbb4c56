// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import dev.managedhsm.perf.rig.Ask;
import dev.managedhsm.perf.rig.LiveHsm;
import dev.managedhsm.perf.rig.Work;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/**
 * The HSM under load, with the keys that the scenarios use. Gatling makes its simulations itself and hands them nothing, so
 * what they need goes to them through system properties of this JVM.
 */
final class LoadTarget {
    static final int TENANTS = 4;
    static final int KEYS = 16;
    private static final String PREFIX = "perf.load.";
    private static final double SKEW = 1.1;

    private LoadTarget() {}

    /** Creates what the scenario needs and leaves word of it; so many seconds instead of the profile's, if said. */
    static void prepare(LiveHsm hsm, Scenario scenario, Profile profile, OptionalInt seconds)
            throws IOException, InterruptedException {
        String token = hsm.token();
        for (String name : keys(scenario)) {
            hsm.create(name, work(name), token);
        }
        System.setProperty(PREFIX + "scenario", scenario.name());
        System.setProperty(PREFIX + "profile", profile.name());
        System.setProperty(PREFIX + "seconds", Integer.toString(seconds.orElse(profile.seconds())));
        System.setProperty(PREFIX + "soak-seconds", Integer.toString(seconds.orElse(profile.soakSeconds())));
        System.setProperty(PREFIX + "url", hsm.url().toString());
        System.setProperty(PREFIX + "identity", hsm.identity().toString());
        System.setProperty(PREFIX + "identity-header", hsm.identityHeader());
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            System.setProperty(PREFIX + "token." + tenant, hsm.token());
        }
    }

    static Scenario scenario() {
        return Scenario.valueOf(fact("scenario"));
    }

    static Profile profile() {
        return Profile.valueOf(fact("profile"));
    }

    /** How long callers arrive. */
    static int seconds() {
        return Integer.parseInt(fact("seconds"));
    }

    /** How long they arrive in a soak. */
    static int soakSeconds() {
        return Integer.parseInt(fact("soak-seconds"));
    }

    static URI url() {
        return URI.create(fact("url"));
    }

    static String identity() {
        return fact("identity");
    }

    static String identityHeader() {
        return fact("identity-header");
    }

    static String token(int tenant) {
        return fact("token." + tenant);
    }

    static String tenantKey(int tenant, int key) {
        return "es256-" + tenant + '-' + key;
    }

    /** A key's number: the first is used most, by Zipf's law. */
    static int skewed(SplittableRandom random) {
        double whole = 0;
        for (int i = 1; i <= KEYS; i++) {
            whole += Math.pow(i, -SKEW);
        }
        double left = random.nextDouble() * whole;
        int key = 0;
        while (key < KEYS - 1 && (left -= Math.pow(key + 1, -SKEW)) > 0) {
            key++;
        }
        return key;
    }

    /** What callers of the warm-up ask for. */
    static Ask warmUp(Scenario scenario) {
        String name = keys(scenario).getFirst();
        return work(name).ask(name);
    }

    private static List<String> keys(Scenario scenario) {
        return switch (scenario) {
            case STEADY, SPIKE, SOAK, COLD -> List.of("es256");
            case ENVELOPE -> List.of("a256kw");
            case NEIGHBOUR -> List.of("a256gcm", "rs256-4096");
            case TENANTS -> {
                List<String> names = new ArrayList<>();
                for (int tenant = 0; tenant < TENANTS; tenant++) {
                    for (int key = 0; key < KEYS; key++) {
                        names.add(tenantKey(tenant, key));
                    }
                }
                yield names;
            }
        };
    }

    private static Work work(String keyName) {
        return keyName.startsWith("es256-") ? Work.ES256 : Work.labelled(keyName);
    }

    private static String fact(String name) {
        String value = System.getProperty(PREFIX + name);
        if (value == null) {
            throw new IllegalStateException("run simulations with perf/bin/load: nobody told them the " + name);
        }
        return value;
    }
}
