// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CostSketchTest {
    private final CostSketch sketch = new CostSketch();

    @Test
    void isExactWhileThereIsRoom() {
        sketch.add("a", 5);
        sketch.add("b", 7);
        sketch.add("a", 1);
        List<CostSketch.Cost> costs = sketch.take();
        costs.sort(Comparator.comparing(cost -> cost.name().toString()));
        assertEquals(List.of(new CostSketch.Cost("a", 6, 0, 2), new CostSketch.Cost("b", 7, 0, 1)), costs);
        assertEquals(List.of(), sketch.take());
    }

    @Test
    void findsWhoCostsMostAmongManyAndNeverSaysTooLittle() {
        Random random = new Random(3);
        long dear = 0;
        long all = 0;
        for (int i = 0; i < 200_000; i++) {
            boolean isDear = random.nextInt(20) == 0;
            String name = isDear ? "dear" : "key-" + random.nextInt(10_000);
            sketch.add(name, 25_000);
            dear += isDear ? 25_000 : 0;
            all += 25_000;
        }
        List<CostSketch.Cost> costs = sketch.take();
        CostSketch.Cost first = costs.stream()
                .max(Comparator.comparingLong(CostSketch.Cost::nanos))
                .orElseThrow();
        assertEquals("dear", first.name());
        assertTrue(first.nanos() >= dear && first.nanos() - first.errorNanos() <= dear, first + " but truly " + dear);
        assertTrue(first.errorNanos() <= all / CostSketch.CAPACITY, "the error is bounded");
        assertEquals(all, costs.stream().mapToLong(CostSketch.Cost::nanos).sum(), "nothing is lost");
        assertEquals(CostSketch.CAPACITY, costs.size());
    }

    @Test
    void addsUpTheLastMinute() {
        TopCosts costs = new TopCosts();
        costs.add(List.of(new CostSketch.Cost("a", 100, 0, 1), new CostSketch.Cost("b", 10, 0, 1)));
        for (int i = 1; i < TopCosts.SECONDS; i++) {
            costs.add(List.of(new CostSketch.Cost("b", 10, 0, 1)));
        }
        assertEquals(
                List.of("b", "a"),
                costs.first(9).stream().map(CostSketch.Cost::name).toList());
        assertEquals(700, costs.nanos());
        costs.add(List.of());
        assertEquals(List.of(new CostSketch.Cost("b", 590, 0, 59)), costs.first(9));
    }
}
