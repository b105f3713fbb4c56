// SPDX-License-Identifier: Apache-2.0
//
// Signing in and out, what is chosen, and drawing once a second. The token is kept in a closure of stream.js alone.

import { alerts, audit, calendar, health } from "./calendar.js";
import { Curve } from "./curve.js";
import { byId, element, say } from "./dom.js";
import { clock, words } from "./format.js";
import { HeatMap } from "./heatmap.js";
import { History, WHOLE, WINDOWS } from "./history.js";
import { answers, costs, figures, foot, lanes, machine, refusals } from "./panels.js";
import { follow } from "./stream.js";
import { Tail } from "./tail.js";

const history = new History(300);
const tail = new Tail();
const choice = { kind: "", stage: WHOLE };
let heat;
let curve;
let end = null;
let frozen = false;
let live = false;
let heapMax = 0;
let outlook = null;

function start() {
    say(byId("sign-in-where"), location.host);
    byId("sign-in-form").addEventListener("submit", signIn);
    byId("sign-out").addEventListener("click", () => signOut(""));
    byId("freeze").addEventListener("click", freeze);
    byId("operation").addEventListener("change", (event) => choose({ kind: event.target.value }));
    byId("stage").addEventListener("change", (event) => choose({ stage: event.target.value }));
    byId("window").addEventListener("change", (event) => {
        history.look(Number(event.target.value));
        draw();
    });
    byId("window").append(...WINDOWS.map(([seconds, name]) => element("option", { value: seconds, selected: seconds === 300 }, name)));
    document.addEventListener("keydown", (event) => {
        if (event.key === "f" && !event.ctrlKey && !event.metaKey && !event.altKey && !byId("board").hidden && !/INPUT|SELECT/.test(event.target.tagName)) {
            freeze();
        }
    });
    document.addEventListener("visibilitychange", draw);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", draw);
    signOut("");
}

function signIn(event) {
    event.preventDefault();
    const field = byId("token");
    const token = field.value.trim().replace(/^Bearer\s+/i, "");
    field.value = "";
    say(byId("sign-in-error"), "");
    if (!/^[A-Za-z0-9._~+/=-]+$/.test(token)) {
        say(byId("sign-in-error"), "That is no access token: it has other characters than a token has.");
        return;
    }
    end = follow(token, { event: take, link, refused });
}

function refused(status, text) {
    const why = status === 401 ? "The token is not accepted: it is expired, or not of this HSM's issuer. "
        : status === 403 ? "The token is good, but its holder may not look. " : "";
    signOut(why + text);
}

function signOut(why) {
    end?.();
    end = null;
    live = false;
    byId("board").hidden = true;
    byId("sign-in").hidden = false;
    say(byId("sign-in-error"), why);
    byId("token").focus();
}

function link(state, text) {
    const node = byId("link");
    node.dataset.state = state;
    say(node, state === "lost" ? `▲ ${text}` : text);
}

function take(name, data) {
    if (name === "hello") {
        hello(data);
    } else if (name === "second") {
        history.add(data);
        if (live) {
            if (!frozen) {
                link("live", `● live ${clock(data.t)}`);
            }
            draw();
        }
    } else if (name === "outlook") {
        outlook = data;
    } else if (name === "live") {
        live = true;
        link("live", "● live");
        draw();
    } else if (name === "over") {
        link("lost", "the HSM asks to come again");
    }
}

function hello(data) {
    history.hello(data);
    history.cores = data.cores;
    heapMax = data.heapMax;
    live = false;
    byId("sign-in").hidden = true;
    if (byId("board").hidden) {
        byId("board").hidden = false;
        heat ??= new HeatMap((picked) => pick(picked));
        curve ??= new Curve((picked) => pick(picked));
        byId("heat").focus({ preventScroll: true });
    }
    say(byId("name"), data.name.replace(/^https:\/\//, ""));
    document.title = `${new URL(data.name).host} – Managed HSM`;
    byId("stage").replaceChildren(...[WHOLE, ...data.stages].map((stage) => element("option", { value: stage, selected: stage === choice.stage }, stage === WHOLE ? "whole" : stage.toLowerCase())));
}

function pick(picked) {
    tail.choose(picked);
    tail.draw(history, choice.kind);
}

function choose(changed) {
    Object.assign(choice, changed);
    draw();
}

function freeze() {
    frozen = !frozen;
    byId("freeze").setAttribute("aria-pressed", String(frozen));
    say(byId("freeze"), frozen ? "Go on" : "Freeze");
    link(frozen ? "frozen" : "live", frozen ? `❚❚ frozen at ${clock(history.last()?.t ?? Date.now())}` : "● live");
    draw();
}

/** The operations to choose from: those that have occurred. */
function kinds() {
    const select = byId("operation");
    const names = ["", ...[...history.kinds].sort()];
    if (select.options.length !== names.length) {
        select.replaceChildren(...names.map((kind) => element("option", { value: kind, selected: kind === choice.kind }, kind === "" ? "all" : kind.split(".").map(words).join(" "))));
    }
}

function condition() {
    const name = history.last()?.condition ?? outlook?.condition;
    if (name) {
        const badge = byId("condition");
        badge.className = `badge ${name === "OPERATIONAL" ? "ok" : name === "FAILED" ? "bad" : "warn"}`;
        say(badge, `${name === "OPERATIONAL" ? "✓" : "▲"} ${name.toLowerCase()}${outlook?.reason ? `: ${outlook.reason}` : ""}`);
    }
}

function draw() {
    if (!live || frozen || document.hidden) {
        return;
    }
    kinds();
    condition();
    figures(history, choice.kind);
    say(byId("heat-what"), choice.stage === WHOLE ? "" : choice.stage.toLowerCase());
    heat.draw(history, choice.kind, choice.stage);
    curve.draw(history, choice.kind);
    tail.draw(history, choice.kind);
    lanes(history);
    answers(history);
    machine(history, heapMax);
    costs("top-keys", history.last()?.keys, "key");
    costs("top-principals", history.last()?.principals, "principal");
    refusals(history);
    if (outlook) {
        calendar(outlook.calendar, outlook.t);
        health(outlook.more.health, outlook.more.custody);
        audit(outlook.more.audit);
        alerts(outlook.alerts);
    }
    foot(history);
}

start();
