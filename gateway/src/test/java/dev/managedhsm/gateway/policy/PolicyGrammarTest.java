// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PolicyGrammarTest {
    private static final String AUTHORITY = "https://attest.example/";

    @Test
    void sortsMembersAndDropsWhiteSpace() throws PolicyRefused {
        String sent = """
                { "version" : "1.0.0",
                  "anyOf" : [ { "authority" : "https://attest.example/",
                                "allOf" : [ { "equals" : "b", "claim" : "a" }, { "less" : 1.50, "claim" : "é\\u0041\\"" } ] } ] }
                """;
        assertEquals(
                "{\"anyOf\":[{\"allOf\":[{\"claim\":\"a\",\"equals\":\"b\"},{\"claim\":\"éA\\\"\",\"less\":1.50}],"
                        + "\"authority\":\"https://attest.example/\"}],\"version\":\"1.0.0\"}",
                read(sent).json());
    }

    @Test
    void readsItsOwnCanonicalFormToTheSame() throws PolicyRefused {
        String once = read(of("{\"claim\":\"a.b\",\"greater\":1e3}")).json();
        assertEquals(once, Policy.ofCanonical(once).json());
    }

    @Test
    void namesAuthoritiesInExactlyTheirSpelling() throws PolicyRefused {
        Policy policy = read(of("{\"claim\":\"a\",\"equals\":1}"));
        assertTrue(policy.names(AUTHORITY));
        assertFalse(policy.names("https://attest.example"));
        assertFalse(policy.names("https://ATTEST.example/"));
    }

    @TestFactory
    Stream<DynamicTest> accepts() {
        Map<String, String> good = new LinkedHashMap<>();
        for (String value : new String[] {"\"x\"", "\"\"", "1", "-0.5", "1e10", "true", "false"}) {
            good.put("equals " + value, of("{\"claim\":\"a\",\"equals\":" + value + "}"));
            good.put("notEquals " + value, of("{\"claim\":\"a\",\"notEquals\":" + value + "}"));
        }
        for (String operator : new String[] {"less", "lessOrEquals", "greater", "greaterOrEquals"}) {
            good.put(operator, of("{\"claim\":\"a\",\"" + operator + "\":7}"));
        }
        good.put("exists", of("{\"claim\":\"a.b.c\",\"exists\":false}"));
        good.put("nested as deep as may be", of(nested(PolicyLimits.DEPTH_MAX)));
        good.put("as many claims as may be", of(claims(PolicyLimits.CLAIMS_MAX)));
        good.put("as many authorities as may be", authorities(PolicyLimits.AUTHORITIES_MAX));
        good.put(
                "a port and a path",
                of("{\"claim\":\"a\",\"equals\":1}").replace(AUTHORITY, "https://a.example:8443/t"));
        return good.entrySet().stream().map(each -> dynamicTest(each.getKey(), () -> read(each.getValue())));
    }

    @TestFactory
    Stream<DynamicTest> refuses() {
        String claim = "{\"claim\":\"a\",\"equals\":1}";
        Map<String, String> bad = new LinkedHashMap<>();
        bad.put("nothing", "");
        bad.put("no object", "[]");
        bad.put("two objects", of(claim) + "{}");
        bad.put("an open object", of(claim).substring(0, 40));
        bad.put("a member twice", of("{\"claim\":\"a\",\"equals\":1,\"equals\":2}"));
        bad.put("a comment", "/* */" + of(claim));
        bad.put("no version", of(claim).replace(",\"version\":\"1.0.0\"", ""));
        bad.put("version 0.2", of(claim).replace("1.0.0", "0.2"));
        bad.put("version as number", of(claim).replace("\"1.0.0\"", "1"));
        bad.put("a member unknown", of(claim).replace("\"version\"", "\"x\":1,\"version\""));
        bad.put("no authorities", "{\"anyOf\":[],\"version\":\"1.0.0\"}");
        bad.put("allOf at the top", of(claim).replaceFirst("anyOf", "allOf"));
        bad.put("authorities no list", "{\"anyOf\":{},\"version\":\"1.0.0\"}");
        bad.put("an authority that is text", "{\"anyOf\":[\"x\"],\"version\":\"1.0.0\"}");
        for (String authority : new String[] {
            "http://attest.example/",
            "attest.example",
            "",
            "https:///x",
            "https://u@attest.example/",
            "https://a.example/?q",
            "https://a.example/#f",
            "https://a b/",
            "https://a.example/" + "x".repeat(512)
        }) {
            bad.put("authority " + authority, of(claim).replace(AUTHORITY, authority));
        }
        bad.put(
                "an authority without conditions",
                "{\"anyOf\":[{\"authority\":\"https://a.b/\"}],\"version\":\"1.0.0\"}");
        bad.put("both groups", of(claim).replace("\"authority\"", "\"anyOf\":[" + claim + "],\"authority\""));
        bad.put("an authority with more", of(claim).replace("\"authority\"", "\"x\":1,\"authority\""));
        bad.put("an empty group", of(""));
        bad.put("an empty group inside", of("{\"anyOf\":[]}"));
        bad.put("a group with more", of("{\"anyOf\":[" + claim + "],\"x\":1}"));
        bad.put("both groups inside", of("{\"anyOf\":[" + claim + "],\"allOf\":[" + claim + "]}"));
        bad.put("a group beside a claim", of("{\"claim\":\"a\",\"anyOf\":[" + claim + "]}"));
        bad.put("a condition that is text", of("\"a\""));
        bad.put("an empty condition", of("{}"));
        bad.put("no operator", of("{\"claim\":\"a\"}"));
        bad.put("two operators", of("{\"claim\":\"a\",\"equals\":1,\"less\":2}"));
        bad.put("an operator unknown", of("{\"claim\":\"a\",\"matches\":\"x\"}"));
        bad.put("an operator in another case", of("{\"claim\":\"a\",\"Equals\":\"x\"}"));
        bad.put("no claim name", of("{\"claim\":\"\",\"equals\":1}"));
        bad.put("claim name no text", of("{\"claim\":1,\"equals\":1}"));
        for (String name : new String[] {".a", "a.", "a..b", "."}) {
            bad.put("claim name " + name, of("{\"claim\":\"" + name + "\",\"equals\":1}"));
        }
        bad.put("claim name too long", of("{\"claim\":\"" + "a".repeat(257) + "\",\"equals\":1}"));
        for (String value : new String[] {"null", "{}", "[]", "[1]"}) {
            bad.put("equals " + value, of("{\"claim\":\"a\",\"equals\":" + value + "}"));
        }
        bad.put("less than text", of("{\"claim\":\"a\",\"less\":\"1\"}"));
        bad.put("greater than true", of("{\"claim\":\"a\",\"greater\":true}"));
        bad.put("exists as text", of("{\"claim\":\"a\",\"exists\":\"true\"}"));
        bad.put("a number without end", of("{\"claim\":\"a\",\"equals\":" + "1".repeat(41) + "}"));
        bad.put("not a number", of("{\"claim\":\"a\",\"equals\":NaN}"));
        bad.put("nested too deep", of(nested(PolicyLimits.DEPTH_MAX + 1)));
        bad.put("nested out of all bounds", of("{\"anyOf\":[".repeat(2000)));
        bad.put("too many claims", of(claims(PolicyLimits.CLAIMS_MAX + 1)));
        bad.put("too many authorities", authorities(PolicyLimits.AUTHORITIES_MAX + 1));
        bad.put(
                "too long",
                of("{\"claim\":\"a\",\"equals\":\"" + "x".repeat(PolicyLimits.CANONICAL_LENGTH_MAX) + "\"}"));
        bad.put("too long with white space", of(claim) + " ".repeat(PolicyLimits.TEXT_LENGTH_MAX));
        return bad.entrySet().stream()
                .map(each -> dynamicTest(
                        each.getKey().substring(0, Math.min(60, each.getKey().length())),
                        () -> assertThrows(PolicyRefused.class, () -> read(each.getValue()))));
    }

    @Test
    void refusesHalfOfACharacter() {
        // Written down it would be a question mark, which a claim can hold.
        assertThrows(PolicyRefused.class, () -> read(of("{\"claim\":\"a\",\"equals\":\"\\ud800\"}")));
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        byte[] text = of("{\"claim\":\"a\",\"equals\":\"?\"}").getBytes(StandardCharsets.UTF_8);
        text[new String(text, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xc3;
        assertThrows(PolicyRefused.class, () -> Policy.read(text));
    }

    @Test
    void refusalsQuoteNothingOfThePolicy() {
        PolicyRefused refused =
                assertThrows(PolicyRefused.class, () -> read(of("{\"claim\":\"a\",\"hunter2\":\"hunter2\"}")));
        assertFalse(refused.reason().contains("hunter2"));
    }

    @Test
    void stopsWhereAKeyHasNoAcceptedPolicy() {
        assertThrows(IllegalStateException.class, () -> Policy.ofCanonical("{}"));
    }

    private static Policy read(String json) throws PolicyRefused {
        return Policy.read(json.getBytes(StandardCharsets.UTF_8));
    }

    /** A policy of one authority with these conditions, in canonical form. */
    static String of(String conditions) {
        return "{\"anyOf\":[{\"allOf\":[" + conditions + "],\"authority\":\"" + AUTHORITY
                + "\"}],\"version\":\"1.0.0\"}";
    }

    /** A claim that lies so many groups deep, that of the authority counted. */
    private static String nested(int depth) {
        String condition = "{\"claim\":\"a\",\"equals\":1}";
        for (int i = 1; i < depth; i++) {
            condition = "{\"anyOf\":[" + condition + "]}";
        }
        return condition;
    }

    private static String claims(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "{\"claim\":\"a\",\"equals\":1}")
                .collect(Collectors.joining(","));
    }

    private static String authorities(int count) {
        return IntStream.range(0, count)
                .mapToObj(i ->
                        "{\"authority\":\"https://a" + i + ".example\",\"anyOf\":[{\"claim\":\"a\",\"equals\":1}]}")
                .collect(Collectors.joining(",", "{\"anyOf\":[", "],\"version\":\"1.0.0\"}"));
    }
}
