"""Exact line search: Cauchy's step on quadratics, a minimum of the line elsewhere."""

import numpy as np
import pytest

from landscape import DescentStatus, Euclidean, ExactLineSearch, Landscape, descend, problem
from landscape.theory.rates import exact_line_search_contraction


def path_of(landscape, start, steps):
    return descend(landscape, start, ExactLineSearch(), steps, tol=0.0, record=1).trajectory.x[:, 0]


@pytest.mark.parametrize("kappa", [10.0, 100.0, 1000.0])
def test_the_worst_start_contracts_as_theory_says_at_every_step(kappa):
    # Gradient components of equal size at the ends of the spectrum: the gap falls by ((kappa - 1)/(kappa + 1))^2.
    bowl = problem("quadratic", eigenvalues=(1.0, 0.3 * kappa, kappa))
    f = bowl.value(path_of(bowl, [kappa, 0.0, 1.0], 50))
    np.testing.assert_allclose(f[1:] / f[:-1], float(exact_line_search_contraction(kappa)), rtol=1e-9)


def test_no_start_is_worse():
    bowl = problem("quadratic", eigenvalues=(1.0, 2.0, 7.0, 50.0))
    for start in np.random.default_rng(0).standard_normal((20, 4)):
        f = bowl.value(path_of(bowl, start, 30))
        assert (f[1:] <= f[:-1] * float(exact_line_search_contraction(50.0)) * (1 + 1e-9)).all()


def test_on_a_quadratic_one_trial_is_enough():
    calls = []
    bowl = problem("quadratic", eigenvalues=(1.0, 2.0, 7.0, 50.0))
    counted = bowl.with_options(gradient=lambda x: calls.append(len(x)) or bowl.gradient(x))
    descend(counted, np.random.default_rng(0).standard_normal((5, 4)), ExactLineSearch(), 20, tol=0.0)
    assert len(calls) <= 22 + 20  # riemannian_hvp asks for the gradient, too


def test_a_round_bowl_takes_one_step():
    bowl = problem("quadratic", eigenvalues=(3.0, 3.0, 3.0))
    runs = descend(bowl, np.random.default_rng(0).standard_normal((10, 3)), ExactLineSearch(), tol=1e-12)
    assert (runs.steps == 1).all()


@pytest.mark.parametrize("name", ["himmelblau", "rosenbrock", "styblinski_tang", "xy_chain", "logistic_regression"])
def test_each_gradient_is_across_the_one_before_and_f_never_rises(name):
    landscape = problem(name)
    for start in landscape.starts(np.random.default_rng(1), 10):
        path = path_of(landscape, start, 15)
        f, gradient = landscape.value(path), landscape.riemannian_gradient(path)
        size = np.linalg.norm(gradient, axis=1)
        along = (gradient[1:] * gradient[:-1]).sum(axis=1)
        steep = size[:-1] > 1e-5 * size[0]  # where rounding does not hide it
        assert steep[:3].all()
        assert (np.abs(along) <= 2e-8 * size[:-1] ** 2)[steep].all()
        assert (np.diff(f) <= 1e-14 * np.abs(f[:-1]))[steep].all()


def test_on_the_sphere_the_end_is_a_minimum_of_the_line():
    glass = problem("spherical_spin_glass", n=6, seed=1)
    x = glass.starts(np.random.default_rng(0), 20)
    gradient = glass.riemannian_gradient(x)
    end = descend(glass, x, ExactLineSearch(), 1, tol=0.0).x
    speed = glass.manifold.project(end, -gradient)
    speed *= 1e-4 / np.linalg.norm(speed, axis=1, keepdims=True)
    best = glass.value(end)
    # The line is a great circle: both neighbours on it are higher, and by the same amount to third order.
    left, right = (glass.value(glass.manifold.retract(end, sign * speed)) - best for sign in (-1, 1))
    assert (np.minimum(left, right) > 0).all()
    assert (np.abs(left - right) < 1e-3 * (left + right)).all()


def test_a_quadratic_that_falls_for_ever_is_fallen_down():
    saddle = problem("quadratic", eigenvalues=(1.0, -1.0))
    runs = descend(saddle, [[0.5, 0.6], [0.5, 0.1]], ExactLineSearch(), 100)
    assert (runs.status == DescentStatus.DIVERGED).all()


def test_a_hole_is_stepped_back_from():
    # Beyond 1.2 the Cauchy step leads below 0, where the function is not defined.
    landscape = Landscape.from_function(
        lambda x: (x - np.log(x))[..., 0],
        lambda x: np.where(x > 0, 1 - 1 / x, np.nan),
        lambda x: (x**-2)[..., None],
        dim=1,
        box=(0.05, 3.0),
    )
    runs = descend(landscape, [[2.9], [0.1]], ExactLineSearch(), 100, tol=1e-9)
    assert (runs.status == DescentStatus.CONVERGED).all()
    np.testing.assert_allclose(runs.x, 1.0, rtol=1e-8)


def test_units_change_nothing():
    himmelblau = problem("himmelblau")
    scaled = Landscape.from_function(
        lambda x: 2.0**30 * himmelblau.value(x / 2**10),
        lambda x: 2.0**20 * himmelblau.gradient(x / 2**10),
        lambda x: 2.0**10 * himmelblau.hessian(x / 2**10),
        manifold=Euclidean(2, (-6 * 2**10, 6 * 2**10)),
    )
    x = himmelblau.starts(np.random.default_rng(0), 30)
    plain, other = (
        descend(f, c * x, ExactLineSearch(), 10, tol=0.0).x / c for f, c in ((himmelblau, 1), (scaled, 2**10))
    )
    np.testing.assert_allclose(plain, other, rtol=1e-12)
