// SPDX-License-Identifier: Apache-2.0
//
// Making and changing elements. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id, which is there. */
export function byId(id) {
    return document.getElementById(id);
}

/** An HTML element with attributes and children; a text child becomes text. */
export function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            node.addEventListener(name.slice(2), value);
        } else if (name === "css") {
            Object.assign(node.style, value); // by the object model: the policy lets no style attribute through
        } else if (value === true) {
            node.setAttribute(name, "");
        } else if (value !== null && value !== undefined && value !== false) {
            node.setAttribute(name, value);
        }
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

/** A table row of cells; a cell is text, a node, or [text or node, attributes]. The first one heads the row. */
export function row(cells, attributes = {}) {
    return element("tr", attributes, ...cells.map((cell, i) => {
        const [content, more] = Array.isArray(cell) ? cell : [cell, {}];
        return element(i === 0 ? "th" : "td", i === 0 ? { scope: "row", ...more } : more, content);
    }));
}

/** The head of a table. */
export function head(names) {
    return element("thead", {}, element("tr", {}, ...names.map((name) => {
        const [text, more] = Array.isArray(name) ? name : [name, {}];
        return element("th", { scope: "col", ...more }, text);
    })));
}

/** Shows other children, unless they are the same as those shown: a selection and the focus are not lost for nothing. */
export function show(node, ...children) {
    const fresh = element("div", {}, ...children);
    if (fresh.innerHTML !== node.innerHTML) {
        node.replaceChildren(...fresh.childNodes);
    }
}

/** Sets text unless it is the same. */
export function say(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

/** A value of the style sheet. */
export function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
