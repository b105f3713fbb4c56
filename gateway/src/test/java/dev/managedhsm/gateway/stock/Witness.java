// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpPipelinePosition;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import reactor.core.publisher.Mono;

/**
 * Sees what the client asks of the HSM: an operation that it computed by itself, with the public key, would prove nothing
 * of ours.
 */
final class Witness implements HttpPipelinePolicy {
    private final List<String> seen = new ArrayList<>();

    @Override
    public Mono<HttpResponse> process(HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
        see(context);
        return next.process();
    }

    @Override
    public HttpResponse processSync(HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
        see(context);
        return next.processSync();
    }

    @Override
    public HttpPipelinePosition getPipelinePosition() {
        return HttpPipelinePosition.PER_CALL;
    }

    private synchronized void see(HttpPipelineCallContext context) {
        String path = context.getHttpRequest().getUrl().getPath();
        String last = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        seen.add(context.getHttpRequest().getHttpMethod() + " " + last);
    }

    /** Whatever was seen is of no interest any more. */
    synchronized void forget() {
        seen.clear();
    }

    /** Since the last time, the HSM was asked for exactly these operations. */
    synchronized void assertSaw(String... operations) {
        List<String> wanted =
                List.of(operations).stream().map(name -> "POST " + name).toList();
        List<String> found = List.copyOf(seen);
        seen.clear();
        assertEquals(wanted, found);
    }
}
