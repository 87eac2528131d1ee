"""The Morse complex: its homology is the manifold's."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from networkx.utils import UnionFind

from landscape import Landscape, MorseComplex, classify, find_critical_points, morse_complex, problem
from landscape.network.morse import covered, persistence


def complex_of(landscape, size=1500):
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), size))
    return points, morse_complex(landscape, points)


@pytest.mark.parametrize(
    ("name", "parameters", "betti"),
    [
        ("six_hump_camel", {}, (1, 0, 0)),
        ("himmelblau", {}, (1, 0, 0)),
        ("styblinski_tang", {"dim": 3}, (1, 0, 0, 0)),
        ("xy_chain", {"n": 3}, (1, 2, 1)),
        ("spherical_spin_glass", {"n": 3, "seed": 0}, (1, 0, 1)),
        ("spherical_spin_glass", {"n": 3, "seed": 3}, (1, 0, 1)),
        ("spherical_spin_glass", {"n": 4, "seed": 3}, (1, 0, 0, 1)),
        pytest.param("spherical_spin_glass", {"n": 4, "seed": 0}, (1, 0, 0, 1), marks=pytest.mark.slow),
        pytest.param("spherical_spin_glass", {"n": 5, "seed": 1}, (1, 0, 0, 0, 1), marks=pytest.mark.slow),
        pytest.param("xy_chain", {"n": 5}, (1, 4, 6, 4, 1), marks=pytest.mark.slow),
    ],
)
def test_betti_numbers_are_those_of_the_manifold(name, parameters, betti):
    points, complex_ = complex_of(problem(name, **parameters))
    assert isinstance(complex_, MorseComplex)
    assert complex_.sound
    assert complex_.betti == betti
    assert len(complex_.essential) == sum(betti)
    assert 2 * len(complex_.pairs) + sum(betti) == len(points)
    assert (complex_.value[complex_.pairs[:, 0]] <= complex_.value[complex_.pairs[:, 1]]).all()
    assert (complex_.index[complex_.pairs[:, 0]] + 1 == complex_.index[complex_.pairs[:, 1]]).all()


def test_two_lines_end_at_every_saddle_of_a_closed_surface():
    """On the torus as on the sphere both branches of each saddle arrive, downhill and uphill."""
    for landscape in (problem("xy_chain", n=3), problem("spherical_spin_glass", n=3, seed=1)):
        _, complex_ = complex_of(landscape)
        np.testing.assert_array_equal(complex_.lines[0].sum(axis=0), 2)
        np.testing.assert_array_equal(complex_.lines[1].sum(axis=1), 2)


def test_a_missing_point_is_noticed():
    landscape = problem("spherical_spin_glass", n=3, seed=0)
    points, complex_ = complex_of(landscape)
    broken = morse_complex(landscape, points[points.value < points.value.max()])
    assert complex_.sound
    assert not (broken.sound and broken.betti == (1, 0, 1))


def test_a_box_smaller_than_the_spread_of_the_points():
    """Himmelblau's nine points from a box in which only one of them lies."""
    wide = problem("himmelblau")
    points = find_critical_points(wide, wide.starts(np.random.default_rng(0), 300))
    narrow = Landscape.from_function(wide.value, wide.gradient, wide.hessian, dim=2, box=(-0.5, 0.5))
    complex_ = morse_complex(narrow, classify(narrow, points.x))
    assert complex_.sound
    assert complex_.betti == (1, 0, 0)
    assert [lines.tolist() for lines in complex_.lines] == [
        lines.tolist() for lines in morse_complex(wide, points).lines
    ]


def test_a_complex_whose_saddles_lack_lines_is_not_sound():
    """With none of its saddles' lines four minima are four components; with one of two a component is gone."""
    _, complex_ = complex_of(problem("himmelblau"))
    whole = complex_.lines[0]
    assert (complex_.pieces, complex_.sound) == (1, True)
    for lines in (np.zeros_like(whole), np.where(np.arange(len(whole))[:, None] == whole.argmax(axis=0), whole, 0)):
        cut = (lines, np.zeros_like(complex_.lines[1]))
        essential = persistence(complex_.index, complex_.value, cut)[1]
        betti = tuple(np.bincount(complex_.index[essential], minlength=3).tolist())
        broken = replace(complex_, lines=cut, betti=betti, essential=essential)
        assert not broken.sound


def test_a_function_without_a_bottom_has_no_sound_complex():
    """x^2 / 2 - y^2 + y^3 / 3: one line of the saddle runs away, and the one component dies of the other."""
    slope = Landscape.from_function(
        lambda x: x[..., 0] ** 2 / 2 - x[..., 1] ** 2 + x[..., 1] ** 3 / 3, dim=2, box=(-3.0, 3.0)
    )
    _, complex_ = complex_of(slope, 100)
    assert complex_.betti == (0, 0, 0)
    assert not complex_.sound
    assert complex_.flaw == "a line from 1 point of index 1 runs away: there may be no bottom, or a minimum far off"


def test_a_flaw_is_told_by_its_kind():
    landscape = problem("spherical_spin_glass", n=3, seed=0)
    points, whole = complex_of(landscape)
    assert (whole.sound, whole.flaw) == (True, None)
    nothing = morse_complex(landscape, points[:0])
    assert (nothing.betti, nothing.sound, nothing.flaw) == ((0, 0, 0), False, "no minimum is known")
    assert morse_complex(landscape, points[points.index > 0]).flaw == "no minimum is known"
    assert replace(whole, unresolved=(0, 1)).flaw == "1 line of the flow could not be told"
    assert replace(whole, unresolved=(1, 2)).flaw == "3 lines of the flow could not be told"
    odd = whole.lines[1].copy()
    odd[0, 0] += 1
    assert replace(whole, lines=(whole.lines[0], odd)).flaw.startswith("the boundary of a boundary is not zero")


@pytest.mark.parametrize("seed", [0, pytest.param(7, marks=pytest.mark.slow)])
def test_saddles_hardly_higher_than_their_minimum(seed):
    """Lines past such a saddle end above the height at which the sides of others are told."""
    _, complex_ = complex_of(problem("confined_field", dim=3, seed=seed), 600)
    assert complex_.unresolved == (0, 0, 0)
    assert complex_.sound
    assert complex_.betti == (1, 0, 0, 0)


def test_persistence_pairs_are_those_of_a_grid():
    """Births and deaths of components and of holes of the sublevel sets of the camel, by union-find on a grid.

    Components by the vertices in order of height; holes are components of the superlevel sets, with diagonal
    neighbours, of the box and all that is outside. The grid's heights err by at most a quarter of the largest curvature
    times its spacing squared.
    """
    camel = problem("six_hump_camel")
    _, complex_ = complex_of(camel)
    x, y = np.linspace(-2.2, 2.2, 441), np.linspace(-1.4, 1.4, 281)
    height = camel.value(np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1))
    straight = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    both = [*straight, (1, 1), (1, -1), (-1, 1), (-1, -1)]
    components = grid_pairs(height, straight)
    holes = [(-b, -a) for a, b in grid_pairs(np.pad(-height, 1, constant_values=-1e9), both)]
    for k, pairs in ((0, components), (1, holes)):
        rows = complex_.pairs[complex_.index[complex_.pairs[:, 0]] == k]
        mine = sorted(zip(complex_.value[rows[:, 0]], complex_.value[rows[:, 1]], strict=True))
        grid = sorted(pair for pair in pairs if pair[1] - pair[0] > 0.01)
        assert len(mine) == len(grid) == (5 if k == 0 else 2)
        np.testing.assert_allclose(mine, grid, atol=5e-3)


def grid_pairs(height, neighbours):
    """(birth, death) of all but the lowest component of the sublevel sets of a grid."""
    birth, joined, pairs = {}, UnionFind(), []
    for flat in np.argsort(height, axis=None, kind="stable"):
        cell = tuple(int(i) for i in np.unravel_index(flat, height.shape))
        birth[cell] = float(height[cell])
        for step in neighbours:
            other = (cell[0] + step[0], cell[1] + step[1])
            if other not in birth or joined[other] == joined[cell]:
                continue
            young, old = sorted((joined[cell], joined[other]), key=lambda root: -birth[root])
            pairs.append((birth[young], float(height[cell])))
            low = birth[old]
            joined.union(old, young)
            birth[joined[cell]] = low
    return pairs


def test_reduction_of_the_boundary_of_a_filled_triangle():
    """Three vertices, three edges, one face: one component, no hole; worked by hand."""
    index, value = np.array([0, 0, 0, 1, 1, 1, 2]), np.array([0.0, 1, 2, 3, 4, 5, 6])
    edges = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]])
    pairs, essential = persistence(index, value, (edges, np.array([[1], [1], [1]])))
    assert sorted(map(tuple, pairs.tolist())) == [(1, 3), (2, 4), (5, 6)]
    assert essential.tolist() == [0]


def test_the_zeroth_boundary_is_the_transition_network(surface):
    """Minima as vertices, saddles as edges: the boundary matrix is the incidence matrix."""
    landscape, _, network = surface
    _, complex_ = complex_of(landscape, 500)
    incidence = nx.incidence_matrix(network, nodelist=[0, 1, 2], edgelist=sorted(network.edges, key=lambda e: e[2]))
    np.testing.assert_array_equal(complex_.lines[0], incidence.toarray())


def test_what_is_not_covered_is_refused():
    monkey = problem("monkey_saddle")
    with pytest.raises(ValueError, match="1 of the points are degenerate or not critical"):
        morse_complex(monkey, find_critical_points(monkey, [[0.1, 0.1]]))
    cluster = problem("lennard_jones", atoms=3)
    assert not covered(cluster)
    with pytest.raises(ValueError, match="the landscape has a symmetry"):
        morse_complex(cluster, find_critical_points(cluster, cluster.starts(np.random.default_rng(0), 20)))
    wells = problem("double_well", dim=6)
    points = find_critical_points(wells, wells.starts(np.random.default_rng(0), 3000))
    with pytest.raises(ValueError, match="the landscape has 6 directions, but lines from index 3 to 2"):
        morse_complex(wells, points)


def test_degenerate_directions_are_not_counted_as_anything():
    flat = Landscape.from_function(lambda x: x[..., 0] ** 2 + x[..., 1] ** 4, dim=2)
    with pytest.raises(ValueError, match="degenerate"):
        morse_complex(flat, find_critical_points(flat, [[0.0, 0.0]]))
