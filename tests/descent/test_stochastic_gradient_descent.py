"""Stochastic gradient descent: unbiased terms, the noise floor, and the 1/t law."""

import numpy as np
import pytest

from landscape import Landscape, StochasticGradientDescent, Terms, descend, problem
from landscape.theory.noise import decaying_variance, mean_gap, sampled_covariance

REGRESSIONS = [("linear_regression", {}), ("logistic_regression", {"samples": 13, "features": 2})]


def noisy_parabola(curvature, kicks):
    """The mean of curvature x^2 / 2 + h_k x, whose kicks h_k sum to zero."""
    h = np.array(kicks)
    return Landscape.from_function(
        lambda x: curvature / 2 * (x**2).sum(axis=-1), lambda x: curvature * x, dim=1
    ).with_options(terms=Terms(len(h), lambda x, which: curvature * x + h[which].mean(axis=1, keepdims=True)))


@pytest.mark.parametrize(("name", "options"), REGRESSIONS)
def test_the_mean_over_the_terms_is_the_gradient(name, options):
    landscape = problem(name, **options)
    x = landscape.starts(np.random.default_rng(0), 20)
    every = np.broadcast_to(np.arange(landscape.terms.count), (20, landscape.terms.count))
    np.testing.assert_allclose(landscape.terms.gradient(x, every), landscape.gradient(x), rtol=1e-10, atol=1e-12)
    one_by_one = [landscape.terms.gradient(x, every[:, k : k + 1]) for k in range(landscape.terms.count)]
    np.testing.assert_allclose(np.mean(one_by_one, axis=0), landscape.gradient(x), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), REGRESSIONS)
def test_a_hundred_steps_of_plain_python(name, options):
    landscape = problem(name, **options)
    start = landscape.starts(np.random.default_rng(0), 3)
    method = StochasticGradientDescent(0.02, batch_size=4, decay=0.1)
    runs = descend(landscape, start, method, 100, tol=0.0, rng=np.random.default_rng(7))
    rng, x = np.random.default_rng(7), start.copy()
    for t in range(100):
        for row, terms in zip(x, rng.integers(landscape.terms.count, size=(3, 4)), strict=True):
            slopes = [landscape.terms.gradient(row[None], np.array([[k]]))[0] for k in terms]
            row -= 0.02 / (1 + 0.1 * t) * np.mean(slopes, axis=0)
    np.testing.assert_allclose(runs.x, x, rtol=1e-12)


@pytest.mark.parametrize(("lr", "batch_size"), [(0.01, 1), (0.03, 1), (0.08, 4)])
def test_the_noise_floor_of_the_worked_regression(lr, batch_size):
    # The Hessian of a random term is random, too: the floor of theory has no free parameter.
    landscape = problem("linear_regression")
    design = np.array([[1.0, 1], [2, 1], [3, 1], [4, 1]])
    optimum = np.array([0.7, 2.0])
    residuals = design @ optimum - [2, 4, 5, 4]
    hessians = 2 * design[:, :, None] * design[:, None, :]
    covariance = sampled_covariance(hessians, 2 * residuals[:, None] * design, lr, batch_size)
    steps = int(np.ceil(np.log(1e-3) / np.log1p(-lr * 0.299390)))
    runs = descend(
        landscape,
        np.tile(optimum + 0.01, (3000, 1)),
        StochasticGradientDescent(lr, batch_size),
        steps,
        tol=0.0,
        rng=np.random.default_rng(2),
    )
    gaps = landscape.value(runs.x) - 0.575
    # What is left of the start is 1e-6 of it and of the distance to the limit. 4.42 standard errors: once in 10^5.
    expected = mean_gap(hessians.mean(axis=0), covariance)
    assert abs(gaps.mean() - expected) < 4.42 * gaps.std() / np.sqrt(len(gaps)) + 1e-6 * expected


def test_with_decay_the_variance_falls_as_one_over_time():
    curvature, lr, decay, kicks = 2.0, 0.4, 0.2, (1.0, -1.0)
    parabola, steps = noisy_parabola(curvature, kicks), 3000
    runs = descend(
        parabola,
        np.zeros((20_000, 1)) + 0.1,
        StochasticGradientDescent(lr, decay=decay),
        steps,
        tol=0.0,
        rng=np.random.default_rng(1),
    )
    squares = runs.x[:, 0] ** 2
    rates = lr / (1 + decay * np.arange(steps))
    exact = 0.1**2
    for rate in rates:
        exact = (1 - rate * curvature) ** 2 * exact + rate**2
    assert abs(squares.mean() - exact) < 4.42 * squares.std() / np.sqrt(len(squares))
    law = float(decaying_variance(curvature, 1.0, lr, decay, steps))
    assert exact == pytest.approx(law, rel=0.01)


def test_a_changed_gradient_has_no_terms():
    regression = problem("linear_regression")
    assert regression.with_options(name="other").terms is regression.terms
    changed = regression.with_options(gradient=lambda x: 2 * regression.gradient(x))
    with pytest.raises(ValueError, match=r"^StochasticGradientDescent needs a landscape with terms, but linear_regr"):
        descend(changed, [[0.0, 0.0]], StochasticGradientDescent(), rng=np.random.default_rng(0))


def test_it_needs_random_numbers():
    with pytest.raises(ValueError, match="draws random numbers"):
        descend(problem("linear_regression"), [[0.0, 0.0]], StochasticGradientDescent())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, r"^lr is 0\.0 but must be a positive number$"),
        ({"batch_size": 0}, r"^batch_size is 0 but must be a whole number, at least 1$"),
        ({"batch_size": 2.5}, r"^batch_size is 2\.5 but must be a whole number, at least 1$"),
        ({"decay": np.inf}, r"^decay is inf but must be a number that is not negative$"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        StochasticGradientDescent(**options)
