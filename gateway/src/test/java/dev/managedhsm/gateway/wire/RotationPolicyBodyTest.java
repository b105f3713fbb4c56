// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.RotationPolicy;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RotationPolicyBodyTest {
    private static final String URL = "https://hsm.test";
    private static final KeyName NAME = new KeyName("Invoices");

    private static RotationPolicy read(String json) throws Refused {
        return RotationPolicyBody.read(new JsonObject(json));
    }

    private static String shown(RotationPolicy policy) {
        return RotationPolicyBody.of(URL, NAME, new KeyRotation(policy, 7, 8)).encode();
    }

    @Test
    void showsMembersInAlphabeticalOrderAndLeavesOutWhatIsNotThere() throws Refused {
        String json = "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P18M\",\"timeBeforeExpiry\":null},"
                + "\"action\":{\"type\":\"rotate\"}},{\"trigger\":{\"timeBeforeExpiry\":\"P30D\"},"
                + "\"action\":{\"type\":\"NOTIFY\"}}],\"attributes\":{\"expiryTime\":\"P2Y\",\"created\":1}}";

        assertEquals(
                "{\"attributes\":{\"created\":7,\"expiryTime\":\"P2Y\",\"updated\":8},"
                        + "\"id\":\"https://hsm.test/keys/Invoices/rotationpolicy\","
                        + "\"lifetimeActions\":[{\"action\":{\"type\":\"Rotate\"},"
                        + "\"trigger\":{\"timeAfterCreate\":\"P18M\"}},"
                        + "{\"action\":{\"type\":\"Notify\"},\"trigger\":{\"timeBeforeExpiry\":\"P30D\"}}]}",
                shown(read(json)));
    }

    @Test
    void showsAKeyWithoutPolicyAsWhatLeadsToNone() throws Refused {
        JsonObject none = RotationPolicyBody.of(URL, NAME, KeyRotation.NONE);

        assertEquals(
                "{\"attributes\":{},\"id\":\"https://hsm.test/keys/Invoices/rotationpolicy\",\"lifetimeActions\":[]}",
                none.encode());
        assertTrue(RotationPolicyBody.read(none).blank());
    }

    @Test
    void whatIsShownCanBeSentBack() throws Refused {
        for (String json : new String[] {
            "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P90D\"},\"action\":{\"type\":\"Rotate\"}}]}",
            "{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}]}",
            "{\"attributes\":{\"expiryTime\":\"P1Y10D\"}}"
        }) {
            RotationPolicy policy = read(json);
            assertEquals(policy, read(shown(policy)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"lifetimeActions\":null,\"attributes\":null}",
                "{\"lifetimeActions\":[],\"attributes\":{}}",
                "{\"id\":5,\"attributes\":{\"expiryTime\":null,\"created\":null,\"updated\":1}}",
                "{\"unknown\":[1,{}]}"
            })
    void isBlankWhereNothingIsSaid(String json) throws Refused {
        assertEquals(RotationPolicy.BLANK, read(json));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'lifetimeActions':{}} | 'lifetimeActions' is not an array",
                "{'lifetimeActions':[1]} | 'lifetimeActions' holds a value that is not an object",
                "{'lifetimeActions':[null]} | 'lifetimeActions' holds a value that is not an object",
                "{'lifetimeActions':[{}]} | 'action' is required and is an object",
                "{'lifetimeActions':[{'action':null}]} | 'action' is required and is an object",
                "{'lifetimeActions':[{'action':'Rotate'}]} | 'action' is required and is an object",
                "{'lifetimeActions':[{'action':{}}]} | 'Rotate' or 'Notify'",
                "{'lifetimeActions':[{'action':{'type':null}}]} | 'Rotate' or 'Notify'",
                "{'lifetimeActions':[{'action':{'type':'Expire'}}]} | 'Rotate' or 'Notify'",
                "{'lifetimeActions':[{'action':{'type':1}}]} | 'type' is not a string",
                "{'lifetimeActions':[{'action':{'type':'Rotate'}}]} | 'trigger' is required and is an object",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{}}]} | either 'timeAfterCreate' or",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeAfterCreate':null}}]} | either",
                "{'attributes':{'expiryTime':'P1Y'},'lifetimeActions':[{'action':{'type':'Rotate'},"
                        + "'trigger':{'timeAfterCreate':'P90D','timeBeforeExpiry':'P30D'}}]} | either",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeAfterCreate':'90'}}]} | ISO 8601",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeAfterCreate':90}}]} | not a string",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeAfterCreate':'P27D'}}]}"
                        + " | 'timeAfterCreate' is at least 28 days",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeBeforeExpiry':'P30D'}}]}"
                        + " | 'expiryTime' is required",
                "{'attributes':{'expiryTime':'P56D'},'lifetimeActions':[{'action':{'type':'Rotate'},"
                        + "'trigger':{'timeBeforeExpiry':'P29D'}}]} | at most 'expiryTime' less 28 days",
                "{'lifetimeActions':[{'action':{'type':'Notify'},'trigger':{'timeAfterCreate':'P30D'}}]}"
                        + " | only for the action 'Rotate'",
                "{'lifetimeActions':[{'action':{'type':'Rotate'},'trigger':{'timeAfterCreate':'P30D'}},"
                        + "{'action':{'type':'rotate'},'trigger':{'timeAfterCreate':'P40D'}}]} | at most one action",
                "{'attributes':[]} | 'attributes' is not an object",
                "{'attributes':{'expiryTime':'P27D'}} | 'expiryTime' is at least 28 days",
                "{'attributes':{'expiryTime':'PT48H'}} | 'expiryTime' is at least 28 days",
                "{'attributes':{'expiryTime':'P1001Y'}} | at most 1000 years",
                "{'attributes':{'expiryTime':'P99999999999Y'}} | ISO 8601",
                "{'attributes':{'expiryTime':''}} | ISO 8601",
                "{'attributes':{'expiryTime':90}} | not a string"
            })
    void refusesWhatIsNoPolicy(String json, String word) {
        Refused refused = assertThrows(Refused.class, () -> read(json.replace('\'', '"')));

        assertTrue(refused.error().message().contains(word), refused.error().message());
        assertEquals(400, refused.error().status());
        assertSame("BadParameter", refused.error().code());
    }
}
