"""The network that a study holds is the network of its points, to the last bit, and is counted as the graph is."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import landscape
from landscape.parallel import make_executor
from landscape.problems import problem
from landscape.study.chunks import NETWORK
from landscape.study.declaration import Study
from landscape.study.network import NetworkSummary, summary
from landscape.study.result import open_study
from landscape.study.run import StudyInterrupted, run_study
from landscape.study.store import Store
from landscape.study.target import Target

QUICK = {"escape_starts": 1, "escape_steps": 1}
CAMEL = Study(Target("six_hump_camel"), starts=20, **QUICK)


@pytest.fixture
def one_by_one(monkeypatch):
    """Saddles are followed in as many chunks as there are."""
    monkeypatch.setattr("landscape.network.branches._SADDLES_PER_GROUP", 1)


@pytest.fixture
def no_longer_followed(monkeypatch):
    monkeypatch.setattr("landscape.network.connect.follow_branches", None)


def graphs(result):
    """The graph as the study holds it, and as `connect` makes it of the points."""
    return result.graph(), landscape.connect(result.study.target.load(), result.points)


@pytest.mark.parametrize(
    "study",
    [
        Study(Target("himmelblau"), starts=200, **QUICK),
        Study(Target("lennard_jones", (("atoms", 5),)), starts=60, **QUICK),
        Study(Target("rastrigin"), starts=40, **QUICK),  # finds some minima on the way
        Study(Target("xy_chain"), starts=60, **QUICK),
        Study(Target("octopus", (("dim", 3),)), starts=10, **QUICK),  # lines run into saddles
        Study(Target("quadratic", (("eigenvalues", (-1.0, 2.0)),)), starts=20, **QUICK),  # without a bottom
        Study(Target("quadratic", (("eigenvalues", (1.0, 2.0)),)), starts=20, **QUICK),  # without a saddle
    ],
    ids=lambda study: study.target.name,
)
@pytest.mark.parametrize("chunks", ["one", "many"])
def test_the_stored_network_is_that_of_connect(study, chunks, tmp_path, request):
    if chunks == "many":
        request.getfixturevalue("one_by_one")
    run_study(study, store=tmp_path / "study.sqlite")
    result = open_study(tmp_path / "study.sqlite")
    stored, computed = graphs(result)
    assert nx.utils.graphs_equal(stored, computed)
    assert stored.graph == computed.graph
    known, network = summary(result), landscape.transition_network(computed)
    assert known == NetworkSummary(
        minima=network.number_of_nodes(),
        saddles=network.number_of_edges(),
        pieces=nx.number_connected_components(network),
        lost_lines=len(computed.graph["lost"]),
        added_points=computed.number_of_nodes() - len(result.points),
    )


def test_what_is_stored_is_not_followed_again(tmp_path, no_longer_followed):
    run_study(CAMEL, store=tmp_path / "study.sqlite")
    assert open_study(tmp_path / "study.sqlite").graph().number_of_edges() > 0


def test_points_that_only_the_flow_has_led_to_are_kept_once(one_by_one, tmp_path, differing):
    study, path = Study(Target("rastrigin"), starts=40, **QUICK), tmp_path / "study.sqlite"
    result = run_study(study, store=path)
    with Store.reading(path) as store:
        stored = sum(len(part.added) for _, part in store.parts(NETWORK) if part.added is not None)
    assert stored > len(result.added) > 0
    assert (landscape.merge(problem("rastrigin"), np.concatenate([result.points.x, result.added.x]))[1].max() + 1) == (
        len(result.points) + len(result.added)
    )
    assert summary(result).sentence().endswith(f"{len(result.added)} points found only by the flow")
    assert differing(open_study(path), result) == []


def test_any_executor_and_any_interruption_give_the_same_bytes(one_by_one, tmp_path, differing):
    path, expected = tmp_path / "study.sqlite", run_study(CAMEL)
    for chunks in (3, 2, 1):
        allowed = iter(range(chunks))
        with pytest.raises(StudyInterrupted):
            run_study(CAMEL, store=path, stop=lambda allowed=allowed: next(allowed, None) is None)
    unfinished = open_study(path)
    assert unfinished.unfinished.sentence().endswith(f" of {len(expected.branches)} chunks of network")
    assert 0 < unfinished.unfinished.done == len(unfinished.branches)
    assert summary(unfinished) is None
    assert nx.utils.graphs_equal(*graphs(unfinished))  # what is missing is followed
    with make_executor(2) as executor:
        assert differing(run_study(CAMEL, executor, store=path), expected) == []


def test_saddles_that_only_the_flow_has_led_to_are_followed(one_by_one, tmp_path, differing):
    study, path = Study(Target("octopus", (("dim", 3),)), starts=10, **QUICK), tmp_path / "study.sqlite"
    result = run_study(study, store=path)
    assert result.added.count_by_index()[1] == 6
    assert summary(result).sentence().startswith("8 minima joined by 7 saddles, 1 piece")
    with make_executor(2) as executor:
        assert differing(run_study(study, executor), result) == []
    assert differing(open_study(path), result) == []


def test_a_study_without_a_network(tmp_path):
    result = run_study(replace(CAMEL, network=False), store=tmp_path / "study.sqlite")
    assert result.unfinished is None
    assert len(result.branches) == len(result.added) == 0
    assert summary(result) is None
    assert NETWORK in result.seconds
    assert nx.utils.graphs_equal(*graphs(result))


def test_a_chunk_that_fails_is_told_of_and_its_lines_are_lost(one_by_one, tmp_path, monkeypatch, differing):
    path = tmp_path / "study.sqlite"
    chunk = landscape.study.run.network_chunk

    def failing(study, number, rows, x):
        if number == 1:
            raise RuntimeError("no more")
        return chunk(study, number, rows, x)

    with monkeypatch.context() as patched:
        patched.setattr("landscape.study.run.network_chunk", failing)
        result = run_study(CAMEL, store=path)
    (failed,) = result.failed
    assert failed.sentence() == "No result of network for saddles 1 to 1 of index 1: raised RuntimeError: no more"
    left_out = int(np.flatnonzero(result.points.index == 1)[1])
    assert result.graph().graph["lost"] == [(left_out, 0), (left_out, 1)]
    assert summary(result).saddles == len(result.branches) == (result.points.index == 1).sum() - 1
    whole = run_study(CAMEL, store=path, retry=True)
    assert differing(whole, run_study(CAMEL)) == []


def test_where_the_function_is_not_a_number_lines_are_lost_and_told_of(tmp_path):
    text = """
import numpy as np

def loss(x):
    well = (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2
    return np.where((x[..., 0] > 0.4) & (x[..., 0] < 0.8), np.nan, well)
"""
    (tmp_path / "own.py").write_text(text)
    result = run_study(Study(Target(f"{tmp_path / 'own.py'}:loss", dim=2, box=((-2.0, 2.0),)), starts=60, **QUICK))
    assert result.points.count_by_index() == {0: 2, 1: 1}
    assert summary(result).sentence() == "2 minima joined by 0 saddles, 2 pieces, 1 line arrives nowhere"
    assert all(0.3 < fault.low[0] <= fault.high[0] < 0.9 for fault in result.faults)
