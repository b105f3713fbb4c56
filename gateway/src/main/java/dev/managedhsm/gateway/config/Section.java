// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A mapping of the file. Every key is asked for by name; {@link #end} finds those that nobody asked for. What is missing
 * or not of the asked kind becomes a fault, and the reader goes on, so that all faults are found at once. One thread.
 */
final class Section {
    private final Faults faults;
    private final String key;
    private final int line;
    private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    /** What is written at a place, or nothing if that is not a mapping. */
    Section(@Nullable Node node, String key, int line, Faults faults) {
        this.faults = faults;
        this.key = key;
        this.line = line;
        if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(this::add);
        } else if (node != null && !node.getTag().equals(Tag.NULL)) { // a section may have nothing but defaults
            faults.add(line, key, "here must be keys with values");
        }
    }

    private void add(NodeTuple entry) {
        int at = lineOf(entry.getKeyNode());
        refuseAnchor(entry.getKeyNode(), key);
        if (!(entry.getKeyNode() instanceof ScalarNode name)) {
            faults.add(at, key, "a key must be a word");
        } else if (entries.containsKey(name.getValue())) {
            int first = lineOf(entries.get(name.getValue()).getKeyNode());
            faults.add(at, at(name.getValue()), "the key is there already, in line " + first + ": keep one of the two");
        } else {
            entries.put(name.getValue(), entry);
            refuseAnchor(entry.getValueNode(), at(name.getValue()));
        }
    }

    /** Where the section begins. */
    int line() {
        return line;
    }

    /** The section's own place. */
    String key() {
        return key;
    }

    /** The line of a key, or of the section when the key is not there. */
    int line(String name) {
        NodeTuple entry = entries.get(name);
        return entry == null ? line : lineOf(entry.getKeyNode());
    }

    boolean has(String name) {
        asked.add(name);
        return entries.containsKey(name);
    }

    void fault(String name, String reason) {
        faults.add(line(name), at(name), reason);
    }

    /** A value that must be there; null, and a fault, when it is not. */
    @Nullable
    Item required(String name) {
        if (!has(name)) {
            faults.add(line, at(name), "is missing");
            return null;
        }
        return optional(name);
    }

    /** A value; null when it is not there, or, with a fault, when it is not one value. */
    @Nullable
    Item optional(String name) {
        asked.add(name);
        NodeTuple entry = entries.get(name);
        return entry == null ? null : item(entry.getValueNode(), line(name), at(name));
    }

    /** A list of values; empty when the key is not there. */
    List<Item> items(String name) {
        List<Item> items = new ArrayList<>();
        int number = 0;
        for (Node element : elements(name)) {
            Item item = item(element, lineOf(element), at(name) + "[" + number++ + "]");
            if (item != null) {
                items.add(item);
            }
        }
        return items;
    }

    /** A list of sections; empty when the key is not there. */
    List<Section> sections(String name) {
        List<Section> sections = new ArrayList<>();
        int number = 0;
        for (Node element : elements(name)) {
            sections.add(new Section(element, at(name) + "[" + number++ + "]", lineOf(element), faults));
        }
        return sections;
    }

    /** A section that must be there; an empty one, and a fault, when it is not. */
    Section section(String name) {
        Section section = optionalSection(name);
        if (section == null) {
            faults.add(line, at(name), "is missing");
            return new Section(null, at(name), line, new Faults());
        }
        return section;
    }

    @Nullable
    Section optionalSection(String name) {
        asked.add(name);
        NodeTuple entry = entries.get(name);
        return entry == null ? null : new Section(entry.getValueNode(), at(name), line(name), faults);
    }

    /** Every key that nobody asked for is a fault. */
    void end() {
        for (Map.Entry<String, NodeTuple> entry : entries.entrySet()) {
            if (!asked.contains(entry.getKey())) {
                faults.add(
                        lineOf(entry.getValue().getKeyNode()),
                        at(entry.getKey()),
                        "is not known; known here: " + String.join(", ", asked));
            }
        }
    }

    private List<Node> elements(String name) {
        asked.add(name);
        NodeTuple entry = entries.get(name);
        if (entry == null) {
            return List.of();
        }
        if (!(entry.getValueNode() instanceof SequenceNode sequence)) {
            fault(name, "must be a list");
            return List.of();
        }
        sequence.getValue().forEach(element -> refuseAnchor(element, at(name)));
        return sequence.getValue();
    }

    private @Nullable Item item(Node node, int at, String place) {
        if (!(node instanceof ScalarNode scalar)) {
            faults.add(at, place, "must be one value");
            return null;
        }
        if (scalar.getTag().equals(Tag.NULL) || scalar.getValue().isBlank()) {
            faults.add(at, place, "has no value");
            return null;
        }
        return new Item(scalar.getValue(), at, place);
    }

    /** What is written in one place is meant there: no copies by anchor, no types by tag. */
    private void refuseAnchor(Node node, String place) {
        if (node.getAnchor().isPresent()) {
            faults.add(lineOf(node), place, "anchors and aliases are not used here: write the value out");
        }
        if (!node.getTag().getValue().startsWith("tag:yaml.org,2002:")) {
            faults.add(lineOf(node), place, "tags are not used here");
        }
    }

    private String at(String name) {
        return key.isEmpty() ? name : key + "." + name;
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
