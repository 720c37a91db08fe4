// Draws charts as charts.py does: same parts, order and colours, in the width that there is.
const SVG = "http://www.w3.org/2000/svg";
function make(name, attributes, ...children) {
  const svg = ["svg", "path", "rect", "g", "text", "line", "circle", "image", "title", "polygon", "polyline"].includes(name);
  const e = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "style") for (const [k, v] of Object.entries(value)) e.style.setProperty(k, v);
    else if (key === "on") e.addEventListener("click", value);
    else e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return e;
}
// A part that lists its frames is a button, for the mouse and for the keyboard.
function pressable(e, label, open) {
  e.setAttribute("role", "button");
  e.setAttribute("aria-label", label);
  e.classList.add("part");
  e.addEventListener("click", open);
  e.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open();
  });
}
// A chart is one stop for Tab; the arrows go from part to part: in columns up and down, and along parts of one colour.
function rove(box) {
  const parts = [...box.querySelectorAll("button.part, rect.part, input")];
  const stop = part => parts.forEach(p => p.setAttribute("tabindex", p === part ? 0 : -1));
  if (box.classList.contains("live")) stop(parts[0]);
  const along = (at, step) => {
    const {row, colour} = parts[at].dataset, way = step > 0 ? parts.slice(at + 1) : parts.slice(0, at).reverse();
    const others = way.filter(p => p.dataset.row !== row);
    if (row === undefined) return parts[at + step];
    return others.find(p => p.dataset.row === others[0].dataset.row && p.dataset.colour === colour) || others[0];
  };
  box.onkeydown = event => {
    const at = parts.indexOf(document.activeElement), columns = parts[at]?.dataset.row !== undefined;
    const to = at < 0 ? null : {Home: parts[0], End: parts.at(-1), ArrowRight: along(at, 1), ArrowLeft: along(at, -1),
      ArrowDown: parts[columns ? at - 1 : at + 1], ArrowUp: parts[columns ? at + 1 : at - 1]}[event.key];
    if (!to) return;
    event.preventDefault();
    if (box.classList.contains("live")) stop(to);
    to.focus();
  };
}
const parted = (panel, value, tagName, open, attributes, ...children) =>
  panel.samples.length && value ? make("button", {type: "button", on: open, ...attributes, class: `${attributes.class || ""} part`}, ...children)
    : make(tagName, attributes, ...children);

function drawRound(panel, shown, list) {
  const {unit} = panel.columns[0], paint = palette(panel, shown);
  const values = shown.rows.map(k => valueOf(panel, shown.totals.get(k), 0) || 0), sum = values.reduce((a, b) => a + b, 0);
  const hole = panel.kind === "donut" ? 56 : 0, svg = make("svg", {viewBox: "-92 -92 184 184", class: "round", "aria-hidden": "true"});
  let at = 0;
  shown.rows.forEach((key, i) => {
    if (!values[i]) return;
    const from = 2 * Math.PI * at / sum, to = 2 * Math.PI * (at += values[i]) / sum;
    const arc = make("path", {d: ring(from, to, hole, 90), fill: paint(key), stroke: "var(--card)", "stroke-width": 1.5},
      make("title", {}, `${nameOf(panel, key)}: ${spoken(values[i], unit)} (${percent(values[i], sum)})`));
    if (panel.samples.length) {
      arc.classList.add("part");
      arc.addEventListener("click", () => list(key, null));
    }
    svg.append(arc);
  });
  if (hole) svg.append(make("text", {class: "middle", "text-anchor": "middle", dy: "0.35em"}, spoken(sum, unit)));
  const legend = make("ul", {class: "legend"}, ...shown.rows.map((key, i) => make("li", {}, parted(panel, values[i], "span", () => list(key, null), {class: "entry"},
    make("i", {style: {background: paint(key)}}), make("b", {}, nameOf(panel, key)),
    make("span", {class: "figure"}, `${spoken(values[i], unit)} `, make("small", {}, percent(values[i], sum)))))));
  return [svg, legend];
}
function ring(from, to, inner, outer) {
  if (to - from > 2 * Math.PI - 1e-6) to = from + 2 * Math.PI - 1e-4;
  const at = (angle, r) => `${(r * Math.sin(angle)).toFixed(3)} ${(-r * Math.cos(angle)).toFixed(3)}`, large = to - from > Math.PI ? 1 : 0;
  const back = inner ? `L${at(to, inner)}A${inner} ${inner} 0 ${large} 0 ${at(from, inner)}` : "L0 0";
  return `M${at(from, outer)}A${outer} ${outer} 0 ${large} 1 ${at(to, outer)}${back}Z`;
}
function drawBars(panel, shown, list) {
  const {unit} = panel.columns[0];
  const values = shown.rows.map(k => valueOf(panel, shown.totals.get(k), 0) || 0), most = Math.max(...values, 0) || 1;
  return [make("ul", {class: "bars"}, ...shown.rows.map((key, i) => make("li", {}, parted(panel, values[i], "div", () => list(key, null), {class: "entry"},
    make("b", {}, nameOf(panel, key)),
    make("span", {class: "track"}, make("i", {style: {width: `${100 * Math.max(0, values[i]) / most}%`, background: key === OTHER ? "var(--rest)" : "var(--series-1)"}})),
    make("span", {class: "figure"}, spoken(values[i], unit))))))];
}
function ticks(most, count) {
  const raw = most / count, power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw * 0.999);
  const found = [];
  for (let i = 0; i * step < most * 1.0001 || i < 2; i++) found.push(i * step);
  if (found.at(-1) < most) found.push(found.length * step);
  return found;
}
function axisUnit(panel, shown) {
  const {unit} = panel.columns[0];
  if (unit !== "s" && unit !== "seconds") return [1, unit];
  const most = Math.max(0, ...[...shown.totals.values()].map(g => valueOf(panel, g, 0) || 0));
  return most < 60 ? [1, "seconds"] : most < 3600 ? [60, "minutes"] : [3600, "hours"];
}
function drawColumns(panel, shown, list, width) {
  const plainBars = shown.colours[0] === null, paint = palette(panel, shown), {unit} = panel.columns[0];
  const [divisor, axis] = axisUnit(panel, shown);
  const names = shown.rows.map(k => nameOf(panel, k)), cut = n => n.length > 19 ? n.slice(0, 18) + "…" : n;
  const most = Math.max(...shown.rows.map(k => shown.totals.has(k) ? valueOf(panel, shown.totals.get(k), 0) || 0 : 0), 0) / divisor || 1;
  const scale = ticks(most, 5), top = scale.at(-1);
  const left = 12 + 7 * Math.max(...scale.map(t => plain(+t.toPrecision(6)).length)), tilted = !panel.order.length && names.reduce((a, n) => a + Math.min(n.length, 20) * 7 + 8, 0) > width - left;
  const longest = Math.min(19, Math.max(...names.map(n => n.length))), under = (tilted ? 16 + longest * 5 : 24) + (panel.kind === "histogram" ? 18 : 0);
  const right = 6, over = axis ? 22 : 8, plot = 220, height = over + plot + under, step = (width - left - right) / shown.rows.length;
  const y = v => over + plot - plot * v / top;
  const svg = make("svg", {viewBox: `0 0 ${width} ${height}`, width, height, ...(panel.samples.length ? {role: "group", "aria-label": "Columns"} : {"aria-hidden": "true"})});
  for (const t of scale) svg.append(
    make("line", {x1: left, x2: width - right, y1: y(t), y2: y(t), stroke: t ? "var(--grid)" : "var(--muted)"}),
    make("text", {x: left - 6, y: y(t), dy: "0.35em", "text-anchor": "end", class: "tick", "aria-hidden": "true"}, plain(+t.toPrecision(6))));
  if (axis) svg.append(make("text", {x: 2, y: 11, class: "tick", "aria-hidden": "true"}, axis));
  const every = Math.ceil((panel.order.length ? 7 * longest + 10 : 13) / step);
  shown.rows.forEach((key, i) => {
    const wide = step * (panel.kind === "histogram" ? 0.94 : 0.78), x = left + i * step + (step - wide) / 2;
    let at = 0;
    for (const colour of shown.colours) {
      const group = shown.groups.get(key)?.get(colour), value = group ? valueOf(panel, group, 0) || 0 : 0;
      if (!value) continue;
      const low = y(at), high = y(at += value / divisor);
      const label = `${names[i]}${plainBars ? "" : ", " + textOf(colour)}: ${spoken(value, unit)}`;
      const bar = make("rect", {x, y: high, width: wide, height: Math.max(0.5, low - high), fill: plainBars ? "var(--series-1)" : paint(colour)}, make("title", {}, label));
      Object.assign(bar.dataset, {row: i, colour: textOf(colour)});
      if (panel.samples.length) pressable(bar, label, () => list(key, plainBars ? null : colour));
      svg.append(bar);
    }
    if (i % every) return;
    const half = 3.5 * Math.min(19, names[i].length), middle = tilted ? x + wide / 2 : Math.max(half, Math.min(x + wide / 2, width - half));
    svg.append(make("text", tilted
      ? {x: middle + 3, y: over + plot + 12, "text-anchor": "end", transform: `rotate(-45 ${middle + 3} ${over + plot + 12})`, class: "tick", "aria-hidden": "true"}
      : {x: middle, y: over + plot + 16, "text-anchor": "middle", class: "tick", "aria-hidden": "true"}, cut(names[i])));
  });
  if (panel.kind === "histogram") svg.append(make("text", {x: left + (width - left) / 2, y: height - 4, "text-anchor": "middle", class: "tick", "aria-hidden": "true"}, panel.heads[0]));
  if (plainBars) return [svg];
  return [make("ul", {class: "legend row"}, ...shown.colours.map(c => make("li", {class: "entry"}, make("i", {style: {background: paint(c)}}), textOf(c)))), svg];
}
function drawTable(panel, table, list) {
  const body = table.rows.map(row => make("tr", {}, make("th", {scope: "row"}, row.name), ...row.cells.map((cell, i) => {
    const listed = panel.samples.length && cell.value && (cell.total || panel.kind === "table" || panel.colour || panel.columns[0].how === "count");
    const head = row.cells.length > 1 ? `, ${table.heads[i + 1]}` : "", name = `${row.name}${head}: ${cell.text}${cell.mark ? ", " + cell.mark : ""}`;
    const text = listed ? make("button", {type: "button", class: "cell", "aria-label": name, on: () => list(row.key, cell.total ? null : cell.colour)}, cell.text) : cell.text;
    return make("td", {class: cell.tone && `tone-${cell.tone}`}, text, cell.mark && make("span", {class: "mark"}, cell.mark));
  })));
  return [make("thead", {}, make("tr", {}, ...table.heads.map(h => make("th", {scope: "col"}, h)))), make("tbody", {}, ...body)];
}
