// SPDX-License-Identifier: Apache-2.0
//
// The stream of events, read by fetch because an EventSource carries no token. The token lives in this closure and nowhere
// else; nothing here writes it anywhere but into the header of a request to this origin.

const PATH = "/dashboard/stream?api-version=7.6";
const RETRY_SECONDS_MAX = 10;

/**
 * Follows the HSM until it is told to end.
 *
 * @param token an access token
 * @param on what is called: event(name, data), link(state, text), refused(status, text)
 * @returns a function that ends it
 */
export function follow(token, on) {
    const abort = new AbortController();
    let failures = 0;
    let proven = false;

    async function run() {
        while (!abort.signal.aborted) {
            try {
                on.link("opening", "connecting");
                const response = await fetch(PATH, {
                    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
                    cache: "no-store",
                    credentials: "omit",
                    redirect: "error",
                    signal: abort.signal,
                });
                if (response.status === 401 || response.status === 403 || (!proven && !response.ok)) {
                    on.refused(response.status, await reason(response));
                    return;
                }
                if (response.ok) {
                    proven = true;
                    failures = 0;
                    await read(response.body);
                }
            } catch (gone) {
                if (abort.signal.aborted) {
                    return;
                }
                if (!proven) {
                    on.refused(0, "The HSM does not answer.");
                    return;
                }
            }
            await wait(Math.min(RETRY_SECONDS_MAX, 2 ** failures++));
        }
    }

    async function read(body) {
        const reader = body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
            const { done, value } = await reader.read();
            if (done) {
                return;
            }
            const events = (rest + value).split("\n\n");
            rest = events.pop();
            events.forEach(take);
        }
    }

    function take(text) {
        const end = text.indexOf("\n");
        on.event(text.slice("event: ".length, end), JSON.parse(text.slice(end + 1 + "data: ".length)));
    }

    async function wait(seconds) {
        for (let left = seconds; left > 0 && !abort.signal.aborted; left--) {
            on.link("lost", `no connection, again in ${left} s`);
            await new Promise((resolve) => setTimeout(resolve, 1000));
        }
    }

    run();
    return () => abort.abort();
}

/** Why the HSM refused, in its own words. */
async function reason(response) {
    try {
        return (await response.json()).error.message;
    } catch (other) {
        return `The HSM answered ${response.status}.`;
    }
}
