// SPDX-License-Identifier: Apache-2.0
//
// Latency over time: a column for each second, a row for each twelfth of a decade, brighter where more operations fell. Colour
// grows with the logarithm of the count, so that one slow operation among ten thousand is seen. Above it the pauses, in it the
// slow operations that are known one by one.

import { byId, element, say, style, svg } from "./dom.js";
import { amount, clock, duration, PAUSES, paused } from "./format.js";
import { highest, lowest } from "./histogram.js";
import { History, SECONDS_MAX } from "./history.js";

const PER_DECADE = 12;
const LEFT = 58;
const TOP = 22;
const BOTTOM = 20;
const RIGHT = 44;
const SHADES = 64;
const LINES = [[50, "p50", ""], [99, "p99", "5 3"], [99.9, "p99.9", "1.5 3"]];

export class HeatMap {
    /** @param picked called with { t, ns } of a second that is kept, or null */
    constructor(picked) {
        this.picked = picked;
        this.root = byId("heat");
        this.canvas = element("canvas", { "aria-hidden": "true" });
        this.overlay = svg("svg", { "aria-hidden": "true" });
        this.root.append(this.canvas, this.overlay);
        this.cursor = null;
        this.kept = null;
        this.columns = [];
        this.root.addEventListener("pointermove", (event) => this.point(event));
        this.root.addEventListener("pointerleave", () => this.move(null));
        this.root.addEventListener("click", (event) => this.keep(this.at(event), this.nsAt(event)));
        this.root.addEventListener("keydown", (event) => this.key(event));
        new ResizeObserver(() => this.draw(this.history, this.kind, this.stage)).observe(this.root);
    }

    draw(history, kind, stage) {
        if (history === undefined || this.root.clientWidth === 0) {
            return;
        }
        Object.assign(this, { history, kind, stage });
        this.width = this.root.clientWidth;
        this.height = this.root.clientHeight;
        const seconds = history.inWindow();
        const wanted = history.windowSeconds === 0 ? SECONDS_MAX : history.windowSeconds;
        this.span = Math.min(wanted, Math.max(60, Math.ceil(seconds.length / 60) * 60)); // as wide as what is known
        this.columns = seconds.map((second) => ({ second, counts: History.ofSecond(second, kind, stage) }));
        this.scale();
        this.paint();
        this.annotate();
        this.read();
    }

    scale() {
        let least = Infinity;
        let most = 0;
        for (const { counts } of this.columns) {
            counts.each((bucket) => {
                least = Math.min(least, lowest(bucket));
                most = Math.max(most, highest(bucket));
            });
        }
        if (most === 0) {
            [least, most] = [1e4, 1e7];
        }
        this.bottom = Math.floor(Math.log10(Math.max(least, 100)) * 2) / 2;
        this.top = Math.max(this.bottom + 1.5, Math.ceil(Math.log10(most * 1.1) * 2) / 2);
        this.rows = Math.round((this.top - this.bottom) * PER_DECADE);
    }

    x(column) {
        return LEFT + ((column + this.span - this.columns.length) * (this.width - LEFT - RIGHT)) / this.span;
    }

    xOf(ms) {
        const last = this.history.last();
        return last === undefined ? -1 : this.width - RIGHT - ((last.t - ms) / 1000) * ((this.width - LEFT - RIGHT) / this.span);
    }

    y(ns) {
        const share = (Math.log10(Math.max(ns, 1)) - this.bottom) / (this.top - this.bottom);
        return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
    }

    paint() {
        const ratio = window.devicePixelRatio || 1;
        this.canvas.width = Math.round(this.width * ratio);
        this.canvas.height = Math.round(this.height * ratio);
        const context = this.canvas.getContext("2d");
        context.scale(ratio, ratio);
        const shades = palette();
        const rows = this.columns.map(({ counts }) => this.binned(counts));
        this.most = Math.max(1, ...rows.map((row) => Math.max(...row)));
        const high = (this.height - TOP - BOTTOM) / this.rows;
        rows.forEach((row, i) => {
            const from = this.x(i);
            const wide = Math.max(1, this.x(i + 1) - from - (this.span <= 120 ? 1 : 0));
            row.forEach((count, at) => {
                if (count > 0) {
                    const share = Math.log1p(count) / Math.log1p(this.most);
                    context.fillStyle = shades[Math.round((0.16 + 0.84 * share) * (SHADES - 1))];
                    context.fillRect(from, this.height - BOTTOM - (at + 1) * high, wide, Math.max(1, high - 0.5));
                }
            });
        });
        legend(shades, this.most);
    }

    binned(counts) {
        const row = new Float64Array(this.rows);
        counts.each((bucket, count) => {
            const middle = (lowest(bucket) + highest(bucket)) / 2;
            const at = Math.floor((Math.log10(Math.max(middle, 1)) - this.bottom) * PER_DECADE);
            row[Math.min(this.rows - 1, Math.max(0, at))] += count;
        });
        return row;
    }

    annotate() {
        this.overlay.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
        this.overlay.replaceChildren(
            ...this.axes(), ...this.percentileLines(), ...this.pauseMarks(), ...this.exemplarMarks(), ...this.cursorMarks());
    }

    axes() {
        const marks = [];
        for (let decade = Math.ceil(this.bottom); decade <= this.top; decade++) {
            const at = this.y(10 ** decade);
            marks.push(svg("line", { class: "rule", x1: LEFT, x2: this.width - RIGHT, y1: at, y2: at }));
            marks.push(svg("text", { class: "tick", x: LEFT - 6, y: at + 4, "text-anchor": "end" }, duration(10 ** decade).replace(/\.0+ /, " ")));
        }
        const step = this.span <= 60 ? 10 : this.span <= 120 ? 30 : this.span <= 300 ? 60 : 180;
        for (let ago = 0; ago <= this.span; ago += step) {
            const at = this.width - RIGHT - (ago * (this.width - LEFT - RIGHT)) / this.span;
            const text = ago === 0 ? "now" : ago < 120 ? `−${ago} s` : `−${ago / 60} min`;
            marks.push(svg("line", { class: "rule faint", x1: at, x2: at, y1: TOP, y2: this.height - BOTTOM }));
            marks.push(svg("text", { class: "tick", x: at, y: this.height - 5, "text-anchor": ago === this.span ? "start" : "middle" }, text));
        }
        return marks;
    }

    percentileLines() {
        this.labelled = []; // where a name stands; two that would overlap are one
        return LINES.flatMap(([percent, name, dash]) => {
            let path = "";
            let end = null;
            this.columns.forEach(({ counts }, i) => {
                if (counts.total > 0) {
                    const at = [(this.x(i) + this.x(i + 1)) / 2, this.y(counts.percentile(percent))];
                    path += `${end === null || end.i !== i - 1 ? "M" : "L"}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
                    end = { i, at };
                }
            });
            if (end === null) {
                return [];
            }
            const crowded = this.labelled?.some((at) => Math.abs(at - end.at[1]) < 11);
            this.labelled?.push(end.at[1]);
            const labels = end.i === this.columns.length - 1 && !crowded
                ? [svg("text", { class: "line-name", x: this.width - RIGHT + 4, y: end.at[1] + 4 }, name)] : [];
            return [svg("path", { class: "percentile-line", d: path, "stroke-dasharray": dash || null }), ...labels];
        });
    }

    pauseMarks() {
        const from = (this.history.last()?.t ?? 0) - this.span * 1000;
        return this.history.pauses(from, Infinity).filter((pause) => pause.ms >= 1).map((pause) => {
            const at = this.xOf(pause.t + pause.ms);
            const size = 3 + Math.min(5, Math.log2(1 + pause.ms / 4));
            const d = {
                GC: `M${at - size} 3h${2 * size}l${-size} ${1.7 * size}z`,
                SAFEPOINT: `M${at - size} 5h${2 * size}v4h${-2 * size}z`,
                STALL: `M${at - size} 3h${2 * size}v${1.5 * size}h${-2 * size}z`,
            }[pause.kind];
            return svg("path", { class: `pause ${pause.kind.toLowerCase()}`, d, "data-ms": pause.ms }, svg("title", {}, `${paused(pause)}, ${clock(pause.t)}: ${pause.cause}`));
        });
    }

    exemplarMarks() {
        if (this.stage !== "TOTAL") {
            return [];
        }
        const from = (this.history.last()?.t ?? 0) - this.span * 1000;
        return this.history.slow(this.kind, from, Infinity).slice(0, 300).map((one) => {
            const [x, y] = [this.xOf(one.t), Math.max(TOP, this.y(one.ns))];
            return svg("path", { class: "exemplar", d: `M${x} ${y - 4}l4 4l-4 4l-4 -4z` },
                svg("title", {}, `${duration(one.ns)}, key ${one.key}, ${clock(one.t)}`));
        });
    }

    cursorMarks() {
        return [[this.kept?.column, "kept"], [this.cursor, "cursor"]].filter(([column]) => column !== null && column !== undefined && column >= 0)
            .map(([column, name]) => svg("rect", {
                class: name, x: this.x(column) - 0.5, y: TOP - 2, width: Math.max(3, this.x(column + 1) - this.x(column)), height: this.height - TOP - BOTTOM + 2,
            }));
    }

    // Pointing, with a mouse or with keys.

    at(event) {
        const x = event.clientX - this.root.getBoundingClientRect().left;
        const column = Math.floor(((x - LEFT) / (this.width - LEFT - RIGHT)) * this.span) - (this.span - this.columns.length);
        return column >= 0 && column < this.columns.length ? column : null;
    }

    nsAt(event) {
        const y = event.clientY - this.root.getBoundingClientRect().top;
        const share = (this.height - BOTTOM - y) / (this.height - TOP - BOTTOM);
        return 10 ** (this.bottom + share * (this.top - this.bottom));
    }

    point(event) {
        this.move(this.at(event));
    }

    move(column) {
        this.cursor = column;
        this.annotate();
        this.read();
    }

    keep(column, ns) {
        this.kept = column === null || this.columns.length === 0 ? null : { t: this.columns[column].second.t, column };
        this.picked(this.kept === null ? null : { t: this.kept.t, ns });
        this.annotate();
        this.read();
    }

    key(event) {
        const last = this.columns.length - 1;
        const at = this.cursor ?? this.kept?.column ?? last + 1;
        const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last };
        if (event.key in steps && last >= 0) {
            this.move(Math.min(last, Math.max(0, steps[event.key])));
        } else if (event.key === "Enter") {
            this.keep(this.cursor, 0);
        } else if (event.key === "Escape") {
            this.keep(null, 0);
        } else {
            return;
        }
        event.preventDefault();
    }

    /** Says in words what the cursor is at; follows a second that is kept while it moves to the left. */
    read() {
        if (this.kept !== null) {
            this.kept.column = this.columns.findIndex(({ second }) => second.t === this.kept.t);
        }
        const column = this.cursor ?? this.kept?.column ?? -1;
        const found = this.columns[column];
        const text = found === undefined
            ? "Point at a second, or use ← → here; Enter keeps it, Escape lets it go."
            : said(found, this.history);
        say(byId("heat-read"), text);
        const root = this.root;
        root.setAttribute("aria-valuemin", String(Math.min(0, 1 - this.columns.length)));
        root.setAttribute("aria-valuemax", "0");
        root.setAttribute("aria-valuenow", String(found === undefined ? 0 : column - this.columns.length + 1));
        root.setAttribute("aria-valuetext", text);
    }
}

function said({ second, counts }, history) {
    const pauses = history.pauses(second.t - 1000, second.t).map((pause) => `${PAUSES[pause.kind].word} ${duration(pause.ms * 1e6)}`);
    const figures = counts.total === 0 ? "no operation"
        : `${amount(counts.total)} operations, p50 ${duration(counts.percentile(50))}, p99 ${duration(counts.percentile(99))}, p99.9 ${duration(counts.percentile(99.9))}, longest ${duration(counts.max())}`;
    return `${clock(second.t)}: ${figures}${pauses.length ? "; " + pauses.join(", ") : ""}`;
}

function legend(shades, most) {
    const node = byId("heat-legend");
    const key = `${shades[0]}${shades[SHADES - 1]}${most}`;
    if (node.dataset.key === key) {
        return;
    }
    node.dataset.key = key;
    const ramp = element("span", { class: "ramp", css: { background: `linear-gradient(90deg, ${shades[10]}, ${shades[24]}, ${shades[38]}, ${shades[50]}, ${shades[63]})` } });
    node.replaceChildren(
        element("span", {}, "1 ", ramp, ` ${amount(most)} operations in a cell`),
        element("span", {}, "━ p50  ╍ p99  ┈ p99.9"),
        element("span", {}, "◆ slow operation that is known"),
        element("span", {}, Object.values(PAUSES).map(({ sign, word }) => `${sign} ${word}`).join("  ")));
}

/** Shades between the stops of the style sheet, which differ in the dark and in the light. */
function palette() {
    const stops = [0, 1, 2, 3, 4, 5].map((i) => parse(style(`--heat-${i}`)));
    return Array.from({ length: SHADES }, (_, i) => {
        const at = (i / (SHADES - 1)) * (stops.length - 1);
        const low = Math.min(stops.length - 2, Math.floor(at));
        const mixed = stops[low].map((from, c) => Math.round(from + (stops[low + 1][c] - from) * (at - low)));
        return `rgb(${mixed.join(" ")})`;
    });
}

function parse(hex) {
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

