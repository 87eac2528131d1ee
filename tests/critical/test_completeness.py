"""Completeness: estimators against simulated searches, Morse inequalities and winding numbers against known sets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape import Euclidean, Landscape, Product, Sphere, Torus, find_critical_points, problem
from landscape.critical.completeness import (
    Completeness,
    EulerCheck,
    boundary_winding,
    coverage,
    violated_morse_inequalities,
)


def test_coverage_interval_holds_what_it_promises():
    # 400 simulated searches of 100 points with very unequal chances: at 95 %, 380 +- 4.4 should hold.
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        chance = rng.exponential(size=100) ** 1.5
        chance /= chance.sum()
        found = rng.multinomial(300, chance)
        estimate = coverage(found[found > 0])
        held += estimate.coverage_low <= chance[found > 0].sum() <= estimate.coverage_high
    assert held >= 366  # three standard deviations


def test_unseen_is_a_lower_bound_and_near_where_chances_are_equal():
    rng = np.random.default_rng(1)
    equal, skewed = [], []
    for _ in range(200):
        for kind, results in (("equal", equal), ("skewed", skewed)):
            chance = np.ones(200) if kind == "equal" else rng.exponential(size=200) ** 2
            found = rng.multinomial(400, chance / chance.sum())
            results.append((coverage(found[found > 0]).unseen, (found == 0).sum()))
    estimated, true = np.mean(equal, axis=0)
    assert estimated == pytest.approx(true, rel=0.1)
    estimated, true = np.mean(skewed, axis=0)
    assert estimated < true


def test_published_example_of_chao():
    # Chao (Biometrics 43, 783, 1987), bias-corrected form by hand: n = 10, f1 = 3, f2 = 1: 0.9 * 3 * 2 / (2 * 2).
    assert coverage(np.array([5, 2, 1, 1, 1])).unseen == pytest.approx(1.35)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=50))
def test_estimates_are_in_range(found):
    estimate = coverage(np.array(found))
    assert 0 <= estimate.coverage_low <= estimate.coverage_high <= 1
    assert estimate.coverage <= estimate.coverage_high
    assert 0 <= estimate.unseen_low <= estimate.unseen <= estimate.unseen_high
    assert estimate.captures == sum(found)


def test_never_finding_anything_new_narrows_the_coverage_as_it_must():
    # A point of chance q is missed n times with probability (1 - q)^n: 5 % at q = 1 - 0.05^(1/n).
    estimate = coverage(np.array([60, 40]))
    assert estimate.coverage_low == pytest.approx(0.05**0.01)
    told = "coverage 1.000 (95% 0.970 to 1.000); estimated unseen: 0 to 0"
    assert estimate.sentence("minimum", "minima") == f"found 2 minima; {told}"
    assert coverage(np.array([100])).sentence() == f"found 1 point; {told}"
    assert math.copysign(1, estimate.unseen) == 1  # no -0 in a report


def test_bad_counts_are_refused():
    with pytest.raises(ValueError, match="found at least once"):
        coverage(np.array([3, 0]))
    with pytest.raises(ValueError, match="confidence is 1"):
        coverage(np.array([3]), confidence=1)


@pytest.mark.parametrize(
    ("manifold", "betti"),
    [
        (Euclidean(3), (1, 0, 0, 0)),
        (Sphere(2), (1, 1)),
        (Sphere(4), (1, 0, 0, 1)),
        (Torus([1.0, 2.0, 3.0]), (1, 3, 3, 1)),
        (Product((Sphere(3), Sphere(3))), (1, 0, 2, 0, 1)),
        (Product((Torus([1.0]), Sphere(3))), (1, 1, 1, 1)),
    ],
)
def test_betti_numbers_give_the_euler_characteristic(manifold, betti):
    assert manifold.betti_numbers == betti
    assert len(betti) == manifold.intrinsic_dim + 1
    assert sum((-1) ** k * b for k, b in enumerate(betti)) == manifold.euler_characteristic


def test_morse_inequalities():
    himmelblau, plane = np.array([4, 4, 1]), np.array([1, 0, 0])
    assert violated_morse_inequalities(himmelblau, plane) == []
    assert violated_morse_inequalities(np.array([3, 4, 1]), plane) == [2]
    assert violated_morse_inequalities(np.array([4, 2, 1]), plane) == [1, 2]
    assert violated_morse_inequalities(np.array([0, 0, 0]), plane) == [0, 2]
    # A missed pair of adjacent index is what no such sum can see.
    assert violated_morse_inequalities(np.array([3, 3, 1]), plane) == []


@pytest.mark.parametrize(
    ("violated", "sentence"),
    [
        ((), None),
        ((2,), "at index 2: points of that index or below are missing"),
        ((0, 2, 4, 6, 8, 10), "at index 0, 2, 4, 6, 8, 10: points of that index or below are missing"),
        (tuple(range(2, 116, 2)), "at 57 indices (2, 4, 6, ..., 114): points of these indices or below are missing"),
    ],
)
def test_inequalities_that_fail_fit_on_a_line(violated, sentence):
    known = Completeness(EulerCheck(0, 1, 0), violated, None, None, found=1, represented=1, coverage={})
    said = [line.removeprefix("Morse inequalities fail ") for line in known.sentences() if "inequalities" in line]
    assert said == ([] if sentence is None else [sentence])


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "muller_brown", "rastrigin", "styblinski_tang"])
def test_winding_equals_the_sum_inside(name):
    landscape = problem(name)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 6000))
    assert points.completeness.winding.holds
    assert points.euler.holds
    without = points[1:].completeness
    assert without.winding.found == without.winding.expected - 1
    assert without.violated


@pytest.mark.parametrize(("power", "turns"), [(1, 1), (2, 2), (5, 5), (-1, -1), (-3, -3)])
def test_winding_of_complex_powers(power, turns):
    # The gradient of Re z^(k+1)/(k+1) is the conjugate of z^k, which turns -k times.
    def gradient(x):
        z = x[..., 0] + 1j * x[..., 1]
        field = z**power if power > 0 else np.conj(z) ** -power
        return np.stack([field.real, field.imag], axis=-1)

    plane = problem("himmelblau").with_options(gradient=gradient)
    assert boundary_winding(plane) == turns


def test_no_winding_where_it_has_no_meaning():
    assert boundary_winding(problem("rastrigin", dim=3)) is None
    assert boundary_winding(problem("xy_chain", n=3)) is None
    constant = Landscape.from_function(lambda x: 0 * x[..., 0], lambda x: 0 * x, dim=2)
    assert boundary_winding(constant) is None


def test_bounds_on_the_number_of_solutions_are_met():
    rng = np.random.default_rng(0)
    for name, parameters in (("himmelblau", {}), ("six_hump_camel", {}), ("styblinski_tang", {"dim": 3})):
        landscape = problem(name, **parameters)
        points = find_critical_points(landscape, landscape.starts(rng, 2000))
        assert len(points) == landscape.solution_bound
        assert any("all of them" in sentence for sentence in points.completeness.sentences())
    assert problem("spherical_spin_glass", p=2, n=7).solution_bound == 14
    assert problem("spherical_spin_glass", p=3, n=5).solution_bound == 62  # 2 ((p-1)^n - 1)/(p - 2)


def test_only_wanted_indices_are_spoken_of():
    landscape = problem("himmelblau")
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 200))
    known = points[points.index < 2].completeness
    first, second = known.sentences(wanted=(2, 0))
    assert first.startswith("Index 0: found 4 points; coverage")
    assert second == "Index 2: found none"
    assert "Morse sum" in known.sentences()[0]
