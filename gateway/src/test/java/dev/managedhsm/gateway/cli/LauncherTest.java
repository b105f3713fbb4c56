// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * Runs {@code gateway/bin/hsm} in a project of its own, whose Maven and Java are scripts that write down what they are
 * asked.
 */
class LauncherTest {
    private static final String MAVEN = """
            printf '%s\\n' "$*" >>maven-calls
            mkdir maven-runs || { echo "two builds at once" >&2; exit 3; }
            [ ! -f slow ] || sleep 0.5
            mkdir -p gateway/target/lib
            echo jar >gateway/target/gateway-1.jar
            echo jar >gateway/target/lib/other.jar
            [ ! -f maven-script ] || . ./maven-script
            rmdir maven-runs
            [ ! -f broken ] || { echo "cannot find symbol"; exit 1; }""";

    @TempDir
    private Path temporary;

    private Path project;
    private Path launcher;
    private Shell shell;

    @BeforeEach
    void makeAProject() throws IOException {
        temporary = temporary.toRealPath();
        project = temporary.resolve("a project");
        launcher = project.resolve("gateway/bin/hsm");
        Files.createDirectories(launcher.getParent());
        for (String script : List.of("hsm", "find-jdk")) {
            Files.copy(
                    Path.of("bin", script),
                    project.resolve("gateway/bin/" + script),
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createDirectories(project.resolve(".mvn"));
        Files.writeString(project.resolve("pom.xml"), "<project>\n  <version>1.2.3</version>\n</project>\n");
        for (String module : List.of("crypto-core", "auth", "gateway")) {
            Files.createDirectories(project.resolve(module + "/src/main"));
            Files.writeString(project.resolve(module + "/pom.xml"), "<project/>");
            Files.writeString(project.resolve(module + "/src/main/A.java"), "class A {}");
        }
        Path jdk = temporary.resolve("jdk 25");
        Shell.script(
                jdk.resolve("bin/java"),
                "printf '%s\\n' \"$@\"\n" + "echo \"$GLIBC_TUNABLES\" >'" + temporary.resolve("tunables") + "'\n"
                        + "case $* in *stay*) while [ -f stay ]; do sleep 0.02; done ;; esac");
        Shell.script(jdk.resolve("bin/javac"), "exit 1");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
        Path tools = Shell.tools(
                temporary.resolve("tools"),
                "bash awk cat cp dirname env find flock mkdir mktemp mv printf readlink rm rmdir sed sleep xargs"
                        .split(" "));
        Shell.script(tools.resolve("mvn"), MAVEN);
        shell = new Shell(
                temporary, Map.of("PATH", tools.toString(), "HOME", temporary.toString(), "JAVA_HOME", jdk.toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sevre", "--port"})
    void explainsItselfWhenItDoesNotKnowTheCommand(String command) throws Exception {
        Shell.Ended ended = command.isEmpty() ? run() : run(command);

        assertEquals(2, ended.status());
        assertEquals("", ended.out());
        assertTrue(ended.err().startsWith("usage: hsm dev [--port N]"), ended.err());
    }

    @Test
    void saysItsVersion() throws Exception {
        assertEquals("hsm 1.2.3\n", run("version").out());
    }

    @Test
    void buildsOnceAndThenStartsJava() throws Exception {
        Shell.Ended first = run("dev", "--data", "a b", "--port", "0");
        Shell.Ended second = run("dev");

        assertEquals(0, first.status(), first.err());
        assertEquals(1, mavenCalls().size());
        List<String> words = first.out().lines().toList();
        assertEquals("@" + project + "/config/jvm.options", words.getFirst());
        assertTrue(words.contains(project + "/gateway/target/app-000001/lib/*"), first.out());
        assertEquals(
                List.of("dev.managedhsm.gateway.cli.Main", "dev", "--data", "a b", "--port", "0"),
                words.subList(words.size() - 6, words.size()));
        assertEquals("", second.err());
    }

    @Test
    void knowsEveryCommandOfTheProgram() throws Exception {
        Set<String> commands = new CommandLine(new Main()).getSubcommands().keySet();

        for (String command : commands) {
            Shell.Ended ended = run(command, "--x");
            List<String> words = ended.out().lines().toList();
            assertEquals(0, ended.status(), () -> command + ": " + ended.err());
            assertEquals(
                    List.of("dev.managedhsm.gateway.cli.Main", command, "--x"),
                    words.subList(words.size() - 3, words.size()));
            assertTrue(run("help").out().contains("hsm " + command + " "), () -> command + " is not in the usage");
        }
        assertTrue(commands.containsAll(Set.of("serve", "security-domain", "backup", "store", "audit")));
    }

    @Test
    void hasTheCLibraryOverwriteWhatIsFreed() throws Exception {
        run("dev");

        assertEquals(
                "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0\n",
                Files.readString(temporary.resolve("tunables")));
    }

    @Test
    void runsFromALinkInAnotherFolder() throws Exception {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), launcher);
        Path linkToLink = Files.createSymbolicLink(temporary.resolve("second"), Path.of("link"));

        assertEquals("hsm 1.2.3\n", shell.run(linkToLink.toString(), "version").out());
        assertEquals("hsm 1.2.3\n", shell.run(link.toString(), "version").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"auth/src/main/A.java", "crypto-core/pom.xml", "pom.xml", "auth/src/main"})
    void buildsAgainWhenSomethingChanged(String changed) throws Exception {
        run("dev");
        Files.setLastModifiedTime(
                project.resolve(changed), FileTime.from(Instant.now().plusSeconds(2)));

        run("dev");

        assertEquals(2, mavenCalls().size());
    }

    @Test
    void showsTheLogOfAFailedBuildAndBuildsAgain() throws Exception {
        Path broken = Files.createFile(project.resolve("broken"));

        Shell.Ended ended = run("dev");

        assertEquals(1, ended.status());
        assertEquals("", ended.out());
        assertTrue(ended.err().contains("cannot find symbol\nhsm: the build failed;"), ended.err());
        Files.delete(broken);
        assertEquals(0, run("dev").status());
    }

    @Test
    void keepsTheCopyThatRunsWhenABuildFails() throws Exception {
        run("dev");
        Files.createFile(project.resolve("broken"));
        Files.setLastModifiedTime(
                project.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(2)));

        assertEquals(1, run("dev").status());

        assertTrue(Files.exists(project.resolve("gateway/target/app-000001/lib/gateway-1.jar")));
    }

    @Test
    void takesNoJarOfAnEarlierBuildAlong() throws Exception {
        run("dev");
        mavenAlsoDoes("rm gateway/target/gateway-1.jar; echo jar >gateway/target/gateway-2.jar");
        Files.createDirectories(project.resolve("gateway/target/lib"));
        Files.writeString(project.resolve("gateway/target/lib/dropped.jar"), "old");
        Files.writeString(project.resolve("gateway/target/gateway-0.jar"), "old");

        runChanged();

        assertEquals(List.of("app-000002"), builds());
        try (Stream<Path> jars = Files.list(project.resolve("gateway/target/app-000002/lib"))) {
            assertEquals(
                    List.of("gateway-2.jar", "other.jar"),
                    jars.map(jar -> jar.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void keepsTheBuildOfAnHsmThatRunsUntilItHasEnded() throws Exception {
        Path stay = Files.createFile(temporary.resolve("stay"));
        Path out = temporary.resolve("o1");
        Process running = shell.start(out, temporary.resolve("e1"), launcher.toString(), "dev", "--name", "stay");
        while (!Files.exists(out) || !Files.readString(out).endsWith("stay\n")) {
            assertFalse(running.waitFor(20, MILLISECONDS), "it ended early");
        }

        runChanged();
        assertEquals(List.of("app-000001", "app-000002"), builds());

        Files.delete(stay);
        assertTrue(running.waitFor(30, SECONDS));
        runChanged();
        assertEquals(List.of("app-000003"), builds());
    }

    @Test
    void keepsTheLastTwoBuildsWhereNobodyKnowsWhatRuns() throws Exception {
        Files.delete(temporary.resolve("tools/flock"));
        run("dev");
        runChanged();
        runChanged();
        runChanged();

        assertEquals(List.of("app-000003", "app-000004"), builds());
    }

    @Test
    void letsTwoStartsTakeTurns() throws Exception {
        Files.createFile(project.resolve("slow"));
        Process first = shell.start(temporary.resolve("o1"), temporary.resolve("e1"), launcher.toString(), "dev");
        Process second = shell.start(temporary.resolve("o2"), temporary.resolve("e2"), launcher.toString(), "dev");

        assertTrue(first.waitFor(30, SECONDS) && second.waitFor(30, SECONDS));
        assertEquals(0, first.exitValue(), Files.readString(temporary.resolve("e1")));
        assertEquals(0, second.exitValue(), Files.readString(temporary.resolve("e2")));
        assertEquals(1, mavenCalls().size());
    }

    @Test
    void saysWhenMavenIsMissing() throws Exception {
        Files.delete(temporary.resolve("tools/mvn"));

        Shell.Ended ended = run("dev");

        assertEquals(1, ended.status());
        assertEquals("hsm: Maven is not installed: install it (its command is mvn), then try again.\n", ended.err());
    }

    @Test
    void sumsTheReportsOfThisRunInItsLastLine() throws Exception {
        Path old = project.resolve("auth/target/surefire-reports/TEST-old.xml");
        Files.createDirectories(old.getParent());
        Files.writeString(old, report(100, 0, 0, 0));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(60)));
        mavenAlsoDoes("mkdir -p auth/target/surefire-reports 'gateway/target/surefire-reports'\n"
                + "echo '" + report(5, 1, 0, 2) + "' >auth/target/surefire-reports/TEST-a.xml\n"
                + "echo '" + report(7, 0, 3, 0) + "' >'gateway/target/surefire-reports/TEST-b c.xml'\n"
                + "echo 'what Maven says'");

        Shell.Ended ended = run("test", "-Pslow", "-Dx=a b");

        assertEquals(0, ended.status(), ended.err());
        assertEquals("what Maven says\n\nTests run: 12, Failures: 1, Errors: 3, Skipped: 2\n", ended.out());
        assertEquals(List.of("-B verify -Pslow -Dx=a b"), mavenCalls());
    }

    @Test
    void endsTestsWithMavensStatusAndTheCount() throws Exception {
        mavenAlsoDoes("rmdir maven-runs; exit 7");

        Shell.Ended ended = run("test");

        assertEquals(7, ended.status());
        assertEquals("\nTests run: 0, Failures: 0, Errors: 0, Skipped: 0\n", ended.out());
    }

    private Shell.Ended run(String... words) throws IOException, InterruptedException {
        String[] command = new String[words.length + 1];
        command[0] = launcher.toString();
        System.arraycopy(words, 0, command, 1, words.length);
        return shell.run(command);
    }

    /** Starts after a source has changed. */
    private void runChanged() throws IOException, InterruptedException {
        Path source = project.resolve("auth/src/main/A.java");
        Instant last = Files.getLastModifiedTime(source).toInstant();
        Instant soon = Instant.now().plusSeconds(2);
        Files.setLastModifiedTime(source, FileTime.from(last.isBefore(soon) ? soon : last.plusSeconds(2)));
        Shell.Ended ended = run("dev");
        assertEquals(0, ended.status(), ended.err());
    }

    private List<String> builds() throws IOException {
        try (Stream<Path> folders = Files.list(project.resolve("gateway/target"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.startsWith("app"))
                    .sorted()
                    .toList();
        }
    }

    private void mavenAlsoDoes(String script) throws IOException {
        Files.writeString(project.resolve("maven-script"), script + "\n");
    }

    private List<String> mavenCalls() throws IOException {
        return Files.readAllLines(project.resolve("maven-calls"));
    }

    private static String report(int tests, int failures, int errors, int skipped) {
        return """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuite name="a" time="0.1" tests="%d" errors="%d" skipped="%d" failures="%d" flakes="9">
                  <testcase name="tests" tests="1000"/>
                </testsuite>""".formatted(tests, errors, skipped, failures);
    }
}
