// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DueListTest {
    @Test
    void givesWhatIsDueOldestFirstAndNoMoreThanAsked() {
        DueList list = new DueList();
        list.set("c", 30);
        list.set("a", 20);
        list.set("b", 20);
        list.set("d", 10);

        assertEquals(List.of(), list.due(9, 10));
        assertEquals(List.of("d", "a", "b"), list.due(29, 10));
        assertEquals(List.of("d", "a"), list.due(30, 2));
        list.set("d", DueList.NEVER);
        list.set("a", 31);
        assertEquals(List.of("b", "c"), list.due(30, 10));
    }

    @Property(tries = 200)
    void isWhatAPlainMapSays(@ForAll @Size(max = 100) List<@IntRange(max = 999) Integer> steps) {
        DueList list = new DueList();
        Map<String, Long> model = new TreeMap<>();
        for (int step : steps) {
            String key = "k" + step % 10;
            long seconds = step / 10 % 10 == 0 ? DueList.NEVER : step / 100;
            list.set(key, seconds);
            model.put(key, seconds);
            List<String> due = model.entrySet().stream()
                    .filter(each -> each.getValue() <= 5)
                    .sorted(Comparator.<Map.Entry<String, Long>>comparingLong(Map.Entry::getValue)
                            .thenComparing(Map.Entry::getKey))
                    .map(Map.Entry::getKey)
                    .toList();
            assertEquals(due, list.due(5, 100));
        }
    }
}
