"""Minimisation of the squared gradient norm."""

import numpy as np
import pytest

from landscape import (
    GradientNormMinimization,
    Kind,
    Landscape,
    SearchStatus,
    classify,
    find_critical_points,
    problem,
    search,
)


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


def test_it_finds_every_index_without_a_hessian():
    landscape = problem("himmelblau")

    def refuse(x):
        raise AssertionError("a matrix-free method asked for the Hessian")

    matrix_free = landscape.with_options(hessian=refuse, hvp=landscape.hvp)
    runs = search(matrix_free, starts(landscape, 300), GradientNormMinimization(), 2000)
    assert (runs.status == SearchStatus.CONVERGED).all()
    points = find_critical_points(landscape, starts(landscape, 300), GradientNormMinimization(), 2000)
    assert points.count_by_index() == {0: 4, 1: 4, 2: 1}


def test_it_says_which_ends_are_flat():
    # x^3/3 + x has the gradient x^2 + 1 >= 1, smallest at 0, where the second derivative vanishes: no critical point.
    landscape = Landscape.from_function(
        lambda x: (x**3 / 3 + x).sum(axis=-1),
        lambda x: x**2 + 1,
        lambda x: (2 * x)[..., None],
        dim=1,
        box=(-2, 2),
    )
    runs = search(landscape, starts(landscape, 50), GradientNormMinimization(), 2000)
    assert (runs.status == SearchStatus.FLAT).all()
    np.testing.assert_allclose(runs.x, 0, atol=1e-3)
    np.testing.assert_allclose(runs.gradient_norm, 1, atol=1e-5)


def test_flat_ends_of_a_spin_glass_are_no_critical_points():
    glass = problem("spherical_spin_glass", n=8, seed=0)
    runs = search(glass, starts(glass, 200), GradientNormMinimization(), 5000)
    flat = runs[runs.status == SearchStatus.FLAT]
    assert len(flat) > 0
    assert (classify(glass, flat.x).kind == Kind.NOT_CRITICAL).all()
    assert classify(glass, runs.converged().x).decided.all()


def test_the_gradient_norm_never_increases():
    landscape = problem("spherical_spin_glass", n=6, seed=4)
    x = starts(landscape, 40)
    last = np.inf
    for steps in (0, 5, 20, 80, 320):
        norm = search(landscape, x, GradientNormMinimization(), steps).gradient_norm
        assert (norm <= last).all()
        last = norm


def test_where_a_torus_wraps_round_does_not_matter():
    ring = problem("xy_chain", n=7)
    shift = np.linspace(0.3, 5.9, ring.dim)
    moved = ring.with_options(
        gradient=lambda x: ring.gradient(x - shift),
        hessian=lambda x: ring.hessian(x - shift),
        hvp=lambda x, v: ring.hvp(x - shift, v),
    )
    x = starts(ring, 50)
    for steps in (5, 15):
        here = search(ring, x, GradientNormMinimization(), steps).x
        there = search(moved, x + shift, GradientNormMinimization(), steps).x
        assert ring.manifold.distance(here + shift, there).max() < 1e-8


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="decrease is 1"):
        GradientNormMinimization(1)
