// The cohort view: patients whose notes have some entities and lack others, and what else most of them have.

import { ask, attempt } from "./api.js";
import { button, data, el, plural, say } from "./dom.js";
import { picker } from "./picker.js";

export class Cohort {
  constructor(section, facts, go) {
    this.facts = facts;
    this.go = go;
    this.chosen = []; // {concept, lacking}
    this.chips = el("ul", { class: "chips", "aria-label": "Chosen entities" });
    this.result = el("div", { class: "cohort" });
    this.heading = el("h2", { tabindex: "-1" }, "Patients by what they have");
    section.append(
      this.heading,
      el("p", {}, "Choose entities that a patient's notes must have. What a note denies, or says of a relative, does not count."),
      picker("Add a condition, medication or code", (concept) => this.add(concept)),
      this.chips,
      this.result,
    );
  }

  async show(details, focus) {
    if (details?.concept) this.chosen = [{ concept: details.concept, lacking: false }];
    await this.run();
    if (focus) this.heading.focus();
  }

  add(concept, lacking = false) {
    if (!this.chosen.some((c) => c.concept.concept === concept.concept)) this.chosen.push({ concept, lacking });
    return this.run();
  }

  async run() {
    this.draw();
    const ids = (lacking) => this.chosen.filter((c) => c.lacking === lacking).map((c) => c.concept.concept);
    if (!ids(false).length) {
      this.result.replaceChildren();
      return;
    }
    const found = await attempt(() => ask("cohort", { having: ids(false), lacking: ids(true) }));
    if (!found) return;
    const share = found.of ? ` (${Math.round((100 * found.total) / found.of)} % of ${found.of.toLocaleString("en")})` : "";
    const heading = el("h3", {}, `${plural(found.total, "patient")}${share}`);
    this.result.replaceChildren(
      el("div", {}, heading, found.total ? this.patients(found) : null),
      found.others.length ? this.others(found) : "",
    );
    say(heading.textContent);
  }

  draw() {
    this.chips.replaceChildren(
      ...this.chosen.map((one) => {
        const name = one.concept.label;
        const flip = button(
          one.lacking ? "has not" : "has",
          () => {
            one.lacking = !one.lacking;
            this.run();
          },
          { class: "flip", "aria-label": `${one.lacking ? "has not" : "has"} ${name}: change` },
        );
        const drop = button(
          "×",
          () => {
            this.chosen = this.chosen.filter((c) => c !== one);
            this.run();
          },
          { "aria-label": `Remove ${name}` },
        );
        return el("li", { class: `chip g-${one.concept.group}` }, el("span", { class: "dot" }), flip, data(name), drop);
      }),
    );
  }

  patients(found) {
    const concepts = this.chosen.filter((c) => !c.lacking).map((c) => c.concept);
    const rows = found.patients.map(([patient, notes]) =>
      el(
        "tr", {},
        el("th", { scope: "row" }, data(patient)),
        el("td", { class: "number" }, String(notes)),
        el("td", {}, this.facts.patient
          ? button("Notes", () => this.go("search", { values: { [this.facts.patient]: [patient] }, concepts }), {
              "aria-label": `Notes of patient ${patient}`,
            })
          : ""),
      ),
    );
    const head = el("tr", {}, el("th", { scope: "col" }, "Patient"), el("th", { scope: "col", class: "number" }, "Notes that say so"), el("th", { scope: "col" }, el("span", { class: "unseen" }, "Open")));
    const left = found.total - rows.length;
    return el(
      "div", {},
      el("table", {}, el("caption", { class: "unseen" }, "Patients of the cohort"), el("thead", {}, head), el("tbody", {}, ...rows)),
      left > 0 ? el("p", {}, `and ${left.toLocaleString("en")} more`) : null,
    );
  }

  others(found) {
    const rows = found.others.map(({ concept, patients }) => {
      const bar = el("span", { class: `bar g-${concept.group}` });
      bar.style.width = `${(75 * patients) / found.total}%`;
      const times = (patients / found.total / (concept.patients / found.of)).toFixed(1);
      return el(
        "tr", {},
        el("th", { scope: "row" }, button(data(concept.label), () => this.add(concept), { class: "link", title: "Add to the cohort" })),
        el("td", { class: "bars" }, bar, el("span", {}, String(patients))),
        el("td", { class: "number" }, `${times}×`),
      );
    });
    const head = el(
      "tr", {},
      el("th", { scope: "col" }, "Entity"),
      el("th", { scope: "col" }, "Patients of the cohort"),
      el("th", { scope: "col", class: "number", title: "how much more often than among all patients" }, "Against all"),
    );
    return el(
      "div", {},
      el("h3", {}, "What they also have"),
      el("table", {}, el("caption", { class: "unseen" }, "Entities that occur with the chosen ones"), el("thead", {}, head), el("tbody", {}, ...rows)),
    );
  }
}
