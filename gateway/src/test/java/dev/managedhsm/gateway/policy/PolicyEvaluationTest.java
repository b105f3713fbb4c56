// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyEvaluationTest {
    private static final String AUTHORITY = "https://attest.example/";
    private static final String CLAIMS = """
            {"text":"sevsnpvm","one":1,"decimal":1.10,"large":12345678901234567890123456789,"yes":true,"no":false,
             "yesText":"true","noText":"false","oneText":"1","nothing":null,"list":["sevsnpvm",true],"empty":"",
             "tee":{"type":"sevsnpvm","depth":{"level":3}},"a.b":"dotted","a":{"b":"nested"}}
            """;

    @ParameterizedTest(name = "{0} {1} {2} is {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "text     | equals          | \"sevsnpvm\" | true",
                "text     | equals          | \"SEVSNPVM\" | false",
                "text     | equals          | \"sevsnpv\"  | false",
                "empty    | equals          | \"\"         | true",
                "missing  | equals          | \"\"         | false",
                "nothing  | equals          | \"null\"     | false",
                "nothing  | equals          | \"\"         | false",
                "one      | equals          | 1            | true",
                "one      | equals          | 1.0          | true",
                "one      | equals          | 1e0          | true",
                "one      | equals          | 2            | false",
                "one      | equals          | \"1\"        | false",
                "oneText  | equals          | 1            | false",
                "one      | equals          | true         | false",
                "decimal  | equals          | 1.1          | true",
                "decimal  | equals          | 1.1000000001 | false",
                "large    | equals          | 12345678901234567890123456789 | true",
                "large    | equals          | 12345678901234567890123456788 | false",
                "yes      | equals          | true         | true",
                "yes      | equals          | false        | false",
                "yes      | equals          | \"true\"     | true",
                "yes      | equals          | \"True\"     | false",
                "yes      | equals          | 1            | false",
                "yesText  | equals          | true         | true",
                "yesText  | equals          | \"true\"     | true",
                "noText   | equals          | false        | true",
                "no       | equals          | true         | false",
                "text     | equals          | true         | false",
                "list     | equals          | \"sevsnpvm\" | false",
                "list     | equals          | true         | false",
                "list.0   | equals          | \"sevsnpvm\" | false",
                "tee      | equals          | \"sevsnpvm\" | false",
                "tee.type | equals          | \"sevsnpvm\" | true",
                "tee.type.x | equals        | \"sevsnpvm\" | false",
                "tee.depth.level | equals   | 3            | true",
                "a.b      | equals          | \"nested\"   | true",
                "a.b      | equals          | \"dotted\"   | false",
                "text     | notEquals       | \"sgx\"      | true",
                "text     | notEquals       | \"sevsnpvm\" | false",
                "yes      | notEquals       | false        | true",
                "yes      | notEquals       | \"false\"    | true",
                "yes      | notEquals       | \"true\"     | false",
                "yesText  | notEquals       | true         | false",
                "one      | notEquals       | 2            | true",
                "one      | notEquals       | 1.00         | false",
                "one      | notEquals       | \"2\"        | false",
                "text     | notEquals       | 5            | false",
                "list     | notEquals       | \"x\"        | false",
                "tee      | notEquals       | \"x\"        | false",
                "missing  | notEquals       | \"x\"        | false",
                "nothing  | notEquals       | \"x\"        | false",
                "one      | less            | 1.0000001    | true",
                "one      | less            | 1            | false",
                "one      | lessOrEquals    | 1.0          | true",
                "one      | lessOrEquals    | 0.9          | false",
                "decimal  | greater         | 1.09         | true",
                "decimal  | greater         | 1.1          | false",
                "decimal  | greaterOrEquals | 1.1          | true",
                "decimal  | greaterOrEquals | 1.2          | false",
                "large    | greater         | 1e999999999  | false",
                "large    | less            | 1e999999999  | true",
                "oneText  | less            | 5            | false",
                "yes      | greater         | 0            | false",
                "missing  | less            | 5            | false",
                "text     | exists          | true         | true",
                "list     | exists          | true         | true",
                "tee.depth | exists         | true         | true",
                "missing  | exists          | true         | false",
                "nothing  | exists          | true         | false",
                "text     | exists          | false        | false",
                "missing  | exists          | false        | true",
                "tee.missing | exists       | false        | true"
            })
    void comparesOneClaim(String claim, String operator, String value, boolean met) throws PolicyRefused {
        String condition = "{\"claim\":\"" + claim + "\",\"" + operator + "\":" + value + "}";
        assertEquals(met, policy(PolicyGrammarTest.of(condition)).met(AUTHORITY, claims(CLAIMS)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"allOf\":[YES,YES]} | true",
                "{\"allOf\":[YES,NO]} | false",
                "{\"anyOf\":[NO,YES]} | true",
                "{\"anyOf\":[NO,NO]} | false",
                "{\"anyOf\":[{\"allOf\":[YES,NO]},{\"allOf\":[YES,{\"anyOf\":[NO,YES]}]}]} | true",
                "{\"allOf\":[{\"anyOf\":[YES,NO]},{\"anyOf\":[NO,NO]}]} | false"
            })
    void combinesConditions(String text, boolean met) throws PolicyRefused {
        String condition = text.replace("YES", "{\"claim\":\"yes\",\"equals\":true}")
                .replace("NO", "{\"claim\":\"yes\",\"equals\":false}");
        assertEquals(met, policy(PolicyGrammarTest.of(condition)).met(AUTHORITY, claims(CLAIMS)));
    }

    @Test
    void asksEachAuthorityForItsOwnClaims() throws PolicyRefused {
        Policy policy = policy("""
                {"version":"1.0.0","anyOf":[
                 {"authority":"https://one.example","allOf":[{"claim":"x","equals":1}]},
                 {"authority":"https://two.example","allOf":[{"claim":"x","equals":2}]},
                 {"authority":"https://two.example","allOf":[{"claim":"x","equals":3}]}]}""");
        assertTrue(policy.met("https://one.example", claims("{\"x\":1}")));
        assertFalse(policy.met("https://two.example", claims("{\"x\":1}")));
        assertTrue(policy.met("https://two.example", claims("{\"x\":2}")));
        assertTrue(policy.met("https://two.example", claims("{\"x\":3}")));
        assertFalse(policy.met("https://three.example", claims("{\"x\":1}")));
        assertFalse(policy.met("https://one.example/", claims("{\"x\":1}")));
        assertFalse(policy.met("https://ONE.example", claims("{\"x\":1}")));
    }

    @Test
    void readsNoClaimsThatTwoReadersCouldReadDifferently() {
        assertNull(Claims.read("{\"x\":1,\"x\":2}".getBytes(StandardCharsets.UTF_8)));
        assertNull(Claims.read("{\"x\":{\"y\":1,\"y\":2}}".getBytes(StandardCharsets.UTF_8)));
        assertNull(Claims.read("{} x".getBytes(StandardCharsets.UTF_8)));
        assertNull(Claims.read(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}));
    }

    private static Policy policy(String json) throws PolicyRefused {
        return Policy.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Claims claims(String json) {
        return Objects.requireNonNull(Claims.read(json.getBytes(StandardCharsets.UTF_8)));
    }
}
