// SPDX-License-Identifier: Apache-2.0
//
// Why the slow ones are slow: where their time went, compared with an operation in the middle, and what else happened then.

import { byId, element, head, row, say, show } from "./dom.js";
import { clock, duration, PAUSES, paused, percent, times, words } from "./format.js";
import { WHOLE } from "./history.js";

const SHOWN_MAX = 60;
const TAIL_MAX = 100;

const MEANING = {
    RECEIVE: "the body came slowly, or the event loop was busy",
    AUTHENTICATE: "a token was verified, or its issuer's keys were fetched",
    DECODE: "the event loop was interrupted while it read the body",
    QUEUE: "the lane's workers were busy, or had no core",
    EXECUTE: "a key was loaded into the engine, or the worker lost its core",
    RETURN: "the worker was done and the event loop was busy, or had no core",
    ENCODE: "the event loop was interrupted while it wrote the answer",
    AUDIT: "the disk took long to keep the audit event",
};

export class Tail {
    constructor() {
        this.open = new Set();
        this.pick = null;
    }

    /** Shows slow operations of one second, or of one latency and more, or all of the window. */
    choose(pick) {
        this.pick = pick;
    }

    draw(history, kind) {
        const whole = history.of(kind, WHOLE);
        const from = this.pick?.t ? this.pick.t - 1000 : history.fromMillis();
        const to = this.pick?.t ? this.pick.t + 1 : Infinity;
        let slow = history.slow(kind, from, to);
        if (this.pick !== null && !this.pick.t) {
            slow = slow.filter((one) => one.ns >= this.pick.ns);
        }
        this.verdict(history, kind, whole, slow);
        this.list(history, slow);
    }

    verdict(history, kind, whole, slow) {
        const verdict = byId("verdict");
        if (whole.total === 0 || slow.length === 0) {
            say(verdict, whole.total === 0 ? "No operation in this window yet." : "No slow operation is known in this time.");
            show(byId("splits"));
            return;
        }
        const tail = slow.slice(0, TAIL_MAX);
        const middle = history.stages.map((stage) => history.of(kind, stage).percentile(50) ?? 0);
        const mean = history.stages.map((_, i) => tail.reduce((sum, one) => sum + one.stages[i], 0) / tail.length);
        const longer = mean.map((ns, i) => Math.max(0, ns - middle[i]));
        const most = longer.indexOf(Math.max(...longer));
        const share = longer[most] / Math.max(1, longer.reduce((a, b) => a + b));
        const stage = history.stages[most];
        const with_ = coincidences(history, tail);
        show(verdict,
            element("span", {}, `p99.9 is ${duration(whole.percentile(99.9))}, ${times(whole.percentile(99.9) / whole.percentile(50))} the median of ${duration(whole.percentile(50))}. Of what slow operations take longer, `),
            element("strong", {}, `${percent(share)} is ${stage}`),
            element("span", {}, `: ${MEANING[stage] ?? "see the stage"}.${with_}`));
        const scale = mean.reduce((a, b) => a + b);
        show(byId("splits"),
            split("median", history.stages, middle, middle.reduce((a, b) => a + b)),
            split(`${tail.length} slow, mean`, history.stages, mean, scale),
            keyOf(history.stages));
    }

    list(history, slow) {
        const focused = document.activeElement?.dataset?.request;
        const rows = slow.slice(0, SHOWN_MAX).flatMap((one) => this.rows(history, one));
        say(byId("slow-title"), this.title(slow.length));
        show(byId("slow"),
            head(["time", ["took", { class: "number" }], ["× p99.9", { class: "number", title: "how many times the 99.9th percentile of its kind" }], "operation", "key", "where the time went", "at the same time"]),
            element("tbody", {}, ...(rows.length > 0 ? rows : [row([["None is known.", { colspan: 7, class: "dim" }]])])));
        for (const button of byId("slow").querySelectorAll("button")) {
            button.onclick = () => this.toggle(button.dataset.request, history, slow);
            if (focused === button.dataset.request) {
                button.focus();
            }
        }
    }

    title(count) {
        const what = this.pick === null ? "" : this.pick.t ? ` in the second before ${clock(this.pick.t)}` : ` of ${duration(this.pick.ns)} and more`;
        return `Operations above p99.9${what}${count > SHOWN_MAX ? `: the ${SHOWN_MAX} most telling of ${count}` : ""}`;
    }

    toggle(id, history, slow) {
        if (!this.open.delete(id)) {
            this.open.add(id);
        }
        this.list(history, slow);
    }

    rows(history, one) {
        const opened = this.open.has(one.id);
        const most = one.stages.indexOf(Math.max(...one.stages));
        const pauses = during(history, one);
        const line = row([
            element("button", { type: "button", class: "plain", "aria-expanded": String(opened), "data-request": one.id }, `${opened ? "▾" : "▸"} ${clock(one.t)}`),
            [duration(one.ns), { class: "number", "data-ns": one.ns }],
            [one.excess.toFixed(1), { class: "number" }],
            `${words(one.operation)} ${words(one.keyClass)}`,
            [one.key, { class: "clip", title: one.key }],
            element("span", { class: "where" }, bar(history.stages, one.stages, one.ns), element("span", {}, `${history.stages[most]} ${percent(one.stages[most] / one.ns)}`)),
            pauses.length === 0 ? element("span", { class: "dim" }, "–") : pauses.map(paused).join(", "),
        ], { "data-request-row": one.id, "data-most": history.stages[most] });
        return opened ? [line, this.detail(history, one, pauses)] : [line];
    }

    detail(history, one, pauses) {
        const facts = [
            ["request", one.id], ...(one.trace ? [["trace", one.trace]] : []), ["key version", one.version], ["algorithm", one.algorithm], ["outcome", one.outcome],
            ["principal", one.who], ["ended", new Date(one.t).toISOString()],
            ...pauses.map((pause) => ["pause", `${paused(pause)} from ${clock(pause.t)}: ${pause.cause}`]),
        ];
        return element("tr", { class: "detail" }, element("td", { colspan: "7" },
            element("dl", { class: "stages" }, ...history.stages.flatMap((stage, i) => [
                element("dt", {}, swatch(stage), stage), element("dd", {}, duration(one.stages[i]))])),
            element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]))));
    }
}

/** Pauses that overlap with an operation. */
function during(history, one) {
    return history.pauses(one.t - one.ns / 1e6 - 2, one.t + 2).filter((pause) => pause.ms >= 0.5);
}

function coincidences(history, tail) {
    const said = Object.entries(PAUSES).flatMap(([kind, { word }]) => {
        const count = tail.filter((one) => during(history, one).some((pause) => pause.kind === kind)).length;
        return count === 0 ? [] : [`${count} into a ${word}`];
    });
    return said.length === 0 ? "" : ` Of ${tail.length} slow ones fell ${said.join(", ")}.`;
}

function split(name, stages, nanos, scale) {
    const sum = nanos.reduce((a, b) => a + b);
    return element("div", { class: "split", role: "img", "aria-label": `${name}: ${stages.map((stage, i) => `${stage} ${duration(nanos[i])}`).join(", ")}` },
        element("span", { class: "split-name" }, name), bar(stages, nanos, scale), element("span", { class: "number" }, duration(sum)));
}

function bar(stages, nanos, scale) {
    return element("span", { class: "bar", "aria-hidden": "true" }, ...stages.map((stage, i) => {
        const share = nanos[i] / Math.max(1, scale);
        return share < 0.002 ? null : element("span", { css: { width: `${100 * share}%`, background: `var(--stage-${stage.toLowerCase()})` }, title: `${stage} ${duration(nanos[i])}` }, share > 0.14 ? stage.toLowerCase() : "");
    }));
}

function swatch(stage) {
    return element("span", { class: "swatch", css: { background: `var(--stage-${stage.toLowerCase()})` } });
}

function keyOf(stages) {
    return element("p", { class: "legend" }, ...stages.map((stage) => element("span", {}, swatch(stage), stage.toLowerCase())));
}
