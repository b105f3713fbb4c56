// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.gateway.wire.WireError;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What each condition answers, group by group: the whole table, so that a new condition or group must be decided here. */
class StateRulesTest {
    private static final Map<String, String> TABLE = new LinkedHashMap<>();

    static {
        // In the order of EndpointGroup; 200 is "is answered".
        TABLE.put(
                "groups",
                "KEYS ROLES FULL_BACKUP RESTORE_STATUS DOMAIN_DOWNLOAD DOMAIN_UPLOAD DOMAIN_UPLOAD_STATUS ROOT_KEY WATCH");
        TABLE.put("PROVISIONED", "503 503 503 503 200 200 200 503 200");
        TABLE.put("SEALED", "503 503 503 503 503 200 200 503 200");
        TABLE.put("OPERATIONAL", "200 200 200 200 200 409 200 200 200");
        TABLE.put("RESTORING", "503 503 503 200 503 503 503 503 200");
        TABLE.put("DRAINING", "503 503 503 503 503 503 503 503 200");
        TABLE.put("FAILED", "500 500 500 500 500 500 500 500 200");
    }

    @Test
    void eachConditionAnswersWhatTheTableSays() {
        Map<String, String> found = new LinkedHashMap<>();
        found.put("groups", joined(EndpointGroup.values()));
        for (HsmCondition condition : HsmCondition.values()) {
            Object[] statuses = Arrays.stream(EndpointGroup.values())
                    .map(group -> status(condition, group))
                    .toArray();
            found.put(condition.name(), joined(statuses));
        }
        assertEquals(TABLE, found);
    }

    private static int status(HsmCondition condition, EndpointGroup group) {
        WireError refusal = StateRules.refusal(condition, group);
        WireError error = refusal == null ? StateRules.conflict(condition, group) : refusal;
        return error == null ? 200 : error.status();
    }

    private static String joined(Object[] values) {
        return String.join(" ", Arrays.stream(values).map(String::valueOf).toList());
    }
}
