// SPDX-License-Identifier: Apache-2.0
//
// What changes slowly: dates of keys, health, the audit log.

import { byId, element, head, row, say, show, svg } from "./dom.js";
import { amount, away, bytes, clock, day } from "./format.js";

const DAYS = 90;
const LISTED = 8;
const WORDS = { EXPIRY: ["expires", "expired"], ROTATION: ["rotates", "was due to rotate"], PURGE: ["is purged", "was due to be purged"] };
const SIGNS = { EXPIRY: "▲", ROTATION: "↻", PURGE: "✕" };

/** The next ninety days of all keys, and the first dates in words. */
export function calendar(dates, nowMillis) {
    if (!dates) {
        show(byId("calendar"), element("p", { class: "dim" }, "No keys are open."));
        return;
    }
    const now = nowMillis / 1000;
    const list = dates.dates.slice(0, LISTED).map((date) => element("li", { class: date.t < now ? "bad" : "" },
        `${SIGNS[date.kind]} `, element("b", {}, date.key), ` ${WORDS[date.kind][date.t < now ? 1 : 0]} ${away(date.t - now)}`,
        element("span", { class: "dim" }, ` ${day(date.t * 1000)}`)));
    show(byId("calendar"),
        element("p", { class: "dim" }, `${dates.keys} keys, ${dates.deleted} deleted; `,
            dates.expired > 0 ? element("b", { class: "bad" }, `▲ ${dates.expired} expired`) : "none expired", `, ${dates.expiring} within 30 days`),
        strip(dates.dates, now),
        list.length > 0 ? element("ul", { class: "plain-list" }, ...list) : element("p", { class: "dim" }, "No key has a date."));
}

function strip(dates, now) {
    const [width, height] = [360, 34];
    const marks = [0, 30, 60, 90].flatMap((days) => [
        svg("line", { class: "rule", x1: (days / DAYS) * width, x2: (days / DAYS) * width, y1: 0, y2: 20 }),
        svg("text", { class: "tick", x: (days / DAYS) * width, y: 32, "text-anchor": days === 0 ? "start" : days === DAYS ? "end" : "middle" }, days === 0 ? "today" : `${days} d`)]);
    const shown = dates.filter((date) => date.t - now < DAYS * 86400).map((date) => {
        const x = (Math.max(0, (date.t - now) / 86400) / DAYS) * width;
        const y = { EXPIRY: 1, ROTATION: 8, PURGE: 14 }[date.kind];
        return svg("rect", { class: `date ${date.kind.toLowerCase()}`, x: Math.min(width - 3, x), y, width: 3, height: 5 }, svg("title", {}, `${date.key} ${WORDS[date.kind][0]} ${day(date.t * 1000)}`));
    });
    return svg("svg", { class: "strip", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${shown.length} dates within ninety days` }, ...marks, ...shown);
}

const KINDS = { readiness: "readiness", custody: "custody", durability: "durability", watch: "soon one of these" };

/** Every check of the HSM's health, held or not, and why: those that do not hold first. */
export function health(report, custody_) {
    if (!report) {
        return;
    }
    const broken = report.checks.filter((check) => !check.held);
    const waits = broken.filter((check) => check.kind === "readiness").map((check) => check.name);
    const badge = byId("readiness");
    badge.hidden = report.ready;
    say(badge, report.ready ? "" : `▲ not ready: ${waits.join(", ")}`);
    const kinds = Object.keys(KINDS);
    const sorted = [...report.checks].sort((a, b) => a.held - b.held || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
    show(byId("health"),
        element("p", { class: "dim" },
            element("b", { class: report.status === "healthy" ? "ok" : report.ready ? "warn" : "bad" }, `${report.status === "healthy" ? "✓" : "▲"} ${report.status}`),
            broken.length === 0 ? ": every check holds." : `: ${broken.length} of ${report.checks.length} checks do not hold.`,
            custody_ ? ` ${custody_.quorum ? `Custodians: ${custody_.quorum}. ` : ""}${bytes(custody_.lockedBytes)} locked${custody_.unlockedBytes > 0 ? `, ${bytes(custody_.unlockedBytes)} not` : ""}.` : ""),
        element("table", {}, head(["check", "what hangs on it", "state", "why"]), element("tbody", {}, ...sorted.map((check) => row([
            check.name, [KINDS[check.kind] ?? check.kind, { class: "dim state" }],
            [check.held ? "✓ held" : "✗ not held", { class: check.held ? "ok state" : "bad state" }], [check.why, { class: "dim why" }],
        ], { "data-check": check.name, "data-held": String(check.held), "data-kind": check.kind })))));
}

/** How the audit log does. */
export function audit(health) {
    if (!health) {
        show(byId("audit"), element("p", { class: "dim" }, "This HSM tells nothing of an audit log."));
        return;
    }
    const trouble = [health.failure, health.signingFailure].filter(Boolean);
    const facts = [
        ["policy", health.policy.toLowerCase().replace(/_/g, " ")],
        ["durable events", amount(health.events)],
        ["lag", `${amount(health.lagEvents)} events, ${health.lagMillis} ms`],
        ["signed last", health.signedMillis === 0 ? "not since the start" : `${clock(health.signedMillis)}, ${day(health.signedMillis)}`],
        ["refused for want of it", health.refused === 0 ? "none" : `▲ ${amount(health.refused)}`],
        ["written", bytes(health.bytes)],
    ];
    show(byId("audit"),
        element("p", { class: trouble.length === 0 ? "ok" : "bad" }, trouble.length === 0 ? "✓ Events are recorded." : `✗ ${trouble.join(" ")}`),
        element("table", {}, element("tbody", {}, ...facts.map((fact) => row(fact)))));
}

/** Alerts of refused tokens that are firing. */
export function alerts(found) {
    const firing = (found?.firing ?? []).length;
    const badge = byId("alerts");
    badge.hidden = firing === 0;
    say(badge, firing === 0 ? "" : `▲ ${firing} alert${firing === 1 ? "" : "s"} of refused tokens`);
}
