// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyFactsTest {
    private final Set<PermittedOperation> permitted = EnumSet.of(PermittedOperation.VERIFY, PermittedOperation.SIGN);
    private final Map<String, String> tags = new LinkedHashMap<>(Map.of("z", "1"));

    @Test
    void stayTheSameWhateverTheirGiverDoesLater() {
        tags.put("a", "2");
        KeyFacts facts = facts();
        permitted.add(PermittedOperation.DECRYPT);
        tags.clear();

        assertEquals(Set.of(PermittedOperation.SIGN, PermittedOperation.VERIFY), facts.permitted());
        assertEquals(List.of("z", "a"), List.copyOf(facts.tags().keySet()));
    }

    @Test
    void cannotBeChangedByWhoReadsThem() {
        KeyFacts facts = facts();

        assertThrows(
                UnsupportedOperationException.class, () -> facts.permitted().add(PermittedOperation.DECRYPT));
        assertThrows(UnsupportedOperationException.class, () -> facts.tags().put("k", "v"));
    }

    @Test
    void mayPermitNothingAndHaveNoTags() {
        permitted.clear();
        tags.clear();

        assertEquals(Set.of(), facts().permitted());
        assertEquals(Map.of(), facts().tags());
    }

    private KeyFacts facts() {
        return new KeyFacts(
                new KeyName("a"),
                new KeyVersion("0".repeat(32)),
                KeyClass.P_256,
                permitted,
                new KeyAttributes(true, KeyAttributes.NONE, KeyAttributes.NONE, 1, 1),
                tags,
                new PublicPart.None(),
                null);
    }
}
