"""A study's report as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import html
import json
import shlex
from typing import Any

from landscape.study.report import as_json
from landscape.study.result import StudyResult

_BASIN_POINTS = 5000  # starts drawn at most


def as_html(result: StudyResult) -> str:
    """The page: summary, a table of the points to sort and to filter, spectra, index against value, escape times, the
    basins where there are two coordinates, and how to reproduce it."""
    report = as_json(result)
    if result.points.x.shape[1] == 2:
        part = slice(0, _BASIN_POINTS)
        report["basin_map"] = [
            [float(x), float(y), int(row)]
            for (x, y), row in zip(result.descent.start[part], result.basin[part], strict=True)
        ]
    report["reproduce"] = {"command": command_line(result), "versions": result.versions}
    # Within a script element only '<' could end it.
    data = json.dumps(report, allow_nan=False).replace("<", "\\u003c")
    return _PAGE.replace("@TITLE@", html.escape(result.study.target.name)).replace("@DATA@", data)


def command_line(result: StudyResult) -> str:
    """The command that gives this study."""
    study, target = result.study, result.study.target
    words: list[Any] = ["landscape", "study", target.name]
    for key, value in target.parameters:
        text = ",".join(map(str, value)) + "," * (len(value) == 1) if isinstance(value, tuple) else str(value)
        words += ["--set", f"{key}={text}"]
    if target.dim is not None:
        words += ["--dim", target.dim]
    if target.box is not None:
        words.append("--box=" + ",".join(f"{low!r}:{high!r}" for low, high in target.box))
    words += ["--starts", study.starts, "--seed", study.seed]
    return " ".join(shlex.quote(str(word)) for word in words)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@ - landscape study</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th { cursor: pointer; user-select: none; background: #f5f5f5; position: sticky; top: 0; }
#table { max-height: 30rem; overflow: auto; border: 1px solid #ddd; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: #333; }
.axis { stroke: #888; fill: none; } .trouble { color: #a00; }
pre { background: #f5f5f5; padding: .7rem; overflow: auto; }
input { font: inherit; padding: .2rem .5rem; width: 20rem; margin-bottom: .5rem; }
</style>
</head>
<body>
<h1 id="title"></h1>
<ul id="summary"></ul>
<h2>Critical points</h2>
<input id="filter" placeholder="filter: saddle, or index=1, or value&lt;2" aria-label="filter">
<span id="shown"></span>
<div id="table"></div>
<h2>Plots</h2>
<div class="plots" id="plots"></div>
<h2>How to reproduce</h2>
<pre id="reproduce"></pre>
<script type="application/json" id="data">@DATA@</script>
<script>
"use strict";
const R = JSON.parse(document.getElementById("data").textContent);
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442"];
const color = k => k < 0 ? "#bbbbbb" : COLORS[k % COLORS.length];
const say = v => v === null ? "-" : typeof v === "number" ? String(Number(v.toPrecision(9))) : String(v);
const make = (tag, text, parent) => {
  const e = document.createElement(tag); if (text !== undefined) e.textContent = text;
  if (parent) parent.append(e); return e;
};

// Summary
make("span", R.problem + ": " + R.dim + " coordinates, " + R.starts + " starts, seed " + R.seed,
     document.getElementById("title"));
const summary = document.getElementById("summary");
const item = (text, trouble) => { if (text) make("li", text, summary).className = trouble ? "trouble" : ""; };
if (R.incomplete) item("incomplete: " + R.incomplete.done + " of " + R.incomplete.total + " chunks of "
                       + R.incomplete.phase, true);
item(R.note);
const counts = Object.entries(R.critical_points.by_index).map(([k, n]) => n + " of index " + k).join(", ");
item(R.critical_points.total + " critical points: " + (counts || "none") + "; " + R.critical_points.degenerate
     + " degenerate");
for (const s of R.completeness.sentences) item(s);
item("descents: " + ["converged", "diverged", "step_limit", "nonfinite", "left_domain"].filter(k => R.descent[k])
     .map(k => R.descent[k] + " " + k.replace("_", " ")).join(", "));
for (const f of R.faults) item("the function " + f.kind + " in " + f.count + " evaluations, first at ("
     + f.first.map(v => say(v)).join(", ") + ") " + f.message, true);
for (const f of R.failed_chunks) item("no result of " + f.phase + " for " + f.first + " to " + (f.stop - 1) + ": "
     + f.reason, true);

// Table
const basin = {}; for (const b of R.descent.basins) basin[b.point] = b.fraction;
const rows = R.points.map((p, k) => ({
  point: k, kind: p.kind, index: p.index, value: p.value, gradient: p.gradient_norm,
  lowest: p.eigenvalues.length ? p.eigenvalues[0] : null,
  highest: p.eigenvalues.length ? p.eigenvalues[p.eigenvalues.length - 1] : null,
  found: p.found, basin: basin[k] === undefined ? null : basin[k], x: p.x.slice(0, 6).map(say).join(", ")
}));
const columns = rows.length ? Object.keys(rows[0]) : [];
let order = "point", up = true;
const keeps = text => {
  const m = text.trim().match(/^(\\w+)\\s*(<=|>=|=|<|>)\\s*(-?[\\d.eE+-]+)$/);
  if (!m || !columns.includes(m[1])) return r => columns.some(c => say(r[c]).includes(text.trim()));
  const v = Number(m[3]);
  return r => r[m[1]] !== null && { "<": r[m[1]] < v, ">": r[m[1]] > v, "=": r[m[1]] === v, "<=": r[m[1]] <= v,
                                    ">=": r[m[1]] >= v }[m[2]];
};
const draw = () => {
  const kept = rows.filter(keeps(document.getElementById("filter").value));
  kept.sort((a, b) => {
    const [p, q] = [a[order], b[order]];
    const c = p === q ? 0 : p === null ? 1 : q === null ? -1 : p < q ? -1 : 1;
    return up ? c : -c;
  });
  const table = make("table"), head = make("tr", undefined, make("thead", undefined, table));
  for (const c of columns) make("th", c + (c === order ? (up ? " \\u25b2" : " \\u25bc") : ""), head).onclick = () => {
    up = c === order ? !up : true; order = c; draw();
  };
  const body = make("tbody", undefined, table);
  for (const r of kept.slice(0, 2000)) {
    const tr = make("tr", undefined, body);
    for (const c of columns) make("td", say(r[c]), tr);
  }
  document.getElementById("table").replaceChildren(table);
  document.getElementById("shown").textContent = kept.length + " of " + rows.length
    + (kept.length > 2000 ? ", the first 2000 shown" : "");
};
document.getElementById("filter").oninput = draw;
draw();

// Plots: each dot is [x, y, colour, title]
const NS = "http://www.w3.org/2000/svg";
const shape = (tag, attributes, parent, text) => {
  const e = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  parent.append(e); return e;
};
const plot = (title, xlabel, ylabel, dots, line, size) => {
  dots = dots.filter(d => d[0] !== null && d[1] !== null);
  if (!dots.length) return;
  const W = 480, H = 320, L = 70, B = 45, T = 30;
  const range = k => {
    let low = Infinity, high = -Infinity;
    for (const d of dots) { low = Math.min(low, d[k]); high = Math.max(high, d[k]); }
    const pad = (high - low || Math.abs(high) || 1) * .05; return [low - pad, high + pad];
  };
  const [x0, x1] = range(0), [y0, y1] = range(1);
  const X = v => L + (v - x0) / (x1 - x0) * (W - L - 15), Y = v => H - B - (v - y0) / (y1 - y0) * (H - B - T);
  const svg = shape("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" }, document.getElementById("plots"));
  shape("title", {}, svg, title);
  shape("path", { class: "axis", d: `M${L},${T}V${H - B}H${W - 15}` }, svg);
  shape("text", { x: L, y: 18, "font-weight": "bold" }, svg, title);
  shape("text", { x: (L + W) / 2, y: H - 6, "text-anchor": "middle" }, svg, xlabel);
  shape("text", { x: 14, y: (H - B + T) / 2, "text-anchor": "middle",
                  transform: `rotate(-90 14 ${(H - B + T) / 2})` }, svg, ylabel);
  for (let k = 0; k <= 4; k++) {
    const x = x0 + (x1 - x0) * k / 4, y = y0 + (y1 - y0) * k / 4, short = v => String(Number(v.toPrecision(3)));
    shape("text", { x: X(x), y: H - B + 16, "text-anchor": "middle" }, svg, short(x));
    shape("text", { x: L - 5, y: Y(y) + 4, "text-anchor": "end" }, svg, short(y));
  }
  if (line) {
    const low = Math.max(x0, y0), high = Math.min(x1, y1);
    if (low < high) shape("path", { class: "axis", d: `M${X(low)},${Y(low)}L${X(high)},${Y(high)}` }, svg);
  }
  for (const d of dots) {
    const dot = shape("circle", { cx: X(d[0]), cy: Y(d[1]), r: size || 4, fill: d[2], "fill-opacity": .75 }, svg);
    if (d[3] !== undefined) shape("title", {}, dot, d[3]);
  }
};
const name = k => "point " + k + ", " + R.points[k].kind + " of index " + R.points[k].index + ", value "
  + say(R.points[k].value);
plot("Spectra", "point", "eigenvalue", R.points.slice(0, 200).flatMap((p, k) =>
     p.eigenvalues.map(v => [k, v, v < 0 ? COLORS[1] : COLORS[0], name(k)])), false, 2.5);
plot("Index against value", "value", "index", R.points.map((p, k) => [p.value, p.index, color(p.index), name(k)]));
plot("Escape: median steps", "linear prediction", "measured", R.escape.map(e =>
     [e.predicted_median_steps, e.median_steps, color(e.index), name(e.point)]), true);
if (R.basin_map) plot("Basins: where each start descends", "x0", "x1", [
  ...R.basin_map.map(([x, y, b]) => [x, y, color(b), b < 0 ? "nowhere" : name(b)])], false, 2);

document.getElementById("reproduce").textContent = R.reproduce.command + "\\n\\n"
  + Object.entries(R.reproduce.versions).map(([k, v]) => k + " " + v).join("\\n");
</script>
</body>
</html>
"""
