// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static dev.managedhsm.auth.role.DataAction.SECURITY_DOMAIN_DOWNLOAD;
import static dev.managedhsm.auth.role.DataAction.SECURITY_DOMAIN_DOWNLOAD_READ;
import static dev.managedhsm.auth.role.DataAction.SECURITY_DOMAIN_TRANSFER_KEY_READ;
import static dev.managedhsm.auth.role.DataAction.SECURITY_DOMAIN_UPLOAD;
import static dev.managedhsm.auth.role.DataAction.SECURITY_DOMAIN_UPLOAD_READ;
import static dev.managedhsm.gateway.resource.EndpointGroup.DOMAIN_DOWNLOAD;
import static dev.managedhsm.gateway.resource.EndpointGroup.DOMAIN_UPLOAD;
import static dev.managedhsm.gateway.resource.EndpointGroup.DOMAIN_UPLOAD_STATUS;
import static dev.managedhsm.gateway.resource.EndpointGroup.ROOT_KEY;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.POST;

import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.Refused;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * The security domain: download, upload, and how they stand. An extension of ours: rotation of the root key, for whoever may
 * upload a domain. Everything that computes or waits is done off the event loop, one at a time. Any event loop.
 */
public final class SecurityDomains {
    private static final String DOWNLOAD_PENDING = "/securitydomain/download/pending";
    private static final String UPLOAD_PENDING = "/securitydomain/upload/pending";
    private static final int POLL_SECONDS = 5;

    private final DomainKeeper keeper;
    private final String baseUrl;

    /**
     * @param keeper does it
     * @param baseUrl scheme, host and port of URLs, without a slash at the end
     */
    public SecurityDomains(DomainKeeper keeper, String baseUrl) {
        this.keeper = keeper;
        this.baseUrl = baseUrl;
    }

    /** What this resource answers. */
    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.onDomain(
                        GET, DOWNLOAD_PENDING, SECURITY_DOMAIN_DOWNLOAD_READ, DOMAIN_DOWNLOAD, this::downloaded),
                Endpoint.onDomain(
                        POST, "/securitydomain/download", SECURITY_DOMAIN_DOWNLOAD, DOMAIN_DOWNLOAD, this::download),
                Endpoint.onDomain(
                        GET, UPLOAD_PENDING, SECURITY_DOMAIN_UPLOAD_READ, DOMAIN_UPLOAD_STATUS, this::uploaded),
                Endpoint.onDomain(
                        GET,
                        "/securitydomain/upload",
                        SECURITY_DOMAIN_TRANSFER_KEY_READ,
                        DOMAIN_UPLOAD,
                        this::transferKey),
                Endpoint.onDomain(POST, "/securitydomain/upload", SECURITY_DOMAIN_UPLOAD, DOMAIN_UPLOAD, this::upload),
                Endpoint.onDomain(
                        POST, "/securitydomain/rotaterootkey", SECURITY_DOMAIN_UPLOAD, ROOT_KEY, this::rotate));
    }

    private void download(Call call) throws Refused {
        DomainBody.Download wanted = DomainBody.download(call.json());
        Exchange exchange = call.exchange();
        work(exchange, () -> keeper.download(wanted), domain -> {
            exchange.accepted(DomainBody.domain(domain), baseUrl + DOWNLOAD_PENDING, POLL_SECONDS);
        });
    }

    private void downloaded(Call call) {
        call.exchange().answer(status(keeper.downloaded()));
    }

    private void transferKey(Call call) {
        Exchange exchange = call.exchange();
        exchange.body().letGo();
        work(
                exchange,
                keeper::transferKey,
                key -> exchange.answer(
                        DomainBody.transferKey(key.certificate(), key.key(), call.query("api-version"))));
    }

    private void upload(Call call) throws Refused {
        String domain = DomainBody.upload(call.json());
        Exchange exchange = call.exchange();
        work(
                exchange,
                () -> {
                    keeper.upload(domain);
                    return DomainBody.status("InProgress", "The security domain was accepted");
                },
                status -> {
                    exchange.accepted(status, baseUrl + UPLOAD_PENDING, POLL_SECONDS);
                });
    }

    private void uploaded(Call call) {
        call.exchange().answer(status(keeper.uploaded()));
    }

    private void rotate(Call call) {
        Exchange exchange = call.exchange();
        exchange.body().letGo();
        work(
                exchange,
                keeper::rotateRootKey,
                records -> exchange.answer(new JsonObject()
                        .put("records", records)
                        .put("status", "Success")
                        .put(
                                "status_details",
                                "Download the security domain again: the old one opens older backups only")));
    }

    private static JsonObject status(DomainKeeper.Standing standing) {
        String status = switch (standing.progress()) {
            case NONE, FAILED -> "Failed";
            case IN_PROGRESS -> "InProgress";
            case SUCCESS -> "Success";
        };
        return DomainBody.status(status, standing.details());
    }

    /** Does something that takes time, then answers on the event loop; it is recorded also if the client has gone. */
    private static <T> void work(Exchange exchange, Callable<T> work, Consumer<T> answer) {
        exchange.edge()
                .vertx()
                .executeBlocking(work, false)
                .onComplete(done -> exchange.conclude(() -> {
                    if (done.succeeded()) {
                        answer.accept(done.result());
                    } else if (done.cause() instanceof Refused refused) {
                        exchange.refuse(refused.error());
                    } else {
                        exchange.broken(done.cause());
                    }
                }));
    }
}
