"""The page holds the whole report, needs no network, and cannot be broken by what a user calls things."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from landscape.study.declaration import Study
from landscape.study.page import as_html, command_line
from landscape.study.report import as_json
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
    assert not re.search(r"<(link|img|iframe)|\bsrc=|@import|fetch\(|url\(", page)


def test_names_cannot_break_the_page(himmelblau):
    note = "</script><script>alert(1)</script><!--"
    page = as_html(replace(himmelblau, note=note))
    assert data_of(page)["note"] == note
    assert page.count("</script>") == 2
    target = Target("<b>&.py:f", dim=2)
    assert "<title>&lt;b&gt;&amp;.py:f - " in as_html(
        replace(himmelblau, study=replace(himmelblau.study, target=target))
    )


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


def test_the_script_runs(himmelblau, tmp_path):
    """In Node, on a stand-in for the browser that only counts what is made."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node")
    page = as_html(himmelblau)
    script = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)[0]
    stand_in = """
    const made = {};
    const element = tag => { made[tag] = (made[tag] || 0) + 1;
      return { value: "index=1", append() {}, replaceChildren() {}, setAttribute() {},
               set textContent(t) { said.push(t); },
               get textContent() { return DATA; } }; };
    const said = [];
    global.document = { getElementById: () => element("found"), createElement: element,
                        createElementNS: (_, tag) => element(tag) };
    """
    data = json.dumps(json.dumps(data_of(page)))
    (tmp_path / "page.js").write_text(
        f"const DATA = {data};{stand_in}{script}\nconsole.log(JSON.stringify([made, said]))"
    )
    done = subprocess.run([node, tmp_path / "page.js"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made, said = json.loads(done.stdout)
    assert made["svg"] == 4
    assert made["circle"] == 9 * 2 + 9 + 4 + 2100
    assert "4 of 9" in said
    assert made["td"] == 4 * 10
