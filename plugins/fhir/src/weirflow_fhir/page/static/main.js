// The page: its three views, and how one goes from one to another.

import { ask, attempt, takeKey } from "./api.js";
import { byId, plural } from "./dom.js";
import { Cohort } from "./cohort.js";
import { Note } from "./note.js";
import { Search } from "./search.js";

// The browser's history has numbers; what they stand for is kept here, so that it is not saved with the session.
const places = [];
const views = {};

function show({ view, details }, focus = true) {
  for (const name of ["search", "note", "cohort"]) byId(name).hidden = name !== view;
  for (const tab of document.querySelectorAll("nav [data-view]")) {
    tab.toggleAttribute("aria-current", tab.dataset.view === view);
    if (tab.dataset.view === view) tab.setAttribute("aria-current", "page");
  }
  return views[view].show(details, focus);
}

/** Go to a view, so that the browser's way back leads here again. */
export function go(view, details) {
  places.push({ view, details });
  history.pushState(places.length - 1, "", location.pathname);
  scrollTo(0, 0);
  return show(places.at(-1));
}

function shortcuts(event) {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (byId("search").hidden) go("search");
    byId("question").focus();
  }
}

async function begin() {
  const facts = await ask("start");
  document.title = byId("title").textContent = facts.title;
  const patients = facts.patients === null ? "" : ` of ${plural(facts.patients, "patient")}`;
  byId("size").textContent = `${plural(facts.documents, "note")}${patients}`;
  views.search = new Search(byId("search"), facts, go);
  views.note = new Note(byId("note"), facts, go);
  views.cohort = new Cohort(byId("cohort"), facts, go);
  document.querySelector("[data-view=cohort]").hidden = !facts.entities;
  for (const tab of document.querySelectorAll("nav [data-view]")) {
    tab.addEventListener("click", () => go(tab.dataset.view));
  }
  document.addEventListener("keydown", shortcuts);
  addEventListener("popstate", (event) => show(places[event.state] ?? places[0]));
  places.push({ view: "search" });
  history.replaceState(0, "", location.pathname);
  await show(places[0], false);
}

takeKey();
addEventListener("hashchange", () => {
  takeKey();
  if (!places.length) attempt(begin);
});
attempt(begin);
