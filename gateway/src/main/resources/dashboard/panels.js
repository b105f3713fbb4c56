// SPDX-License-Identifier: Apache-2.0
//
// The smaller panels: figures of now, lanes, answers, pauses, costs, refused tokens.

import { byId, element, head, row, say, show, svg } from "./dom.js";
import { amount, bytes, clock, duration, PAUSES, percent } from "./format.js";
import { WHOLE } from "./history.js";

const SPARK_SECONDS = 120;
const RECENT = 5;

/** The strip of figures at the top: the window's latencies, the last seconds' rates. */
export function figures(history, kind) {
    const whole = history.of(kind, WHOLE);
    const recent = history.seconds.slice(-RECENT);
    const lasted = Math.max(1, recent.reduce((sum, second) => sum + second.seconds, 0));
    const last = history.last();
    const rate = recent.reduce((sum, second) => sum + Object.values(second.answers).reduce((a, b) => a + b, 0), 0) / lasted;
    const bad = recent.reduce((sum, second) => sum + failed(second.answers), 0) / lasted;
    const busiest = last?.lanes.reduce((most, lane) => (most === null || lane.busy > most.busy ? lane : most), null);
    show(byId("figures"),
        figure("answers a second", amount(rate), "rate"),
        figure("p50", duration(whole.percentile(50)), "p50", whole.percentile(50)),
        figure("p99", duration(whole.percentile(99)), "p99", whole.percentile(99)),
        figure("p99.9", duration(whole.percentile(99.9)), "p99.9", whole.percentile(99.9)),
        figure("longest", duration(whole.max()), "max", whole.max()),
        figure("errors a second", bad === 0 ? "0" : amount(bad), "bad", undefined, bad > 0 ? "warn" : ""),
        figure("busiest lane", busiest ? `${busiest.name} ${percent(busiest.busy)}` : "–", "lane", undefined, busiest?.busy > 0.9 ? "warn" : ""),
        figure("processor", last ? percent(last.cpu / history.cores) : "–", "cpu"));
}

function figure(name, text, id, ns, mark = "") {
    return element("div", { class: `figure ${mark}` }, element("span", { class: "figure-name" }, name),
        element("span", { class: "figure-value", "data-figure": id, "data-ns": ns }, mark === "warn" ? `▲ ${text}` : text));
}

/** Answers that were no success: 4xx and 5xx. */
function failed(answers) {
    return Object.entries(answers).reduce((sum, [status, count]) => sum + (status >= "400" ? count : 0), 0);
}

/** Depth and utilisation of both lanes. */
export function lanes(history) {
    const last = history.last();
    if (!last || last.lanes.length === 0) {
        show(byId("lanes"), element("p", { class: "dim" }, "No keys are open, so no lane runs."));
        return;
    }
    show(byId("lanes"), ...last.lanes.map((lane, i) => element("div", { class: "lane" },
        element("div", { class: "lane-head" },
            element("b", {}, lane.name), element("span", { class: "dim" }, ` ${lane.workers} worker${lane.workers === 1 ? "" : "s"}`),
            element("span", { class: "right number" }, `${lane.busy > 0.9 ? "▲ " : ""}busy ${percent(lane.busy)}`)),
        spark(history, (second) => second.lanes[i]?.busy ?? 0, 1, `Utilisation of the ${lane.name} lane`),
        element("div", { class: "lane-foot dim" },
            `depth ${amount(lane.depthMean)} mean, ${lane.depthMax} most of ${lane.capacity} · expected wait ${duration(lane.waitNs)} · ${amount(lane.operations)} operations`))));
}

/** Answers by class, and each status that was not a success. */
export function answers(history) {
    const classes = new Map();
    for (const second of history.inWindow()) {
        for (const [status, count] of Object.entries(second.answers)) {
            classes.set(status, (classes.get(status) ?? 0) + count);
        }
    }
    const total = [...classes.values()].reduce((a, b) => a + b, 0);
    const most = Math.max(1, ...history.seconds.slice(-SPARK_SECONDS).map((second) => Object.values(second.answers).reduce((a, b) => a + b, 0)));
    show(byId("answers"),
        spark(history, (second) => Object.values(second.answers).reduce((a, b) => a + b, 0), most, `Answers a second, at most ${amount(most)}`, (second) => failed(second.answers)),
        element("p", { class: "chips" }, ...[...classes].sort().map(([status, count]) =>
            element("span", { class: status >= "500" ? "chip bad" : status >= "400" ? "chip warn" : "chip" }, element("b", {}, status), ` ${amount(count)} `,
                element("span", { class: "dim" }, percent(count / total))))));
}

/** Pauses, heap and processor. */
export function machine(history, heapMax) {
    const last = history.last();
    if (!last) {
        return;
    }
    const pauses = history.pauses(history.fromMillis(), Infinity).sort((a, b) => b.ms - a.ms).slice(0, 4);
    const most = Math.max(20, ...history.seconds.slice(-SPARK_SECONDS).map((second) => second.lateMs));
    show(byId("machine"),
        spark(history, (second) => second.lateMs, most, `Latest wake-up in each second, at most ${most.toFixed(0)} ms`),
        element("p", { class: "dim" }, `latest wake-up ${last.lateMs.toFixed(1)} ms · heap ${bytes(last.heap)} of ${bytes(heapMax)} · processor ${percent(last.cpu)} of a core`),
        pauses.length === 0 ? null : element("p", { class: "dim" }, "Longest pauses of the window:"),
        element("ul", { class: "plain-list" }, ...pauses.map((pause) => element("li", {},
            `${PAUSES[pause.kind].sign} ${PAUSES[pause.kind].word} ${clock(pause.t)} `, element("b", {}, duration(pause.ms * 1e6)), element("span", { class: "dim" }, ` ${pause.cause}`)))));
}

/** Who costs most. */
export function costs(id, costs_, what) {
    if (!costs_ || costs_.top.length === 0) {
        show(byId(id), element("p", { class: "dim" }, `No ${what} was used in the last minute.`));
        return;
    }
    const total = Math.max(1, costs_.ns);
    show(byId(id), element("table", {}, head([what, ["time", { class: "number" }], "share", ["operations", { class: "number" }]]), element("tbody", {}, ...costs_.top.map((cost) => row([
        [cost.name, { class: "clip", title: cost.name }],
        [`${duration(cost.ns)}${cost.error > 0.01 * cost.ns ? " at most" : ""}`, { class: "number" }],
        element("span", { class: "meter" }, meter(cost.ns / total), percent(cost.ns / total)),
        [amount(cost.operations), { class: "number dim" }],
    ])))));
}

function meter(share) {
    return element("span", { class: "track", "aria-hidden": "true" }, element("span", { css: { width: `${Math.min(100, 100 * share)}%` } }));
}

/** Refused tokens by reason, in the window. */
export function refusals(history) {
    const sums = new Map();
    for (const second of history.inWindow()) {
        for (const [reason, count] of Object.entries(second.refused)) {
            sums.set(reason, (sums.get(reason) ?? 0) + count);
        }
    }
    const total = [...sums.values()].reduce((a, b) => a + b, 0);
    if (total === 0) {
        show(byId("refusals"), element("p", { class: "dim" }, "None in this window."));
        return;
    }
    show(byId("refusals"), element("table", {}, head(["reason", ["tokens", { class: "number" }], "share"]), element("tbody", {}, ...[...sums].sort((a, b) => b[1] - a[1]).map(([reason, count]) => row([
        reason.toLowerCase().replace(/_/g, " "), [amount(count), { class: "number" }],
        element("span", { class: "meter" }, meter(count / total), percent(count / total)),
    ])))));
}

/** A line of the last two minutes; a second one, of what went wrong, on top. */
function spark(history, value, most, label, wrong) {
    const seconds = history.seconds.slice(-SPARK_SECONDS);
    const [width, height] = [SPARK_SECONDS * 2, 30];
    const area = (of) => seconds.map((second, i) => {
        const x = width - (seconds.length - i) * 2;
        return `${x} ${(height - (height - 2) * Math.min(1, of(second) / most)).toFixed(1)}`;
    });
    const shape = (points, name) => points.length === 0 ? null
        : svg("path", { class: name, d: `M${width - seconds.length * 2} ${height}L${points.join("L")}L${width - 2} ${height}Z` });
    return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
        shape(area(value), "area"), wrong ? shape(area(wrong), "area wrong") : null);
}

/** What this page costs. */
export function foot(history) {
    const last = history.last();
    say(byId("foot"), last ? `This page costs the HSM ${percent(last.pulseCpu)} of a core, and nothing when nobody looks. Latencies run from the request's head to its answer, inside the HSM. f freezes.` : "");
}
