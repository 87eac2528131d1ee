"""The page holds the whole report, needs no network, and cannot be broken by what a user calls things."""

import html
import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape.study import connections as connections_module
from landscape.study import page as page_module
from landscape.study.declaration import Study
from landscape.study.faults import Fault
from landscape.study.page import as_html, command_line
from landscape.study.report import as_json
from landscape.study.result import FailedChunk, open_study
from landscape.study.run import run_study
from landscape.study.target import Target


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    return json.loads(text)


def test_the_page_holds_the_report_and_how_to_reproduce_it(himmelblau):
    data = data_of(as_html(himmelblau))
    assert as_json(himmelblau).items() <= data.items()
    assert data["reproduce"]["command"] == "landscape study himmelblau --starts 2100 --seed 0"
    assert set(data["reproduce"]["versions"]) == {"landscape", "numpy", "scipy", "python"}
    assert len(data["basin_map"]) == 2100
    x, y, basin = data["basin_map"][7]
    assert ([x, y], basin) == (himmelblau.descent.start[7].tolist(), himmelblau.basin[7])


def test_the_page_asks_for_nothing_from_elsewhere(himmelblau):
    page = as_html(himmelblau)
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"']*", page)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<(link|img|iframe)|\bsrc=|@import|fetch\(|url\(|innerHTML|outerHTML|document\.write", page)


def test_the_same_study_has_the_same_page(himmelblau, tmp_path):
    run_study(himmelblau.study, store=tmp_path / "study.sqlite")
    assert as_html(open_study(tmp_path / "study.sqlite")) == as_html(himmelblau)


def test_what_the_page_is_made_of_is_installed():
    folder = Path(page_module.__file__).parent
    declared = tomllib.loads((folder.parents[1] / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert sorted(declared["landscape.study"]) == sorted(
        p.name for p in folder.iterdir() if p.is_file() and p.suffix != ".py"
    )


def test_names_cannot_break_the_page(himmelblau):
    note = "</script><script>alert(1)</script><!--"
    page = as_html(replace(himmelblau, note=note))
    assert data_of(page)["note"] == note
    assert page.count("</script>") == 2
    target = Target("<b>&.py:f", dim=2)
    assert "<title>&lt;b&gt;&amp;.py:f - " in as_html(
        replace(himmelblau, study=replace(himmelblau.study, target=target))
    )
    target = Target("@DATA@.py:f", dim=2)  # a name may look like a place that is to be filled in
    page = as_html(replace(himmelblau, study=replace(himmelblau.study, target=target)))
    assert "<title>@DATA@.py:f - " in page
    assert data_of(page)["problem"] == "@DATA@.py:f"


def test_a_study_of_more_coordinates_has_no_map():
    result = run_study(Study(Target("double_well", (("dim", 3),)), starts=20, escape_starts=5))
    assert "basin_map" not in data_of(as_html(result))


def test_the_command_is_as_a_shell_takes_it(himmelblau):
    parameters = (("a", 1.5), ("one", (2,)), ("shape", (3, 4)), ("word", "a b"))
    target = Target("my dir/own.py:loss", parameters, 2, ((-1.5, 2.0), (0.0, 1e-9)))
    result = replace(himmelblau, study=Study(target, starts=10, seed=3))
    assert command_line(result) == (
        "landscape study 'my dir/own.py:loss' --set a=1.5 --set one=2, --set shape=3,4 --set 'word=a b' "
        "--dim 2 --box=-1.5:2.0,0.0:1e-09 --starts 10 --seed 3"
    )
    limited = replace(himmelblau, study=Study(Target("mlp"), 10, search_steps=7, escape_starts=2, network=False))
    assert command_line(limited) == (
        "landscape study mlp --starts 10 --seed 0 --escape-starts 2 --search-steps 7 --no-network"
    )


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WATCH = """<script>
const troubles = [];
addEventListener("error", event => troubles.push(event.message));
document.addEventListener("securitypolicyviolation", event => troubles.push(event.blockedURI));
</script>"""
# What a user does: hovering is at the middle of a mark, over whatever lies uppermost there.
HANDS = """
const all = (what, within = document) => [...within.querySelectorAll(what)];
const order = () => all("#table tbody tr").map(row => Number(row.dataset.point));
const plot = name => all("figure").find(f => f.querySelector("svg").getAttribute("aria-label") === name);
const press = column => all("th button").find(b => b.textContent.startsWith(column)).click();
const put = (id, value) => {
  const field = document.getElementById(id);
  field.value = value; field.dispatchEvent(new Event(field.tagName === "INPUT" ? "input" : "change"));
};
const hoverOver = mark => {
  mark.scrollIntoView({ block: "center", inline: "center" });
  const box = mark.getBoundingClientRect();
  document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
    .dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
};
const lit = () => [
  all("tr.on").map(row => Number(row.dataset.point)),
  Object.fromEntries(all("figure").map(f => [f.querySelector("svg").getAttribute("aria-label"),
                                             [...new Set(all(".on", f).map(e => Number(e.dataset.point)))]])),
];
"""
PLOTS = {"Spectra", "Index against value", "Escape from saddles", "Network", "Disconnectivity graph", "Basins"}


@pytest.fixture
def in_browser(tmp_path):
    """What a script finds, at the end of a page in a headless browser, where the page itself has no trouble."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium or Chrome")

    def look(page, script):
        told = (
            f'<script>{{{HANDS} const found = (() => {{{script}}})(); const pre = document.createElement("pre");'
            'pre.id = "outcome"; pre.textContent = JSON.stringify({ found, troubles, asked: '
            'performance.getEntriesByType("resource").map(entry => entry.name) });'
            "document.body.append(pre); }</script>"
        )
        head, body = page.replace("</head>", WATCH + "</head>", 1).rsplit("</body>", 1)
        (tmp_path / "page.html").write_text(head + told + "</body>" + body, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1200,900"]
        options += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
        done = subprocess.run(
            [browser, *options, (tmp_path / "page.html").as_uri()],
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        outcome = re.search(r'<pre id="outcome">(.*?)</pre>', done.stdout, flags=re.DOTALL)
        assert outcome, done.stderr
        outcome = json.loads(html.unescape(outcome[1]))
        assert outcome["troubles"] == []
        assert outcome["asked"] == []
        return outcome["found"]

    return look


def test_the_table_is_sorted_by_a_press_on_a_column(himmelblau, in_browser):
    """Either way; what is not known comes last, and equals stay in the order of the points."""
    columns = ["value", "lowest", "found", "basin", "kind"]
    found = in_browser(
        as_html(himmelblau),
        f"return {json.dumps(columns)}.map(c => {{ press(c); const up = order(); press(c); return [up, order()]; }});",
    )
    points, basins = himmelblau.points, {b["point"]: b["fraction"] for b in as_json(himmelblau)["descent"]["basins"]}
    row = {
        "value": points.value.tolist(),
        "lowest": points.eigenvalues[:, 0].tolist(),
        "found": points.found.tolist(),
        "basin": [basins.get(k) for k in range(len(points))],
        "kind": ["minimum"] * 4 + ["saddle"] * 4 + ["maximum"],
    }
    for column, (up, down) in zip(columns, found, strict=True):
        known = [k for k, value in enumerate(row[column]) if value is not None]
        unknown = [k for k, value in enumerate(row[column]) if value is None]
        assert up == sorted(known, key=row[column].__getitem__) + unknown
        assert [row[column][k] for k in down[: len(known)]] == [row[column][k] for k in up[: len(known)]][::-1]
        assert down[len(known) :] == unknown


def test_the_table_is_filtered_by_words_and_by_choice(himmelblau, in_browser):
    value = himmelblau.points.value
    tried = {
        "saddle": [4, 5, 6, 7],
        "index=1": [4, 5, 6, 7],
        "index = 2": [8],
        "value<100": np.flatnonzero(value < 100).tolist(),
        "saddle value>=100": [k for k in (4, 5, 6, 7) if value[k] >= 100],
        "basin>0": [0, 1, 2, 3],
        "nonsense<3": [],
        "": list(range(9)),
    }
    script = f"""
    const words = {json.dumps(list(tried))}.map(text => {{ put("filter", text); return order(); }});
    put("kind", "saddle"); const kind = order();
    const faded = all("#plots .out").map(e => Number(e.dataset.point));
    put("filter", "value>100"); const both = order(), shown = document.getElementById("shown").textContent;
    put("filter", ""); put("kind", ""); put("index", "2"); const index = order();
    const columns = all("g", plot("Spectra")).map(e => Number(e.dataset.point));
    put("index", "");
    return {{ words, kind, faded: [...new Set(faded)].sort(), both, shown, index, columns, faint: all(".out").length }};
    """
    found = in_browser(as_html(himmelblau), script)
    assert dict(zip(tried, found.pop("words"), strict=True)) == tried
    assert found == {
        "kind": [4, 5, 6, 7],
        "faded": [0, 1, 2, 3, 8],
        "both": [k for k in (4, 5, 6, 7) if value[k] > 100],
        "shown": f"{(value[4:8] > 100).sum()} of 9",
        "index": [8],
        "columns": [8],
        "faint": 0,
    }


def test_a_point_that_is_hovered_over_is_shown_in_the_table_and_in_all_plots(himmelblau, in_browser):
    """A saddle that joins basins is everywhere, a maximum where it has a place."""
    script = """
    const everywhere = all("figure").map(f => f.querySelector("svg").getAttribute("aria-label")).map(name => {
      hoverOver(all("tr")[1]);
      hoverOver(plot(name).querySelector("circle[data-point='4'], g[data-point='4']"));
      return [name, lit()];
    });
    const lines = ["Network", "Disconnectivity graph"].map(name => all(".on", plot(name)).map(e => e.tagName).sort());
    hoverOver(plot("Index against value").querySelector("[data-point='8']")); const maximum = lit();
    put("kind", "saddle"); put("kind", ""); const drawn_again = lit();
    hoverOver(all("#table tbody tr")[5]); const row = lit(), said = document.getElementById("hovered").textContent;
    const start = all("[data-basin='2']")[0];
    start.dispatchEvent(new MouseEvent("mouseover", { bubbles: true })); const basin = lit();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    return { everywhere, lines, maximum, drawn_again, row, said, basin, none: all(".on").length };
    """
    found = in_browser(as_html(himmelblau), script)
    assert {name for name, _ in found["everywhere"]} == PLOTS
    saddle = [[4], {name: [4] for name in PLOTS}]
    assert all(lit == saddle for _, lit in found["everywhere"])
    assert found["lines"] == [["circle", "path"]] * 2
    without = {"Network", "Disconnectivity graph", "Escape from saddles"}
    assert found["maximum"] == [[8], {name: [] if name in without else [8] for name in PLOTS}]
    assert found["drawn_again"] == found["maximum"]
    rows, plots = found["row"]
    assert rows == [5]
    assert plots["Network"] == plots["Spectra"] == [5]
    assert found["said"].startswith(f"point 5: saddle of index 1, value {himmelblau.points.value[5]:.9g}, found ")
    assert found["basin"] == [[2], {name: [] if name == "Escape from saddles" else [2] for name in PLOTS}]
    assert found["none"] == 0


def test_every_part_of_the_study_is_drawn(himmelblau, in_browser):
    script = """return Object.fromEntries(all("figure").map(f => [
      f.querySelector("svg").getAttribute("aria-label"),
      ["circle", ".link", ".branch", "g path"].map(what => all(what, f).length)]));"""
    assert in_browser(as_html(himmelblau), script) == {
        "Spectra": [0, 0, 0, 9 + 4],  # a saddle has eigenvalues of both signs
        "Index against value": [9, 0, 0, 0],
        "Escape from saddles": [4, 0, 0, 0],
        "Network": [8, 4, 0, 0],
        "Disconnectivity graph": [7, 0, 7, 0],
        "Basins": [2100 + 9, 0, 0, 0],
    }


def test_where_there_are_too_many_saddles_to_draw_the_page_says_what_gives_them(himmelblau, in_browser, monkeypatch):
    monkeypatch.setattr(connections_module, "_SADDLES", 3)
    script = """return [all("*", plot("Network")).filter(e => e.matches("circle, path")).length,
                        plot("Network").querySelector("figcaption").textContent,
                        all(".branch", plot("Disconnectivity graph")).length];"""
    marks, caption, branches = in_browser(as_html(himmelblau), script)
    assert (marks, branches) == (0, 7)
    assert caption == (
        "4 minima and 4 saddles of index 1 in 1 piece. These are too many to draw: "
        "`landscape network FILE --graphml network.graphml` has them all"
    )


def test_a_row_that_is_out_of_sight_is_brought_into_it(in_browser):
    """Within the table: the page stays where the mouse is."""
    result = run_study(Study(Target("rastrigin"), starts=1500, escape_starts=1))
    script = """
    const table = document.getElementById("table");
    const mark = plot("Network").querySelector("circle[data-point='300']");
    mark.scrollIntoView({ block: "center" }); const before = scrollY;
    hoverOver(mark);
    const row = table.querySelector("tr.on"), inner = row.getBoundingClientRect(), box = table.getBoundingClientRect();
    const seen = box.top < inner.top && inner.bottom < box.bottom;
    return [Number(row.dataset.point), seen, scrollY === before, before > 0];
    """
    row, seen, stays, away = in_browser(as_html(result), script)
    assert result.points.index[row] == 1  # 300, or one that lies over it
    assert seen
    assert stays
    assert away


def test_what_a_user_calls_things_is_only_text_in_a_browser(himmelblau, in_browser):
    markup = "<img src=x onerror='troubles.push(1)'></script><script>troubles.push(2)</script>"
    hostile = replace(
        himmelblau,
        study=replace(himmelblau.study, target=Target(f"{markup}.py:f", (("a", markup),), dim=2), network=False),
        note=markup,
        faults=(Fault("raised RuntimeError", markup, 3, [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]),),
        failed=(FailedChunk("descent and search", 0, 0, 1000, markup),),
        versions={markup: markup},
    )
    script = """return [all("img, script:not([id])").length, document.title,
                        all("#summary li, pre, #plots p").map(e => e.textContent)];"""
    elements, title, texts = in_browser(as_html(hostile), script)
    assert elements == 3  # the page's own script, and the two of this test
    assert title.startswith(markup)
    assert (
        sum(markup in text for text in texts) == 5
    )  # the note, the fault, the chunk, why no network, how to reproduce


def test_a_study_that_found_nothing_has_a_page(tmp_path, in_browser):
    (tmp_path / "own.py").write_text("def slope(x):\n    return x[0] + 0.1 * x[1]\n")
    result = run_study(Study(Target(f"{tmp_path}/own.py:slope", dim=2, box=((-1.0, 1.0),)), starts=20))
    script = """return [order(), document.getElementById("shown").textContent, all("#plots p").map(e => e.textContent),
                        all("figure svg").map(e => e.getAttribute("aria-label"))];"""
    found = in_browser(as_html(result), script)
    assert found == [[], "0 of 0", ["No minima are known: there is no network."], ["Basins"]]
