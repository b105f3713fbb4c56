// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A configuration file as it can be shown to others: keys and values, no comments. Secrets are named in it by where they are; a
 * value that is none of those names is left out. Stateless; any thread.
 */
public final class PlainConfig {
    private static final Set<String> SECRETS = Set.of("passphrase", "header", "client_secret");

    private PlainConfig() {}

    /**
     * What a file says.
     *
     * @param file one that was read without faults
     */
    public static JsonObject of(Path file) {
        Node root = YamlFile.read(file, new Faults());
        return root instanceof MappingNode mapping ? object(mapping) : new JsonObject();
    }

    private static JsonObject object(MappingNode mapping) {
        JsonObject object = new JsonObject();
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode name) {
                object.put(name.getValue(), value(name.getValue(), entry.getValueNode()));
            }
        }
        return object;
    }

    private static Object value(String name, Node node) {
        return switch (node) {
            case MappingNode mapping -> object(mapping);
            case SequenceNode sequence -> {
                JsonArray array = new JsonArray();
                sequence.getValue().forEach(element -> array.add(value(name, element)));
                yield array;
            }
            case ScalarNode scalar -> {
                String text = scalar.getValue();
                boolean named = text.startsWith("file:") || text.startsWith("env:");
                yield SECRETS.contains(name) && !named ? "(left out)" : text;
            }
            default -> "";
        };
    }
}
