// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.CalendarDuration;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.LifetimeAction;
import dev.managedhsm.crypto.key.RotationFault;
import dev.managedhsm.crypto.key.RotationPolicy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotation policies as Azure shows and takes them. Any thread.
 *
 * <p>A key without a policy is shown with the policy that leads to none when it is set: no actions, no attributes. What a
 * client got can so always be sent back. {@code id}, {@code created} and {@code updated} of a request are not looked at.
 */
public final class RotationPolicyBody {
    private static final String AFTER_CREATE = "timeAfterCreate";
    private static final String BEFORE_EXPIRY = "timeBeforeExpiry";

    private RotationPolicyBody() {}

    /**
     * Parses a body. Members that are null are as if they were left out.
     *
     * @param json the request's JSON object
     * @return the policy, within its bounds; blank if the body names neither an action nor an expiry time
     * @throws Refused saying which property is not acceptable
     */
    public static RotationPolicy read(JsonObject json) throws Refused {
        List<LifetimeAction> actions = new ArrayList<>();
        for (JsonObject action : JsonFields.objects(json, "lifetimeActions")) {
            actions.add(action(action));
        }
        JsonObject attributes = JsonFields.optionalObject(json, "attributes");
        CalendarDuration expiryTime = attributes == null ? null : duration(attributes, "expiryTime");
        RotationFault fault = RotationPolicy.fault(actions, expiryTime);
        if (fault != null) {
            throw new Refused(message(fault));
        }
        return new RotationPolicy(actions, expiryTime);
    }

    private static LifetimeAction action(JsonObject json) throws Refused {
        String type = JsonFields.text(JsonFields.object(json, "action"), "type");
        LifetimeAction.Kind kind = type == null ? null : kind(type);
        if (kind == null) {
            throw new Refused("Property 'type' of a lifetime action is 'Rotate' or 'Notify'");
        }
        JsonObject trigger = JsonFields.object(json, "trigger");
        CalendarDuration afterCreate = duration(trigger, AFTER_CREATE);
        CalendarDuration beforeExpiry = duration(trigger, BEFORE_EXPIRY);
        if (afterCreate != null && beforeExpiry == null) {
            return new LifetimeAction(kind, LifetimeAction.Trigger.AFTER_CREATE, afterCreate);
        }
        if (beforeExpiry != null && afterCreate == null) {
            return new LifetimeAction(kind, LifetimeAction.Trigger.BEFORE_EXPIRY, beforeExpiry);
        }
        throw new Refused(
                "Property 'trigger' of a lifetime action has either '" + AFTER_CREATE + "' or '" + BEFORE_EXPIRY + "'");
    }

    private static LifetimeAction.@Nullable Kind kind(String type) {
        for (LifetimeAction.Kind kind : LifetimeAction.Kind.values()) {
            if (name(kind).equalsIgnoreCase(type)) {
                return kind;
            }
        }
        return null;
    }

    private static @Nullable CalendarDuration duration(JsonObject json, String name) throws Refused {
        String text = JsonFields.text(json, name);
        if (text == null) {
            return null;
        }
        CalendarDuration duration = CalendarDuration.parse(text);
        if (duration == null) {
            throw new Refused("Property '" + name + "' is not a duration of ISO 8601, such as P90D");
        }
        return duration;
    }

    private static String message(RotationFault fault) {
        int days = RotationPolicy.SHORTEST_DAYS;
        return switch (fault) {
            case ACTION_TWICE -> "Property 'lifetimeActions' has at most one action that rotates and one that notifies";
            case NOTIFY_AFTER_CREATE -> "Property '" + AFTER_CREATE + "' is only for the action 'Rotate'";
            case EXPIRY_TOO_SHORT -> "Property 'expiryTime' is at least " + days + " days";
            case AFTER_CREATE_TOO_SHORT -> "Property '" + AFTER_CREATE + "' is at least " + days + " days";
            case BEFORE_EXPIRY_WITHOUT_EXPIRY ->
                "Property 'expiryTime' is required where '" + BEFORE_EXPIRY + "' says when to rotate";
            case BEFORE_EXPIRY_TOO_LONG ->
                "Property '" + BEFORE_EXPIRY + "' is at most 'expiryTime' less " + days + " days";
            case TOO_LONG -> "A duration is at most " + RotationPolicy.LONGEST_YEARS + " years";
        };
    }

    /**
     * The body of an answer.
     *
     * @param baseUrl scheme, host and port of identifiers, without a slash at the end
     * @param name the key's name
     * @param rotation its policy, or that it has none
     */
    public static JsonObject of(String baseUrl, KeyName name, KeyRotation rotation) {
        JsonObject attributes = new JsonObject();
        CalendarDuration expiryTime = rotation.policy().expiryTime();
        if (!rotation.policy().blank()) {
            attributes.put("created", rotation.created());
            if (expiryTime != null) {
                attributes.put("expiryTime", expiryTime.text());
            }
            attributes.put("updated", rotation.updated());
        }
        JsonArray actions = new JsonArray();
        for (LifetimeAction action : rotation.policy().actions()) {
            String trigger = action.trigger() == LifetimeAction.Trigger.AFTER_CREATE ? AFTER_CREATE : BEFORE_EXPIRY;
            actions.add(new JsonObject()
                    .put("action", new JsonObject().put("type", name(action.kind())))
                    .put("trigger", new JsonObject().put(trigger, action.time().text())));
        }
        return new JsonObject()
                .put("attributes", attributes)
                .put("id", baseUrl + "/keys/" + name + "/rotationpolicy")
                .put("lifetimeActions", actions);
    }

    private static String name(LifetimeAction.Kind kind) {
        return switch (kind) {
            case ROTATE -> "Rotate";
            case NOTIFY -> "Notify";
        };
    }
}
