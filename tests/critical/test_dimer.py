"""The dimer: saddles of index 1 from gradients alone."""

import numpy as np
import pytest

from landscape import Dimer, SaddleDynamics, classify, find_critical_points, problem, search


def gradients_only(landscape, calls=None):
    """The same landscape, with neither Hessian nor Hessian-vector product; points are counted in `calls`."""

    def refuse(*arrays):
        raise AssertionError("a gradient-only method asked for second derivatives")

    def gradient(x):
        if calls is not None:
            calls.append(x.size // x.shape[-1])
        return landscape.gradient(x)

    return landscape.with_options(gradient=gradient, hessian=refuse, hvp=refuse)


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


# Of 300 searches from other starts at least 294 arrived; with a true rate of 97 % the chance of fewer than 85 in 100 is
# 1e-8.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("spherical_spin_glass", {"n": 7, "seed": 2}),
        ("xy_chain", {"n": 7}),
        ("lennard_jones", {"atoms": 6}),
        ("himmelblau", {}),
    ],
)
def test_it_needs_gradients_only_and_ends_at_saddles_of_index_1(name, parameters):
    landscape = problem(name, **parameters)
    runs = search(gradients_only(landscape), starts(landscape, 100), Dimer(), 300).converged()
    points = classify(landscape, runs.x)
    assert (points.index == 1).all()
    assert points.decided.all()
    assert len(points) >= 85


def test_it_finds_what_saddle_dynamics_finds():
    landscape = problem("spherical_spin_glass", n=7, seed=2)
    found = []
    for method in (Dimer(), SaddleDynamics(1)):
        points = find_critical_points(landscape, starts(landscape, 200), method, 300)
        assert set(points.count_by_index()) == {1}
        found.append(points.value)
    np.testing.assert_allclose(*found, atol=1e-9)


def test_a_step_takes_eight_pairs_of_gradients_and_one_more():
    landscape = problem("spherical_spin_glass", n=12, seed=1)
    calls = []
    search(gradients_only(landscape, calls), starts(landscape, 3), Dimer(), 5)
    assert sum(calls) == 3 + 5 * 3 * 17


def test_bad_parameters_are_refused():
    for separation in (0, 1, np.nan):
        with pytest.raises(ValueError, match=f"separation is {separation} but must lie between 0 and 1"):
            Dimer(separation)
