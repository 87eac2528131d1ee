"""`landscape report`: the saved study in three forms."""

import csv
import io
import sys

import pytest

from landscape.study.declaration import Study
from landscape.study.report import as_json
from landscape.study.run import run_study
from landscape.study.target import Target


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "s.sqlite"
    return path, run_study(Study(Target("himmelblau"), starts=100), store=path)


@pytest.fixture
def result(stored):
    return stored[1]


@pytest.fixture
def saved(stored, tmp_path):
    (tmp_path / "s.sqlite").write_bytes(stored[0].read_bytes())
    return "s.sqlite"


def test_json_is_the_report(run, saved, result):
    outcome = run("report", saved, "--format", "json")
    assert outcome.json == as_json(result)
    assert outcome.err == ""


def test_csv_has_one_line_a_point(run, saved, result):
    outcome = run("report", saved, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(outcome.text)))
    assert [float(row["value"]) for row in rows] == result.points.value.tolist()
    assert [row["kind"] for row in rows] == ["minimum"] * 4 + ["saddle"] * 4 + ["maximum"]
    assert outcome.out.count("\n") == 10
    assert outcome.err == ""


def test_table_is_for_people(run, fresh, saved):
    text = run("report", saved).text
    assert text == run("report", saved, "--format", "table").text == fresh("report", saved).text
    for heading in ("descends to point", "escape from point", "lowest eigenvalue"):
        assert heading in text


def test_a_note_on_the_users_function_goes_to_standard_error(run, own):
    study = run("study", *own, "--starts", 30, "--store", "s.sqlite")
    report = run("report", "s.sqlite")
    assert report.text == study.text
    assert report.err.startswith("own.py:loss: NumPy, written for a batch")
    for style in ("json", "csv"):
        assert run("report", "s.sqlite", "--format", style).err == ""


def test_a_report_needs_no_file_of_the_users(run, own, tmp_path):
    run("study", *own, "--starts", 30, "--store", "s.sqlite")
    (tmp_path / "own.py").unlink()
    assert run("report", "s.sqlite", "--format", "json").json["problem"] == "own.py:loss"


def test_files_that_are_no_studies(run, fresh, write, saved, tmp_path):
    write("notes.txt", "mine")
    (tmp_path / "half.sqlite").write_bytes((tmp_path / saved).read_bytes()[:9000])
    assert run("report", "none.sqlite").sentence == "there is no file 'none.sqlite'"
    assert fresh("report", "none.sqlite").sentence == "there is no file 'none.sqlite'"
    assert run("report", ".").sentence == "there is no file '.'"
    assert run("report", "notes.txt").sentence.startswith("notes.txt is not a study")
    assert run("report", "half.sqlite").sentence.startswith("half.sqlite is damaged")
    assert "Invalid value for '--format'" in run("report", saved, "--format", "xml").sentence


def test_parquet_has_one_row_a_point(run, fresh, saved, result, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    outcome = run("report", saved, "--format", "parquet", "--out", "points.parquet")
    assert (outcome.text, outcome.err) == ("", "written to points.parquet\n")
    table = pyarrow.parquet.read_table(tmp_path / "points.parquet")
    assert table["value"].to_pylist() == result.points.value.tolist()
    assert table["kind"].to_pylist() == ["minimum"] * 4 + ["saddle"] * 4 + ["maximum"]
    before = (tmp_path / saved).read_bytes()
    refused = run("report", saved, "--format", "parquet", "--out", saved).sentence
    assert refused == "--out is s.sqlite, which is the study itself"
    assert (tmp_path / saved).read_bytes() == before
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run("report", saved, "--format", "parquet").sentence == (
        "the format parquet needs the package pyarrow: pip install 'landscape[parquet]', or pip install pyarrow"
    )


@pytest.mark.parametrize("style", ["table", "json", "csv"])
def test_a_file_holds_what_would_be_printed(run, saved, tmp_path, style):
    printed = run("report", saved, "--format", style).out
    assert run("report", saved, "--format", style, "--out", "report").text == ""
    assert (tmp_path / "report").read_text() == printed


def test_a_report_fits_a_screen(run):
    run("study", "rastrigin", "--starts", 600, "--store", "many.sqlite")
    text = run("report", "many.sqlite").text
    assert text.count(" in all") == 3
    assert 40 < text.count("\n") <= 50


@pytest.mark.parametrize("lines", [24, 40, 70])
def test_a_report_fits_the_terminal(run, on_a_terminal, lines):
    """Four rows of each table are shown in any case."""
    run("study", "rastrigin", "--starts", 300, "--store", "many.sqlite")
    code, seen = on_a_terminal("report", "many.sqlite", lines=lines)
    assert code == 0
    assert seen.count(" in all") == 3
    assert seen.count("\n") <= max(lines, 38)
    assert lines < 70 or seen.count("\n") > 60


def test_parquet_is_not_for_a_terminal(run, on_a_terminal, saved):
    pytest.importorskip("pyarrow")
    code, seen = on_a_terminal("report", saved, "--format", "parquet")
    assert (code, seen) == (2, "landscape: parquet is nothing to read on a terminal; name a file with --out\n")


def test_a_page_for_a_browser(run, saved, tmp_path):
    outcome = run("report", saved, "--html", "page.html")
    assert (outcome.text, outcome.err) == ("", "written to page.html\n")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "landscape study himmelblau --starts 100 --seed 0" in page
    before = (tmp_path / saved).read_bytes()
    assert run("report", saved, "--html", saved).sentence == "--html is s.sqlite, which is the study itself"
    assert (tmp_path / saved).read_bytes() == before
    assert "cannot be written" in run("report", saved, "--html", "nowhere/page.html").sentence
