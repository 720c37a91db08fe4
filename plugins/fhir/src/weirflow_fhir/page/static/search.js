// The search view: a question, filters, and what was found.

import { ask, attempt } from "./api.js";
import { button, byId, data, el, plural, say } from "./dom.js";
import { Filters } from "./filters.js";

const PAGE = 15;

export class Search {
  constructor(section, facts, go) {
    this.facts = facts;
    this.go = go;
    this.asking = null;
    this.asked = false;
    this.question = el("input", {
      id: "question", type: "search", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      maxlength: 1000, placeholder: "a question, or words from a note", "aria-describedby": "hint",
    });
    this.filters = new Filters(facts, (words) => {
      if (words) this.question.value = `${this.question.value} ${words}`.trim();
      this.run();
    });
    this.count = el("h2", { class: "count", tabindex: "-1" });
    this.list = el("ol", { class: "hits" });
    this.more = button("More results", () => this.run(true), { class: "more", hidden: true });
    const form = el(
      "form",
      { role: "search", onsubmit: (e) => (e.preventDefault(), this.run()) },
      el("label", { for: "question", class: "unseen" }, "Search the notes"),
      this.question,
      el("button", { type: "submit" }, "Search"),
      el("p", { id: "hint" }, "\"in quotes\" must be there, -not this, begin*. Press / to come here."),
    );
    section.append(
      form,
      el("div", { class: "columns" }, this.filters.element, el("div", { class: "results" }, this.count, this.list, this.more)),
    );
  }

  /** Show it; with `details` ({values, concepts}), for exactly these. */
  async show(details, focus) {
    if (details) {
      this.question.value = "";
      this.filters.set(details.values, details.concepts);
      this.asked = false;
    }
    if (!this.asked) await this.run();
    if (focus) (this.last?.isConnected ? this.last : this.count).focus();
    else this.question.focus();
  }

  async run(more = false) {
    this.asking?.abort();
    this.asking = new AbortController();
    this.asked = true;
    const offset = more ? this.list.children.length : 0;
    const details = { question: this.question.value, ...this.filters.asked(), limit: PAGE, offset };
    byId("search").setAttribute("aria-busy", "true");
    const found = await attempt(() => ask("search", details, this.asking.signal));
    byId("search").removeAttribute("aria-busy");
    if (!found) return;
    const hits = found.hits.map((hit) => this.hit(hit));
    if (more) this.list.append(...hits);
    else this.list.replaceChildren(...hits);
    const order = details.question.trim() ? "best first" : "newest first";
    this.count.textContent = found.total ? `${plural(found.total, "note")}, ${order}` : "No note has that";
    this.more.hidden = this.list.children.length >= found.total;
    if (more) hits[0]?.querySelector("button").focus();
    say(this.count.textContent);
  }

  hit({ document, title, day, metadata, excerpt }) {
    const open = button(data(title || document), () => {
      this.last = open;
      this.go("note", { document, ask: this.question.value });
    });
    const facts = this.facts.columns.map(({ name }) => metadata[name]).filter((v) => v && v !== title);
    return el(
      "li", {},
      el("h3", {}, open),
      el("p", { class: "facts" }, ...[day, ...facts].filter(Boolean).map((v) => el("span", {}, data(v)))),
      el("p", { class: "excerpt" }, ...excerpt.map(([text, is]) => (is ? el("mark", {}, text) : text))),
    );
  }
}
