// Elements without markup: whatever is shown is set as text, so that no note can become part of the page.

const SVG = "http://www.w3.org/2000/svg";

function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element. Attributes that begin with `on` are listeners; null, undefined and false leave one out. */
export const el = (tag, attributes, ...children) => make(document.createElement(tag), attributes, children);

/** An element of SVG, likewise. */
export const svg = (tag, attributes, ...children) => make(document.createElementNS(SVG, tag), attributes, children);

/** A text from the data, kept from turning the direction of what stands beside it. */
export const data = (text) => el("bdi", {}, text ?? "");

export const byId = (id) => document.getElementById(id);

export const button = (text, onclick, attributes) => el("button", { type: "button", onclick, ...attributes }, text);

/** Tell people who do not see the page what has happened. */
export function say(text) {
  byId("status").textContent = text;
}

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const shortened = (text, most) => {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : text;
};
