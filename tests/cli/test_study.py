"""`landscape study`: what must hold, from the outside."""

import json
import re
import signal
import subprocess
import sys
import time
from math import comb
from pathlib import Path
from types import SimpleNamespace

import pytest

from landscape.study.chunks import starts_of_chunk
from landscape.study.declaration import Study
from landscape.study.result import open_study
from landscape.study.run import declaration
from landscape.study.store import Store
from landscape.study.target import Target

STUDY_KEYS = {"problem", "dim", "seed", "starts", "critical_points", "euler", "points", "descent", "escape"}


@pytest.mark.parametrize(
    ("arguments", "by_index"),
    [
        (["himmelblau"], {"0": 4, "1": 4, "2": 1}),
        (["six_hump_camel"], {"0": 6, "1": 7, "2": 2}),
        (["muller_brown"], {"0": 3, "1": 2}),
        (
            ["styblinski_tang", "--set", "dim=4"],
            {str(k): comb(4, k) * 2 ** (4 - k) for k in range(5)},
        ),
    ],
)
def test_known_counts(run, arguments, by_index):
    report = run("study", *arguments, "--starts", 2000, "--seed", 0, "--json").json
    assert set(report) >= STUDY_KEYS
    assert report["critical_points"]["by_index"] == by_index
    assert report["critical_points"]["total"] == sum(by_index.values()) == len(report["points"])
    assert report["critical_points"]["degenerate"] == 0
    assert report["euler"] == {"expected": 1, "found": 1}
    assert (report["problem"], report["seed"], report["starts"]) == (arguments[0], 0, 2000)
    assert len(report["escape"]) == sum(n for k, n in by_index.items() if 0 < int(k) < report["dim"])
    assert sum(b["fraction"] for b in report["descent"]["basins"]) <= 1 + 1e-12


@pytest.mark.slow
def test_seven_lennard_jones_atoms(run):
    report = run("study", "lennard_jones", "--set", "atoms=7", "--starts", 4000, "--seed", 0, "--json").json
    by_index = report["critical_points"]["by_index"]
    assert (by_index["0"], by_index["1"]) == (4, 12)
    assert report["points"][0]["value"] == pytest.approx(-16.505384, abs=1e-6)
    assert all(len(p["eigenvalues"]) in (15, 16) for p in report["points"])


def test_one_job_and_two_give_the_same_bytes(fresh):
    arguments = ("study", "himmelblau", "--starts", 2100, "--seed", 3, "--json", "--jobs")
    one, two = fresh(*arguments, 1), fresh(*arguments, 2)
    assert one.json["seed"] == 3
    assert one.out == two.out


def test_the_report_for_people(run, fresh):
    for outcome in (run("study", "himmelblau", "--starts", 300), fresh("study", "himmelblau", "--starts", 300)):
        text = outcome.text
        assert outcome.err == ""  # no progress bar where nobody watches
        assert "Critical points: 9 (4 of index 0, 4 of index 1, 1 of index 2; 0 degenerate)" in text
        assert "Morse sum 1, as it must be" in text
        assert "178.337239" in text
        assert "100 of 100" in text
        assert "Network: 4 minima joined by 4 saddles, 1 piece\n" in text
        assert max(map(len, text.splitlines())) <= 120


def test_without_the_network(run):
    text = run("study", "himmelblau", "--starts", 300, "--no-network", "--store", "s.sqlite").text
    assert "Network" not in text
    assert run("resume", "s.sqlite").text == text
    assert run("report", "s.sqlite", "--format", "json").json["branches"] is None
    assert run("study", "himmelblau", "--starts", 300, "--store", "s.sqlite").sentence == (
        "s.sqlite holds another study: network is False there and True here"
    )


def test_missing_points_are_said_to_be_missing(run):
    text = run("study", "rastrigin", "--starts", 20).text
    assert "but a complete set gives 1: points are missing" in text
    assert "in all; `landscape report FILE --format json` lists them" in text


def test_a_degenerate_landscape(run):
    text = run("study", "monkey_saddle", "--starts", 30).text
    assert "1 degenerate" in text
    report = run("study", "monkey_saddle", "--starts", 30, "--json").json
    assert report["critical_points"]["degenerate"] == 1
    assert report["escape"] == []


def test_a_numpy_file_of_five_lines(run, own):
    report = run("study", *own, "--starts", 100, "--json").json
    assert report["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}
    assert (
        report["note"]
        == "own.py:loss: NumPy, written for a batch (..., n); gradient by complex step, Hessian by finite differences"
    )
    outcome = run("study", *own, "--starts", 100)
    assert "4 of index 0, 4 of index 1, 1 of index 2" in outcome.text
    assert outcome.err.strip() == report["note"]


def test_a_numpy_file_for_one_point(run, write):
    write("own.py", "import numpy as np\n\ndef loss(x):\n    return np.sum((x**2 - 1) ** 2)\n")
    report = run("study", "own.py:loss", "--dim", 1, "--box=-2:2", "--starts", 12, "--json").json
    assert (
        report["note"]
        == "own.py:loss: NumPy, written for one point; gradient by complex step, Hessian by finite differences"
    )
    assert report["critical_points"]["by_index"] == {"0": 2, "1": 1}


def test_a_jax_file_of_five_lines(fresh, write):
    pytest.importorskip("jax")
    write("own.py", "import jax.numpy as jnp\n\ndef loss(x):\n    return jnp.sum((x**2 - 1) ** 2)\n")
    outcome = fresh("study", "own.py:loss", "--dim", 2, "--box=-2:2", "--starts", 100, "--json")
    report = outcome.json
    assert report["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}
    assert report["note"] == "own.py:loss: JAX, written for one point; derivatives by JAX"
    assert max(p["gradient_norm"] for p in report["points"]) < 1e-12  # double precision
    write(
        "bad.py", "import jax.numpy as jnp\n\ndef loss(x):\n    return jnp.sum(x) if x[0] > 0 else 0.0 * jnp.sum(x)\n"
    )
    assert fresh("study", "bad.py:loss", "--dim", 2).sentence.startswith(
        "bad.py:loss cannot be traced by JAX: TracerBoolConversionError: "
    )


@pytest.mark.slow
def test_a_jax_file_in_two_processes(fresh, write):
    pytest.importorskip("jax")
    write("own.py", "import jax.numpy as jnp\n\ndef loss(x):\n    return jnp.sum((x**2 - 1) ** 2)\n")
    arguments = ("study", "own.py:loss", "--dim", 2, "--box=-2:2", "--starts", 1500, "--json", "--jobs")
    one, two = fresh(*arguments, 1), fresh(*arguments, 2)
    assert one.json["critical_points"]["total"] == 9
    assert one.out == two.out


def test_a_module_of_the_current_folder(fresh, write):
    write("pack/__init__.py", "")
    write(
        "pack/wells.py",
        "from landscape import problem\n\ndef made(size=1):\n    return problem('double_well', dim=size)\n",
    )
    arguments = ("study", "pack.wells:made", "--set", "size=2", "--starts", 1100, "--json")
    report = fresh(*arguments).json
    assert report["critical_points"]["total"] == 9
    assert report["note"] == "pack.wells:made returned a Landscape"
    assert report["parameters"]["size"] == 2
    assert fresh(*arguments, "--jobs", 2).json == report


def test_prints_of_the_users_code_stay_out_of_the_json(fresh, write):
    write(
        "own.py",
        """
        print("imported")

        def loss(x):
            print("called")
            return (x**2).sum(axis=-1)
        """,
    )
    for jobs in (1, 2):
        outcome = fresh("study", "own.py:loss", "--dim", 2, "--starts", 10, "--json", "--jobs", jobs)
        assert outcome.json["critical_points"]["total"] == 1
        assert "called" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["himmelblaw"], r"unknown problem 'himmelblaw'; did you mean 'himmelblau'\?"),
        (["himmelblau", "--starts", "0"], r"Invalid value for '--starts': 0 is not in the range"),
        (["himmelblau", "--starts", "many"], r"Invalid value for '--starts'"),
        (["himmelblau", "--seed", "-1"], r"Invalid value for '--seed'"),
        (["himmelblau", "--jobs", "0"], r"Invalid value for '--jobs'"),
        (["himmelblau", "--set", "dim=3"], r"problem 'himmelblau' has no parameter 'dim'; it takes none"),
        (["himmelblau", "--dim", "3"], r"--dim and --box are for a loss of your own"),
        (["himmelblau", "--box", "0:1"], r"--dim and --box are for a loss of your own"),
        (["rastrigin", "--set", "dim"], r"Invalid value for '--set': 'dim' is not of the form key=value"),
        (["rastrigin", "--set", "dim=2.5"], r"parameter dim is 2.5 but must be an integer"),
        (["rastrigin", "--set", "dim=word"], r"parameter dim is 'word' but must be an integer"),
        (["rastrigin", "--set", "dim=2", "--set", "dim=x"], r"'--set': dim is given 2 times"),
        (["rastrigin", "--set", "dim=0"], r"dim is 0 but must be at least 1"),
        (["quadratic", "--set", "eigenvalues=1,nan"], r"parameter eigenvalues is nan but must be finite"),
        (["none.py:loss", "--dim", "2"], r"^there is no file 'none\.py'$"),
        (["own.py:other", "--dim", "2"], r"^own\.py has no 'other'; it has loss, "),
        (["own.py", "--dim", "2"], r"^own\.py does not say which function; write own\.py:NAME, it has loss, "),
        (["own.py:loss"], r"a plain loss needs --dim N$"),
        (["own.py:loss", "--dim", "0"], r"Invalid value for '--dim'"),
        (["own.py:loss", "--dim", "2", "--box", "1"], r"Invalid value for '--box': '1' is not of the form LOW:HIGH"),
        (["own.py:loss", "--dim", "2", "--box", "1:0"], r"has a low end that is not below its high end"),
        (["own.py:loss", "--dim", "2", "--box", "0:nan"], r"has a low end that is not below its high end"),
        (["own.py:loss", "--dim", "2", "--box=-inf:inf"], r"finite"),
        (["own.py:loss", "--dim", "3", "--box", "0:1,0:1"], r"--box has 2 ranges but --dim is 3"),
        (["own.py:loss", "--dim", "2", "--set", "a=1"], r"is a plain loss and takes no --set$"),
        (["own.py:raising", "--dim", "2"], r"^own\.py:raising raised RuntimeError: why for a point of shape \(2,\)$"),
        (
            ["own.py:always", "--dim", "2", "--starts", "50"],
            r"^own\.py:always is not finite at any of the 50 starts; it raised ZeroDivisionError in 50 evaluations, ",
        ),
        (["own.py:vector", "--dim", "2"], r"returned shape \(2,\) for one point of shape \(2,\), expected one number$"),
        (["own.py:nan", "--dim", "2"], r"^own\.py:nan is not finite at any of the 1000 starts$"),
        (["own.py:number", "--dim", "2"], r"number is int, not a loss"),
        (["own.py:number"], r"number is int; expected a Landscape"),
        (["no_such_module:loss", "--dim", "2"], r"^module 'no_such_module' could not be imported: "),
        (["broken.py:loss", "--dim", "2"], r"^broken\.py could not be imported: SyntaxError: "),
    ],
)
@pytest.mark.parametrize("json_flag", [[], ["--json"]], ids=["text", "json"])
def test_bad_input_is_refused_in_one_sentence(run, write, arguments, pattern, json_flag):
    write(
        "own.py",
        """
        import numpy as np

        number = 3

        def loss(x):
            return (x**2).sum(axis=-1)

        def raising(x):
            raise RuntimeError("why")

        def always(x, seen=[]):
            seen.append(x)
            return 1 / 0 if len(seen) > 10 else (x**2).sum(axis=-1)

        def vector(x):
            return x

        def nan(x):
            return np.nan * x.sum(axis=-1)
        """,
    )
    write("broken.py", "def loss(x:\n")
    assert re.search(pattern, run("study", *arguments, *json_flag).sentence)


def test_a_few_refusals_of_a_fresh_process(fresh, write):
    write("own.py", "def loss(x):\n    return x[0] / 0 if x[0] > 2 else float('nan')\n")
    assert fresh("study", "nonsense", "--json").sentence.startswith("unknown problem 'nonsense'")
    assert "is not finite at any of the 50 starts" in fresh("study", "own.py:loss", "--dim", 2, "--starts", 50).sentence


def test_store_and_report_say_what_study_said(run, tmp_path):
    arguments = ("study", "himmelblau", "--starts", 100, "--seed", 5)
    plain = run(*arguments, "--json")
    stored = run(*arguments, "--json", "--store", "s.sqlite")
    assert stored.out == plain.out
    assert stored.err == "saving in s.sqlite\n"
    assert run("report", "s.sqlite", "--format", "json").out == plain.out
    assert run("report", "s.sqlite").out == run(*arguments).out
    assert [p.name for p in tmp_path.iterdir()] == ["s.sqlite"]


def test_a_study_that_is_there_is_not_computed_again(run, tmp_path, monkeypatch):
    from landscape.study import run as module

    arguments = ("study", "himmelblau", "--starts", 100, "--store", "s.sqlite", "--json")
    first = run(*arguments)
    before = (tmp_path / "s.sqlite").read_bytes()
    monkeypatch.setattr(module, "merged_points", None)
    monkeypatch.setattr(Store, "put", None)
    again = run(*arguments, "--jobs", 2)  # the number of workers is no part of a study
    assert again.out == first.out
    assert again.err == "s.sqlite holds this study already; nothing is left to compute\n"
    assert run("resume", "s.sqlite", "--json").out == first.out
    assert (tmp_path / "s.sqlite").read_bytes() == before


def test_another_study_in_the_store_is_refused_with_the_difference(run, tmp_path):
    run("study", "himmelblau", "--starts", 20, "--store", "s.sqlite")
    before = (tmp_path / "s.sqlite").read_bytes()
    for arguments, difference in [
        (["himmelblau", "--starts", 30, "--seed", 1], "starts is 20 there and 30 here; seed is 0 there and 1 here"),
        (
            ["rastrigin", "--set", "dim=3", "--starts", 20],
            "target is himmelblau there and rastrigin with dim=3 here",
        ),
    ]:
        outcome = run("study", *arguments, "--store", "s.sqlite")
        assert outcome.sentence == f"s.sqlite holds another study: {difference}"
    assert (tmp_path / "s.sqlite").read_bytes() == before


def test_stores_that_cannot_be_used(run, write, tmp_path):
    write("notes.txt", "mine")
    assert run("study", "himmelblau", "--store", "notes.txt").sentence.startswith("notes.txt is not a study")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    sentence = run("study", "himmelblau", "--starts", 10**9, "--store", "nowhere/s.sqlite").sentence
    assert sentence == "nowhere/s.sqlite cannot be written: there is no folder nowhere"  # before the long work
    assert "is a directory" in run("study", "himmelblau", "--store", ".").sentence


def interrupted(tmp_path, number, *arguments, lines=1):
    """How a command ends that gets a signal as soon as a chunk is stored, and again after each line it then says."""
    command = [sys.executable, "-c", "from landscape.cli import main; main()", *map(str, arguments)]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    path = tmp_path / "s.sqlite"
    while running.poll() is None and not (path.exists() and open_study(path).unfinished.done):
        time.sleep(0.02)
    for _ in range(lines):
        running.send_signal(number)
        time.sleep(0.2)
    out, err = running.communicate(timeout=120)
    return SimpleNamespace(code=running.returncode, out=out, err=err)


@pytest.mark.parametrize(
    ("jobs", "number"), [(1, signal.SIGTERM), pytest.param(2, signal.SIGINT, marks=pytest.mark.slow)]
)
def test_an_interruption_lets_the_chunks_in_flight_finish(tmp_path, run, jobs, number):
    arguments = ("study", "himmelblau", "--starts", 12_000, "--store", "s.sqlite", "--json")
    outcome = interrupted(tmp_path, number, *arguments, "--jobs", jobs)
    assert (outcome.code, outcome.out) == (128 + number, "")
    *_, before, last = outcome.err.splitlines()
    assert before == "landscape: finishing the chunks of work in flight; once more to drop them"
    said = re.fullmatch(
        r"landscape: interrupted: (\d+) of 12 chunks of (.*) are done and saved in s.sqlite; "
        r"`landscape resume s.sqlite` goes on",
        last,
    )
    unfinished = open_study(tmp_path / "s.sqlite").unfinished
    assert said.groups() == (str(unfinished.done), unfinished.phase)
    assert [p.name for p in tmp_path.iterdir()] == ["s.sqlite"]
    part = run("report", "s.sqlite")
    assert f"\nincomplete: {unfinished.done} of 12 chunks of {unfinished.phase}\n" in part.text
    if (jobs, number) == (2, signal.SIGINT):
        resumed = run("resume", "s.sqlite", "--json")
        assert resumed.err == f"going on with s.sqlite, {unfinished.sentence()}\n"
        assert resumed.out == run(*arguments[:4], "--json").out


def test_a_second_interruption_drops_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an unfinished study is read with the function at hand
    write_slow(tmp_path)
    arguments = ("study", "slow.py:loss", "--dim", 1, "--starts", 2000, "--store", "s.sqlite")
    outcome = interrupted(tmp_path, signal.SIGINT, *arguments, lines=2)
    assert outcome.code == 130
    assert "Traceback" not in outcome.err
    assert outcome.err.splitlines()[-1] == (
        "landscape: interrupted; what was done is saved in s.sqlite; `landscape resume s.sqlite` goes on"
    )


def write_slow(tmp_path):
    """The second chunk takes very long."""
    (tmp_path / "slow.py").write_text(
        "import os, time\n"
        "def loss(x):\n"
        "    if os.path.exists('s.sqlite') and os.path.getsize('s.sqlite') > 60_000:\n"
        "        time.sleep(1)\n"
        "    return (x**2).sum(axis=-1)\n"
    )


def test_a_full_disk_is_said_in_one_sentence(run, monkeypatch):
    put = Store.put

    def put_on_a_small_disk(store, *arguments):
        store.connection.execute("PRAGMA max_page_count = 60")
        put(store, *arguments)

    arguments = ("study", "himmelblau", "--starts", 3100, "--store", "s.sqlite", "--json")
    with monkeypatch.context() as full:
        full.setattr(Store, "put", put_on_a_small_disk)
        outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1] == (
        "landscape: s.sqlite could not be written: database or disk is full; what was written before is safe; "
        "`landscape resume s.sqlite` goes on"
    )
    assert run("resume", "s.sqlite", "--json").out == run(*arguments[:4], "--json").out


@pytest.mark.parametrize(("pages", "goes_on"), [(25, "; `landscape resume s.sqlite` goes on"), (4, "")])
def test_a_file_that_may_not_grow_is_told_of(fresh, tmp_path, pages, goes_on):
    """The system's own limit, met by SQLite in the midst of a transaction, or when the file is made."""
    outcome = fresh("study", "himmelblau", "--starts", 2100, "--store", "s.sqlite", "--json", pages=pages)
    assert (outcome.code, outcome.out) == (1, "")
    assert re.fullmatch(rf"landscape: s\.sqlite could not be written: .*{goes_on}", outcome.err.splitlines()[-1])
    assert [p.name for p in tmp_path.iterdir()] == (["s.sqlite"] if goes_on else [])
    if goes_on:
        assert open_study(tmp_path / "s.sqlite").unfinished is not None


def test_a_terminal_shows_how_far_it_is(on_a_terminal, run):
    code, seen = on_a_terminal("study", "himmelblau", "--starts", 3000, "--store", "s.sqlite", lines=50)
    assert code == 0
    live, found, report = seen.partition("himmelblau: 2 coordinates")
    for phase in ("descent and search", "exploration", "escape", "network"):
        assert phase in live
    assert re.search(r"3/3 0:00:0\d\n", live), "runs done, and the time that is left"
    runs = r"3000 descents, \d+ searches(, 4 saddles left)?(, 4 saddles connected)?: "
    assert re.search(runs + r"4 of index 0 \(coverage 1\.000\), 4 of", live)
    assert found + report == run("report", "s.sqlite").text


def test_another_command_on_the_same_store_is_refused(run):
    with Store.writing(Path("s.sqlite"), declaration(Study(Target("himmelblau")))):
        before = Path("s.sqlite").read_bytes()
        for arguments in (("study", "himmelblau", "--store", "s.sqlite"), ("resume", "s.sqlite")):
            outcome = run(*arguments)
            assert outcome.sentence == "s.sqlite is being written by another process; wait until it has ended"
        assert "incomplete: 0 of 1 chunks of descent and search" in run("report", "s.sqlite").text
        assert Path("s.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("slurm", "--executor is 'slurm' but must be dask://HOST:PORT or mpi"),
        ("dask://here", "--executor is 'dask://here' but must be dask://HOST:PORT"),
    ],
)
def test_executors_that_there_are_not(run, name, sentence):
    assert run("study", "himmelblau", "--executor", name).sentence == sentence


FAULTY = """
import time
import numpy as np

def raising(x):
    if ((x[..., 0] > 1.5) & (x[..., 1] > 1.5)).any():
        raise RuntimeError("too far")
    return ((x**2 - 1) ** 2).sum(axis=-1)

def nan(x):
    return np.where(x[..., 0] > 1.5, np.nan, ((x**2 - 1) ** 2).sum(axis=-1))

def hanging(x):
    while (x == START).all(axis=-1).any():
        WAY
    return ((x**2 - 1) ** 2).sum(axis=-1)
"""


@pytest.mark.parametrize(
    ("name", "kind", "message"), [("raising", "raised RuntimeError", "too far"), ("nan", "was not a number", "")]
)
def test_faults_are_counted_and_located_and_the_rest_completes(run, write, name, kind, message):
    write("faulty.py", FAULTY)
    arguments = ("study", f"faulty.py:{name}", "--dim", 2, "--box=-2:2", "--starts", 400)
    report = run(*arguments, "--json").json
    assert report["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}
    (fault,) = report["faults"]
    assert (fault["kind"], fault["message"]) == (kind, message)
    assert fault["count"] >= report["descent"]["nonfinite"] > 0
    assert fault["low"][0] >= 1.5
    assert fault["low"][0] <= fault["first"][0] <= fault["high"][0]
    assert report["failed_chunks"] == []
    text = run(*arguments).text
    assert f"The function {kind} in {fault['count']} evaluations, first at (" in text


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "way"), [(1, "pass"), (2, "pass"), (2, "np.linalg.eigvalsh(np.eye(20_000))")])
def test_a_chunk_that_hangs_is_given_up_and_the_rest_completes(fresh, write, tmp_path, monkeypatch, jobs, way):
    """At one start of the second chunk, in Python or in a long call of another language."""
    monkeypatch.chdir(tmp_path)
    write("faulty.py", FAULTY.replace("START", "9").replace("WAY", "pass"))
    study = Study(Target("faulty.py:hanging", dim=2, box=((-2.0, 2.0),)), starts=3000)
    start = starts_of_chunk(study, study.target.load(), 1, 1000)[500].tolist()
    write("faulty.py", FAULTY.replace("START", repr(start)).replace("WAY", way))
    arguments = ("study", "faulty.py:hanging", "--dim", 2, "--box=-2:2", "--starts", 3000, "--json")
    outcome = fresh(*arguments, "--chunk-timeout", 3, "--jobs", jobs, "--store", "s.sqlite")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1] == "landscape: 1 chunk of work failed; the report says which, and why"
    report = json.loads(outcome.out)
    reason = "took longer than 3 s"
    failed = {"phase": "descent and search", "chunk": 1, "first": 1000, "stop": 2000, "reason": reason}
    assert report["failed_chunks"] == [failed]
    assert report["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}
    assert report["incomplete"] is None
    text = fresh("report", "s.sqlite").text
    assert f"No result of descent and search for starts 1000 to 1999: {reason}" in text


def test_a_long_study_says_how_long_before_it_starts(run, monkeypatch):
    arguments = ("study", "himmelblau", "--starts", 20, "--json")
    short = run(*arguments)
    monkeypatch.setattr("landscape.study.duration.LONG", 0.0)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    long = run(*arguments)
    assert (short.err, long.out) == ("", short.out)
    assert re.fullmatch(
        r"the descents and searches take up to about 0 min on 1 process: 2 coordinates, \S+ s a step by the Hessian; "
        r"fewer --starts, fewer --search-steps and --climb-steps or --jobs 3 would help\n",
        long.err,
    )
    stored = run(*arguments, "--store", "s.sqlite")
    assert len(stored.err.splitlines()) == 2
    assert len(run(*arguments, "--store", "s.sqlite").err.splitlines()) == 1  # what is there takes no time


def test_the_limits_of_all_runs_are_those_that_were_asked_for(run):
    limits = {"descent_steps": 3, "search_steps": 4, "climb_steps": 5, "escape_steps": 60, "escape_starts": 7}
    options = [part for name, number in limits.items() for part in (f"--{name.replace('_', '-')}", number)]
    few = run("study", "himmelblau", "--starts", 20, "--store", "s.sqlite", "--json", *options).json
    study = open_study("s.sqlite").study
    assert {name: getattr(study, name) for name in limits} == limits
    assert few["descent"]["step_limit"] == 20
    assert "Invalid value for '--climb-steps': 0" in run("study", "himmelblau", "--climb-steps", 0).sentence
