// Sums cubes up under the filters, as cube.py, tables.py and words.py do it without.
const OTHER = "\0", NONE = "–";
const newGroup = panel => ({n: 0, cells: panel.columns.map(c => c.dim ? new Set() : {a: null, b: 0})});

function put(how, into, a, b) {
  into.b += b;
  if (a === null) return;
  into.a = into.a === null ? a : how === "min" ? Math.min(into.a, a) : how === "max" ? Math.max(into.a, a) : into.a + a;
}
function addCell(panel, group, cell) {
  group.n += panel.n[cell];
  panel.columns.forEach((c, i) => {
    if (c.dim) {
      const code = panel.dims[c.dim].c[cell];
      if (panel.dims[c.dim].v[code] !== null) group.cells[i].add(code);
    } else if (c.a.length) put(c.how, group.cells[i], c.a[cell], c.b.length ? c.b[cell] : 0);
  });
}
function merge(panel, into, group) {
  into.n += group.n;
  panel.columns.forEach((c, i) => {
    if (c.dim) group.cells[i].forEach(code => into.cells[i].add(code));
    else put(c.how, into.cells[i], group.cells[i].a, group.cells[i].b);
  });
}
function valueOf(panel, group, i) {
  const c = panel.columns[i], cell = group.cells[i];
  if (c.how === "count") return group.n;
  if (c.dim) return cell.size;
  if (c.how === "mean") return cell.a === null || !cell.b ? null : cell.a / cell.b;
  return c.how === "distinct" ? cell.a || 0 : cell.a;
}
function total(panel, groups) {
  const all = newGroup(panel);
  for (const g of groups) merge(panel, all, g);
  return all;
}
const before = (a, b) => a < b ? -1 : a > b ? 1 : 0;
const isNumber = key => /^-?[0-9]+([.][0-9]+)?$/.test(String(key));
const byNumber = (a, b) => Number(a) - Number(b) || before(String(a), String(b));
// The keys of the greatest values; bars whose keys are numbers, as how many there are in a frame, go by these.
function ranked(panel, groups, most, byName) {
  let keys = [...groups.keys()].filter(k => k !== OTHER);
  const size = k => valueOf(panel, groups.get(k), 0) || 0;
  keys.sort((a, b) => size(b) - size(a) || before(String(a), String(b)));
  const more = groups.has(OTHER) || keys.length > most;
  if (more) keys = keys.slice(0, most - 1);
  if (panel.kind === "bar" && keys.every(isNumber)) keys.sort(byNumber);
  else if (byName) keys.sort((a, b) => before(String(a), String(b)));
  return more ? [...keys, OTHER] : keys;
}
// Which filters a panel heeds, as tests of its codes.
function tests(panel, filters) {
  const found = [];
  for (const name of ["job", "class"])
    if (filters[name].length && panel.dims[name]) found.push([name, v => filters[name].includes(v)]);
  if ((filters.from || filters.to) && panel.dims.date)
    found.push(["date", v => v !== null && (!filters.from || v >= filters.from) && (!filters.to || v <= filters.to)]);
  return found;
}
function shownOf(panel, filters) {
  const passing = tests(panel, filters).map(([name, test]) => {
    const {c, v} = panel.dims[name], ok = v.map(test);
    return cell => ok[c[cell]] || (!panel.n[cell] && v[c[cell]] === null);  // what is offered, whenever
  });
  const {by, colour} = panel.dims, found = new Map();
  for (let cell = 0; cell < panel.n.length; cell++) {
    if (!passing.every(pass => pass(cell))) continue;
    const row = panel.by ? by.v[by.c[cell]] : null, column = panel.colour ? colour.v[colour.c[cell]] : null;
    if (!found.has(row)) found.set(row, new Map());
    const inner = found.get(row);
    if (!inner.has(column)) inner.set(column, newGroup(panel));
    addCell(panel, inner.get(column), cell);
  }
  let missing = 0;
  if (panel.by && found.has(null)) {
    for (const g of found.get(null).values()) missing += g.n;
    found.delete(null);
  }
  if (panel.colour) for (const inner of found.values()) {
    if (inner.has(null)) missing += inner.get(null).n;
    inner.delete(null);
  }
  const totals = new Map(), across = new Map();
  for (const [row, inner] of found) {
    if (inner.size) totals.set(row, total(panel, inner.values()));
    for (const [key, g] of inner) across.set(key, [...(across.get(key) || []), g]);
  }
  const rows = panel.order.length ? panel.order : ranked(panel, totals, panel.limit, panel.byName);
  const sums = new Map([...across].map(([k, g]) => [k, total(panel, g)]));
  const colours = panel.colour ? ranked(panel, sums, panel.kind === "stacked" ? 6 : 24, false) : [null];
  const groups = new Map(), whole = new Map(), into = (map, key, g) => {
    if (!map.has(key)) map.set(key, newGroup(panel));
    merge(panel, map.get(key), g);
  };
  const rowSet = new Set(rows), colourSet = new Set(colours);
  for (const [row, inner] of found) {
    const at = rowSet.has(row) ? row : OTHER;
    if (!groups.has(at)) groups.set(at, new Map());
    for (const [key, g] of inner) {
      into(groups.get(at), colourSet.has(key) ? key : OTHER, g);
      into(whole, at, g);
    }
  }
  return {rows, colours, groups, totals: whole, missing, any: found.size > 0};
}
function palette(panel, shown) {
  const chosen = new Map([[OTHER, 0]]), used = new Set([0]), ranks = new Map(panel.ranks);
  for (const key of panel.colour ? shown.colours : shown.rows) {
    if (key === OTHER) continue;
    const wanted = ranks.get(key) || 0;
    let number = 8;
    for (let i = 1; i <= 8; i++) if (!used.has(i)) { number = i; break; }
    if (wanted > 0 && wanted <= 8 && !used.has(wanted)) number = wanted;
    used.add(number);
    chosen.set(key, number);
  }
  const paint = key => {
    const tone = Object.hasOwn(panel.tones, String(key).toLowerCase()) && panel.tones[String(key).toLowerCase()];
    const number = chosen.get(key);
    return tone ? `var(--${tone})` : number ? `var(--series-${number})` : "var(--rest)";
  };
  return paint;
}
const textOf = key => key === null ? "(none)" : key === OTHER ? "other" : String(key);
const nameOf = (panel, key) => panel.names.get(key) || textOf(key);

function rounded(value, places) {
  const [whole, rest] = Math.abs(value).toFixed(places).split(".");
  return (value < 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
}
function plain(value) {
  if (Number.isInteger(value)) return rounded(value, 0);
  const size = Math.abs(value);
  return rounded(value, size >= 1000 ? 0 : size >= 10 ? 1 : 2);
}
function spoken(value, unit) {
  if (value === null) return NONE;
  if (unit === "s" || unit === "seconds") {
    const size = Math.abs(value);
    return size < 60 ? rounded(value, 1) + " s" : size < 3600 ? rounded(value / 60, 1) + " min" : rounded(value / 3600, 1) + " h";
  }
  return plain(value) + (unit ? (unit === "%" ? unit : " " + unit) : "");
}
const percent = (part, whole) => whole ? rounded(100 * part / whole, 1) + " %" : NONE;

function cellOf(panel, heading, value, unit, whole, colour) {
  const cell = {value, text: spoken(value, unit), colour};
  if (value === null) return cell;
  const rule = panel.highlight.find(r => {
    if (!r.names.includes(heading.toLowerCase()) || (r.share && !whole)) return false;
    const measured = r.share ? value / whole : value;
    return (r.least === null || measured >= r.least) && (r.most === null || measured <= r.most);
  });
  return rule ? {...cell, tone: rule.tone, mark: rule.text} : cell;
}
function tableOf(panel, shown) {
  if (!panel.colour) {
    return {heads: panel.heads, rows: shown.rows.map(key => {
      const group = shown.totals.get(key);
      return {key, name: nameOf(panel, key), cells: panel.columns.map((c, i) =>
        cellOf(panel, c.head, group ? valueOf(panel, group, i) : panel.order.length ? 0 : null, c.unit, null, null))};
    })};
  }
  const column = panel.columns[0], adds = column.how === "count" || column.how === "sum";
  const rows = shown.rows.map(key => {
    const group = shown.totals.get(key), whole = group ? valueOf(panel, group, 0) : null;
    const cells = shown.colours.map(colour => {
      const part = shown.groups.get(key)?.get(colour);
      let value = part ? valueOf(panel, part, 0) : null;
      if (value === null && adds) value = 0;
      return cellOf(panel, textOf(colour), value, column.unit, whole, colour);
    });
    if (adds) cells.push({value: whole || 0, text: spoken(whole || 0, column.unit), total: true});
    return {key, name: nameOf(panel, key), cells};
  });
  return {heads: [panel.heads[0], ...shown.colours.map(textOf), ...(adds ? ["total"] : [])], rows};
}
function described(panel, table) {
  const last = row => row.cells.at(-1), rows = [...table.rows];
  if (panel.order.length) rows.sort((a, b) => (last(b).value || 0) - (last(a).value || 0));
  const most = rows.slice(0, 3).map(r => `${r.name} ${last(r).text}`).join(", ");
  return `${panel.drawn} of ${rows.length} by ${table.heads[0]}. The greatest: ${most}.`;
}
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}
const csvOf = rows => rows.map(r => r.map(csvCell).join(",") + "\n").join("");
