"""Searches without a dense Hessian: saddle dynamics, the dimer, gradient-norm minimisation."""

import numpy as np
import pytest

from landscape import (
    Dimer,
    GradientNormMinimization,
    Landscape,
    SaddleDynamics,
    SearchStatus,
    classify,
    find_critical_points,
    problem,
    search,
)
from landscape.critical.matrix_free import barzilai_borwein


def without_hessian(landscape):
    """The same landscape, whose dense Hessian fails when it is asked for."""

    def refuse(x):
        raise AssertionError("a matrix-free method asked for the Hessian")

    return landscape.with_options(hessian=refuse, hvp=landscape.hvp)


def gradients_only(landscape):
    """The same landscape, with neither Hessian nor Hessian-vector product."""

    def refuse(*arrays):
        raise AssertionError("a gradient-only method asked for second derivatives")

    return landscape.with_options(hessian=refuse, hvp=refuse)


def starts(landscape, size, seed=0):
    return landscape.starts(np.random.default_rng(seed), size)


@pytest.mark.parametrize(
    ("name", "parameters", "index"),
    [
        ("himmelblau", {}, 1),
        ("himmelblau", {}, 2),
        ("spherical_spin_glass", {"n": 8, "seed": 1}, 1),
        ("spherical_spin_glass", {"n": 8, "seed": 1}, 3),
        ("xy_chain", {"n": 5}, 1),
    ],
)
def test_saddle_dynamics_ends_at_points_of_its_index(name, parameters, index):
    landscape = problem(name, **parameters)
    runs = search(without_hessian(landscape), starts(landscape, 200), SaddleDynamics(index), 2000).converged()
    points = classify(landscape, runs.x)
    assert len(points) >= 20
    assert (points.index == index).all()
    assert points.decided.all()


def test_saddle_dynamics_finds_every_saddle_of_a_plane():
    landscape = problem("himmelblau")
    assert find_critical_points(landscape, starts(landscape, 300), SaddleDynamics(1), 1000).count_by_index() == {1: 4}


def test_dimer_needs_gradients_only_and_agrees_with_saddle_dynamics():
    landscape = problem("spherical_spin_glass", n=7, seed=2)
    runs = search(gradients_only(landscape), starts(landscape, 200), Dimer(), 2000).converged()
    assert len(runs) > 150
    by_dimer = classify(landscape, runs.x)
    assert (by_dimer.index == 1).all()
    by_products = find_critical_points(landscape, starts(landscape, 200), SaddleDynamics(1), 2000)
    np.testing.assert_allclose(np.unique(by_dimer.value.round(7)), np.unique(by_products.value.round(7)), atol=1e-7)


def test_clusters_zero_modes_are_not_climbed():
    landscape = problem("lennard_jones", atoms=4)
    points = find_critical_points(landscape, starts(landscape, 60), SaddleDynamics(1), 1500)
    assert points.count_by_index() == {1: 1}
    assert points.value[0] == pytest.approx(-5.073421, abs=1e-6)  # Doye & Wales 2002


def test_gradient_norm_minimisation_finds_every_index():
    landscape = problem("himmelblau")
    points = find_critical_points(
        without_hessian(landscape).with_options(hessian=landscape.hessian, hvp=landscape.hvp),
        starts(landscape, 300),
        GradientNormMinimization(),
        2000,
    )
    assert points.count_by_index() == {0: 4, 1: 4, 2: 1}
    assert points.search_counts["converged"] == 300


def test_gradient_norm_minimisation_says_which_ends_are_flat():
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


def test_gradient_norm_never_increases():
    landscape = problem("spherical_spin_glass", n=6, seed=4)
    x = starts(landscape, 40)
    last = np.inf
    for steps in (0, 5, 20, 80, 320):
        norm = search(landscape, x, GradientNormMinimization(), steps).gradient_norm
        assert (norm <= last).all()
        last = norm


def test_barzilai_borwein_is_the_inverse_curvature():
    dx = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    dg = dx * [4.0, -5.0]
    dg[2] = [0.0, 1.0]  # orthogonal: nothing to learn
    np.testing.assert_allclose(barzilai_borwein(dx, dg, np.full(3, 7.0)), [1 / 4, 1 / 5, 7.0])


def test_riemannian_products_are_those_of_the_dense_hessian():
    for name, parameters in (("spherical_spin_glass", {"n": 6}), ("xy_chain", {"n": 5}), ("himmelblau", {})):
        landscape = problem(name, **parameters)
        x = starts(landscape, 5)
        basis = landscape.manifold.tangent_basis(x)
        products = landscape.riemannian_hvp(x[:, None, :], np.swapaxes(basis, 1, 2))
        np.testing.assert_allclose(products @ basis, landscape.tangent_hessian(x), rtol=1e-9, atol=1e-9)


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="index is 0 but must be at least 1"):
        SaddleDynamics(0)
    with pytest.raises(ValueError, match="index is 3 but the landscape has only 2 directions"):
        search(problem("himmelblau"), [[0.0, 0.0]], SaddleDynamics(3))
    with pytest.raises(ValueError, match="separation is 0"):
        Dimer(0)
    with pytest.raises(ValueError, match="decrease is 1"):
        GradientNormMinimization(1)
