// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From which networks a listener is answered. The address is the connection's own: no header can name another. An IPv4
 * address that comes inside an IPv6 one (RFC 4291 section 2.5.5.2) is the IPv4 address. Immutable.
 */
public final class AllowList {
    /** Everybody may. */
    public static final AllowList EVERYBODY = new AllowList(List.of());

    private static final byte[] MAPPED_PREFIX = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final List<Network> networks;

    private AllowList(List<Network> networks) {
        this.networks = networks;
    }

    /**
     * Reads networks in CIDR form (RFC 4632 section 3.1, RFC 4291 section 2.3); an address without a length is a network
     * of one.
     *
     * @param texts at least one, for example {@code 10.1.0.0/16}, {@code 2001:db8::/32}, {@code 192.0.2.7}
     * @throws IllegalArgumentException with a phrase about the first text that is none
     */
    public static AllowList of(List<String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("an allow-list that names nobody lets nobody in");
        }
        List<Network> networks = new ArrayList<>();
        for (String text : texts) {
            networks.add(Network.of(text));
        }
        return new AllowList(List.copyOf(networks));
    }

    /** Whether a connection from there is answered; from an address that is not known it is not. */
    public boolean allows(@Nullable InetAddress address) {
        if (this == EVERYBODY) {
            return true;
        }
        if (address == null) {
            return false;
        }
        byte[] bytes = unmapped(address.getAddress());
        for (Network network : networks) {
            if (network.holds(bytes)) {
                return true;
            }
        }
        return false;
    }

    private static byte[] unmapped(byte[] address) {
        boolean mapped = address.length == 16
                && Arrays.equals(address, 0, MAPPED_PREFIX.length, MAPPED_PREFIX, 0, MAPPED_PREFIX.length);
        return mapped ? Arrays.copyOfRange(address, MAPPED_PREFIX.length, address.length) : address;
    }

    @Override
    public String toString() {
        return this == EVERYBODY ? "everybody" : networks.toString();
    }

    private static final class Network {
        /** The JDK takes shorter forms too, and reads 10.1 as 10.0.0.1, which nobody means. */
        private static final Pattern FOUR = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");

        private final String text;
        private final byte[] prefix;
        private final int bits;

        private Network(String text, byte[] prefix, int bits) {
            this.text = text;
            this.prefix = prefix;
            this.bits = bits;
        }

        static Network of(String text) {
            int slash = text.indexOf('/');
            byte[] address = address(text, slash < 0 ? text : text.substring(0, slash));
            String length = slash < 0 ? Integer.toString(address.length * 8) : text.substring(slash + 1);
            if (!length.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(length) > address.length * 8) {
                throw new IllegalArgumentException(
                        "\"" + text + "\" has no prefix length of 0 to " + address.length * 8);
            }
            Network network = new Network(text, address, Integer.parseInt(length));
            byte[] first = address.clone();
            network.clearHost(first);
            if (!Arrays.equals(first, address)) {
                throw new IllegalArgumentException("\"" + text + "\" has bits set behind its prefix length");
            }
            return network;
        }

        private static byte[] address(String text, String literal) {
            try {
                if (literal.indexOf('%') < 0
                        && (literal.indexOf(':') >= 0 || FOUR.matcher(literal).matches())) {
                    return InetAddress.ofLiteral(literal).getAddress();
                }
            } catch (IllegalArgumentException e) {
                // said below
            }
            throw new IllegalArgumentException("\"" + text + "\" is no IPv4 or IPv6 network, for example 10.1.0.0/16");
        }

        private void clearHost(byte[] address) {
            for (int bit = bits; bit < address.length * 8; bit++) {
                address[bit / 8] &= (byte) ~(0x80 >> bit % 8);
            }
        }

        boolean holds(byte[] address) {
            int whole = bits / 8;
            int rest = bits % 8;
            return address.length == prefix.length
                    && Arrays.equals(address, 0, whole, prefix, 0, whole)
                    && (rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
