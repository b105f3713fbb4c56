// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.LiveHsm;
import io.gatling.app.Gatling$;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.OptionalInt;

/** The command line of the scenarios. */
public final class Load {
    private static final String ALL = "all";

    private Load() {}

    /**
     * {@code PROJECT SCENARIO [smoke|small|large [SECONDS]]}: starts an HSM, loads it for as long as the profile says or for so
     * many seconds, writes the report under {@code perf/target/gatling}; exit status 0 when every assertion held. The scenario
     * {@code all} is every one, one after the other, on one HSM.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        if (arguments.length < 2) {
            throw new IllegalArgumentException("load needs a scenario: steady, envelope, tenants, spike, soak, cold,"
                    + " neighbour or all; then smoke, small or large; then seconds, if not the profile's");
        }
        Path project = Path.of(arguments[0]);
        List<Scenario> scenarios =
                arguments[1].equals(ALL) ? List.of(Scenario.values()) : List.of(Scenario.labelled(arguments[1]));
        Profile profile = arguments.length > 2 ? Profile.labelled(arguments[2]) : Profile.SMALL;
        OptionalInt seconds =
                arguments.length > 3 ? OptionalInt.of(Integer.parseInt(arguments[3])) : OptionalInt.empty();
        System.out.println(Surroundings.describe());
        int status = 0;
        try (LiveHsm hsm = LiveHsm.start(project)) {
            for (Scenario scenario : scenarios) {
                status = Math.max(status, run(project, hsm, scenario, profile, seconds));
            }
        }
        System.exit(status);
    }

    private static int run(Path project, LiveHsm hsm, Scenario scenario, Profile profile, OptionalInt seconds)
            throws IOException, InterruptedException {
        LoadTarget.prepare(hsm, scenario, profile, seconds);
        // Not its main method, which would end the JVM before the HSM.
        int status = Gatling$.MODULE$.fromArgs(new String[] {
            "--simulation", KeyLoad.class.getName(),
            "--results-folder", project.resolve("perf/target/gatling").toString(),
            "--run-description", scenario.label() + ' ' + profile
        });
        System.out.println(scenario.label() + (status == 0 ? " holds what it asserts" : " ends with " + status));
        return status;
    }
}
