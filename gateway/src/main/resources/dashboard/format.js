// SPDX-License-Identifier: Apache-2.0
//
// Numbers as an engineer reads them: three digits, a unit, nothing more.

const MICRO = 1e3;
const MILLI = 1e6;
const SECOND = 1e9;

function digits(value) {
    return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** Nanoseconds: "61.2 µs". */
export function duration(ns) {
    if (ns === null || ns === undefined || Number.isNaN(ns)) {
        return "–";
    }
    if (ns < MICRO) {
        return `${Math.round(ns)} ns`;
    }
    if (ns < MILLI - 500) {
        return `${digits(ns / MICRO)} µs`;
    }
    return ns < SECOND - 500000 ? `${digits(ns / MILLI)} ms` : `${digits(ns / SECOND)} s`;
}

/** A count or a rate: "12,345", "3.2". */
export function amount(value) {
    if (value >= 100 || Number.isInteger(value)) {
        return Math.round(value).toLocaleString("en-US");
    }
    return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A share of one: "43 %", "0.3 %". */
export function percent(share) {
    const value = 100 * share;
    return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : value.toFixed(2)} %`;
}

/** Times something: "68 ×". */
export function times(factor) {
    return `${factor >= 9.95 ? Math.round(factor).toLocaleString("en-US") : factor.toFixed(1)} ×`;
}

/** Bytes: "43 MiB". */
export function bytes(value) {
    return value >= 2 ** 20 ? `${Math.round(value / 2 ** 20)} MiB` : `${Math.round(value / 2 ** 10)} KiB`;
}

/** A moment of today, in the reader's time zone: "12:03:41". */
export function clock(ms) {
    return new Date(ms).toLocaleTimeString("en-GB");
}

/** A day: "31 Jan 2026". */
export function day(ms) {
    return new Date(ms).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** How far away: "in 3 d", "2 h ago". */
export function away(seconds) {
    const far = Math.abs(seconds);
    const text = far < 120 ? `${Math.round(far)} s`
        : far < 7200 ? `${Math.round(far / 60)} min`
        : far < 172800 ? `${Math.round(far / 3600)} h` : `${Math.round(far / 86400)} d`;
    return seconds < 0 ? `${text} ago` : `in ${text}`;
}

/** How a pause is called, and its sign. */
export const PAUSES = {
    GC: { sign: "▼", word: "collection" },
    SAFEPOINT: { sign: "▬", word: "safepoint" },
    STALL: { sign: "■", word: "stall" },
};

/** A pause in a few words: "■ stall 50.3 ms". */
export function paused(pause) {
    return `${PAUSES[pause.kind].sign} ${PAUSES[pause.kind].word} ${duration(pause.ms * 1e6)}`;
}

/** A name of the wire in words: "SIGN P-256". */
export function words(name) {
    return name.replace(/^(P|RSA|OCT)_/, "$1-").replace(/_/g, " ");
}
