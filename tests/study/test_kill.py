"""A study that is killed, any number of times and at any moment, ends as if nothing had happened."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from landscape.study import target
from landscape.study.declaration import Study
from landscape.study.report import as_json
from landscape.study.result import open_study
from landscape.study.run import StudyInterrupted, run_study
from landscape.study.store import Store
from landscape.study.target import Target

STUDY = Study(Target("himmelblau"), starts=4100, escape_starts=20)


def report(result):
    return json.dumps(as_json(result))


@pytest.fixture(scope="module")
def undisturbed():
    return run_study(STUDY)


_AT_RANDOM_MOMENTS = """
import json, os, signal, sys, time
from collections import Counter
import numpy as np
from landscape.study import declaration, run
from landscape.study.report import as_json
from landscape.study.result import open_study
from landscape.study.target import Target

path, wanted = sys.argv[1], int(sys.argv[2])
declaration._HESSIAN_ENTRIES_PER_CHUNK = 120  # 30 starts a chunk
study = declaration.Study(Target("himmelblau"), starts=240, escape_starts=5)
rng = np.random.default_rng(0)
expected = json.dumps(as_json(run.run_study(study)))
began = time.monotonic()
run.run_study(study)
duration = time.monotonic() - began
kills, finished, seen = 0, 0, Counter()

def check():
    assert json.dumps(as_json(open_study(path))) == expected
    assert json.dumps(as_json(run.run_study(study, store=path))) == expected

while kills < wanted:
    child = os.fork()
    if child == 0:
        run.run_study(study, store=path)
        os._exit(0)
    time.sleep(rng.uniform(0, duration / 4))
    os.kill(child, signal.SIGKILL)
    kills += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    if os.path.exists(path):
        unfinished = open_study(path).unfinished
        seen[str(unfinished)] += 1
        if unfinished is None:
            check()
            finished += 1
            os.unlink(path)
run.run_study(study, store=path)
check()
print(kills, finished, len(seen))
"""


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_kills_at_random_moments(tmp_path, kills):
    """Children of one warm process, which are at work at once."""
    path = tmp_path / "study.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", _AT_RANDOM_MOMENTS, path, str(kills)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    killed, _, seen = map(int, done.stdout.split())
    assert killed == kills
    assert seen > 2, "kills that hit nothing show nothing"
    assert os.listdir(tmp_path) == ["study.sqlite"]


_AT_EACH_STATEMENT = """
import os, signal, sqlite3, sys
from landscape.study import run, store
from landscape.study.declaration import Study
from landscape.study.result import open_study
from landscape.study.target import Target

path, step = sys.argv[1], int(sys.argv[2])
study = Study(Target("himmelblau"), starts=1100, escape_starts=5)
connect = sqlite3.connect
kills = hot = 0
while True:
    child = os.fork()
    if child == 0:
        left = [step + kills % step]
        def traced(*arguments, **options):
            connection = connect(*arguments, **options)
            def count(statement):
                left[0] -= statement.startswith(("INSERT", "COMMIT", "CREATE"))
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            if not options.get("uri"):
                connection.execute("PRAGMA cache_size = 1")  # pages reach the file long before the commit
                connection.set_trace_callback(count)
            return connection
        sqlite3.connect = traced
        run.run_study(study, store=path)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
    kills += 1
    hot += os.path.exists(path + "-journal")
    if os.path.exists(path):
        open_study(path)
    assert kills < 300
print(kills, hot)
"""


def test_kills_in_the_midst_of_what_is_written(tmp_path, differing):
    path = tmp_path / "study.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", _AT_EACH_STATEMENT, path, "27"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kills, hot = map(int, done.stdout.split())
    assert kills >= 4
    assert hot >= 2, "no kill left a transaction half written"
    study = Study(Target("himmelblau"), starts=1100, escape_starts=5)
    assert differing(open_study(path), run_study(study)) == []
    assert os.listdir(tmp_path) == ["study.sqlite"]


def test_half_a_transaction_is_read_around_and_not_written(tmp_path):
    path = tmp_path / "study.sqlite"
    study = Study(Target("himmelblau"), starts=1100, escape_starts=5)
    kill = _AT_EACH_STATEMENT.replace("    if os.path.exists(path):", "    if hot:\n        break\n    if False:")
    subprocess.run([sys.executable, "-c", kill, path, "27"], capture_output=True, check=True)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert set(before) >= {"study.sqlite", "study.sqlite-journal"}
    assert open_study(path).unfinished is not None
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert report(run_study(study, store=path)) == report(run_study(study))


def test_a_finished_study_is_not_computed_again(tmp_path, undisturbed, monkeypatch):
    path = tmp_path / "study.sqlite"
    run_study(STUDY, store=path)
    before = path.read_bytes()
    monkeypatch.setattr("landscape.study.run.dispatch", lambda executor, function, tasks, *rest: iter(dict(tasks)))
    monkeypatch.setattr("landscape.study.run.merged_points", None)
    monkeypatch.setattr(Store, "put", None)
    assert report(run_study(STUDY, store=path)) == report(undisturbed)
    assert path.read_bytes() == before


def test_only_what_is_missing_is_done(tmp_path, undisturbed):
    path = tmp_path / "study.sqlite"
    seen = []

    def run(chunks):
        allowed = iter(range(chunks))
        return run_study(STUDY, None, lambda *a: seen.append(a[:2]), path, stop=lambda: next(allowed, None) is None)

    with pytest.raises(StudyInterrupted, match=r"^3 of 5 chunks of descent and search are done$"):
        run(3)
    part = open_study(path)
    assert part.unfinished.sentence() == "incomplete: 3 of 5 chunks of descent and search"
    assert len(part.basin) == len(part.descent) == 3000
    assert part.points.search_counts["converged"] > 0
    assert len(part.escapes) == 0
    with pytest.raises(StudyInterrupted, match=r"^2 of 5 chunks of exploration are done$"):
        run(4)
    assert open_study(path).unfinished.sentence() == "incomplete: 2 of 5 chunks of exploration"
    with pytest.raises(StudyInterrupted, match=r"^0 of 1 chunks of escape are done$"):
        run(3)
    assert open_study(path).unfinished.sentence() == "incomplete: 0 of 1 chunks of escape"
    with pytest.raises(StudyInterrupted, match=r"^0 of 1 chunks of network are done$"):
        run(1)
    assert open_study(path).unfinished.sentence() == "incomplete: 0 of 1 chunks of network"
    assert report(run(1)) == report(undisturbed)
    search, exploration = ([(phase, k) for k in range(6)] for phase in ("descent and search", "exploration"))
    assert (
        seen
        == [
            *search[:4],  # each run begins where the last one ended
            *(*search[3:], *exploration[:3]),
            *(*exploration[2:], ("escape", 0)),
            *(("escape", 0), ("escape", 1), ("network", 0)),
            *(("network", 0), ("network", 1)),
        ]
    )


def test_nothing_is_done_yet(tmp_path):
    path = tmp_path / "study.sqlite"
    with pytest.raises(StudyInterrupted, match=r"^0 of 5 chunks"):
        run_study(STUDY, store=path, stop=lambda: True)
    part = open_study(path)
    assert part.unfinished.sentence() == "incomplete: 0 of 5 chunks of descent and search"
    assert len(part.points) == len(part.basin) == len(part.descent) == 0
    assert json.loads(report(part))["incomplete"] == {"phase": "descent and search", "done": 0, "total": 5}


def test_another_declaration_is_refused(tmp_path):
    path = tmp_path / "study.sqlite"
    study = Study(Target("himmelblau"), starts=20, escape_starts=5)
    run_study(study, store=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"holds another study: starts is 20 there and 30 here; seed is 0 there and 1"):
        run_study(replace(study, starts=30, seed=1), store=path)
    assert path.read_bytes() == before


def test_a_function_that_was_changed_meanwhile_is_refused(tmp_path):
    (tmp_path / "own.py").write_text("def loss(x):\n    return (x**2).sum(axis=-1)\n")
    study = Study(Target(f"{tmp_path / 'own.py'}:loss", dim=2), starts=20, escape_starts=5)
    path = tmp_path / "study.sqlite"
    run_study(study, store=path)
    (tmp_path / "own.py").write_text("def loss(x):\n    return (x**4).sum(axis=-1)\n")
    target._load.cache_clear()
    with pytest.raises(ValueError, match=r"another study: the file of .*own\.py:loss has changed since"):
        run_study(study, store=path)


@pytest.mark.slow
def test_kills_of_the_command_and_its_workers(tmp_path, undisturbed):
    """As a user's machine does it: the command with two worker processes, killed alone; its workers go with it."""
    rng = np.random.default_rng(1)
    path = tmp_path / "study.sqlite"
    command = [
        sys.executable,
        "-c",
        "from landscape.cli import main; main()",
        "study",
        "himmelblau",
        "--starts",
        "8100",
    ]
    command += ["--jobs", "2", "--store", str(path), "--json"]
    expected = report(run_study(Study(Target("himmelblau"), starts=8100)))
    kills = 0
    while kills < 6:
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(rng.uniform(0.3, 4))
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
        else:
            assert report(open_study(path)) == expected
            path.unlink()
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.dumps(json.loads(out)) == expected
