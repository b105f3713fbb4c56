// SPDX-License-Identifier: Apache-2.0
//
// What this page has seen, second by second, and what of it lies in the window that is looked at.

import { Histogram } from "./histogram.js";

/** How many seconds are kept. */
export const SECONDS_MAX = 900;

/** Windows to choose from, in seconds; 0 is all since the start of the HSM. */
export const WINDOWS = [[60, "1 min"], [300, "5 min"], [900, "15 min"], [0, "since start"]];

const EXEMPLARS_MAX = 1500;
export const WHOLE = "TOTAL";

/** The parts of a tag such as SIGN.P_256.QUEUE. */
export function parts(tag) {
    const [operation, keyClass, stage] = tag.split(".");
    return { kind: `${operation}.${keyClass}`, stage };
}

export class History {
    constructor(windowSeconds) {
        this.seconds = [];
        this.exemplars = [];
        this.sinceStart = new Map();
        this.stages = [];
        this.kinds = new Set();
        this.windowSeconds = windowSeconds;
        this.window = new Map();
    }

    /** Begins anew with what the HSM says first. */
    hello(data) {
        this.seconds = [];
        this.exemplars = [];
        this.stages = data.stages;
        this.sinceStart = new Map();
        this.window = new Map();
        for (const [tag, sparse] of Object.entries(data.sinceStart)) {
            this.sinceStart.set(tag, new Histogram().add(sparse));
            this.kinds.add(parts(tag).kind);
        }
        this.told = data.t;
        this.remember(data.slow);
    }

    /** One more second; one that lies before the HSM's first word is in its totals already. */
    add(second) {
        this.seconds.push(second);
        for (const [tag, sparse] of Object.entries(second.latency)) {
            this.kinds.add(parts(tag).kind);
            histogram(this.window, tag).add(sparse);
            if (second.t > this.told) {
                histogram(this.sinceStart, tag).add(sparse);
            }
        }
        if (this.windowSeconds > 0 && this.seconds.length > this.windowSeconds) {
            this.take(this.seconds[this.seconds.length - 1 - this.windowSeconds]);
        }
        if (this.seconds.length > SECONDS_MAX) {
            this.seconds.shift();
        }
        this.remember(second.slow);
    }

    take(second) {
        for (const [tag, sparse] of Object.entries(second.latency)) {
            histogram(this.window, tag).add(sparse, -1);
        }
    }

    remember(exemplars) {
        const known = new Set(this.exemplars.map((one) => one.id));
        this.exemplars.push(...exemplars.filter((one) => !known.has(one.id)));
        this.exemplars.sort((a, b) => a.t - b.t);
        this.exemplars.splice(0, Math.max(0, this.exemplars.length - EXEMPLARS_MAX));
    }

    /** Looks at another window. */
    look(windowSeconds) {
        this.windowSeconds = windowSeconds;
        this.window = new Map();
        for (const second of this.inWindow()) {
            for (const [tag, sparse] of Object.entries(second.latency)) {
                histogram(this.window, tag).add(sparse);
            }
        }
    }

    /** The seconds of the window; at most those that are kept. */
    inWindow() {
        return this.windowSeconds === 0 ? this.seconds : this.seconds.slice(-this.windowSeconds);
    }

    /** The last second, or undefined. */
    last() {
        return this.seconds[this.seconds.length - 1];
    }

    /** All of one stage in the window: of one kind of operation, or of all where kind is "". */
    of(kind, stage) {
        const from = this.windowSeconds === 0 ? this.sinceStart : this.window;
        const sum = new Histogram();
        for (const [tag, counts] of from) {
            const is = parts(tag);
            if (is.stage === stage && (kind === "" || is.kind === kind) && counts.total > 0) {
                sum.addAll(counts);
            }
        }
        return sum;
    }

    /** The same of one second. */
    static ofSecond(second, kind, stage) {
        const sum = new Histogram();
        for (const [tag, sparse] of Object.entries(second.latency)) {
            const is = parts(tag);
            if (is.stage === stage && (kind === "" || is.kind === kind)) {
                sum.add(sparse);
            }
        }
        return sum;
    }

    /** Slow operations of a kind in a time, the slowest relative to its kind first. */
    slow(kind, fromMillis, toMillis) {
        return this.exemplars
            .filter((one) => one.t >= fromMillis && one.t < toMillis && (kind === "" || `${one.operation}.${one.keyClass}` === kind))
            .sort((a, b) => b.excess - a.excess);
    }

    /** Pauses that touch a time. */
    pauses(fromMillis, toMillis) {
        return this.seconds.flatMap((second) => second.pauses)
            .filter((pause) => pause.t + pause.ms >= fromMillis && pause.t <= toMillis);
    }

    /** The first moment of the window. */
    fromMillis() {
        if (this.windowSeconds === 0) {
            return 0;
        }
        const last = this.last();
        return last === undefined ? 0 : last.t - this.windowSeconds * 1000;
    }
}

function histogram(map, tag) {
    let found = map.get(tag);
    if (found === undefined) {
        found = new Histogram();
        map.set(tag, found);
    }
    return found;
}
