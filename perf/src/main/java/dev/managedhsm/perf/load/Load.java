// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.load;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.LiveHsm;
import io.gatling.app.Gatling$;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.OptionalInt;

/** The command line of the scenarios. */
public final class Load {
    private Load() {}

    /**
     * {@code PROJECT SCENARIO [smoke|small|large [SECONDS]]}: starts an HSM, loads it for as long as the profile says or for so
     * many seconds, writes the report under {@code perf/target/gatling}; exit status 0 when every assertion held.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        if (arguments.length < 2) {
            throw new IllegalArgumentException("load needs a scenario: steady, envelope, tenants, spike, soak, cold or"
                    + " neighbour; then smoke, small or large; then seconds, if not the profile's");
        }
        Path project = Path.of(arguments[0]);
        Scenario scenario = Scenario.labelled(arguments[1]);
        Profile profile = arguments.length > 2 ? Profile.labelled(arguments[2]) : Profile.SMALL;
        OptionalInt seconds =
                arguments.length > 3 ? OptionalInt.of(Integer.parseInt(arguments[3])) : OptionalInt.empty();
        System.out.println(Surroundings.describe());
        int status;
        try (LiveHsm hsm = LiveHsm.start(project)) {
            LoadTarget.prepare(hsm, scenario, profile, seconds);
            // Not its main method, which would end the JVM before the HSM.
            status = Gatling$.MODULE$.fromArgs(new String[] {
                "--simulation", KeyLoad.class.getName(),
                "--results-folder", project.resolve("perf/target/gatling").toString(),
                "--run-description", scenario.label() + ' ' + profile
            });
        }
        System.exit(status);
    }
}
