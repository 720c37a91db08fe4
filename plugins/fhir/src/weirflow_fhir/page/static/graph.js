// The graph of a note: a hexagon with its entities around it, and other notes that share them when asked for.

import { ask, attempt } from "./api.js";
import { el, plural, say, shortened, svg } from "./dom.js";
import { placed, towards } from "./layout.js";

const MOST = 14; // entities of a group that are drawn; the table has all
const STEP = 12; // pixels that a node is moved by a key
const KEYS = "Arrow keys go from node to node, Enter shows or hides the notes that share an entity or opens a note, Shift and an arrow key moves a node.";

export class Graph {
  /** `acts` has what happens when a concept is chosen and when a note is opened. */
  constructor(found, entities, labels, acts) {
    this.acts = acts;
    this.labels = labels;
    this.groups = [...labels.keys()]
      .map((name) => ({ name, nodes: entities.filter((e) => e.group === name).slice(0, MOST).map(entity) }))
      .filter((group) => group.nodes.length);
    this.left = entities.length - this.entities.length;
    this.note = { kind: "note", id: found.document, label: found.title || found.document, x: 0, y: 0 };
    this.others = [];
    this.open = new Set();
    this.boxes = new Map();
    this.detail = el("p", { class: "detail" });
    this.canvas = svg("svg", { class: "graph", role: "group", "aria-label": "Entities of the note as a graph", "aria-describedby": "graph-keys" });
    this.element = el(
      "figure", {},
      el("figcaption", {}, "What it is about, and who shares it"),
      el("p", { id: "graph-keys", class: "unseen" }, KEYS),
      this.canvas,
      this.detail,
    );
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => {
      if (this.canvas.clientWidth && this.canvas.clientWidth !== this.width) this.draw();
    }).observe(this.canvas);
    this.hint();
  }

  get entities() {
    return this.groups.flatMap((g) => g.nodes);
  }

  get nodes() {
    return [this.note, ...this.entities, ...this.others];
  }

  hint(text = null) {
    const more = this.left > 0 ? ` ${this.left} more are in the list.` : "";
    this.detail.textContent = text ?? `Choose an entity to see other notes that share it; drag to rearrange.${more}`;
  }

  // ---------------------------------------------------------------- drawing

  /** Place everything anew, and draw it. */
  draw() {
    this.width = this.canvas.clientWidth || 480;
    const place = placed(this.width, this.groups, this.others);
    Object.assign(this.note, place.note);
    this.place = place;
    this.canvas.setAttribute("viewBox", `0 0 ${this.width} ${place.height}`);
    this.canvas.setAttribute("height", place.height);
    this.links = this.linked();
    const boxes = place.boxes.map((box) => this.box(box));
    const shared = this.others.length
      ? [svg("text", { class: "head", x: 10, y: place.below - 4 }, "Notes that share it")]
      : [];
    const active = this.active ?? this.note;
    this.canvas.replaceChildren(
      svg("g", {}, ...boxes, ...shared),
      svg("g", { class: "links", "aria-hidden": "true" }, ...this.links.map((l) => l.element)),
      svg("g", {}, ...this.nodes.map((node) => this.node(node))),
    );
    this.roam(this.nodes.includes(active) ? active : this.note, false);
    this.move();
    this.choose(this.chosen);
  }

  linked() {
    const found = this.entities.map((e) => [this.note, e]);
    for (const other of this.others) {
      for (const e of this.entities) if (other.by.has(e.id)) found.push([e, other]);
    }
    return found.map(([from, to]) => ({ from, to, element: svg("path", { class: to.denied ? "denied" : "" }) }));
  }

  box(box) {
    const group = this.groups.find((g) => g.name === box.name);
    const element = svg(
      "g", { class: `box g-${box.name}` },
      svg("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 10 }),
      svg("text", { class: "head", x: box.right ? box.x + 10 : box.x + box.width - 10, y: box.y + 18, "text-anchor": box.right ? "start" : "end" }, this.labels.get(box.name)),
    );
    drag(element, (dx, dy) => {
      box.dx = (box.dx ?? 0) + dx;
      box.dy = (box.dy ?? 0) + dy;
      element.setAttribute("transform", `translate(${box.dx} ${box.dy})`);
      for (const node of group.nodes) [node.x, node.y] = [node.x + dx, node.y + dy];
      this.move();
    });
    return element;
  }

  node(node) {
    const parts = node.kind === "entity" ? this.circle(node) : this.hexagon(node);
    node.element = svg(
      "g", { class: ["node", node.kind, node.group ? `g-${node.group}` : "", node.denied ? "denied" : ""].join(" "), role: "button", tabindex: "-1", "aria-label": spoken(node), "aria-expanded": node.kind === "entity" ? String(this.open.has(node.id)) : null },
      svg("title", {}, spoken(node)),
      ...parts,
    );
    node.element.addEventListener("pointerenter", () => this.light(node));
    node.element.addEventListener("pointerleave", () => this.light(null));
    node.element.addEventListener("focus", () => {
      this.roam(node, false);
      this.light(node);
    });
    node.element.addEventListener("blur", () => this.light(null));
    drag(
      node.element,
      (dx, dy) => {
        [node.x, node.y] = [node.x + dx, node.y + dy];
        this.move();
      },
      () => this.act(node),
    );
    return node.element;
  }

  circle(node) {
    const most = Math.floor(node.room / 6.6);
    const side = node.right ? { x: 15, "text-anchor": "start" } : { x: -15, "text-anchor": "end" };
    return [
      svg("rect", { class: "touch", x: node.right ? -14 : -node.room - 8, y: -12, width: node.room + 22, height: 24, rx: 12 }),
      svg("circle", { r: 5 + Math.min(5, Math.log2(1 + node.notes) / 2) }),
      svg("text", { y: 4, ...side }, shortened(node.label, most)),
    ];
  }

  hexagon(node) {
    const size = node.kind === "note" ? 24 : 13;
    const corners = [0, 1, 2, 3, 4, 5].map((n) => {
      const turn = ((n * 60 - 30) * Math.PI) / 180;
      return `${(size * Math.cos(turn)).toFixed(1)},${(size * Math.sin(turn)).toFixed(1)}`;
    });
    const shape = svg("polygon", { points: corners.join(" ") });
    if (node.kind === "note") return [shape, svg("text", { y: 4, "text-anchor": "middle" }, "note")];
    const most = Math.floor(node.room / 6.4);
    const side = node.right ? { x: 19, "text-anchor": "start" } : { x: -19, "text-anchor": "end" };
    return [
      svg("rect", { class: "touch", x: node.right ? -18 : -node.room - 22, y: -20, width: node.room + 40, height: 40, rx: 12 }),
      shape,
      svg("text", { y: -2, ...side }, shortened(node.label, most)),
      svg("text", { y: 13, class: "small", ...side }, shortened([node.patient, node.day].filter(Boolean).join(" · "), most)),
    ];
  }

  /** Put nodes and links where they are now. */
  move() {
    for (const node of this.nodes) node.element.setAttribute("transform", `translate(${node.x} ${node.y})`);
    for (const { from, to, element } of this.links) {
      const middle = (from.x + to.x) / 2;
      // other notes are reached through the gap in the middle, where no label is
      const bend = to.kind === "other"
        ? `${from.x + (from.right ? -80 : 80)} ${this.place.below} ${to.x + (to.right ? -60 : 60)} ${to.y}`
        : `${middle} ${from.y} ${middle} ${to.y}`;
      element.setAttribute("d", `M${from.x} ${from.y}C${bend} ${to.x} ${to.y}`);
    }
  }

  // ---------------------------------------------------------------- what a person does

  /** Bring a node and what it is linked with to the fore. */
  light(node) {
    const near = new Set([node]);
    for (const { from, to, element } of this.links) {
      const on = from === node || to === node;
      element.classList.toggle("lit", on);
      if (on) near.add(from).add(to);
    }
    this.canvas.classList.toggle("dimmed", node !== null);
    for (const other of this.nodes) other.element.classList.toggle("lit", near.has(other));
    this.hint(node && spoken(node));
  }

  choose(concept) {
    this.chosen = concept;
    for (const node of this.entities) node.element.classList.toggle("chosen", node.id === concept);
  }

  act(node) {
    if (node.kind === "other") return this.acts.open(node.id);
    if (node.kind === "note") return undefined;
    if (this.chosen !== node.id) this.acts.choose(node.id);
    return this.expand(node.id);
  }

  /** Show the notes that share an entity, or hide them; `always` does not hide. */
  async expand(concept, always = false) {
    const node = this.entities.find((e) => e.id === concept);
    if (!node) return;
    if (this.open.has(concept) && !always) {
      this.open.delete(concept);
      for (const other of this.others) other.by.delete(concept);
      this.others = this.others.filter((o) => o.by.size);
      say("Notes hidden");
    } else {
      const found = await attempt(() => ask("sharing", { concept, document: this.note.id }));
      if (!found) return;
      this.open.add(concept);
      for (const { document, title, day, patient, shared } of found.documents) {
        let other = this.others.find((o) => o.id === document);
        if (!other) {
          other = { kind: "other", id: document, label: title || document, day, patient, shared, by: new Set(), x: 0, y: 0 };
          this.others.push(other);
        }
        other.by.add(concept);
      }
      const shown = found.documents.length;
      say(`${plural(found.total, "other note")} with ${node.label}${shown < found.total ? `, ${shown} shown` : ""}`);
    }
    const focused = this.canvas.contains(document.activeElement);
    this.draw();
    if (focused) this.roam(node, true);
    this.hint(this.open.has(concept) ? document.getElementById("status").textContent : null);
    if (always) this.canvas.scrollIntoView({ block: "nearest" });
  }

  /** Make a node the one that Tab comes to. */
  roam(node, focus) {
    this.active = node;
    for (const other of this.nodes) other.element.setAttribute("tabindex", other === node ? "0" : "-1");
    if (focus) node.element.focus();
  }

  key(event) {
    const node = this.nodes.find((n) => n.element === event.target);
    if (!node) return;
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      if (event.shiftKey) {
        node.x += { ArrowRight: STEP, ArrowLeft: -STEP }[event.key] ?? 0;
        node.y += { ArrowDown: STEP, ArrowUp: -STEP }[event.key] ?? 0;
        this.move();
      } else {
        const next = towards(this.nodes, node, event.key);
        if (next) this.roam(next, true);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.act(node);
    }
  }
}

function entity(e) {
  const label = e.mentions[0].text;
  return { kind: "entity", id: e.concept, label, full: e.label, code: e.code, group: e.group, notes: e.notes, patients: e.patients, denied: e.denied || e.relative, how: e.denied ? "denied here" : e.relative ? "of a relative" : "", x: 0, y: 0 };
}

function spoken(node) {
  if (node.kind === "note") return `This note: ${node.label}`;
  if (node.kind === "other") {
    const facts = [node.label, node.patient && `patient ${node.patient}`, node.day, `${plural(node.shared, "entity", "entities")} in common`];
    return `Note: ${facts.filter(Boolean).join(", ")}. Enter opens it`;
  }
  const code = node.code ? ` (${node.code})` : "";
  const facts = [`${node.full}${code}`, node.how, `in ${plural(node.notes, "note")} of ${plural(node.patients, "patient")}`];
  return facts.filter(Boolean).join(", ");
}

/** Let an element be dragged; a press without a move is a click. */
function drag(element, moved, clicked = () => {}) {
  element.addEventListener("pointerdown", (start) => {
    if (start.button !== 0) return;
    start.stopPropagation();
    let [x, y] = [start.clientX, start.clientY];
    let far = false;
    const move = (event) => {
      if (!far && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < 4) return;
      if (!far) element.setPointerCapture(event.pointerId);
      far = true;
      moved(event.clientX - x, event.clientY - y);
      [x, y] = [event.clientX, event.clientY];
    };
    const end = (event) => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", end);
      element.removeEventListener("pointercancel", end);
      if (!far && event.type === "pointerup") clicked();
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  });
}
