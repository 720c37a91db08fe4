// Where the graph's nodes stand: the note in the middle, its entities beside it in a box for each group, other
// notes below. Nothing is left to chance, so that the same note always looks the same.

const ROW = 27;
const HEAD = 30;
const GAP = 14;
const MARGIN = 10;
const NOTES = 58; // pixels that another note is high
const NARROW = 470;

/** Places for a note, `groups` of entities ([{name, nodes}]) and other notes, in a drawing of some width. */
export function placed(width, groups, others) {
  const narrow = width < NARROW || groups.length === 1;
  const sides = narrow ? [[], [...groups]] : balanced(groups);
  const center = narrow ? 40 : width / 2;
  const room = narrow ? Math.min(width - 92, 420) : (width - 120) / 2;
  const boxes = [];
  const heights = sides.map(total);
  const height = Math.max(...heights, 120);
  sides.forEach((side, right) => {
    let y = MARGIN + (height - heights[right]) / 2;
    for (const group of side) {
      const x = narrow ? 84 : right ? width - room - MARGIN / 2 : MARGIN / 2;
      const tall = HEAD + group.nodes.length * ROW;
      boxes.push({ name: group.name, x, y, width: room, height: tall, right: Boolean(right) });
      group.nodes.forEach((node, n) => {
        node.x = right ? x + 18 : x + room - 18;
        node.y = y + HEAD + ROW * (n + 0.35);
        node.right = Boolean(right);
        node.room = room - 40;
      });
      y += tall + GAP;
    }
  });
  const below = height + MARGIN * 2 + 26;
  const columns = width < NARROW ? 1 : 2;
  others.forEach((node, n) => {
    node.right = columns === 1 || n % 2 === 1;
    node.x = columns === 1 ? 36 : width / 2 + (node.right ? 40 : -40);
    node.y = below + NOTES * Math.floor(n / columns) + 22;
    node.room = (columns === 1 ? width - 40 : width / 2 - 40) - 26;
  });
  const rows = Math.ceil(others.length / columns);
  return { boxes, note: { x: center, y: MARGIN + height / 2 }, below, height: rows ? below + rows * NOTES : height + MARGIN * 2 };
}

const total = (side) => side.reduce((sum, g) => sum + HEAD + g.nodes.length * ROW + GAP, side.length ? -GAP : 0);

function balanced(groups) {
  const sides = [[], []];
  for (const group of [...groups].sort((a, b) => b.nodes.length - a.nodes.length)) {
    sides[total(sides[0]) <= total(sides[1]) ? 0 : 1].push(group);
  }
  return sides;
}

/** The node that is nearest in the direction of an arrow key, or null. */
export function towards(nodes, from, key) {
  const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  let best = null;
  let least = Infinity;
  for (const node of nodes) {
    const x = node.x - from.x;
    const y = node.y - from.y;
    const along = x * dx + y * dy;
    if (node === from || along < 1) continue;
    const cost = along + 2.5 * Math.abs(x * dy + y * dx);
    if (cost < least) [best, least] = [node, cost];
  }
  return best;
}
