// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.gateway.http.AllowList;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * From the text of a value to what it means, with its bounds. A value that means nothing becomes a fault, and something
 * harmless is given back, so that reading goes on. One thread.
 */
final class Values {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9}) ?(B|KiB|MiB|GiB)");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final UUID NOBODY = new UUID(0, 0);

    private final Path folder;
    private final Faults faults;
    private final List<NamedFile> files = new ArrayList<>();
    private final List<NamedVariable> variables = new ArrayList<>();

    /** @param folder from where relative paths are meant: the folder of the configuration file */
    Values(Path folder, Faults faults) {
        this.folder = folder;
        this.faults = faults;
    }

    /** Reads like this one, but what it names is not remembered. */
    Values apart() {
        return new Values(folder, faults);
    }

    /** The files that the configuration names. */
    List<NamedFile> files() {
        return List.copyOf(files);
    }

    /** The variables of the environment that it names. */
    List<NamedVariable> variables() {
        return List.copyOf(variables);
    }

    String text(@Nullable Item item, Pattern shape, String what) {
        if (item == null) {
            return "";
        }
        if (!shape.matcher(item.text()).matches()) {
            fault(item, quoted(item) + " is not " + what);
        }
        return item.text();
    }

    boolean flag(@Nullable Item item, boolean otherwise) {
        if (item == null) {
            return otherwise;
        }
        if (!item.text().equals("true") && !item.text().equals("false")) {
            fault(item, quoted(item) + " is neither true nor false");
        }
        return item.text().equals("true");
    }

    int number(@Nullable Item item, int least, int most, int otherwise) {
        if (item == null) {
            return otherwise;
        }
        boolean number = item.text().matches("0|[1-9][0-9]{0,8}");
        int value = number ? Integer.parseInt(item.text()) : least;
        if (!number || value < least || value > most) {
            fault(item, quoted(item) + " is not a number from " + least + " to " + most);
            return otherwise;
        }
        return value;
    }

    Duration duration(@Nullable Item item, Duration least, Duration most, Duration otherwise) {
        if (item == null) {
            return otherwise;
        }
        Matcher parts = DURATION.matcher(item.text());
        if (!parts.matches()) {
            fault(item, quoted(item) + " is not a duration with a unit: ms, s, m, h or d, for example 90s");
            return otherwise;
        }
        long amount = Long.parseLong(parts.group(1));
        Duration duration = switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            fault(item, quoted(item) + " is not between " + words(least) + " and " + words(most));
            return otherwise;
        }
        return duration;
    }

    /** Bytes, with a unit. */
    long size(@Nullable Item item, long least, long most, long otherwise) {
        if (item == null) {
            return otherwise;
        }
        Matcher parts = SIZE.matcher(item.text());
        if (!parts.matches()) {
            fault(item, quoted(item) + " is not a size with a unit: B, KiB, MiB or GiB, for example 16MiB");
            return otherwise;
        }
        int shift = switch (parts.group(2)) {
            case "KiB" -> 10;
            case "MiB" -> 20;
            case "GiB" -> 30;
            default -> 0;
        };
        long size = Long.parseLong(parts.group(1)) << shift;
        if (size < least || size > most) {
            fault(item, quoted(item) + " is not between " + bytes(least) + " and " + bytes(most));
            return otherwise;
        }
        return size;
    }

    /** One of an enum's names in lower case; {@code TLS_1_2} is written as it is, in lower case. */
    <E extends Enum<E>> E choice(@Nullable Item item, E[] among, E otherwise) {
        if (item == null) {
            return otherwise;
        }
        for (E one : among) {
            if (word(one).equals(item.text())) {
                return one;
            }
        }
        String known = Arrays.stream(among).map(Values::word).collect(Collectors.joining(", "));
        fault(item, quoted(item) + " is none of " + known);
        return otherwise;
    }

    UUID guid(@Nullable Item item) {
        UUID guid = item == null ? NOBODY : Guid.parse(item.text());
        if (item != null && guid == null) {
            fault(item, quoted(item) + " is not a GUID");
        }
        return guid == null ? NOBODY : guid;
    }

    /** An https URL of scheme, host and port only, without a slash at the end; clients compare it letter by letter. */
    @Nullable
    URI origin(@Nullable Item item) {
        URI url = url(item);
        if (item == null || url == null) {
            return null;
        }
        if (!String.valueOf(url.getRawPath()).isEmpty() || url.getRawQuery() != null) {
            fault(item, quoted(item) + " must be scheme, host and port only, without a slash at the end");
            return null;
        }
        return url;
    }

    /** An absolute https URL. */
    @Nullable
    URI url(@Nullable Item item) {
        if (item == null) {
            return null;
        }
        try {
            URI url = URI.create(item.text());
            if ("https".equals(url.getScheme())
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null
                    && url.getHost().equals(url.getHost().toLowerCase(Locale.ROOT))) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        fault(item, quoted(item) + " is not an https URL with a host in lower case, without user name and fragment");
        return null;
    }

    String address(@Nullable Item item, String otherwise) {
        if (item == null) {
            return otherwise;
        }
        try {
            InetAddress.ofLiteral(item.text());
        } catch (IllegalArgumentException e) {
            fault(item, quoted(item) + " is not an IPv4 or IPv6 address");
        }
        return item.text();
    }

    AllowList networks(List<Item> items) {
        for (Item item : items) {
            try {
                AllowList.of(List.of(item.text()));
            } catch (IllegalArgumentException e) {
                fault(item, String.valueOf(e.getMessage()));
                return AllowList.EVERYBODY;
            }
        }
        return items.isEmpty()
                ? AllowList.EVERYBODY
                : AllowList.of(items.stream().map(Item::text).toList());
    }

    /** A path; a relative one begins at the folder of the configuration file. */
    Path path(@Nullable Item item, NamedFile.Kind kind) {
        if (item == null) {
            return folder;
        }
        try {
            Path path = folder.resolve(item.text()).normalize();
            files.add(new NamedFile(path, kind, item.line(), item.key()));
            return path;
        } catch (InvalidPathException e) {
            fault(item, "is not a path");
            return folder;
        }
    }

    /** A secret by reference. What is written instead is not repeated: it may be the secret. */
    @Nullable
    SecretReference secret(@Nullable Item item) {
        if (item == null) {
            return null;
        }
        String text = item.text();
        if (text.startsWith("file:") && text.length() > "file:".length()) {
            Item path = new Item(text.substring("file:".length()), item.line(), item.key());
            return new SecretReference.InFile(path(path, NamedFile.Kind.SECRET));
        }
        if (text.startsWith("env:")
                && VARIABLE.matcher(text.substring("env:".length())).matches()) {
            String name = text.substring("env:".length());
            variables.add(new NamedVariable(name, item.line(), item.key()));
            return new SecretReference.InEnvironment(name);
        }
        fault(item, "a secret is not written here: name a file with file:/path or a variable with env:NAME");
        return null;
    }

    void fault(Item item, String reason) {
        faults.add(item.line(), item.key(), reason);
    }

    private static String word(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT);
    }

    private static String quoted(Item item) {
        return "\"" + item.text() + "\"";
    }

    private static String bytes(long size) {
        return size % (1 << 20) == 0 ? (size >> 20) + "MiB" : size % (1 << 10) == 0 ? (size >> 10) + "KiB" : size + "B";
    }

    private static String words(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? seconds(duration.toSeconds()) : duration.toMillis() + "ms";
    }

    private static String seconds(long seconds) {
        return seconds % 86_400 == 0 && seconds > 0
                ? seconds / 86_400 + "d"
                : seconds % 3_600 == 0 && seconds > 0
                        ? seconds / 3_600 + "h"
                        : seconds % 60 == 0 && seconds > 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
