"""What is drawn of the network is what the saddles connect, and the tree is what follows from it."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from landscape.study import connections as connections_module
from landscape.study.connections import connections
from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.target import Target


@pytest.fixture(scope="module")
def rastrigin():
    return run_study(Study(Target("rastrigin"), starts=1500, escape_starts=1))


def barrier(lines, value, a, b):
    """The lowest height of a way from one minimum to another, by trying all heights from below."""
    graph = nx.Graph()
    graph.add_nodes_from((a, b))
    for saddle, one, other in sorted(lines, key=lambda line: value[line[0]]):
        graph.add_edge(one, other)
        if nx.has_path(graph, a, b):
            return value[saddle]
    return np.inf


def height_in(tree, a, b):
    """Where the lines of two minima meet in the tree."""
    lines = []
    for node in (a, b):
        line = [node]
        while tree[line[-1]][1] >= 0:
            line.append(tree[line[-1]][1])
        lines.append(line)
    return min((tree[node][0] for node in lines[0] if node in lines[1]), default=np.inf)


def test_a_line_runs_down_from_each_saddle_to_the_minima_beside_it(himmelblau):
    drawn = connections(himmelblau)
    assert (drawn["left_out"], drawn["lost"], drawn["added"], drawn["pieces"]) == (None, 0, 0, 1)
    assert {row for row, *_ in drawn["points"]} == set(range(8))  # all but the maximum
    for row, value, _, index in drawn["points"]:
        assert (value, index) == (himmelblau.points.value[row], himmelblau.points.index[row])
    # The four minima lie one in each quadrant, a saddle between each and the next: a ring.
    ring = nx.Graph((drawn["points"][a][0], drawn["points"][b][0]) for _, a, b in drawn["lines"])
    assert sorted(degree for _, degree in ring.degree) == [2, 2, 2, 2]
    x = himmelblau.points.x
    for a, b in ring.edges:
        assert (np.sign(x[a]) != np.sign(x[b])).sum() == 1


def test_minima_join_in_the_tree_at_the_lowest_pass_between_them(himmelblau, rastrigin):
    for result in (himmelblau, rastrigin):
        drawn = connections(result)
        value = [value for _, value, _, _ in drawn["points"]]
        minima = len(value) - len(drawn["lines"])
        assert [node for *_, node in drawn["tree"][:minima]] == list(range(minima))
        pairs = np.random.default_rng(0).integers(0, minima, (20, 2)).tolist()
        for a, b in pairs:
            # Saddles of one height by the symmetry of the landscape differ in the last digits.
            assert a == b or height_in(drawn["tree"], a, b) == pytest.approx(barrier(drawn["lines"], value, a, b))
        for level, _, _, node in drawn["tree"]:
            assert level == value[node]


def test_no_two_points_are_drawn_at_one_place(rastrigin):
    """Minima stand side by side; saddles between the same two do, too."""
    drawn = connections(rastrigin)
    minima = len(drawn["points"]) - len(drawn["lines"])
    assert sorted(place for _, _, place, _ in drawn["points"][:minima]) == list(range(minima))
    xy = run_study(Study(Target("xy_chain"), starts=100, escape_starts=1))
    drawn = connections(xy)
    between = [(min(a, b), max(a, b), drawn["points"][saddle][2]) for saddle, a, b in drawn["lines"]]
    assert len(set(between)) == len(between)
    assert len({ends[:2] for ends in between}) < len(between)  # several between the same two there are


def test_a_thousand_basins_are_joined_level_by_level(rastrigin, monkeypatch):
    monkeypatch.setattr(connections_module, "_CROWDED", 100)
    drawn = connections(rastrigin)
    assert drawn["levels"] == 60
    assert all(node == -1 for *_, node in drawn["tree"][121:])
    assert len({level for level, *_ in drawn["tree"][121:]}) <= 60


@pytest.fixture
def without_a_minimum(himmelblau):
    """Himmelblau's study as if it had not found one of the minima, and not followed the flow."""
    known = himmelblau.points
    study = replace(himmelblau.study, network=False)
    return replace(himmelblau, study=study, points=known[np.arange(len(known)) != 2])


def test_points_that_only_the_flow_finds_are_told_of(himmelblau, without_a_minimum):
    drawn = connections(without_a_minimum)
    assert drawn["added"] == 1
    (added,) = [point for point in drawn["points"] if point[0] < 0]
    assert added[1] == pytest.approx(himmelblau.points.value[2], abs=1e-12)
    assert added[3] == 0
    assert sorted(row for row, *_ in drawn["points"] if row >= 0) == list(range(7))  # all that are left but the maximum


def test_lines_that_the_study_has_not_followed_are_followed(himmelblau):
    again = replace(himmelblau, study=replace(himmelblau.study, network=False), branches=himmelblau.branches[:0])
    assert connections(again) == connections(himmelblau)


def test_lines_that_arrive_nowhere_are_counted_and_their_saddles_left_out(himmelblau):
    end = himmelblau.branches.end.copy()
    end[0, 1] = -1
    drawn = connections(replace(himmelblau, branches=replace(himmelblau.branches, end=end)))
    assert drawn["lost"] == 1
    assert {drawn["points"][saddle][0] for saddle, _, _ in drawn["lines"]} == {5, 6, 7}


def test_what_a_study_has_followed_needs_no_function(himmelblau):
    gone = replace(himmelblau, study=replace(himmelblau.study, target=Target("gone/away.py:f", dim=2)))
    assert connections(gone) == connections(himmelblau)


def test_a_network_that_cannot_be_had_is_left_out_with_the_reason(without_a_minimum, monkeypatch):
    study = without_a_minimum.study
    gone = replace(without_a_minimum, study=replace(study, target=Target("gone/away.py:f", dim=2)))
    assert connections(gone) == {"left_out": "The network is left out here: there is no file 'gone/away.py'"}
    monkeypatch.setattr(connections_module, "_SADDLES", 3)
    (sentence,) = connections(without_a_minimum).values()
    assert sentence.startswith("The network of 4 saddles of index 1 is left out here; `landscape network FILE")


def test_where_there_are_too_many_saddles_to_draw_there_is_the_tree(himmelblau, monkeypatch):
    complete = connections(himmelblau)
    monkeypatch.setattr(connections_module, "_SADDLES", 3)
    drawn = connections(himmelblau)
    assert (drawn["lines"], drawn["saddles"], drawn["points"]) == (None, 4, complete["points"][:4])
    assert [node[:3] for node in drawn["tree"]] == [node[:3] for node in complete["tree"]]
