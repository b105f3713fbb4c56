// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import dev.managedhsm.perf.rig.Ask;
import dev.managedhsm.perf.rig.Work;
import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.CoreDsl;
import io.gatling.javaapi.core.OpenInjectionStep;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * One run of a {@link Scenario}: callers arrive whether or not those before them have been answered. Gatling makes it, so it
 * is public.
 */
public final class KeyLoad extends Simulation {
    private static final double FAILED_PERCENT_MAX = 0.1;
    private static final int SPIKE_TIMES = 4;
    private static final String WARM_UP = "warm-up: ";
    private static final double WARM_UP_FIRST = 10;

    /** A token and a connection for each cost so much more. */
    private static final double COLD_SHARE = 10;

    private static final String UNWRAP = "{\"alg\":\"A256KW\",\"value\":\"#{wrapped}\"}";

    private final Profile profile = LoadTarget.profile();
    private final double perSecond = profile.perSecond();

    /** Reads what {@link Load} told and sets the run up. */
    public KeyLoad() {
        Scenario what = LoadTarget.scenario();
        HttpProtocolBuilder own = http.baseUrl(LoadTarget.url().toString()).enableHttp2();
        // A caller whose token is new is one who has just started: with a connection of its own.
        HttpProtocolBuilder protocol = what == Scenario.COLD ? own : own.shareConnections();
        setUp(warmUp(what).andThen(populations(what))).protocols(protocol).assertions(assertions(what));
    }

    /**
     * Callers that arrive slowly, then as fast as those that are judged, and do the same: code is compiled on both sides, and the
     * connections that callers share are there. A caller who finds none that is ready opens one of its own, and when Gatling closes
     * it because another was ready sooner, the request on it is never sent.
     */
    private PopulationBuilder warmUp(Scenario what) {
        double last = what == Scenario.COLD ? perSecond / COLD_SHARE : perSecond;
        double first = Math.min(WARM_UP_FIRST, last);
        return scenario("warm-up")
                .exec(warmUpCaller(what))
                .injectOpen(
                        atOnceUsers(1),
                        nothingFor(1),
                        constantUsersPerSec(first).during(1),
                        rampUsersPerSec(first).to(last).during(profile.warmUpSeconds()),
                        nothingFor(1));
    }

    private static ChainBuilder warmUpCaller(Scenario what) {
        return switch (what) {
            case ENVELOPE -> envelope(WARM_UP);
            case COLD -> cold(WARM_UP);
            case TENANTS -> CoreDsl.roundRobinSwitch().on(everyTenant(WARM_UP));
            case STEADY, SOAK, SPIKE, NEIGHBOUR ->
                CoreDsl.exec(request(WARM_UP + "sign or encrypt", LoadTarget.warmUp(what), bearer(0)));
        };
    }

    private List<PopulationBuilder> populations(Scenario what) {
        ChainBuilder sign = CoreDsl.exec(ask("sign", Work.ES256.ask("es256"), bearer(0)));
        OpenInjectionStep steady = constantUsersPerSec(perSecond).during(LoadTarget.seconds());
        return switch (what) {
            case STEADY -> List.of(scenario("steady").exec(sign).injectOpen(steady));
            case SOAK ->
                List.of(scenario("soak")
                        .exec(sign)
                        .injectOpen(constantUsersPerSec(perSecond).during(LoadTarget.soakSeconds())));
            case SPIKE -> List.of(scenario("spike").exec(sign).injectOpen(spike()));
            case ENVELOPE -> List.of(scenario("envelope").exec(envelope("")).injectOpen(steady));
            case TENANTS -> tenants();
            case COLD ->
                List.of(scenario("cold")
                        .exec(cold(""))
                        .injectOpen(constantUsersPerSec(perSecond / COLD_SHARE).during(LoadTarget.seconds())));
            case NEIGHBOUR -> neighbours(steady);
        };
    }

    private List<OpenInjectionStep> spike() {
        double low = perSecond / SPIKE_TIMES;
        return List.of(
                constantUsersPerSec(low).during(LoadTarget.seconds()),
                constantUsersPerSec(perSecond).during(Math.max(1, LoadTarget.seconds() / 4)),
                constantUsersPerSec(low).during(LoadTarget.seconds()));
    }

    /** The prefix tells requests that are not judged from those that are. */
    private static ChainBuilder envelope(String prefix) {
        Ask wrap = Work.A256KW.ask("a256kw");
        Ask unwrap = new Ask(wrap.path().replace("/wrapkey", "/unwrapkey"), UNWRAP);
        String dataKey = wrap.body().replaceFirst(".*\"value\":\"([^\"]+)\".*", "$1");
        return CoreDsl.exec(ask(prefix + "wrap", wrap, bearer(0))
                        .check(jsonPath("$.value").saveAs("wrapped")))
                .exec(ask(prefix + "unwrap", unwrap, bearer(0))
                        .check(jsonPath("$.value").is(dataKey)));
    }

    private List<PopulationBuilder> tenants() {
        List<PopulationBuilder> all = new ArrayList<>();
        for (int tenant = 0; tenant < LoadTarget.TENANTS; tenant++) {
            all.add(scenario("tenant " + tenant)
                    .exec(tenant("", tenant))
                    .injectOpen(
                            constantUsersPerSec(perSecond / LoadTarget.TENANTS).during(LoadTarget.seconds())));
        }
        return all;
    }

    private static List<ChainBuilder> everyTenant(String prefix) {
        return IntStream.range(0, LoadTarget.TENANTS)
                .mapToObj(tenant -> tenant(prefix, tenant))
                .toList();
    }

    private static ChainBuilder tenant(String prefix, int number) {
        return CoreDsl.exec((Session session) -> session.set("key", skewedKey(number, session)))
                .exec(ask(prefix + "sign of tenant " + number, Work.ES256.ask("#{key}"), bearer(number)));
    }

    private static String skewedKey(int tenant, Session session) {
        return LoadTarget.tenantKey(tenant, LoadTarget.skewed(new SplittableRandom(session.userId())));
    }

    private static ChainBuilder cold(String prefix) {
        return CoreDsl.exec(http(prefix + "token")
                        .get(LoadTarget.identity())
                        .header("X-IDENTITY-HEADER", LoadTarget.identityHeader())
                        .check(status().is(200), jsonPath("$.access_token").saveAs("token")))
                .exec(ask(prefix + "sign", Work.ES256.ask("es256"), "Bearer #{token}"));
    }

    /** More RSA-4096 than two workers can do; whether that is answered or refused with 429 is not judged. */
    private List<PopulationBuilder> neighbours(OpenInjectionStep steady) {
        ChainBuilder aes = CoreDsl.exec(ask("encrypt", Work.A256GCM.ask("a256gcm"), bearer(0)));
        Ask flood = Work.RS256_4096.ask("rs256-4096");
        ChainBuilder rsa = CoreDsl.exec(request("flood", flood, bearer(1)).check(status().in(200, 429)));
        return List.of(
                scenario("aes").exec(aes).injectOpen(steady),
                scenario("rsa flood")
                        .exec(rsa)
                        .injectOpen(constantUsersPerSec(perSecond).during(LoadTarget.seconds())));
    }

    private Assertion[] assertions(Scenario what) {
        List<String> judged = switch (what) {
            case STEADY, SOAK, SPIKE, COLD -> List.of("sign");
            case ENVELOPE -> List.of("wrap", "unwrap");
            case TENANTS -> List.of("sign of tenant 0", "sign of tenant 1", "sign of tenant 2", "sign of tenant 3");
            case NEIGHBOUR -> List.of("encrypt");
        };
        List<Assertion> all = new ArrayList<>();
        for (String name : judged) {
            all.add(details(name).failedRequests().percent().lt(FAILED_PERCENT_MAX));
            all.add(details(name).responseTime().percentile(99).lt(profile.p99Millis()));
            all.add(details(name).successfulRequests().count().gt(0L));
        }
        return all.toArray(Assertion[]::new);
    }

    private static HttpRequestActionBuilder ask(String name, Ask ask, String bearer) {
        return request(name, ask, bearer).check(status().is(200));
    }

    private static HttpRequestActionBuilder request(String name, Ask ask, String bearer) {
        return http(name)
                .post(ask.path())
                .header("Authorization", bearer)
                .header("Content-Type", "application/json")
                .body(StringBody(ask.body()));
    }

    private static String bearer(int tenant) {
        return "Bearer " + LoadTarget.token(tenant);
    }
}
