"use strict";
// Draws the study in the element `data`. What a user calls things comes onto the page as text only, never as markup.
const at = id => document.getElementById(id);
const R = JSON.parse(at("data").textContent);
const ROWS = 2000, MARKS = 5000, SPECTRA = 200, EIGENVALUES = 20000; // drawn at most

const make = (tag, text, parent) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.append(e);
  return e;
};
const shape = (tag, attributes, parent, text) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) e.setAttribute(key, value);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.append(e);
  return e;
};
const say = (v, digits = 9) => v === null ? "-" : typeof v === "number" ? String(Number(v.toPrecision(digits))) : v;
const percent = v => (100 * v).toFixed(1) + "%";
const many = (n, what) => n + " " + what + (n === 1 ? "" : "s");

// Colours: a few that differ to all eyes; more indices than these are a ramp from blue to yellow.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const HIGHEST = R.points.reduce((high, p) => Math.max(high, p.index), 0);
const ofNumber = k => k < 0 ? "#bbbbbb" : COLOURS[k % COLOURS.length];
const ofIndex = k => {
  if (HIGHEST < COLOURS.length) return ofNumber(k);
  const t = Math.min(k / HIGHEST, 1) * (RAMP.length - 1), i = Math.min(Math.floor(t), RAMP.length - 2);
  return `rgb(${RAMP[i].map((low, c) => Math.round(low + (t - i) * (RAMP[i + 1][c] - low)))})`;
};

// Summary
const summary = () => {
  const item = (text, trouble) => { if (text) make("li", text, at("summary")).className = trouble ? "trouble" : ""; };
  const list = counts => Object.entries(counts).filter(([, n]) => n).map(([k, n]) => n + " " + k.replaceAll("_", " "))
    .join(", ");
  at("title").textContent = `${R.problem}: ${many(R.dim, "coordinate")}, ${many(R.starts, "start")}, seed ${R.seed}`;
  const left = R.incomplete;
  if (left) item(`incomplete: ${left.done} of ${left.total} chunks of ${left.phase}`, true);
  item(R.note);
  const counts = Object.entries(R.critical_points.by_index).map(([k, n]) => n + " of index " + k).join(", ");
  const { total, degenerate } = R.critical_points;
  item(`${many(total, "critical point")}: ${counts || "none"}; ${degenerate} degenerate`);
  if (R.known) item(R.known.sentence);
  for (const sentence of R.completeness.sentences) item(sentence);
  const certified = R.points.filter(p => p.certificate.radius > 0).length;
  if (certified) item(`certified: ${certified}, each the only critical point in a ball of its own`);
  const { basins, ...descents } = R.descent;
  item("descents: " + (list(descents) || "none"));
  item("searches: " + (list(R.searches) || "none"));
  for (const f of R.faults) item(`the function ${f.kind} in ${f.count} evaluations, first at (${
    f.first.slice(0, 4).map(v => say(v)).join(", ")}${f.first.length > 4 ? ", ..." : ""}) ${f.message}`, true);
  for (const f of R.failed_chunks) item(`no result of ${f.phase} for ${f.first} to ${f.stop - 1}: ${f.reason}`, true);
};

// Table
const basinOf = new Map(R.descent.basins.map(b => [b.point, b]));
const escapeOf = new Map(R.escape.map(e => [e.point, e]));
const DIGITS = { gradient: 2, lowest: 6, highest: 6, basin: 3 };
const rows = R.points.map((p, k) => ({
  point: k, kind: p.kind, index: p.index, value: p.value, gradient: p.gradient_norm,
  lowest: p.eigenvalues.length ? p.eigenvalues[0] : null,
  highest: p.eigenvalues.length ? p.eigenvalues[p.eigenvalues.length - 1] : null,
  found: p.found, basin: basinOf.has(k) ? basinOf.get(k).fraction : null,
  x: p.x.slice(0, 6).map(v => say(v, 6)).join(", ") + (p.x.length > 6 ? ", ..." : "")
}));
const COLUMNS = ["point", "kind", "index", "value", "gradient", "lowest", "highest", "found", "basin", "x"];
const TITLES = { gradient: "norm of the gradient", lowest: "lowest eigenvalue", highest: "highest eigenvalue",
                 found: "searches that ended here", basin: "part of the descents that ended here" };
const cell = (row, column) => say(row[column], DIGITS[column]);
const COMPARE = { "<": (a, b) => a < b, ">": (a, b) => a > b, "=": (a, b) => a === b, "<=": (a, b) => a <= b,
                  ">=": (a, b) => a >= b };
let order = "point", up = true;

// Words of the filter must all be true of a row: a comparison with a number, or part of what a cell says.
const condition = word => {
  const m = word.match(/^([a-z]+)(<=|>=|=|<|>)([-+\d.eE]+)$/);
  if (m && COLUMNS.includes(m[1]) && !Number.isNaN(Number(m[3])))
    return row => typeof row[m[1]] === "number" && COMPARE[m[2]](row[m[1]], Number(m[3]));
  return row => COLUMNS.some(column => cell(row, column).includes(word));
};
const kept = () => {
  const words = at("filter").value.trim().replace(/\s*(<=|>=|=|<|>)\s*/g, "$1").split(/\s+/).filter(word => word);
  const conditions = words.map(condition), kind = at("kind").value, index = at("index").value;
  if (kind) conditions.push(row => row.kind === kind);
  if (index) conditions.push(row => row.index === Number(index));
  return rows.filter(row => conditions.every(holds => holds(row))).sort((a, b) => {
    const [p, q] = [a[order], b[order]];
    if (p === null || q === null) return (p === null) - (q === null); // what is not known comes last either way
    return (up ? 1 : -1) * (p < q ? -1 : p > q ? 1 : 0);
  });
};
const drawTable = list => {
  const table = make("table"), head = make("tr", undefined, make("thead", undefined, table));
  for (const column of COLUMNS) {
    const th = make("th", undefined, head), button = make("button", column, th);
    th.className = column === "x" || column === "kind" ? "left" : "";
    button.title = TITLES[column] || "";
    if (column === order) {
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      button.textContent += up ? " \u25b2" : " \u25bc";
    }
    button.onclick = () => { up = column === order ? !up : true; order = column; draw(); };
  }
  const body = make("tbody", undefined, table);
  for (const row of list.slice(0, ROWS)) {
    const tr = make("tr", undefined, body);
    tr.dataset.point = row.point;
    for (const column of COLUMNS)
      make("td", cell(row, column), tr).className = column === "x" || column === "kind" ? "left" : "";
  }
  at("table").replaceChildren(table);
  at("shown").textContent = `${list.length} of ${rows.length}`
    + (list.length > ROWS ? `, the first ${ROWS} shown` : "")
    + (rows.length && !list.length ? `: compare a number of ${COLUMNS.slice(2, -1).join(", ")}, or look for text` : "");
};

// Plots
const W = 480, H = 320, LEFT = 70, RIGHT = 15, BOTTOM = 45, TOP = 30;

// From values to places between `from` and `to`, and the ticks: {v, text}.
const scale = (values, from, to, { log = false, whole = false } = {}) => {
  let low = Infinity, high = -Infinity;
  for (const v of values) { low = Math.min(low, v); high = Math.max(high, v); }
  if (log) [low, high] = [Math.log10(low), Math.log10(high)];
  const pad = whole ? .4 : (high - low) * .05 || Math.abs(high) * .05 || 1;
  [low, high] = [low - pad, high + pad];
  const place = v => from + ((log ? Math.log10(v) : v) - low) / (high - low) * (to - from);
  const rough = (high - low) / 7, ten = 10 ** Math.floor(Math.log10(rough));
  let step = ten * [1, 2, 5, 10].find(m => m * ten >= rough * .999);
  if (log || whole) step = Math.max(1, Math.round(step));
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high && ticks.length < 12; k++) {
    const v = log ? 10 ** (k * step) : k * step;
    ticks.push({ v, text: say(v, 8) });
  }
  return { place, ticks, low, high };
};
const figure = (title, caption, wide) => {
  const box = make("figure"), width = wide ? 2 * W : W;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${H}`, role: "img", "aria-label": title }, box);
  shape("text", { x: LEFT, y: 18, "font-weight": "bold" }, svg, title);
  if (caption) make("figcaption", caption, box);
  if (wide) box.className = "wide";
  return { box, svg, width };
};
const axes = ({ svg, width }, xlabel, ylabel, X, Y) => {
  const text = (x, y, anchor, words, turn) =>
    shape("text", { x, y, "text-anchor": anchor, transform: turn && `rotate(-90 ${x} ${y})` }, svg, words);
  for (const { v, text: words } of Y.ticks) {
    shape("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: Y.place(v), y2: Y.place(v) }, svg);
    text(LEFT - 5, Y.place(v) + 4, "end", words);
  }
  for (const { v, text: words } of X ? X.ticks : []) {
    shape("line", { class: "axis", x1: X.place(v), x2: X.place(v), y1: H - BOTTOM, y2: H - BOTTOM + 4 }, svg);
    text(X.place(v), H - BOTTOM + 17, "middle", words);
  }
  shape("path", { class: "axis", d: `M${LEFT},${TOP}V${H - BOTTOM}` + (X ? `H${width - RIGHT}` : "") }, svg);
  text((LEFT + width) / 2, H - 8, "middle", xlabel);
  text(14, (H - BOTTOM + TOP) / 2, "middle", ylabel, true);
};
const horizontal = (values, width, options) => scale(values, LEFT, width - RIGHT, options);
const vertical = (values, options) => scale(values, H - BOTTOM, TOP, options);
// A mark belongs to a critical point by its `data-point`: hovering over one shows all of the same point.
const dot = (svg, x, y, fill, point, r = 4.5) => shape("circle", {
  cx: x.toFixed(2), cy: y.toFixed(2), r, fill, "fill-opacity": .8, "data-point": point >= 0 ? point : undefined
}, svg);

const indexAgainstValue = () => {
  const drawn = rows.filter(row => row.value !== null).slice(0, MARKS);
  if (!drawn.length) return null;
  const less = drawn.length < rows.length ? `${drawn.length} of ${rows.length} points` : "";
  const plot = figure("Index against value", less);
  const X = horizontal(drawn.map(row => row.value), W), Y = vertical(drawn.map(row => row.index), { whole: true });
  axes(plot, "value", "index", X, Y);
  for (const row of drawn) dot(plot.svg, X.place(row.value), Y.place(row.index), ofIndex(row.index), row.point);
  return plot.box;
};
const escapes = () => {
  if (!R.escape.length) return null;
  const drawn = R.escape.filter(e => e.median_steps !== null && e.predicted_median_steps !== null);
  const left = R.escape.length - drawn.length;
  const caption = "Steps of gradient descent until half of the starts have left, measured and as the linear theory "
    + "predicts" + (left ? `; from ${many(left, "saddle")} fewer than half left` : "");
  const plot = figure("Escape from saddles", caption);
  if (!drawn.length) return plot.box;
  const both = drawn.flatMap(e => [e.median_steps, e.predicted_median_steps]);
  const log = both.every(v => v > 0) && Math.max(...both) > 30 * Math.min(...both);
  const X = horizontal(both, W, { log }), Y = vertical(both, { log });
  axes(plot, "predicted steps", "measured steps", X, Y);
  shape("path", { class: "axis", d: `M${LEFT},${H - BOTTOM}L${W - RIGHT},${TOP}` }, plot.svg);
  for (const e of drawn)
    dot(plot.svg, X.place(e.predicted_median_steps), Y.place(e.median_steps), ofIndex(e.index), e.point);
  return plot.box;
};
// One column a point, in the table's order.
const spectra = list => {
  let taken = 0, total = 0;
  while (taken < Math.min(list.length, SPECTRA) && total < EIGENVALUES)
    total += R.points[list[taken++].point].eigenvalues.length;
  const drawn = list.slice(0, taken).map(row => [row.point, R.points[row.point].eigenvalues.filter(v => v !== null)]);
  const plot = figure("Spectra", "One column a point, in the table's order; negative eigenvalues are orange"
    + (taken < list.length ? `. The first ${taken} of ${list.length}` : ""));
  const values = drawn.flatMap(([, eigenvalues]) => eigenvalues);
  if (!values.length) return plot.box;
  const Y = vertical([...values, 0]), step = (W - LEFT - RIGHT) / drawn.length, gap = step > 6 ? step * .15 : 0;
  axes(plot, "points", "eigenvalue", null, Y);
  shape("path", { class: "axis", d: `M${LEFT},${Y.place(0).toFixed(2)}H${W - RIGHT}` }, plot.svg);
  drawn.forEach(([point, eigenvalues], k) => {
    const column = shape("g", { "data-point": point }, plot.svg), x = (LEFT + k * step + gap).toFixed(2);
    const width = step - 2 * gap;
    shape("rect", { x, y: TOP, width, height: H - TOP - BOTTOM, fill: "#fff", "fill-opacity": 0 }, column);
    for (const [sign, stroke] of [[-1, COLOURS[1]], [1, COLOURS[0]]]) {
      const d = eigenvalues.filter(v => (v < 0) === (sign < 0))
        .map(v => `M${x},${Y.place(v).toFixed(2)}h${width.toFixed(2)}`).join("");
      if (d) shape("path", { d, stroke, "stroke-width": 1.5 }, column);
    }
  });
  return plot.box;
};
const N = R.connections;
const ofFlow = ([, value, , index]) => `only the flow led here: index ${index}, value ${say(value)}`;
const node = (svg, X, Y, k, r) => {
  const [point, value, place, index] = N.points[k];
  const mark = dot(svg, X.place(place), Y.place(value), ofIndex(index), point, r);
  if (point >= 0) return;
  shape("title", {}, mark, ofFlow(N.points[k]));
  mark.setAttribute("stroke", "#000");
};
const network = () => {
  const notes = [`${N.minima} ${N.minima === 1 ? "minimum" : "minima"} and ${many(N.saddles, "saddle")} of index 1 in ${
    many(N.pieces, "piece")}`];
  if (N.added) notes.push(`${many(N.added, "point")} that only the flow led to, outlined`);
  if (N.lost) notes.push(`${many(N.lost, "line")} arriving nowhere, whose saddles are left out`);
  notes.push(N.lines ? "Lines lead from each saddle down to the minima that the gradient flow takes it to"
                     : "These are too many to draw: `landscape network FILE --graphml network.graphml` has them all");
  const plot = figure("Network", notes.join(". "), N.lines && N.minima > 40);
  if (!N.lines) return plot.box;
  const X = horizontal(N.points.map(p => p[2]), plot.width), Y = vertical(N.points.map(p => p[1]));
  axes(plot, "minima, in the disconnectivity graph's order", "value", { ...X, ticks: [] }, Y);
  const corner = k => `${X.place(N.points[k][2]).toFixed(2)},${Y.place(N.points[k][1]).toFixed(2)}`;
  const thin = Math.max(.25, Math.min(1, 60 / N.lines.length));
  for (const [saddle, a, b] of N.lines) shape("path", {
    class: "link", d: `M${corner(a)}L${corner(saddle)}L${corner(b)}`, "stroke-width": thin,
    "data-point": N.points[saddle][0] >= 0 ? N.points[saddle][0] : undefined
  }, plot.svg);
  const r = N.minima > 150 ? 2 : 3.5;
  for (const [saddle] of N.lines) node(plot.svg, X, Y, saddle, r);
  for (let k = 0; k < N.minima; k++) node(plot.svg, X, Y, k, r + 1);
  return plot.box;
};
const tree = () => {
  const exact = N.levels === null;
  const plot = figure("Disconnectivity graph", "Each minimum's line rises until a saddle joins its basin to others"
    + (exact ? "" : `; basins are joined at ${N.levels} equally spaced levels`), N.minima > 40);
  const X = horizontal(N.tree.map(t => t[2]), plot.width), Y = vertical(N.tree.map(t => t[0]));
  axes(plot, "minima", "value", null, Y);
  const thin = Math.max(.3, Math.min(1.2, 60 / N.minima)), r = N.minima > 150 ? 1.5 : 3;
  for (const [level, parent, place, k] of N.tree) {
    const x = X.place(place).toFixed(2), above = parent < 0 ? null : N.tree[parent];
    const d = `M${x},${Y.place(level).toFixed(2)}V` + (above
      ? `${Y.place(above[0]).toFixed(2)}H${X.place(above[2]).toFixed(2)}` : TOP);
    const point = k < 0 ? -1 : N.points[k][0];
    shape("path", { class: "branch", d, "stroke-width": thin, "data-point": point >= 0 ? point : undefined }, plot.svg);
  }
  for (const [level, , place, k] of N.tree) {
    if (k < 0) continue;
    const mark = dot(plot.svg, X.place(place), Y.place(level), ofIndex(N.points[k][3]), N.points[k][0], r);
    if (N.points[k][0] < 0) shape("title", {}, mark, ofFlow(N.points[k]));
  }
  return plot.box;
};
const basins = () => {
  if (!R.basin_map || !R.basin_map.length) return null;
  const plot = figure("Basins", "Small: starts, coloured by the minimum they descend to, grey where to none"
    + (R.basin_map.length < R.starts ? ` (${R.basin_map.length} of ${R.starts})` : "")
    + ". Large: minima in their colour, maxima black, others white");
  const points = rows.slice(0, MARKS).map(row => [row, ...R.points[row.point].x]).filter(([, x, y]) => x !== null
                                                                                        && y !== null);
  const X = horizontal([...R.basin_map, ...points.map(([, x, y]) => [x, y])].map(p => p[0]), W);
  const Y = vertical([...R.basin_map, ...points.map(([, x, y]) => [x, y])].map(p => p[1]));
  axes(plot, "x0", "x1", X, Y);
  for (const [x, y, basin] of R.basin_map) {
    const start = dot(plot.svg, X.place(x), Y.place(y), ofNumber(basin), -1, 2);
    if (basin >= 0) start.dataset.basin = basin;
  }
  for (const [row, x, y] of points) {
    const fill = row.kind === "minimum" ? ofNumber(row.point) : row.kind === "maximum" ? "#000" : "#fff";
    const mark = dot(plot.svg, X.place(x), Y.place(y), fill, row.point, points.length > 60 ? 2.5 : 5);
    mark.setAttribute("stroke", row.kind === "maximum" ? "#fff" : "#000");
    mark.setAttribute("fill-opacity", 1);
  }
  return plot.box;
};

// Hovering: over anything that belongs to a point.
let hovered = null;
const describe = k => {
  const p = R.points[k], basin = basinOf.get(k), escape = escapeOf.get(k);
  return `point ${k}: ${p.kind} of index ${p.index}, value ${say(p.value)}, found ${many(p.found, "time")}`
    + (basin ? `; ${percent(basin.fraction)} of the descents end here (${
      basin.interval.map(percent).join(" to ")})` : "")
    + (escape && escape.median_steps !== null ? `; escape in ${say(escape.median_steps, 4)} steps, predicted ${
      say(escape.predicted_median_steps, 4)}` : "");
};
const hover = (k, target) => {
  for (const e of document.querySelectorAll(".on")) e.classList.remove("on");
  hovered = k;
  at("hovered").textContent = k === null ? "" : describe(k);
  if (k === null) return;
  for (const e of document.querySelectorAll(`[data-point="${k}"]`)) {
    e.classList.add("on");
    if (e.tagName === "circle" && e !== target) e.parentNode.append(e); // before what would cover it
    if (e.tagName === "TR" && e !== target)
      at("table").scrollTop = e.offsetTop - at("table").clientHeight / 2; // the page stays where it is
  }
};
document.addEventListener("mouseover", event => {
  const target = event.target.closest("[data-point], [data-basin]");
  if (!target) return;
  const k = Number(target.dataset.point ?? target.dataset.basin);
  if (k !== hovered) hover(k, target);
});
document.addEventListener("keydown", event => { if (event.key === "Escape") hover(null); });

// The table, the spectra in its order, and in the plots what the filter keeps.
const columns = at("plots").appendChild(make("figure"));
const draw = () => {
  const list = kept(), points = new Set(list.map(row => row.point));
  drawTable(list);
  columns.replaceChildren(...(rows.length ? spectra(list).childNodes : []));
  for (const e of at("plots").querySelectorAll("[data-point]"))
    e.classList.toggle("out", !points.has(Number(e.dataset.point)));
  if (hovered !== null) hover(hovered);
};
const choices = (id, values) => {
  make("option", "any " + id, at(id)).value = "";
  for (const value of values) make("option", id === "index" ? "index " + value : value, at(id)).value = value;
  at(id).onchange = draw;
};

summary();
choices("kind", [...new Set(rows.map(row => row.kind))]);
choices("index", [...new Set(rows.map(row => row.index))].sort((a, b) => a - b));
at("filter").oninput = draw;
for (const index of new Set(rows.map(row => row.index).sort((a, b) => a - b))) {
  const entry = make("span", undefined, at("legend"));
  make("i", undefined, entry).style.background = ofIndex(index);
  entry.append("index " + index);
}
if (!rows.length) columns.remove();
const withMinima = !N.left_out && N.minima > 0;
for (const plot of [indexAgainstValue, escapes, ...(withMinima ? [network, tree] : []), basins]) {
  const box = plot();
  if (box) at("plots").append(box);
}
if (!withMinima) make("p", N.left_out || "No minima are known: there is no network.", at("plots"));
draw();
at("reproduce").textContent = R.reproduce.command + "\n\n"
  + Object.entries(R.reproduce.versions).map(([name, version]) => name + " " + version).join("\n");
