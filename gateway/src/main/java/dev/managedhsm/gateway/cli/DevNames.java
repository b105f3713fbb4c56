// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a development HSM is called: everything that follows from its host name, its address and its port.
 *
 * @param hostName DNS name in lower case, in URLs, key ids and the certificate
 * @param bind the address to listen on
 * @param port the port to listen on, 1 to 65535
 */
record DevNames(String hostName, InetAddress bind, int port) {
    private static final int HTTPS_PORT = 443;
    private static final int NAME_LENGTH_MAX = 253;
    private static final String LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    private static final Pattern NAME = Pattern.compile("(" + LABEL + "\\.)*" + LABEL);
    private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?[0-9]+");

    /**
     * Checks what the operator named.
     *
     * @throws StartRefused when the name is no DNS name, or the address is none of this machine's words for one
     */
    static DevNames of(String name, String address, int port) {
        String hostName = name.toLowerCase(Locale.ROOT);
        boolean shaped =
                hostName.length() <= NAME_LENGTH_MAX && NAME.matcher(hostName).matches();
        // A name that ends in a number is read as an address, and clients demand a name.
        if (!shaped || NUMERIC_END.matcher(hostName).matches()) {
            throw new StartRefused("\"" + name + "\" is not a DNS name: give one with --name, for example localhost.");
        }
        return new DevNames(hostName, resolve(address), port);
    }

    /** The HSM's URL, without trailing slash. */
    String url() {
        return "https://" + hostName + portSuffix();
    }

    /**
     * What the challenge names as resource, and the audience of tokens. Clients demand a parent domain of the host, with
     * the port; a name of one label has no parent and stands for itself.
     */
    String resource() {
        int dot = hostName.indexOf('.');
        return "https://" + hostName.substring(dot + 1) + portSuffix();
    }

    /** The URL of the development issuer's place for sign-in. Nobody listens there; it names who issues. */
    String loginAuthority() {
        return "https://sts." + hostName;
    }

    /** What the development issuer calls itself; the same on every port. */
    String issuerUrl(String tenantId) {
        return loginAuthority() + "/" + tenantId + "/";
    }

    /** The DNS names of the certificate. */
    List<String> certificateNames() {
        return hostName.equals("localhost") ? List.of(hostName) : List.of(hostName, "localhost");
    }

    /** The addresses of the certificate: both loopback ones, and the one it listens on if that is another. */
    List<InetAddress> certificateAddresses() {
        List<InetAddress> addresses =
                new ArrayList<>(List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1")));
        if (!bind.isAnyLocalAddress() && !addresses.contains(bind)) {
            addresses.add(bind);
        }
        return addresses;
    }

    /** Whether only this machine can reach it. */
    boolean loopbackOnly() {
        return bind.isLoopbackAddress();
    }

    /** An address at which this machine reaches it, as text; IPv6 in brackets. */
    String reachableAt() {
        if (bind.isAnyLocalAddress()) {
            return "127.0.0.1";
        }
        String text = plain(bind);
        return text.indexOf(':') < 0 ? text : "[" + text + "]";
    }

    /** Whether the host name leads to it without help: localhost does, on the addresses that name stands for. */
    boolean nameResolves() {
        return hostName.equals("localhost")
                && (bind.isAnyLocalAddress()
                        || reachableAt().equals("127.0.0.1")
                        || reachableAt().equals("[::1]"));
    }

    /** An address as text, without scope. */
    static String plain(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        String unscoped = scope < 0 ? text : text.substring(0, scope);
        return unscoped.equals("0:0:0:0:0:0:0:1") ? "::1" : unscoped;
    }

    private String portSuffix() {
        return port == HTTPS_PORT ? "" : ":" + port;
    }

    private static InetAddress resolve(String address) {
        try {
            return InetAddress.getAllByName(address)[0];
        } catch (UnknownHostException e) {
            throw new StartRefused("\"" + address + "\" is not an address of this machine: give one with --bind.", e);
        }
    }
}
