"""The gallery: one page with every figure that has been made, its caption and its claims."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import Any

from landscape.figures.files import CLAIMS_FILE, DATA_FILE, write_atomically
from landscape.figures.registry import experiment_names

PAGE = "index.html"

_STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #595959; --line: #d0d0d0; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }
h1, h2 { line-height: 1.2; }
article { border-top: 1px solid var(--line); margin-top: 2rem; }
figure { margin: 0; }
figure img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
figcaption { margin: .5rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.holds { color: #005a3c; font-weight: 600; }
.fails { color: #fff; background: #a33c00; font-weight: 700; padding: 0 .3rem; }
.note, footer { color: var(--soft); font-size: .85rem; }
code { font-size: .95em; overflow-wrap: anywhere; }
""".strip()


def write_gallery(out: str | os.PathLike[str]) -> Path:
    """Write `<out>/index.html` from the `claims.json` of every figure in `out`; the same figures give the same bytes.

    Returns
    -------
    Path
        The page.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    records = _records(folder)
    claims = [claim for record in records for claim in record["claims"]]
    holding = sum(claim["holds"] for claim in claims)
    contents = "\n".join(
        f'<li><a href="#{escape(r["name"])}">{escape(r["title"])}</a>{_failures(r)}</li>' for r in records
    )
    articles = "\n".join(_article(folder, record) for record in records)
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>landscape: figures</title>
<style>
{_STYLE}
</style>
</head>
<body>
<header>
<h1>Figures</h1>
<p>{len(records)} figures, drawn from saved data. {holding} of their {len(claims)} claims hold.</p>
<p>To make all of them anew: <code>landscape figures</code>, or <code>make figures</code> in a checkout.</p>
<nav aria-label="Figures"><ol>
{contents}
</ol></nav>
</header>
<main>
{articles}
</main>
<footer><p>Theory is drawn as lines, measurement as points with error bars. A claim is checked whenever its figure is
made.</p></footer>
</body>
</html>
"""
    path = folder / PAGE
    write_atomically(path, page.encode())
    return path


def _records(folder: Path) -> list[dict[str, Any]]:
    """What each figure's `claims.json` says: known figures in their order, others after them by name."""
    order = {name: rank for rank, name in enumerate(experiment_names())}
    files = folder.glob(f"*/{CLAIMS_FILE}")
    records = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return sorted(records, key=lambda record: (order.get(record["name"], len(order)), record["name"]))


def _failures(record: dict[str, Any]) -> str:
    failed = sum(not claim["holds"] for claim in record["claims"])
    return f' <strong class="fails">{failed} FAILS</strong>' if failed else ""


def _article(folder: Path, record: dict[str, Any]) -> str:
    name, title = escape(record["name"]), escape(record["title"])
    files = [f"{record['name']}.png", f"{record['name']}.pdf", DATA_FILE, CLAIMS_FILE]
    kinds = ["PNG", "PDF", "data (NumPy .npz)", "claims (JSON)"]
    links = " · ".join(
        f'<a href="{name}/{escape(file)}">{kind}</a>'
        for file, kind in zip(files, kinds, strict=True)
        if (folder / record["name"] / file).exists()
    )
    command = f"landscape figures {name}{' --quick' if record['quick'] else ''} --seed {int(record['seed'])}"
    quick = ' <p class="note">Made with --quick: smaller samples.</p>' if record["quick"] else ""
    return f"""<article id="{name}">
<h2>{title}</h2>
<figure>
<a href="{name}/{name}.pdf"><img src="{name}/{name}.png" alt="{title}: the plots that the caption below describes"
loading="lazy"></a>
<figcaption>{escape(record["caption"])}</figcaption>
</figure>{quick}
<p class="note">{links}<br>Make it anew: <code>{command}</code></p>
<div class="scroll"><table>
<caption>Claims</caption>
<thead><tr><th scope="col">Claim</th><th scope="col">Measured</th><th scope="col">Expected</th>
<th scope="col">Source</th><th scope="col">Verdict</th></tr></thead>
<tbody>
{chr(10).join(_row(claim) for claim in record["claims"])}
</tbody>
</table></div>
</article>"""


def _row(claim: dict[str, Any]) -> str:
    measured = "not finite" if claim["measured"] is None else _number(claim["measured"])
    if claim["expected"] is not None:
        slack = f" ± {_number(claim['tolerance'])}" if claim["tolerance"] else " exactly"
        expected = _number(claim["expected"]) + slack
    else:
        expected = f"{_number(claim['low'])} to {_number(claim['high'])}"
    verdict = '<span class="holds">holds</span>' if claim["holds"] else '<span class="fails">FAILS</span>'
    return (
        f'<tr><td>{escape(claim["text"])}</td><td class="number">{measured}</td><td class="number">{expected}</td>'
        f"<td>{escape(claim['source'])}</td><td>{verdict}</td></tr>"
    )


def _number(value: float) -> str:
    return f"{value:.9g}"
