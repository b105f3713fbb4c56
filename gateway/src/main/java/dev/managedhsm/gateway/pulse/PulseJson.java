// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.managedhsm.crypto.latency.LatencySeries;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Events and their parts as JSON. Stateless; any thread. */
final class PulseJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private PulseJson() {}

    /** Something that is written. */
    @FunctionalInterface
    interface Part {
        void write(JsonGenerator json) throws IOException;
    }

    /** A server-sent event whose data is one JSON object, on one line. */
    static byte[] event(String name, Part members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        bytes.writeBytes(("event: " + name + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        bytes.writeBytes(new byte[] {'\n', '\n'});
        return bytes.toByteArray();
    }

    static void histogram(JsonGenerator json, LatencySeries series, Histogram histogram) {
        try {
            json.writeFieldName(series.tag());
            SparseCounts.write(histogram, json);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static void exemplars(JsonGenerator json, String name, List<Exemplar> exemplars) throws IOException {
        json.writeArrayFieldStart(name);
        for (Exemplar exemplar : exemplars) {
            json.writeStartObject();
            json.writeNumberField("t", exemplar.endMillis());
            json.writeStringField("id", exemplar.requestId());
            if (exemplar.traceId() != null) {
                json.writeStringField("trace", exemplar.traceId());
            }
            json.writeStringField("key", exemplar.keyName());
            json.writeStringField("version", exemplar.keyVersion());
            json.writeStringField("who", exemplar.principal());
            json.writeStringField("operation", exemplar.operation().name());
            json.writeStringField("keyClass", exemplar.keyClass().name());
            json.writeStringField("algorithm", exemplar.algorithm().name());
            json.writeStringField("outcome", exemplar.outcome().name());
            json.writeNumberField("ns", exemplar.totalNanos());
            json.writeNumberField("excess", Math.round(exemplar.excess() * 100) / 100.0);
            json.writeFieldName("stages");
            json.writeArray(exemplar.stageNanos(), 0, exemplar.stageNanos().length);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void costs(JsonGenerator json, String name, TopCosts costs, int max) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("ns", costs.nanos());
        json.writeArrayFieldStart("top");
        for (CostSketch.Cost cost : costs.first(max)) {
            json.writeStartObject();
            json.writeStringField("name", cost.name().toString());
            json.writeNumberField("ns", cost.nanos());
            json.writeNumberField("error", cost.errorNanos());
            json.writeNumberField("operations", cost.operations());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void pauses(JsonGenerator json, List<Pause> pauses) throws IOException {
        json.writeArrayFieldStart("pauses");
        for (Pause pause : pauses) {
            json.writeStartObject();
            json.writeNumberField("t", pause.startMillis());
            json.writeNumberField("ms", Math.round(pause.millis() * 10) / 10.0);
            json.writeStringField("kind", pause.kind().name());
            json.writeStringField("cause", pause.cause());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void calendar(JsonGenerator json, KeyCalendar calendar) throws IOException {
        json.writeObjectFieldStart("calendar");
        json.writeNumberField("keys", calendar.keys());
        json.writeNumberField("deleted", calendar.deleted());
        json.writeNumberField("expired", calendar.expired());
        json.writeNumberField("expiring", calendar.expiring());
        json.writeArrayFieldStart("dates");
        for (KeyCalendar.Date date : calendar.dates()) {
            json.writeStartObject();
            json.writeNumberField("t", date.seconds());
            json.writeStringField("kind", date.kind().name());
            json.writeStringField("key", date.key());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Those counts that are not zero. */
    static void counts(JsonGenerator json, String name, Map<String, Long> counts) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, Long> count : counts.entrySet()) {
            if (count.getValue() != 0) {
                json.writeNumberField(count.getKey(), count.getValue());
            }
        }
        json.writeEndObject();
    }
}
