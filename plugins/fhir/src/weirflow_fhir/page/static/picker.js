// Choosing entities and codes: a text field with a list of what goes with what is typed.

import { ask, attempt } from "./api.js";
import { data, el, plural, say } from "./dom.js";

let count = 0;

/** A combobox; `onpick` gets the concept that was chosen. */
export function picker(label, onpick) {
  const id = `picker-${++count}`;
  let found = [];
  let active = -1;
  let asking = null;
  let wait = 0;

  const list = el("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const input = el("input", {
    id, type: "text", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    maxlength: 100, placeholder: "name or code", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": `${id}-list`,
    oninput: () => {
      clearTimeout(wait);
      wait = setTimeout(look, 120);
    },
    onkeydown: keys,
    onblur: () => setTimeout(close, 150),
  });

  async function look() {
    asking?.abort();
    asking = new AbortController();
    const typed = input.value.trim();
    const answer = typed ? await attempt(() => ask("suggest", { typed }, asking.signal)) : { concepts: [] };
    if (!answer) return;
    found = answer.concepts;
    list.replaceChildren(...found.map(option));
    open(found.length > 0);
    move(found.length ? 0 : -1);
    if (typed) say(found.length ? plural(found.length, "suggestion") : "Nothing goes by that name");
  }

  function option(concept, n) {
    return el(
      "li",
      { id: `${id}-${n}`, role: "option", class: `g-${concept.group}`, onmousedown: (e) => (e.preventDefault(), pick(n)) },
      el("span", { class: "dot" }), data(concept.label), " ",
      el("small", {}, data(concept.code), ` ${plural(concept.notes, "note")}`),
    );
  }

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
  }

  function close() {
    open(false);
    move(-1);
  }

  function move(to) {
    active = to;
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === to)));
    if (to < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${id}-${to}`);
    list.children[to]?.scrollIntoView({ block: "nearest" });
  }

  function pick(n) {
    const concept = found[n];
    input.value = "";
    close();
    onpick(concept);
  }

  function keys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !list.hidden) {
      event.preventDefault();
      move((active + step + found.length) % found.length);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      pick(active);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  }

  return el("div", { class: "picker" }, el("label", { for: id }, label), input, list);
}
