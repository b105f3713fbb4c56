// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import dev.managedhsm.gateway.fixture.KeyApi;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import reactor.core.publisher.Mono;

/** Which operations of the key API the stock clients have called with success. */
final class Calls implements HttpPipelinePolicy {
    private final Set<String> successful = new ConcurrentSkipListSet<>();

    @Override
    public Mono<HttpResponse> process(HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
        return next.process().doOnNext(this::see);
    }

    @Override
    public HttpResponse processSync(HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
        HttpResponse response = next.processSync();
        see(response);
        return response;
    }

    private void see(HttpResponse response) {
        KeyApi.Operation operation = KeyApi.DESCRIPTION.called(
                response.getRequest().getHttpMethod().toString(),
                response.getRequest().getUrl().getPath());
        if (operation != null && response.getStatusCode() == operation.status()) {
            successful.add(operation.id());
        }
    }

    /** By now every operation that a stock client has a method for was called. */
    void assertComplete() {
        TreeSet<String> wanted = new TreeSet<>();
        for (KeyApi.Operation operation : KeyApi.DESCRIPTION.operations()) {
            if (operation.inSdk()) {
                wanted.add(operation.id());
            }
        }
        assertEquals(wanted, new TreeSet<>(successful));
    }
}
