// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventPagesTest {
    @TempDir
    Path folder;

    /** Three segments of two events. */
    @BeforeEach
    void write() throws IOException {
        for (int first = 0; first < 6; first += 2) {
            LogSegment segment = new LogSegment(folder, first);
            Files.writeString(segment.events(), "event " + first + "\nevent " + (first + 1) + "\n");
            Files.write(segment.leaves(), new byte[64]);
        }
    }

    private static String page(EventPages pages, long from) throws IOException {
        return new String(pages.page(from, 6, 1000), StandardCharsets.UTF_8).replace("\n", ";");
    }

    @Test
    void pageGoesOverTheEndsOfSegments() throws IOException {
        assertEquals("event 1;event 2;event 3;event 4;event 5;", page(new EventPages(folder), 1));
    }

    @Test
    void pageEndsBeforeASegmentThatIsNotThere() throws IOException {
        EventPages pages = new EventPages(folder);
        Files.delete(new LogSegment(folder, 2).events());
        assertEquals("event 0;event 1;", page(pages, 0));
        assertEquals("", page(pages, 2));
        assertEquals("", page(pages, 3));
        assertEquals("event 5;", page(pages, 5));
        assertEquals(4, pages.firstFrom(2));
    }

    @Test
    void pageOfASegmentThatIsThereNoMoreIsEmptyAlsoWhereAPageEnded() throws IOException {
        EventPages pages = new EventPages(folder);
        assertEquals("event 2;", new String(pages.page(2, 3, 1000), StandardCharsets.UTF_8).replace("\n", ";"));
        Files.delete(new LogSegment(folder, 2).events());
        assertEquals("", page(pages, 3));
    }
}
