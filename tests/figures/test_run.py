import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from landscape.figures import run
from landscape.figures.cache import CACHE_FILE
from landscape.figures.claims import Claim
from landscape.figures.files import read_data
from landscape.figures.plots import plot_measured, plot_theory
from landscape.figures.registry import Experiment
from landscape.figures.run import (
    FigureFailure,
    FigureResult,
    check_figures,
    compute_data,
    draw_figure,
    make_figure,
    make_figures,
)
from landscape.figures.style import figure_style, new_figure
from landscape.parallel import ProcessExecutor


def compute(quick, seed, executor):
    return {"x": np.arange(5.0), "word": np.array("hello"), "seed": np.array(seed), "quick": np.array(quick)}


def draw(data):
    figure = new_figure(2.0)
    ax = figure.add_subplot()
    plot_theory(data["x"], data["x"] ** 2, ax, label=r"$\eta\lambda$")
    plot_measured(data["x"], data["x"] ** 2, data["x"] ** 2 - 1, data["x"] ** 2 + 1, ax)
    ax.set(xlabel=str(data["word"]), ylabel="$y$")
    ax.legend()
    return figure


def claims(data):
    return [
        Claim("the sum is ten", data["x"].sum(), expected=10.0, tolerance=0.0),
        Claim("this fails", np.nan, low=0.0, high=1.0),
    ]


@pytest.fixture
def toy(monkeypatch):
    experiment = Experiment("toy", "A toy", "A caption.", compute, claims, draw)
    monkeypatch.setattr(run, "load_experiment", {"toy": experiment}.__getitem__)
    return experiment


@pytest.fixture
def toys(monkeypatch):
    """Two toys, whose functions may be replaced; their calls are counted."""
    calls = []

    def counted(quick, seed, executor):
        calls.append((quick, seed))
        return compute(quick, seed, executor)

    known = {name: Experiment(name, name, "A caption.", counted, claims, blank) for name in ("first", "second")}
    monkeypatch.setattr(run, "load_experiment", known.__getitem__)

    def change(name, **functions):
        known[name] = replace(known[name], **functions)

    change.calls = calls
    return change


def blank(data):
    return new_figure(0.5)


def fail(*_):
    raise ArithmeticError("too hard\nindeed")


def interrupt(*_):
    raise KeyboardInterrupt


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_written_and_reported(toy, tmp_path):
    result = make_figure("toy", tmp_path / "out", quick=True, seed=3)
    folder = tmp_path / "out" / "toy"
    assert sorted(p.name for p in folder.iterdir()) == [CACHE_FILE, "claims.json", "data.npz", "toy.pdf", "toy.png"]
    assert sorted(result.files) == sorted(set(folder.iterdir()) - {folder / CACHE_FILE})
    assert result.origin == "computed"
    assert [claim.holds for claim in result.claims] == [True, False]
    assert result.data_seconds >= 0
    assert result.draw_seconds > 0
    record = json.loads((folder / "claims.json").read_text(), parse_constant=pytest.fail)
    assert record["seed"] == 3
    assert record["quick"] is True
    assert record["claims"][1]["measured"] is None
    data = read_data(folder / "data.npz")
    assert int(data["seed"]) == 3
    assert str(data["word"]) == "hello"


def test_the_same_again_gives_the_same_bytes(toy, tmp_path):
    for name in "ab":
        make_figure("toy", tmp_path / name)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_the_pictures_hold_no_date_and_not_the_program(toy, tmp_path):
    png, pdf = (path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path))
    assert png.startswith(b"\x89PNG")
    assert b"Software" not in png
    assert b"CreationDate" not in pdf
    assert b"ModDate" not in pdf


def test_a_picture_does_not_depend_on_the_users_settings(toy, tmp_path):
    import matplotlib

    usual = [path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path)]
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 20.0, "axes.facecolor": "red"}):
        mine = dict(matplotlib.rcParams)
        assert usual == [path.read_bytes() for path in draw_figure(toy, compute(True, 0, None), tmp_path)]
        assert dict(matplotlib.rcParams) == mine


def test_the_style_ends_with_its_block_even_on_an_error():
    import matplotlib

    def fail():
        with figure_style():
            assert matplotlib.rcParams["font.size"] == 8.5
            raise ZeroDivisionError

    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(matplotlib.rcParams) == before


def test_an_unknown_figure_makes_no_folder(tmp_path):
    with pytest.raises(ValueError, match="no figure 'nonsense'"):
        make_figure("nonsense", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_second_time_it_is_only_drawn(toys, tmp_path):
    made = list(make_figures(["first", "second"], tmp_path))
    before = content(tmp_path)
    assert [(r.name, r.origin) for r in made] == [("first", "computed"), ("second", "computed")]
    (tmp_path / "first" / "first.png").unlink()
    again = list(make_figures(["first", "second"], tmp_path))
    assert [(r.name, r.origin, r.data_seconds) for r in again] == [
        ("first", "cached", None),
        ("second", "cached", None),
    ]
    assert [r.files for r in again] == [r.files for r in made]
    assert all(r.draw_seconds > 0 for r in again)
    assert content(tmp_path) == before
    assert len(toys.calls) == 2


@pytest.mark.parametrize(
    ("options", "edit"),
    [
        ({"quick": True}, None),
        ({"seed": 1}, None),
        ({"force": True}, None),
        ({}, lambda folder: (folder / "data.npz").unlink()),
        ({}, lambda folder: (folder / CACHE_FILE).unlink()),
        ({}, lambda folder: (folder / CACHE_FILE).write_text("{}")),
        ({}, lambda folder: (folder / "data.npz").write_bytes(b"another's")),
    ],
)
def test_what_makes_it_compute_again(toys, tmp_path, options, edit):
    make_figure("first", tmp_path)
    before = content(tmp_path)
    if edit:
        edit(tmp_path / "first")
    assert make_figure("first", tmp_path, **options).origin == "computed"
    assert len(toys.calls) == 2
    assert (content(tmp_path) == before) == (not options or "force" in options)


def test_other_code_computes_again_and_other_drawing_does_not(toys, tmp_path):
    make_figure("first", tmp_path)
    toys("first", draw=lambda data: blank(data), claims=lambda data: claims(data)[:1])
    result = make_figure("first", tmp_path)
    assert (result.origin, len(result.claims)) == ("cached", 1)
    toys("first", compute=compute)
    assert make_figure("first", tmp_path).origin == "computed"


def test_what_is_done_stays_done_when_the_work_is_interrupted(toys, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    list(make_figures(["first", "second"], undisturbed))
    stopped = tmp_path / "stopped"
    for stage in ("compute", "claims", "draw"):
        function = {"compute": compute, "claims": claims, "draw": blank}[stage]
        toys("second", **{stage: interrupt})
        with pytest.raises(KeyboardInterrupt):
            list(make_figures(["first", "second"], stopped))
        assert content(stopped / "first") == content(undisturbed / "first")
        assert not any(path.name.startswith(".data") for path in stopped.rglob("*"))
        toys("second", **{stage: function})
    toys("second", compute=run.load_experiment("first").compute)
    origins = [result.origin for result in make_figures(["first", "second"], stopped)]
    assert origins == ["cached", "computed"]  # the toy's data step is another function now
    assert content(stopped) == content(undisturbed)


@pytest.mark.parametrize("stage", ["compute", "claims", "draw"])
def test_a_figure_that_fails_leaves_the_others_alone(toys, tmp_path, stage, caplog):
    toys("first", **{stage: fail})
    failure, result = make_figures(["first", "second"], tmp_path)
    assert failure == FigureFailure("first", "raised ArithmeticError: too hard")
    assert isinstance(result, FigureResult)
    assert (tmp_path / "second" / "second.png").exists()
    assert not (tmp_path / "first" / "first.png").exists()
    assert "ArithmeticError: too hard" in caplog.text  # with its traceback
    with pytest.raises(RuntimeError, match="figure first failed: raised ArithmeticError: too hard"):
        make_figure("first", tmp_path / "alone")


def test_a_disk_that_is_full_stops_the_work(toys, tmp_path):
    (tmp_path / "first").write_text("in the way")
    with pytest.raises(FileExistsError):
        list(make_figures(["first", "second"], tmp_path))


class Deadly(ProcessExecutor):
    """A worker that is given the data step of one figure dies."""

    def submit(self, attempt, *arguments):
        return super().submit(os._exit, 1) if "conditioning" in arguments else super().submit(attempt, *arguments)


@pytest.mark.slow
def test_a_worker_that_dies_fails_its_figure_alone(tmp_path):
    names = ["linear_regression", "conditioning", "rare_minima"]
    with Deadly(2) as executor:
        results = {result.name: result for result in make_figures(names, tmp_path / "deadly", True, 0, executor)}
    assert results.pop("conditioning") == FigureFailure("conditioning", "its worker died 3 times")
    assert set(results) == {"linear_regression", "rare_minima"}
    list(make_figures(results, tmp_path / "alone", True))
    assert content(tmp_path / "deadly") == content(tmp_path / "alone")  # other processes give the same bytes


def test_of_one_data_step_the_parts_run_side_by_side_and_of_several_the_steps(toys, tmp_path):
    seen = {}

    def watched(name):
        def step(quick, seed, executor):
            seen[name] = executor, threading.current_thread() is threading.main_thread()
            return compute(quick, seed, executor)

        return step

    for name in ("first", "second"):
        toys(name, compute=watched(name))
    with ThreadPoolExecutor(2) as executor:
        list(make_figures(["first", "second"], tmp_path, executor=executor))
        assert seen == {"first": (None, False), "second": (None, False)}
        make_figure("first", tmp_path, executor=executor, force=True)
        assert seen["first"] == (executor, True)


def test_a_check_takes_the_data_that_are_there_and_writes_nothing(toys, tmp_path):
    make_figure("first", tmp_path, seed=3)
    toys("first", compute=compute)  # other code
    before = content(tmp_path)
    told = []
    (result,) = check_figures(["first"], tmp_path, seed=3, computing=told.append)
    assert (result.origin, result.data_seconds, result.draw_seconds, result.files) == ("saved", None, None, [])
    assert [claim.holds for claim in result.claims] == [True, False]
    assert told == []
    (result,) = check_figures(["first"], tmp_path, seed=3, force=True)
    assert result.origin == "computed"
    assert content(tmp_path) == before


@pytest.mark.parametrize("claims_text", [None, "{", "{}"])
def test_a_check_computes_what_is_not_there(toys, tmp_path, claims_text):
    make_figure("first", tmp_path, seed=3)
    told = []
    results = check_figures(["first", "second"], tmp_path, seed=4, computing=told.append)
    assert [result.origin for result in results] == ["computed", "computed"]
    assert told == [2]
    (tmp_path / "first" / CACHE_FILE).unlink()
    path = tmp_path / "first" / "claims.json"
    path.unlink() if claims_text is None else path.write_text(claims_text)
    (result,) = check_figures(["first"], tmp_path, seed=3)
    assert result.origin == "computed"
    assert not (tmp_path / "second").exists()


def test_the_data_step_has_one_thread_wherever_it_runs(toys, tmp_path):
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads(*_):
        numbers = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
        return {"x": np.arange(5.0), "word": np.array("x"), "threads": np.array(numbers)}

    for name in ("first", "second"):
        toys(name, compute=threads)
    list(make_figures(["first", "second"], tmp_path))
    for name in ("first", "second"):
        found = read_data(tmp_path / name / "data.npz")["threads"]
        assert found.size
        assert (found == 1).all()


def test_the_data_step_gives_the_bytes_of_the_file(toy, tmp_path):
    make_figure("toy", tmp_path)
    assert (tmp_path / "toy" / "data.npz").read_bytes() == compute_data("toy", False, 0)
