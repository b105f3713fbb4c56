// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditPolicy;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The audit of a development HSM. To measure what it costs, it can be told otherwise by the system property {@value #PROPERTY};
 * an HSM of {@code hsm serve} looks at no such property, and its configuration file cannot say {@code unrecorded}.
 */
final class DevAudit {
    /** {@code fail_closed}, {@code bounded_lag} or {@code unrecorded}. */
    static final String PROPERTY = "hsm.dev.audit";

    private DevAudit() {}

    static AuditConfig config(Path data) {
        AuditConfig usual = AuditConfig.in(data.resolve("audit"));
        String policy = System.getProperty(PROPERTY);
        return policy == null ? usual : usual.with(AuditPolicy.valueOf(policy.toUpperCase(Locale.ROOT)));
    }
}
