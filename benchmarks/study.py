"""What keeping a study costs: the store's share of the time, its size, the memory of many starts, the time to resume.

Time in the store is measured inside one run, transaction by transaction, so that a slow moment of the machine hits both
sides of the ratio. Memory is the largest resident set of a process of its own. A finished study is resumed by the
command, in a process of its own, beside one that has nothing to read; what is printed is the median. Run it with

    OPENBLAS_NUM_THREADS=1 python benchmarks/study.py [--repeats 3] [--starts 100000] [--points 100000]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape.critical.points import CriticalPoints
from landscape.study.chunks import ESCAPE, EXPLORATION, SEARCH, Escapes, Part, escape_groups
from landscape.study.declaration import Study
from landscape.study.run import declaration, run_study
from landscape.study.store import RESULT, Store
from landscape.study.target import Target

PROBLEMS = (("himmelblau", ()), ("rastrigin", (("dim", 3),)), ("lennard_jones", (("atoms", 5),)))
SIZES = (1000, 2000)

RUN = """
import json, resource, sys
from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.target import Target
found = run_study(Study(Target("himmelblau"), starts=int(sys.argv[1])), store=sys.argv[2])
own = sum(getattr(found.descent, name).nbytes for name in found.descent.row_fields()) + found.basin.nbytes
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, own / 2**20]))
"""


def share_of_the_store(study: Study, path: Path) -> tuple[float, float]:
    """Seconds of a whole run, and those of them that went into writing chunks."""
    spent = [0.0]
    put = Store.put

    def measured(*arguments: object) -> None:
        began = time.perf_counter()
        put(*arguments)  # type: ignore[arg-type]
        spent[0] += time.perf_counter() - began

    Store.put = measured  # type: ignore[assignment, method-assign]
    try:
        began = time.perf_counter()
        run_study(study, store=path)
        return time.perf_counter() - began, spent[0]
    finally:
        Store.put = put  # type: ignore[method-assign]


def finished_study(path: Path, points: int) -> None:
    """A finished study of so many points: those of Himmelblau's function, again and again."""
    found = run_study(Study(Target("himmelblau"), starts=1000, network=False))
    many = CriticalPoints.concatenate([found.points] * -(-points // len(found.points)))
    with Store.writing(path, declaration(found.study)) as store:
        store.connection.execute("PRAGMA synchronous = OFF")
        store.put(SEARCH, 0, Part(many, found.descent, found.basin))
        store.put(EXPLORATION, 0, Part(many))
        store.put(RESULT, 0, Part(replace(many, search_counts={}), basin=found.basin))
        for number, rows in enumerate(escape_groups(many)):
            x = np.full(len(rows), 7.5)
            store.put(ESCAPE, number, Part(escapes=Escapes(rows, x, x, rows, x, x, starts=100)))


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", *command], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--starts", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=100_000)
    options = parser.parse_args()
    repeats = max(1, options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        print(f"share of the run time that writing the store takes, median of {repeats} runs; size of the store")
        for name, parameters in PROBLEMS:
            for starts in SIZES:
                study = Study(Target(name, parameters), starts=starts)
                runs = [share_of_the_store(study, here / f"{name}.{starts}.{k}") for k in range(repeats)]
                size = (here / f"{name}.{starts}.0").stat().st_size
                share = statistics.median(stored / whole for whole, stored in runs)
                print(f"  {name:14s} {starts:6,d} starts: {100 * share:5.2f} % of ", end="")
                print(f"{statistics.median(run[0] for run in runs):6.2f} s, {size / 1024:8.0f} KiB, ", end="")
                print(f"{size / starts:6.0f} bytes a start")

        print("memory of a study of himmelblau, a process of its own")
        base = None
        for starts in (1000, options.starts):
            done = subprocess.run(
                [sys.executable, "-c", RUN, str(starts), here / f"{starts}"], check=True, capture_output=True, text=True
            )
            peak, own = json.loads(done.stdout)
            print(f"  {starts:9,d} starts: {peak:6.0f} MiB; a row of results for each takes {own:5.1f} MiB", end="")
            print("" if base is None else f", {(peak - base[0]) / (own - base[1]):.1f} times that was added")
            base = peak, own

        finished_study(here / "many", options.points)
        resume = "from landscape.cli import main; import sys; main(['resume', sys.argv[1]])"
        whole = statistics.median(seconds(resume, str(here / "many")) for _ in range(repeats))
        alone = statistics.median(seconds(resume, str(here / "himmelblau.1000.0")) for _ in range(repeats))
        print(f"resuming a finished study of {options.points:,d} points, by the command")
        print(f"  {whole:.2f} s, of a study of 9 points {alone:.2f} s")


if __name__ == "__main__":
    main()
