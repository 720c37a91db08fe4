// Lists the frames behind a part, with what is drawn in them.
const PAGE = 12, dialog = document.getElementById("frames");
function drawn(shape, strong, scale) {
  const style = {fill: strong ? "var(--mark-fill)" : "none", stroke: strong ? "var(--mark-line)" : "var(--faint)", "stroke-width": (strong ? 2.2 : 1.1) * scale};
  if (shape.b) return make("rect", {x: shape.b[0], y: shape.b[1], width: shape.b[2], height: shape.b[3], ...style});
  if (shape.k === "keypoint") return make("g", {}, ...shape.p.map(p => make("circle", {cx: p[0], cy: p[1], r: 4 * scale, ...style})));
  const points = shape.p.map(p => p.join(",")).join(" ");
  return shape.k === "polyline" ? make("polyline", {points, ...style, fill: "none"}) : make("polygon", {points, ...style});
}
function canvas(frame, shape) {
  if (!frame.size) return null;
  const [w, h] = frame.size, svg = make("svg", {viewBox: `0 0 ${w} ${h}`, class: frame.image !== null ? "frame seen" : "frame", "aria-hidden": "true"});
  const seen = frame.image !== null;
  svg.append(seen ? make("image", {href: data.images[frame.image], width: w, height: h}) : make("rect", {width: w, height: h, class: "empty"}));
  const same = s => shape && JSON.stringify(s) === JSON.stringify(shape), scale = w / 300;
  for (const s of frame.shapes) if (!same(s)) svg.append(drawn(s, false, scale));
  if (shape) svg.append(drawn(shape, true, scale));
  return svg;
}
function entry(sample, frame) {
  const facts = [["Job", frame.job], ["Object", sample.o], ["Data object", frame.item], ["Frame", frame.no === null ? "" : String(frame.no)], ["Sensor", frame.sensor || ""], ["File", frame.name]];
  return make("li", {}, canvas(frame, sample.s), make("dl", {}, ...facts.filter(f => f[1]).map(([k, v]) => make("div", {}, make("dt", {}, k), make("dd", {}, v)))),
    frame.size && frame.image === null && make("p", {class: "note"}, frame.guessed ? "No image; the size is guessed from what is drawn." : "No image; the canvas has its size."));
}
function listFrames(panel, shown, filters, key, colour) {
  const rows = new Set(shown.rows), colours = new Set(shown.colours);
  const heeds = tests(panel, filters), part = k => rows.has(k) ? k : OTHER, hue = k => colours.has(k) ? k : OTHER;
  const found = panel.samples.filter(s => part(s.k.by) === key && (colour === null || hue(s.k.colour) === colour) && (!panel.colour || s.k.colour !== null) && heeds.every(([n, test]) => test(s.k[n])));
  const group = colour === null ? shown.totals.get(key) : shown.groups.get(key)?.get(colour), n = group ? group.n : 0;
  const name = nameOf(panel, key) + (colour === null ? "" : ", " + textOf(colour));
  document.getElementById("frames-h").textContent = `${panel.title}: ${name}`;
  document.getElementById("frames-count").textContent = found.length < n ? `${plain(found.length)} of ${plain(n)} are listed.` : `All ${plain(n)} are listed.`;
  const list = document.getElementById("frames-list"), more = document.getElementById("frames-more");
  list.replaceChildren();
  let at = 0;
  const next = () => {
    const first = list.children.length;
    for (const sample of found.slice(at, at += PAGE)) list.append(entry(sample, data.frames[sample.f]));
    more.hidden = at >= found.length;
    if (first) { list.children[first].tabIndex = -1; list.children[first].focus(); }
  };
  more.onclick = next;
  next();
  const link = document.getElementById("frames-csv");
  const rowsOf = found.map(s => { const f = data.frames[s.f]; return [f.job, f.item, s.o, f.no, f.name, ...(s.s?.b || ["", "", "", ""])]; });
  link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(csvOf([["job", "dataset_object_id", "object", "frame_no", "frame", "left", "top", "width", "height"], ...rowsOf]));
  link.download = `${panel.name}-frames.csv`;
  dialog.showModal();
  dialog.scrollTop = 0;
}
