// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * A process that creates, rotates, deletes and purges keys and changes role assignments until it is killed, and says of each
 * change that it tries it, and then that it is done. Roles on one thread, keys on several others, each with names of its own,
 * so that changes of keys wait together and share commits.
 */
final class ChangeMaker {
    /** How many changes of keys are under way at once. */
    static final int LANES = 8;

    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.US_ASCII);

    private ChangeMaker() {}

    /** Changes; takes the data folder, what names begin with, and a seed. */
    public static void main(String[] arguments) {
        DurableHsm hsm = new DurableHsm(Engines.choose(), Path.of(arguments[0]));
        long seed = Long.parseLong(arguments[2]);
        say("ready");
        Thread.ofPlatform().start(() -> changeRoles(hsm, new Random(seed)));
        for (int lane = 0; lane < LANES; lane++) {
            String prefix = arguments[1] + lane + "-";
            Random random = new Random(-seed * LANES - lane);
            Thread.ofPlatform().start(() -> changeKeys(hsm, prefix, random));
        }
    }

    private static synchronized void say(String what) {
        OUT.println(Child.SAYS + what);
    }

    private static void changeKeys(DurableHsm hsm, String prefix, Random random) {
        List<String> living = new ArrayList<>();
        List<String> deleted = new ArrayList<>();
        for (int i = 0; ; i++) {
            int dice = random.nextInt(10);
            if (dice < 5 || living.isEmpty()) {
                String name = prefix + i;
                say("try key " + name);
                say("version " + made(hsm.create(name, random.nextBoolean() ? KeyClass.P_256 : KeyClass.OCT_256)));
                living.add(name);
            } else if (dice < 7) {
                String name = living.get(random.nextInt(living.size()));
                say("try key " + name);
                say("version " + made(hsm.lifecycle.rotate(new KeyName(name))));
            } else if (dice < 9 || deleted.isEmpty()) {
                String name = living.remove(random.nextInt(living.size()));
                say("try key " + name);
                done(hsm.lifecycle.delete(new KeyName(name)));
                say("deleted " + name);
                deleted.add(name);
            } else {
                String name = deleted.remove(random.nextInt(deleted.size()));
                say("try key " + name);
                done(hsm.lifecycle.purge(new KeyName(name)));
                say("purged " + name);
            }
        }
    }

    private static String made(CompletionStage<LifecycleAnswer<KeyFacts>> change) {
        KeyFacts facts = done(change);
        return facts.name() + " " + facts.version();
    }

    private static <T> T done(CompletionStage<LifecycleAnswer<T>> change) {
        if (change.toCompletableFuture().join() instanceof LifecycleAnswer.Done<T>(T value)) {
            return value;
        }
        throw new IllegalStateException("a change was not made");
    }

    private static void changeRoles(DurableHsm hsm, Random random) {
        List<UUID> there = new ArrayList<>();
        while (true) {
            boolean add = there.size() < 20 && (there.isEmpty() || random.nextBoolean());
            UUID name =
                    add ? new UUID(random.nextLong(), random.nextLong()) : there.remove(random.nextInt(there.size()));
            say("try role " + name);
            RoleWrite write = add
                    ? new RoleWrite.PutAssignment(
                            new RoleAssignment(name, BuiltInRoles.CRYPTO_USER.id(), new UUID(1, 2), Scope.HSM))
                    : new RoleWrite.RemoveAssignment(name);
            if (hsm.roleJournal.commit(List.of(write)) != KeyJournal.Ending.COMMITTED) {
                throw new IllegalStateException("a role was not changed");
            }
            say((add ? "assigned " : "unassigned ") + name);
            if (add) {
                there.add(name);
            }
        }
    }
}
