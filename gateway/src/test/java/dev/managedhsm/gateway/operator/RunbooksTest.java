// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The runbooks are whole: every alert has its page, every page its parts, every link its end. RunbooksIT runs them. */
class RunbooksTest {
    private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)\\)");
    private static final int LINES_MAX = 110;

    @Test
    void everyAlertIsNamedByTheFileItLeadsToAndByTheList() throws IOException {
        String list = Files.readString(Page.FOLDER.resolve("README.md"));
        for (Rules.Rule rule : Rules.alerts()) {
            Path page = Page.FOLDER.resolve(rule.runbook().replaceAll(".*/", ""));
            assertTrue(
                    Pattern.compile("^Alerts?: .*\\b" + rule.alert() + "\\b", Pattern.MULTILINE)
                            .matcher(Files.readString(page))
                            .find(),
                    page + " does not name " + rule.alert());
            assertTrue(
                    Pattern.compile("\\| .*\\b" + rule.alert() + "\\b.*\\(" + page.getFileName() + "\\) \\|")
                            .matcher(list)
                            .find(),
                    "the list does not lead from " + rule.alert() + " to " + page.getFileName());
        }
    }

    @Test
    void everyAlertThatAPageNamesExists() throws IOException {
        Set<String> alerts = new TreeSet<>();
        Rules.alerts().forEach(rule -> alerts.add(rule.alert()));
        Pattern name = Pattern.compile("\\bHsm[A-Z][A-Za-z]+");
        for (Page page : Page.all()) {
            Matcher matcher = name.matcher(page.text());
            while (matcher.find()) {
                assertTrue(alerts.contains(matcher.group()), page.name() + " names " + matcher.group());
            }
        }
    }

    @Test
    void everyPageIsInTheListAndHasItsParts() throws IOException {
        String list = Files.readString(Page.FOLDER.resolve("README.md"));
        for (Page page : Page.all()) {
            assertTrue(list.contains("](" + page.name() + ")"), page.name());
            int at = 0;
            for (String part : List.of(
                    "\n# ",
                    "\n**You see** ",
                    "\n**It means** ",
                    "\n## Now\n",
                    "\n## It worked when\n",
                    "\n## Afterwards\n")) {
                int next = page.text().indexOf(part, at);
                assertTrue(next >= at, page.name() + " has no " + part.strip());
                at = next;
            }
            assertTrue(page.text().lines().count() <= LINES_MAX, page.name() + " is too long for the night");
            assertFalse(page.steps().isEmpty(), page.name());
        }
    }

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        try (var files = Files.walk(Tool.CONFIG)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".md")).toList()) {
                Matcher link = LINK.matcher(Files.readString(file));
                while (link.find()) {
                    assertTrue(
                            link.group(1).startsWith("https:") || Files.exists(file.resolveSibling(link.group(1))),
                            file + " leads to " + link.group(1));
                }
            }
        }
    }

    @Test
    void anOutputIsComparedLineByLineWithGapsWhereThePageHasThem() {
        Page.Step step = new Page.Step("x", "ready\n…\n{\"a\":…}\n");

        assertTrue(step.prints("ready\n{\"a\":1}\n"));
        assertTrue(step.prints("ready\nmore\nand more\n{\"a\":\"b\"}"));
        assertFalse(step.prints("ready\n{\"a\":1\n"));
        assertFalse(step.prints("not ready\n{\"a\":1}"));
        assertFalse(step.prints("ready\n{\"a\":1}\nand something else"));
        assertFalse(step.prints("ready"));
        assertEquals(true, new Page.Step("x", null).prints("anything"));
    }
}
