// Brings the page to life: filters, redrawing, lists of frames. The hash of the address keeps the filters.
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters"), choices = {}, dates = {};
for (const name of ["job", "class"]) choices[name] = document.getElementById("f-" + name);
for (const name of ["from", "to"]) dates[name] = document.getElementById("f-" + name);
for (const panel of data.panels) panel.names = new Map(panel.labels);

const boxes = list => list ? [...list.querySelectorAll("input")] : [];
function chosen() {
  const ticked = Object.entries(choices).map(([name, list]) => [name, boxes(list).filter(b => b.checked).map(b => b.value)]);
  return {...Object.fromEntries(ticked), ...Object.fromEntries(Object.entries(dates).map(([name, e]) => [name, e ? e.value : ""]))};
}
function restore() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const [name, list] of Object.entries(choices)) for (const box of boxes(list)) box.checked = wanted.getAll(name).includes(box.value);
  for (const [name, e] of Object.entries(dates)) if (e) e.value = wanted.get(name) || "";
}
function keep(filters) {
  const pairs = Object.entries(filters).flatMap(([name, values]) => [values].flat().filter(Boolean).map(v => [name, v]));
  const hash = new URLSearchParams(pairs).toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
}
function told(filters) {
  const words = [];
  for (const name of ["job", "class"]) if (filters[name].length) words.push(`${name} ${filters[name].join(" or ")}`);
  for (const name of ["from", "to"]) if (filters[name]) words.push(`${name} ${filters[name]}`);
  return words.length ? `Shown: ${words.join(", ")}.` : "All rows are shown.";
}
// A list is open while it is used: Escape, a click elsewhere and leaving it close it.
for (const list of Object.values(choices)) {
  if (!list) continue;
  rove(list);
  list.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !list.open) return;
    list.open = false;
    list.querySelector("summary").focus();
  });
  list.addEventListener("focusout", event => { if (event.relatedTarget && !list.contains(event.relatedTarget)) list.open = false; });
  document.addEventListener("pointerdown", event => { if (!list.contains(event.target)) list.open = false; });
}
function unheeded(panel, filters) {
  const set = [["job", filters.job.length], ["class", filters.class.length], ["date", filters.from || filters.to]];
  return set.filter(([name, value]) => value && !panel.filters.includes(name)).map(f => f[0]);
}
function redraw(panel, filters) {
  const section = document.getElementById("p-" + panel.name), shown = shownOf(panel, filters);
  const aside = section.querySelector(".aside"), without = unheeded(panel, filters);
  aside.hidden = !without.length;
  aside.textContent = without.length ? `Not filtered by ${without.join(" or ")}.` : "";
  if (panel.kind === "number") {
    const group = shown.totals.get(null), value = group ? valueOf(panel, group, 0) : ["count", "sum", "distinct"].includes(panel.columns[0].how) ? 0 : null;
    section.querySelector(".value").textContent = spoken(value, panel.columns[0].unit);
    return;
  }
  const list = (key, colour) => listFrames(panel, shown, filters, key, colour ?? null);
  const table = tableOf(panel, shown), live = section.querySelector(".live");
  if (live) {
    section.querySelector(".still").hidden = true;
    live.hidden = false;
    const width = Math.max(260, Math.floor(live.clientWidth));
    const draw = {pie: drawRound, donut: drawRound, bar: drawBars}[panel.kind] || drawColumns;
    live.replaceChildren(...(shown.totals.size ? draw(panel, shown, list, width) : [make("p", {class: "nothing"}, "No rows under these filters.")]));
    live.dataset.width = width;
    live.setAttribute("aria-label", shown.totals.size ? described(panel, table) : panel.title);
    rove(live);
  }
  section.querySelector("table").replaceChildren(section.querySelector("caption"), ...drawTable(panel, table, list));
  section.querySelector(".missing").textContent = shown.missing ? `${plain(shown.missing)} rows have no ${panel.lacks}.` : "";
  const csv = csvOf([table.heads, ...table.rows.map(r => [r.name, ...r.cells.map(c => c.value)])]);
  section.querySelector("a.csv").href = "data:text/csv;charset=utf-8," + encodeURIComponent(csv);
}
function update() {
  const filters = chosen();
  keep(filters);
  for (const panel of data.panels) redraw(panel, filters);
  const status = document.getElementById("status");
  if (status) status.textContent = told(filters);
  document.getElementById("clear")?.toggleAttribute("disabled", !Object.values(filters).some(v => v.length));
  for (const [name, list] of Object.entries(choices)) {
    if (!list) continue;
    const many = filters[name].length;
    list.querySelector(".chosen").textContent = many > 1 ? `${many} of ${boxes(list).length}` : filters[name][0] ?? list.dataset.all;
  }
}
restore();
if (form) {
  form.hidden = false;
  form.addEventListener("change", update);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", event => {
    event.preventDefault();
    for (const box of Object.values(choices).flatMap(boxes)) box.checked = false;
    for (const e of Object.values(dates)) if (e) e.value = "";
    update();
  });
}
addEventListener("hashchange", () => { restore(); update(); });
update();
let waiting = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    for (const panel of data.panels) {
      const live = document.querySelector(`#p-${CSS.escape(panel.name)} .live`);
      if (live && +live.dataset.width !== Math.max(260, Math.floor(live.clientWidth))) redraw(panel, chosen());
    }
  });
});
dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
