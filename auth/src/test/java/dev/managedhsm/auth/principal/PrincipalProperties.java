// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.principal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PrincipalProperties {
    @Property
    void guidIsReadAsItIsWritten(@ForAll long high, @ForAll long low) {
        UUID guid = new UUID(high, low);
        assertEquals(guid, Guid.parse(guid.toString()));
        assertEquals(guid, Guid.parse(guid.toString().toUpperCase(Locale.ROOT)));
    }

    @Property
    void groupsDoNotDependOnOrderOrRepetition(@ForAll List<Long> numbers) {
        List<UUID> groups =
                numbers.stream().map(number -> new UUID(number, ~number)).toList();
        List<UUID> otherwise = new java.util.ArrayList<>(groups);
        otherwise.addAll(groups);
        Collections.reverse(otherwise);
        assertEquals(with(groups), with(otherwise));
    }

    private static Principal with(List<UUID> groups) {
        return new Principal(new UUID(0, 1), new UUID(0, 2), null, PrincipalKind.UNKNOWN, null, groups);
    }
}
