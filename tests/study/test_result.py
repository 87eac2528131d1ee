"""What is read back is the library's own, whole or in the midst of the work, and costs no more memory than it has."""

import tracemalloc
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import landscape
from landscape.critical.find import union
from landscape.critical.points import CriticalPoints
from landscape.descent.ensemble import Descent
from landscape.problems import problem
from landscape.study import result as module
from landscape.study.chunks import ESCAPE, EXPLORATION, NETWORK, SEARCH, Part
from landscape.study.declaration import Study
from landscape.study.result import merged_points, open_study
from landscape.study.run import run_study
from landscape.study.store import RESULT
from landscape.study.target import Target


def test_an_opened_study_speaks_the_librarys_types(tmp_path):
    path = tmp_path / "study.sqlite"
    run_study(Study(Target("muller_brown"), starts=300, escape_starts=5), store=path)
    before = path.read_bytes()
    study = landscape.open_study(path)
    assert isinstance(study.points, CriticalPoints)
    assert isinstance(study.descent, Descent)
    graph = study.graph()
    surface = problem("muller_brown")
    assert nx.utils.graphs_equal(graph, landscape.connect(surface, study.points))
    np.testing.assert_array_equal([data["value"] for _, data in graph.nodes(data=True)], study.points.value)
    network = landscape.transition_network(graph)
    assert sorted(network.edges()) == [(0, 2), (1, 2)]  # Mueller and Brown: 0 and 1 are connected by way of 2 only
    assert path.read_bytes() == before


def test_each_phase_tells_its_time(himmelblau):
    assert set(himmelblau.seconds) == {SEARCH, EXPLORATION, ESCAPE, NETWORK, RESULT}
    assert all(seconds > 0 for seconds in himmelblau.seconds.values())


@pytest.fixture(scope="module")
def parts():
    """Sets of points of which each has something that another lacks."""
    surface = problem("rastrigin")
    rng = np.random.default_rng(0)
    return [
        Part(landscape.find_critical_points(surface, surface.starts(rng, size))) for size in (40, 1, 90, 25, 60, 3, 70)
    ]


@pytest.mark.parametrize("together", [0, 30, 150, 10**6])
def test_points_merged_as_they_come_are_the_points_merged_at_once(parts, differing, monkeypatch, together):
    monkeypatch.setattr(module, "_TOGETHER", together)
    surface = problem("rastrigin")
    rest = iter([Part(), *parts])
    one = merged_points(surface, rest)
    other = union(surface, [part.points for part in parts])
    for name in one.row_fields():
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.search_counts == other.search_counts


def test_points_found_again_and_again_take_no_more_memory(parts, monkeypatch):
    surface, part = problem("rastrigin"), parts[2]
    monkeypatch.setattr(module, "_TOGETHER", 500)

    def peak(times):
        tracemalloc.start()
        merged_points(surface, (replace(part, points=part.points[:]) for _ in range(times)))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(200) < 1.2 * peak(20)


def test_memory_grows_with_starts_no_faster_than_what_is_asked_for(tmp_path):
    """A start has its row of `Descent` and of `basin`; there may be a second copy of one column, and no more."""
    peaks, sizes = [], []
    for k, starts in enumerate((500, 4000, 12_000)):  # the first one loads what is loaded once
        study = Study(Target("quadratic"), starts, 0, 5, descent_steps=5, search_steps=5, climb_steps=5)
        tracemalloc.start()
        found = run_study(study, store=tmp_path / f"{k}.sqlite")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(found.basin.nbytes + sum(getattr(found.descent, name).nbytes for name in Descent.row_fields()))
    assert sizes[2] - sizes[1] == 72 * 8000
    assert peaks[2] - peaks[1] < 1.5 * (sizes[2] - sizes[1])
    tracemalloc.start()
    open_study(tmp_path / "2.sqlite")
    assert tracemalloc.get_traced_memory()[1] < 1.5 * sizes[2] + 500_000
    tracemalloc.stop()
