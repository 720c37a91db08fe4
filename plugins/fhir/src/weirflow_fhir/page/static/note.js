// The note view: a text with its entities marked, their graph, and the same as a table.

import { ask, attempt } from "./api.js";
import { button, data, el, plural, say } from "./dom.js";
import { Graph } from "./graph.js";

export class Note {
  constructor(section, facts, go) {
    this.section = section;
    this.facts = facts;
    this.go = go;
    this.labels = new Map(facts.groups.map((g) => [g.name, g.label]));
  }

  async show({ document }, focus) {
    const found = await attempt(() => ask("document", { document }));
    if (!found) {
      this.section.replaceChildren(button("Back", () => history.back()));
      return;
    }
    this.found = found;
    this.chosen = null;
    const heading = el("h2", { tabindex: "-1" }, data(found.title || found.document));
    const entities = this.entities();
    this.text = this.marked(found);
    const body = el("div", { class: "reading" }, el("div", { class: "paper" }, this.legend(entities), this.text));
    if (found.cut) body.firstChild.append(el("p", {}, "The rest is too long to be shown."));
    this.section.replaceChildren(
      el("p", {}, button("← Back", () => history.back(), { class: "quiet" })),
      heading,
      this.about(found),
      this.alike(found.metadata[this.facts.patient]),
      body,
    );
    if (entities.length) {
      this.table = this.listed(entities);
      this.graph = new Graph(found, entities, this.labels, {
        choose: (concept) => this.choose(concept),
        open: (other) => this.go("note", { document: other }),
      });
      body.append(el("div", { class: "side" }, this.graph.element, this.table));
      this.graph.draw();
    }
    if (focus) heading.focus();
    say(`${found.title || found.document}, ${plural(entities.length, "entity", "entities")}`);
  }

  about(found) {
    const rows = [["Date", found.day], ...this.facts.columns.map((c) => [c.label, found.metadata[c.name], c.name])];
    const items = rows
      .filter(([, value]) => value)
      .map(([label, value, name]) => {
        const shown = name && name === this.facts.patient
          ? button(data(value), () => this.go("search", { values: { [name]: [value] } }), {
              class: "link", title: "All notes of this patient",
            })
          : data(value);
        return el("div", {}, el("dt", {}, label), el("dd", {}, shown));
      });
    return el("dl", { class: "about" }, ...items);
  }

  /** Patients like the note's, looked for when somebody wants to see them. */
  alike(patient) {
    if (!this.facts.similar || !patient) return "";
    const place = el("div", {});
    const load = async () => {
      const found = place.hasChildNodes() ? null : await attempt(() => ask("similar", { patient }));
      if (!found) return;
      const rows = found.patients.map((p) =>
        el(
          "tr", {},
          el("th", { scope: "row" }, button(data(p.patient), () => this.go("search", { values: { [this.facts.patient]: [p.patient] } }), { class: "link" })),
          el("td", { class: "number" }, `${Math.round(100 * p.similarity)} %`),
          el("td", {}, data(p.shared)),
        ),
      );
      const head = el("tr", {}, ...["Patient", "Alike", "What both have, the rarest first"].map((t) => el("th", { scope: "col" }, t)));
      place.append(rows.length
        ? el("table", {}, el("caption", { class: "unseen" }, "Patients like this one"), el("thead", {}, head), el("tbody", {}, ...rows))
        : el("p", {}, "No other patient shares a code with this one."));
    };
    return el("details", { class: "alike", ontoggle: load }, el("summary", {}, "Patients like this one"), place);
  }

  /** The concepts of the note with their mentions, in the order of the text; what the patient has not comes last. */
  entities() {
    const concepts = new Map(this.found.concepts.map((c) => [c.concept, { ...c, mentions: [] }]));
    for (const mention of this.found.mentions) concepts.get(mention.concept).mentions.push(mention);
    const some = [...concepts.values()].filter((c) => c.mentions.length);
    for (const c of some) {
      c.denied = c.mentions.every((m) => m.negated);
      c.relative = c.mentions.every((m) => m.relative);
    }
    const last = (c) => Number(c.denied || c.relative);
    return some.sort((a, b) => last(a) - last(b) || a.mentions[0].begin - b.mentions[0].begin);
  }

  marked(found) {
    const groups = new Map(found.concepts.map((c) => [c.concept, c]));
    const parts = found.pieces.map(([text, covering]) => {
      if (!covering.length) return text;
      const mentions = covering.map((n) => found.mentions[n]);
      const [first] = mentions;
      const concept = groups.get(first.concept);
      const several = new Set(mentions.map((m) => m.concept)).size > 1;
      const classes = [`g-${concept.group}`];
      if (first.negated) classes.push("denied");
      if (first.relative) classes.push("relative");
      if (several) classes.push("several");
      const mark = el("mark", {
        class: classes.join(" "),
        title: mentions.map((m) => described(m, groups.get(m.concept))).join("\n"),
        onclick: () => this.choose(nextOf(mentions, this.chosen)),
      }, text);
      mark.concepts = new Set(mentions.map((m) => m.concept));
      return mark;
    });
    return el("div", { class: "text", id: "text", tabindex: "0", role: "region", "aria-label": "Text of the note" }, ...parts);
  }

  legend(entities) {
    const groups = new Set(entities.map((e) => e.group));
    const items = this.facts.groups.filter((g) => groups.has(g.name)).map((g) => [`g-${g.name}`, g.label]);
    const mentions = this.found.mentions;
    if (mentions.some((m) => m.negated)) items.push(["denied", "denied"]);
    if (mentions.some((m) => m.relative)) items.push(["relative", "of a relative"]);
    return el("ul", { class: "legend", "aria-label": "Legend" }, ...items.map(([kind, label]) => el("li", {}, el("mark", { class: kind }, label))));
  }

  listed(entities) {
    const rows = entities.map((c) => {
      const pick = button(data(c.label), () => this.choose(c.concept), { class: "link", "aria-pressed": "false" });
      const times = c.mentions.length;
      const how = c.denied ? "denied" : c.relative ? "of a relative" : "";
      const row = el(
        "tr", { class: `g-${c.group}` },
        el("th", { scope: "row" }, el("span", { class: "dot" }), pick),
        el("td", { class: "code" }, c.code ?? "–"),
        el("td", {}, `${times}×`, how ? ` ${how}` : ""),
        el("td", { class: "number" }, String(c.notes)),
        el("td", {}, button("Show", () => this.graph.expand(c.concept, true), { "aria-label": `Show notes that share ${c.label}` })),
      );
      row.concept = c.concept;
      return row;
    });
    const column = (text, kind) => el("th", { scope: "col", class: kind }, text);
    const head = [column("Entity"), column("Code"), column("Here"), column("Notes", "number"), column(el("span", { class: "unseen" }, "Share"))];
    return el(
      "details", { class: "listed", open: matchMedia("(min-width: 40rem)").matches },
      el("summary", {}, `${plural(entities.length, "entity", "entities")} as a list`),
      el("table", {}, el("caption", { class: "unseen" }, "Entities of the note"), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    );
  }

  /** Point at a concept everywhere: in the text, in the graph, in the table. A second time lets go of it. */
  choose(concept) {
    this.chosen = concept === this.chosen ? null : concept;
    const marks = [...this.text.querySelectorAll("mark")];
    for (const mark of marks) mark.classList.toggle("chosen", mark.concepts.has(this.chosen));
    for (const row of this.table.querySelectorAll("tbody tr")) {
      const on = row.concept === this.chosen;
      row.classList.toggle("chosen", on);
      row.querySelector("[aria-pressed]").setAttribute("aria-pressed", String(on));
    }
    this.graph.choose(this.chosen);
    const first = marks.find((mark) => mark.concepts.has(this.chosen));
    if (first && getComputedStyle(this.text).overflowY === "auto") {
      this.text.scrollTo({ top: first.offsetTop - this.text.clientHeight / 3 });
    }
    if (first) say(`${first.textContent}: ${plural(marks.filter((m) => m.concepts.has(this.chosen)).length, "place")} in the text`);
  }
}

const nextOf = (mentions, chosen) => {
  const at = mentions.findIndex((m) => m.concept === chosen);
  return mentions[(at + 1) % mentions.length].concept === chosen ? chosen : mentions[(at + 1) % mentions.length].concept;
};

function described(mention, concept) {
  const code = concept.code ? ` (${concept.code})` : "";
  const how = [mention.negated && "denied", mention.relative && "of a relative"].filter(Boolean).join(", ");
  const score = mention.score === null ? "" : `, score ${mention.score.toFixed(2)}`;
  return `${concept.label}${code}${how ? `, ${how}` : ""}${score}, found by ${mention.sources.join(" and ") || "nobody"}`;
}
