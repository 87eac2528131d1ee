"""`landscape figures`: the list, what is computed and what is only drawn, checks, and interruptions."""

import importlib.util
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from landscape.figures import run as making
from landscape.figures.claims import Claim
from landscape.figures.registry import Experiment, experiment_names
from landscape.figures.style import new_figure

CHEAP = ("linear_regression", "saddle_escape", "rare_minima")


def test_the_list_has_every_figure_and_its_title(run, tmp_path):
    names = experiment_names()
    missing = [name for name in names if importlib.util.find_spec(f"landscape.experiments.{name}") is None]
    if missing:
        pytest.skip(f"not there yet: {', '.join(missing)}")
    lines = run("figures", "--list").text.splitlines()
    assert [line.split()[0] for line in lines] == list(names)
    assert all(len(line.split()) > 1 for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "'nonsense'"),
        (["--executor", "slurm"], "--executor is 'slurm' but must be dask://HOST:PORT"),
        (["--jobs", "0"], "'--jobs': 0 is not in the range"),
        (["--seed", "-1"], "'--seed': -1 is not in the range"),
        (["--out", "file"], "Directory 'file' is a file"),
        (["--out", "file/in"], "--out is 'file/in', which cannot be made: Not a directory"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(run, tmp_path, monkeypatch, arguments, words):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(making, "compute_data", pytest.fail)
    out = [] if "--out" in arguments else ["--out", "out"]
    assert words in run("figures", experiment_names()[0], *arguments, *out).sentence.replace('"', "'")
    assert not any(path.is_file() for path in (tmp_path / "out").rglob("*"))


def rows(text):
    """The table's rows, by the name of the figure: claims held, data time, draw time."""
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.split()[:1] == ["figure"])
    assert lines[start].split() == ["figure", "claims", "held", "data", "time", "draw", "time"]
    cells = [re.split(r" {2,}", line.strip()) for line in lines[start + 2 :] if line.startswith(" ")]
    return {name: rest for name, *rest in cells}


def seconds(cell):
    number, unit = cell.split()
    assert unit == "s"
    return float(number)


@pytest.fixture
def toys(monkeypatch):
    """Stand-ins for three figures: one whose claims hold, one with a claim that fails, one that fails itself."""

    def claims(data):
        held = Claim("the sum is ten", data["x"].sum(), expected=10.0, tolerance=0.0)
        return [held, Claim("the seed is zero", data["seed"], low=0, high=0)]

    def wrong(*_):
        raise ArithmeticError("too hard")

    def compute(quick, seed, executor):
        return {"x": np.arange(5.0), "seed": np.array(seed)}

    def draw(data):
        return new_figure(0.5)

    names = {"conditioning": claims, "octopus": lambda data: [*claims(data), Claim("no", np.nan, low=0, high=1)]}
    known = {name: Experiment(name, name, "Caption.", compute, f, draw) for name, f in names.items()}
    known["complexity"] = Experiment("complexity", "complexity", "Caption.", wrong, wrong, wrong)
    monkeypatch.setattr(making, "load_experiment", known.__getitem__)


def test_the_second_time_it_is_drawn_only_and_force_computes(run, toys, tmp_path):
    first = run("figures", "conditioning", "conditioning")
    (row,) = rows(first.text).values()
    assert row[0] == "2 of 2"
    assert seconds(row[1]) >= 0
    assert seconds(row[2]) >= 0
    assert first.err == "1/1 conditioning\n"
    assert first.text.endswith("gallery: paper_figures/index.html\n")
    assert rows(run("figures", "conditioning").text)["conditioning"][1] == "cached"
    assert seconds(rows(run("figures", "conditioning", "--force").text)["conditioning"][1]) >= 0
    assert (tmp_path / "paper_figures" / "conditioning" / "conditioning.pdf").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_claim_that_fails_and_a_figure_that_fails_end_with_status_1(run, toys, check):
    outcome = run("figures", "octopus", *check)
    assert outcome.code == 1
    assert rows(outcome.out)["octopus"][0] == "2 of 3"
    assert outcome.err.endswith("claim fails in octopus: no: measured nan\n")
    outcome = run("figures", "complexity", "conditioning", "--seed", 0, *check)
    assert outcome.code == 1
    table = rows(outcome.out)
    assert list(table) == ["complexity", "conditioning"]  # as they were asked for
    assert table["complexity"] == ["-", "failed", "-"]
    assert table["conditioning"][0] == "2 of 2"
    assert "figure fails: complexity: raised ArithmeticError: too hard\n" in outcome.err


def test_a_check_draws_nothing_and_writes_nothing(run, toys, tmp_path):
    outcome = run("figures", "conditioning", "--check")
    assert rows(outcome.text)["conditioning"][0] == "2 of 2"
    assert outcome.err.startswith("computing the data of 1 figure in order to check the claims\n")
    assert list(tmp_path.iterdir()) == []
    run("figures", "conditioning")
    (tmp_path / "paper_figures" / "conditioning" / ".cache.json").unlink()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert rows(run("figures", "conditioning", "--check").text)["conditioning"] == ["2 of 2", "saved", "-"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("folder", [True, False])
def test_a_disk_that_cannot_be_written_to_is_said_in_a_sentence(run, toys, tmp_path, folder):
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "octopus"
    if folder:
        (path / "data.npz").mkdir(parents=True)
    else:
        path.write_text("in the way")
    outcome = run("figures", "conditioning", "octopus", "--out", "out")
    assert (outcome.code, outcome.out) == (1, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith("landscape: [Errno ")
    assert last.endswith("; what was done is in out, and the same command goes on from there")
    assert (tmp_path / "out" / "conditioning" / "conditioning.pdf").exists()


WAITING = """
import signal, time
from landscape.cli import main
from landscape.figures import run

draw, drawn = run.draw_figure, []

def draw_figure(*arguments):
    if drawn:
        time.sleep(60)  # for the signal
    drawn.append(arguments)
    return draw(*arguments)

run.draw_figure = draw_figure
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job has it ignored
main()
"""


def stopped(tmp_path, number, *arguments):
    """The exit status of a command that gets a signal when its first figure is done, and what it said."""
    command = [sys.executable, "-c", WAITING, "figures", *map(str, arguments)]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as running:
        said = running.stderr.readline()
        running.send_signal(number)
        try:
            said += running.communicate(timeout=50)[1]
        finally:
            running.kill()
    return running.returncode, said


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 2), (signal.SIGKILL, 1)])
def test_an_interruption_keeps_what_is_done_and_the_next_run_ends_as_if_there_had_been_none(
    run, tmp_path, number, jobs
):
    arguments = (*CHEAP, "--quick", "--jobs", jobs)
    code, said = stopped(tmp_path, number, *arguments, "--out", "stopped")
    if number == signal.SIGINT:
        assert code == 130
        assert "Traceback" not in said
        assert said.splitlines()[-1] == (
            "landscape: interrupted; what was done is in stopped, and the same command goes on from there"
        )
    else:
        assert code == -signal.SIGKILL
    first = said.splitlines()[0].split()[1]
    table = rows(run("figures", *arguments, "--out", "stopped").text)
    assert list(table) == list(CHEAP)
    assert table[first][1] == "cached"
    run("figures", *arguments, "--out", "undisturbed")
    assert files(tmp_path / "stopped") == files(tmp_path / "undisturbed")


def test_an_interrupted_check_says_only_that(run, toys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "compute_data", interrupt)
    outcome = run("figures", "conditioning", "--check")
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == "landscape: interrupted"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_data_steps_on_a_dask_cluster_give_the_same_bytes(run, tmp_path):
    distributed = pytest.importorskip("distributed")
    kind = {"n_workers": 1, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**kind, silence_logs=50) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        there = run("figures", *CHEAP[:2], "--quick", "--executor", address, "--out", "there")
    assert set(rows(there.text)) == set(CHEAP[:2])
    run("figures", *CHEAP[:2], "--quick", "--out", "here")
    assert files(tmp_path / "there") == files(tmp_path / "here")
