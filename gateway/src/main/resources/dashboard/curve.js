// SPDX-License-Identifier: Apache-2.0
//
// Latency by percentile, on the usual axis: each step of a nine has the same width. A curve ends where its operations end: of
// a hundred operations none is the slowest thousandth.

import { byId, element, head, row, show, style, svg } from "./dom.js";
import { amount, duration, words } from "./format.js";
import { highest } from "./histogram.js";
import { WHOLE } from "./history.js";

const LEFT = 56;
const RIGHT = 26;
const TOP = 10;
const BOTTOM = 22;
const PERCENTILES = [50, 90, 99, 99.9, 99.99];
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 2 2"];

export class Curve {
    /** @param picked called with { ns } of a point that was clicked */
    constructor(picked) {
        this.root = byId("curve");
        this.table = byId("percentiles");
        this.plot = svg("svg", { role: "img" });
        this.root.append(this.plot);
        this.byStage = true;
        this.plot.addEventListener("click", (event) => {
            const y = event.clientY - this.root.getBoundingClientRect().top;
            picked({ ns: 10 ** (this.bottom + ((this.height - BOTTOM - y) / (this.height - TOP - BOTTOM)) * (this.top - this.bottom)) });
        });
        for (const [id, byStage] of [["by-stage", true], ["by-operation", false]]) {
            byId(id).addEventListener("click", () => {
                this.byStage = byStage;
                byId("by-stage").setAttribute("aria-pressed", String(byStage));
                byId("by-operation").setAttribute("aria-pressed", String(!byStage));
                this.draw(this.history, this.kind);
            });
        }
        new ResizeObserver(() => this.draw(this.history, this.kind)).observe(this.root);
    }

    draw(history, kind) {
        if (history === undefined || this.root.clientWidth === 0) {
            return;
        }
        Object.assign(this, { history, kind });
        this.width = this.root.clientWidth;
        this.height = this.root.clientHeight;
        const curves = this.curves();
        this.scale(curves);
        this.plot.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
        this.plot.setAttribute("aria-label", "Latency by percentile; the table below has the same figures");
        this.plot.replaceChildren(...this.axes(), ...curves.map((curve) => this.path(curve)).reverse());
        this.list(curves);
    }

    /** What is shown: the whole and its stages, or the whole of each operation. */
    curves() {
        const { history, kind } = this;
        const whole = { name: "whole", short: WHOLE, counts: history.of(kind, WHOLE), colour: style("--text"), width: 2.2, dash: "" };
        const others = this.byStage
            ? history.stages.map((stage) => ({ name: stage.toLowerCase(), short: stage, counts: history.of(kind, stage), colour: style(`--stage-${stage.toLowerCase()}`), width: 1.3, dash: "" }))
            : [...history.kinds].sort().map((one, i) => ({ name: words(one.split(".")[0]) + " " + words(one.split(".")[1]), short: one, counts: history.of(one, WHOLE), colour: style(`--series-${i % 8}`), width: 1.5, dash: DASHES[Math.floor(i / 8) % DASHES.length] }));
        return [whole, ...others].filter((curve) => curve.counts.total > 0);
    }

    scale(curves) {
        const values = curves.flatMap((curve) => [curve.counts.percentile(this.byStage ? 50 : 1), curve.counts.max()]);
        this.bottom = values.length === 0 ? 4 : Math.max(2.5, Math.floor(Math.log10(Math.max(1, Math.min(...values))) * 2) / 2);
        this.top = values.length === 0 ? 7 : Math.max(this.bottom + 1, Math.ceil(Math.log10(Math.max(...values) * 1.1) * 2) / 2);
        this.nines = Math.max(3, Math.min(6, Math.ceil(Math.log10(Math.max(1, ...curves.map((curve) => curve.counts.total))))));
    }

    x(share) {
        return LEFT + (Math.min(this.nines, -Math.log10(Math.max(1 - share, 1e-12))) / this.nines) * (this.width - LEFT - RIGHT);
    }

    y(ns) {
        const share = (Math.log10(Math.max(ns, 1)) - this.bottom) / (this.top - this.bottom);
        return this.height - BOTTOM - Math.max(0, share) * (this.height - TOP - BOTTOM);
    }

    axes() {
        const marks = [];
        for (let decade = Math.ceil(this.bottom); decade <= this.top; decade++) {
            const at = this.y(10 ** decade);
            marks.push(svg("line", { class: "rule", x1: LEFT, x2: this.width - RIGHT, y1: at, y2: at }));
            marks.push(svg("text", { class: "tick", x: LEFT - 6, y: at + 4, "text-anchor": "end" }, duration(10 ** decade).replace(/\.0+ /, " ")));
        }
        for (const percent of [0, ...PERCENTILES, 99.999, 99.9999]) {
            if (-Math.log10(1 - percent / 100) > this.nines + 0.001) {
                break;
            }
            const at = this.x(percent / 100);
            marks.push(svg("line", { class: "rule", x1: at, x2: at, y1: TOP, y2: this.height - BOTTOM }));
            marks.push(svg("text", { class: "tick", x: at, y: this.height - 6, "text-anchor": "middle" }, percent === 0 ? "0" : `p${percent}`));
        }
        return marks;
    }

    path(curve) {
        let sum = 0;
        let d = "";
        const resolution = 1 - 1 / (curve.counts.total * 1.0001); // the slowest one's own place
        curve.counts.each((bucket, count) => {
            const before = sum / curve.counts.total;
            sum += count;
            const y = this.y(highest(bucket)).toFixed(1);
            d += `${d === "" ? "M" : "L"}${this.x(before).toFixed(1)} ${y}L${this.x(Math.min(sum / curve.counts.total, resolution)).toFixed(1)} ${y}`;
        });
        return svg("path", { class: "curve-line", d, stroke: curve.colour, "stroke-width": curve.width, "stroke-dasharray": curve.dash || null },
            svg("title", {}, curve.name));
    }

    list(curves) {
        const body = curves.map((curve) => row([
            element("span", { class: "name" }, element("span", { class: "swatch", css: { background: curve.colour } }), curve.name),
            ...PERCENTILES.map((percent) => {
                const known = curve.counts.total >= 1 / (1 - percent / 100) - 1e-6 || percent === 50;
                const ns = curve.counts.percentile(percent);
                return [duration(ns), { "data-ns": ns, class: known ? null : "dim", title: known ? null : "too few operations: the longest one" }];
            }),
            [duration(curve.counts.max()), { "data-ns": curve.counts.max() }],
            [amount(curve.counts.total), { class: "dim", "data-count": curve.counts.total }],
        ], { "data-series": curve.short }));
        show(this.table,
            element("caption", { class: "hidden" }, "Percentiles"),
            head(["", ...PERCENTILES.map((percent) => `p${percent}`), "longest", "count"]),
            element("tbody", {}, ...(body.length > 0 ? body : [row([["No operation in this window yet.", { colspan: 8, class: "dim" }]])])));
    }
}
