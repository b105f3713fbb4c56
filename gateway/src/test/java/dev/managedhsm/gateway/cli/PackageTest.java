// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes a package in a project of its own, whose Maven writes two jars, unpacks it elsewhere, and runs its command with a
 * Java that prints what it is asked.
 */
class PackageTest {
    private static final String NAME = "managed-hsm-1.2.3";

    @TempDir
    private Path temporary;

    private Path project;
    private Shell shell;

    @BeforeEach
    void makeAProject() throws IOException {
        temporary = temporary.toRealPath();
        project = temporary.resolve("a project");
        Files.createDirectories(project.resolve("gateway/bin"));
        for (String script : List.of("hsm", "hsm-packaged", "find-jdk")) {
            Files.copy(
                    Path.of("bin", script),
                    project.resolve("gateway/bin/" + script),
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createDirectories(project.resolve(".mvn"));
        Files.writeString(project.resolve("pom.xml"), "<project>\n  <version>1.2.3</version>\n</project>\n");
        Files.writeString(project.resolve("LICENSE"), "the license");
        for (String module : List.of("crypto-core", "auth", "gateway")) {
            Files.createDirectories(project.resolve(module + "/src/main"));
            Files.writeString(project.resolve(module + "/pom.xml"), "<project/>");
        }
        Files.createDirectories(project.resolve("config/runbooks"));
        Files.writeString(project.resolve("config/jvm.options"), "-Xmx256m");
        Files.writeString(project.resolve("config/runbooks/README.md"), "pages");
        Files.createDirectories(project.resolve("gateway/docs"));
        Files.writeString(project.resolve("gateway/docs/backup.md"), "a page");
        Path tools = Shell.tools(
                temporary.resolve("tools"),
                ("bash awk cat cp dirname env find flock grep gzip mkdir mv readlink rm sed sha256sum tar true touch"
                                + " xargs")
                        .split(" "));
        Shell.script(tools.resolve("mvn"), """
                mkdir -p gateway/target/lib
                echo jar >gateway/target/gateway-1.jar
                echo jar >gateway/target/lib/other.jar""");
        Path java = temporary.resolve("java 25");
        Shell.script(java.resolve("bin/java"), "printf '%s\\n' \"$@\" \"$GLIBC_TUNABLES\"");
        Shell.script(java.resolve("bin/javac"), "exit 1");
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
        shell = new Shell(
                temporary,
                Map.of("PATH", tools.toString(), "HOME", temporary.toString(), "JAVA_HOME", java.toString()));
    }

    @Test
    void holdsAllThatItNeedsAndNoSources() throws Exception {
        Path file = makePackage("made");

        assertEquals(
                List.of(
                        "LICENSE",
                        "VERSION",
                        "bin/find-jdk",
                        "bin/hsm",
                        "config/jvm.options",
                        "config/runbooks/README.md",
                        "gateway/docs/backup.md",
                        "lib/gateway-1.jar",
                        "lib/other.jar"),
                shell.run("tar", "-tzf", file.toString())
                        .out()
                        .lines()
                        .filter(name -> !name.endsWith("/"))
                        .map(name -> name.substring(NAME.length() + 1))
                        .sorted()
                        .toList());
    }

    @Test
    void isTheSameFileEachTime() throws Exception {
        byte[] first = Files.readAllBytes(makePackage("first"));
        shell.run("touch", project.resolve("config/jvm.options").toString());

        assertArrayEquals(first, Files.readAllBytes(makePackage("second")));
    }

    @Test
    void comesWithASumThatHolds() throws Exception {
        Path file = makePackage("made");

        Shell in = new Shell(Objects.requireNonNull(file.getParent()), shell.environment());
        assertEquals(
                NAME + ".tar.gz: OK\n",
                in.run("sha256sum", "-c", NAME + ".tar.gz.sha256").out());
    }

    @Test
    void runsWhereThereIsOnlyARuntime() throws Exception {
        Path installed = install();
        Files.delete(temporary.resolve("java 25/bin/javac"));
        Files.delete(temporary.resolve("tools/mvn"));
        Path link = Files.createSymbolicLink(temporary.resolve("hsm"), installed.resolve("bin/hsm"));

        List<String> words = shell.run(link.toString(), "serve", "--config", "a file")
                .out()
                .lines()
                .toList();

        assertEquals("@" + installed + "/config/jvm.options", words.getFirst());
        assertTrue(words.contains("-XX:SharedArchiveFile=" + installed + "/classes.jsa"), words.toString());
        assertEquals(
                List.of(
                        "-Dlogback.configurationFile=" + installed + "/config/logback.xml",
                        "-cp",
                        installed + "/lib/*",
                        "dev.managedhsm.gateway.cli.Main",
                        "serve",
                        "--config",
                        "a file",
                        "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0"),
                words.subList(words.size() - 8, words.size()));
    }

    @Test
    void saysItsVersionWithoutJava() throws Exception {
        Path installed = install();
        Shell bare = shell.with("JAVA_HOME", "/nonexistent");

        assertEquals("hsm 1.2.3\n", bare.run(installed + "/bin/hsm", "version").out());
    }

    private Path makePackage(String folder) throws Exception {
        Path into = temporary.resolve(folder);
        Shell.Ended ended = shell.run(project.resolve("gateway/bin/hsm").toString(), "package", into.toString());
        assertEquals(0, ended.status(), ended.err());
        Path file = into.resolve(NAME + ".tar.gz");
        assertEquals("made " + file + "\n", ended.out());
        return file;
    }

    private Path install() throws Exception {
        Path file = makePackage("made");
        Path into = Files.createDirectory(temporary.resolve("opt"));
        Shell.Ended ended = shell.run("tar", "-C", into.toString(), "-xzf", file.toString());
        assertEquals(0, ended.status(), ended.err());
        return into.resolve(NAME);
    }
}
