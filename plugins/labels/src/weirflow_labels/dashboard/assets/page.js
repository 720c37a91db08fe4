// Brings the page to life: filters, redrawing, lists of frames. The hash of the address keeps the filters.
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters"), controls = {};
for (const name of ["job", "class", "from", "to"]) controls[name] = document.getElementById("f-" + name);
for (const panel of data.panels) panel.names = new Map(panel.labels);

function chosen() {
  return Object.fromEntries(Object.entries(controls).map(([k, e]) => [k, e ? e.value : ""]));
}
function restore() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const [name, e] of Object.entries(controls)) {
    if (!e) continue;
    e.value = wanted.get(name) || "";
    if (e.selectedIndex === -1) e.value = "";
  }
}
function keep(filters) {
  const hash = new URLSearchParams(Object.entries(filters).filter(f => f[1])).toString();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
}
function told(filters) {
  const words = [];
  if (filters.job) words.push(`job ${filters.job}`);
  if (filters.class) words.push(`class ${filters.class}`);
  if (filters.from) words.push(`from ${filters.from}`);
  if (filters.to) words.push(`to ${filters.to}`);
  return words.length ? `Shown: ${words.join(", ")}.` : "All rows are shown.";
}
function unheeded(panel, filters) {
  const set = [["job", filters.job], ["class", filters.class], ["date", filters.from || filters.to]];
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
  document.getElementById("clear")?.toggleAttribute("disabled", !Object.values(filters).some(Boolean));
}
restore();
if (form) {
  form.hidden = false;
  form.addEventListener("change", update);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
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
