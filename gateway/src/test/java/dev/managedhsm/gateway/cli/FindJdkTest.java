// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code gateway/bin/find-jdk} on folder trees of its own. */
class FindJdkTest {
    private static final Path SCRIPT = Path.of("bin", "find-jdk").toAbsolutePath();

    @TempDir
    private Path temporary;

    private Path root;
    private Shell shell;

    @BeforeEach
    void makeAnEmptyMachine() throws IOException {
        temporary = temporary.toRealPath();
        root = Files.createDirectory(temporary.resolve("a machine"));
        Path tools = Shell.tools(temporary.resolve("tools"), "bash", "sed", "readlink", "dirname");
        shell = new Shell(
                temporary,
                Map.of("PATH", tools.toString(), "HOME", root.resolve("home/u").toString()));
    }

    @Test
    void saysWhatToDoWhenThereIsNone() throws Exception {
        jdk("usr/lib/jvm/jdk-17", "17.0.15");
        jdk("usr/lib/jvm/jdk-26", "26");

        Shell.Ended ended = find(shell);

        assertEquals(1, ended.status());
        assertEquals("", ended.out());
        assertEquals(
                "hsm: no JDK 25 on this machine: install one (for example Temurin 25), "
                        + "or set JAVA_HOME to its folder.\n",
                ended.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "usr/lib/jvm/temurin-25",
                "opt/jdk 25",
                "home/u/.sdkman/candidates/java/25.0.3-tem",
                "home/u/.jdks/temurin-25",
                "Library/Java/JavaVirtualMachines/temurin-25.jdk/Contents/Home",
                "opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home",
            })
    void findsOneInTheUsualFolders(String place) throws Exception {
        jdk("usr/lib/jvm/a-17", "17.0.15");
        Path home = jdk(place, "25.0.3");

        assertFound(home, find(shell));
    }

    @Test
    void prefersJavaHomeThenThePath() throws Exception {
        jdk("usr/lib/jvm/temurin-25", "25.0.3");
        Path named = jdk("named", "25");
        Path onPath = jdk("on path", "25.0.1");
        Files.createSymbolicLink(temporary.resolve("tools/java"), onPath.resolve("bin/java"));

        assertFound(named, find(shell.with("JAVA_HOME", named.toString())));
        assertFound(onPath, find(shell));
    }

    @Test
    void passesOverAJavaHomeOfAnotherVersion() throws Exception {
        Path old = jdk("old", "17.0.15");
        Path home = jdk("usr/lib/jvm/temurin-25", "25.0.3");

        assertFound(home, find(shell.with("JAVA_HOME", old.toString())));
    }

    @Test
    void passesOverARuntimeWithoutCompiler() throws Exception {
        Path runtime = jdk("usr/lib/jvm/a-runtime-25", "25.0.3");
        Files.delete(runtime.resolve("bin/javac"));
        Path home = jdk("usr/lib/jvm/b-jdk-25", "25.0.3");

        assertFound(home, find(shell));
    }

    @Test
    void asksTheCompilerWhenThereIsNoReleaseFile() throws Exception {
        Path home = jdk("usr/lib/jvm/jdk", "25.0.3");
        Files.delete(home.resolve("release"));
        Shell.script(home.resolve("bin/javac"), "echo javac 25.0.3");

        assertFound(home, find(shell));
    }

    @Test
    void takesARuntimeWhereNothingIsCompiled() throws Exception {
        Path runtime = jdk("usr/lib/jvm/a-runtime-25", "25.0.3");
        Files.delete(runtime.resolve("bin/javac"));
        Path bare = jdk("usr/lib/jvm/a-bare-runtime-25", "25.0.3");
        Files.delete(bare.resolve("release"));
        Shell.script(bare.resolve("bin/java"), "echo openjdk 25.0.3 2026-04-21");

        assertFound(bare, shell.run(SCRIPT.toString(), "--runtime", root.toString()));
        Files.delete(bare.resolve("bin/java"));
        assertFound(runtime, shell.run(SCRIPT.toString(), "--runtime", root.toString()));
        Files.delete(runtime.resolve("bin/java"));
        Shell.Ended none = shell.run(SCRIPT.toString(), "--runtime", root.toString());
        assertTrue(none.err().startsWith("hsm: no Java 25 on this machine: "), none.err());
    }

    private Shell.Ended find(Shell where) throws IOException, InterruptedException {
        return where.run(SCRIPT.toString(), root.toString());
    }

    private Path jdk(String place, String version) throws IOException {
        Path home = root.resolve(place);
        Shell.script(home.resolve("bin/java"), "exit 1");
        Shell.script(home.resolve("bin/javac"), "exit 1");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void assertFound(Path home, Shell.Ended ended) {
        assertEquals(home + "\n", ended.out(), ended.err());
        assertEquals(0, ended.status());
    }
}
