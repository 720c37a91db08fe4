// What results must have: values of the index's columns, days, codes.

import { button, data, el } from "./dom.js";
import { picker } from "./picker.js";

const FEW = 12; // values, which are all shown

/** The filters beside the results; `onchange` is told of each change. */
export class Filters {
  constructor(facts, onchange) {
    this.facts = facts;
    this.onchange = onchange;
    this.values = new Map(facts.columns.map((c) => [c.name, new Set()]));
    this.concepts = [];
    this.days = { since: "", until: "" };
    this.chips = el("ul", { class: "chips", "aria-label": "Chosen filters" });
    this.boxes = [];
    this.dayFields = {};
    this.element = el(
      "details", { class: "filters", open: matchMedia("(min-width: 60rem)").matches },
      el("summary", {}, "Filters"),
      this.chips,
      facts.entities ? picker("Code or entity", (concept) => this.code(concept)) : null,
      el("fieldset", {}, el("legend", {}, "Written"), this.day("since", "from"), this.day("until", "to")),
      ...facts.columns.filter((c) => c.values.length).map((c) => this.column(c)),
      button("Clear filters", () => this.clear(), { class: "quiet" }),
    );
  }

  /** As the server wants them. A code stands for those below it. */
  asked() {
    const values = [...this.values].filter(([, some]) => some.size).map(([name, some]) => [name, [...some]]);
    return { values: Object.fromEntries(values), ...this.days, codes: this.concepts.map((c) => c.code) };
  }

  /** Choose exactly these: values by column, concepts with codes. */
  set(values, concepts = []) {
    this.forget();
    for (const [name, some] of Object.entries(values)) some.forEach((v) => this.values.get(name)?.add(v));
    this.concepts = concepts.filter((c) => c.code);
    this.draw();
  }

  clear() {
    this.forget();
    this.changed();
  }

  forget() {
    this.values.forEach((some) => some.clear());
    this.concepts = [];
    this.days = { since: "", until: "" };
    Object.values(this.dayFields).forEach((field) => (field.value = ""));
  }

  code(concept) {
    // the index knows codes alone; what has none is looked for by its name
    if (!concept.code) return this.onchange(concept.label);
    if (!this.concepts.some((c) => c.code === concept.code)) this.concepts.push(concept);
    return this.changed();
  }

  day(name, label) {
    const field = el("input", {
      type: "date", autocomplete: "off",
      onchange: () => {
        this.days[name] = field.value;
        this.changed();
      },
    });
    this.dayFields[name] = field;
    return el("label", { class: "day" }, label, field);
  }

  column({ name, label, values }) {
    const legend = el("legend", {}, label);
    if (values.length <= FEW) {
      const boxes = values.map(([value, n]) => {
        const box = el("input", {
          type: "checkbox", autocomplete: "off",
          onchange: () => this.toggle(name, value, box.checked),
        });
        this.boxes.push([box, name, value]);
        return el("label", { class: "choice" }, box, data(value), el("small", {}, String(n)));
      });
      return el("fieldset", {}, legend, ...boxes);
    }
    const id = `values-${name}`;
    const input = el("input", {
      list: id, autocomplete: "off", spellcheck: "false", "aria-label": label, placeholder: "type or choose",
      onchange: () => {
        const value = input.value.trim();
        input.value = "";
        if (value) this.toggle(name, value, true);
      },
    });
    const options = values.map(([value, n]) => el("option", { value }, `${n} notes`));
    return el("fieldset", {}, legend, input, el("datalist", { id }, ...options));
  }

  toggle(name, value, on) {
    const some = this.values.get(name);
    if (on) some.add(value);
    else some.delete(value);
    this.changed();
  }

  changed() {
    this.draw();
    this.onchange();
  }

  draw() {
    for (const [box, name, value] of this.boxes) box.checked = this.values.get(name).has(value);
    const chip = (label, text, drop) =>
      el("li", { class: "chip" }, `${label} `, data(text), button("×", drop, { "aria-label": `Remove ${label} ${text}` }));
    this.chips.replaceChildren(
      ...this.concepts.map((c) =>
        chip("has", c.label, () => {
          this.concepts = this.concepts.filter((other) => other !== c);
          this.changed();
        }),
      ),
      ...this.facts.columns.flatMap(({ name, label }) =>
        [...this.values.get(name)].map((v) => chip(label, v, () => this.toggle(name, v, false))),
      ),
    );
  }
}
