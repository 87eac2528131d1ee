"""Gradient descent: the edge of stability, the rates of theory, and the article's regression."""

import numpy as np
import pytest

from landscape import DescentStatus, GradientDescent, Landscape, descend, problem
from landscape.theory.rates import (
    drori_teboulle_bound,
    gradient_descent_contraction,
    optimal_contraction,
    optimal_learning_rate,
    stability_limit,
)


@pytest.mark.parametrize("largest", [0.01, 1.0, 16.700610, 1e4])
def test_the_edge_of_stability_is_two_over_the_largest_curvature(largest):
    bowl = problem("quadratic", eigenvalues=(0.1 * largest, largest))
    edge = float(stability_limit(largest))
    below = descend(bowl, [[1.0, 1.0]], GradientDescent(edge * (1 - 1e-3)), 40_000, tol=1e-9 * largest)
    above = descend(bowl, [[1.0, 1.0]], GradientDescent(edge * (1 + 1e-3)), 40_000, tol=1e-9 * largest)
    assert below.status[0] == DescentStatus.CONVERGED
    assert above.status[0] == DescentStatus.DIVERGED
    # Close to the edge the stiff coordinate is multiplied by -(1 +- 2 delta) at each step.
    for delta in (-1e-6, 1e-6):
        x = descend(bowl, [[0.0, 1.0]], GradientDescent(edge * (1 + delta)), 1000, tol=0.0).x[0, 1]
        assert abs(x) == pytest.approx((1 + 2 * delta) ** 1000, rel=1e-9)


@pytest.mark.parametrize("kappa", [10.0, 100.0, 1000.0])
def test_the_contraction_is_that_of_theory(kappa):
    bowl = problem("quadratic", eigenvalues=(1.0, kappa))
    for lr in (float(optimal_learning_rate(1.0, kappa)), 1 / kappa, 1.9 / kappa):
        path = descend(bowl, [[1.0, 1.0]], GradientDescent(lr), 300, tol=0.0, record=1).trajectory.x[:, 0]
        factor = np.linalg.norm(path[300]) / np.linalg.norm(path[299])
        expected = float(gradient_descent_contraction(1.0, kappa, lr))
        assert factor == pytest.approx(expected, rel=1e-9)
    # Reference values: 0.818182, 0.980198, 0.998002.
    path = descend(
        bowl, [[1.0, 1.0]], GradientDescent(float(optimal_learning_rate(1.0, kappa))), 50, tol=0.0, record=1
    ).trajectory.x[:, 0]
    norms = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(norms[1:] / norms[:-1], float(optimal_contraction(kappa)), rtol=1e-10)


def test_the_optimal_rate_is_the_fastest():
    bowl = problem("quadratic", eigenvalues=(1.0, 10.0))
    best = float(optimal_learning_rate(1.0, 10.0))
    rates = best * np.array([0.8, 0.95, 1.0, 1.05])
    ends = [descend(bowl, [[1.0, 1.0]], GradientDescent(lr), 100, tol=0.0).x for lr in rates]
    distance = [float(np.linalg.norm(x)) for x in ends]
    assert distance[2] < distance[1] < distance[0]
    assert distance[2] < distance[3]


def test_the_articles_regression():
    # Iterated independently of this library.
    landscape = problem("linear_regression")
    article = descend(landscape, [[0.0, 0.0]], GradientDescent(0.01), 500, tol=0.0)
    np.testing.assert_allclose(article.x[0], (0.819946, 1.647344), atol=5e-7)
    assert article.steps[0] == 500
    path = descend(landscape, [[0.0, 0.0]], GradientDescent(0.01), 5000, tol=0.0, record=1).trajectory.x[:, 0]
    gap = np.abs(path - [0.7, 2.0]).max(axis=1)  # both parameters
    assert int(np.argmax(gap <= 1e-6)) == 4761
    excess = landscape.value(path) - 0.575
    assert int(np.argmax(excess <= 1e-6)) == 2158
    best = float(optimal_learning_rate(*np.linalg.eigvalsh(landscape.hessian(np.zeros(2)))))
    fast = descend(landscape, [[0.0, 0.0]], GradientDescent(best), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    assert int(np.argmax(np.abs(fast - [0.7, 2.0]).max(axis=1) <= 1e-6)) == 403


@pytest.mark.parametrize("steps", [1, 10, 50])
def test_the_worst_case_of_drori_and_teboulle_is_attained(steps):
    # A Huber function with its knee at R / (2 N + 1), from distance R = 1 with L = 1.
    knee = 1 / (2 * steps + 1)
    huber = Landscape.from_function(
        lambda x: np.where(np.abs(x) < knee, x**2 / 2, knee * np.abs(x) - knee**2 / 2)[..., 0],
        lambda x: np.clip(x, -knee, knee),
        dim=1,
    )
    run = descend(huber, [[1.0]], GradientDescent(1.0), steps, tol=0.0)
    assert run.value[0] == pytest.approx(float(drori_teboulle_bound(1.0, 1.0, steps)), rel=1e-12)


@pytest.mark.parametrize("lr", [0.0, -0.1, np.nan, np.inf])
def test_a_learning_rate_is_a_positive_number(lr):
    with pytest.raises(ValueError, match=rf"^lr is {lr} but must be a positive number$"):
        GradientDescent(lr)


def test_a_batch_agrees_with_plain_python():
    landscape = problem("himmelblau")
    x = np.random.default_rng(0).uniform(-6, 6, (3, 2))
    runs = descend(landscape, x, GradientDescent(0.003), 1000, tol=0.0)
    for k in range(3):
        a, b = (float(v) for v in x[k])
        for _ in range(1000):
            u, v = a * a + b - 11, a + b * b - 7
            a, b = a - 0.003 * (4 * a * u + 2 * v), b - 0.003 * (2 * u + 4 * b * v)
        np.testing.assert_allclose(runs.x[k], (a, b), rtol=1e-9)


def test_the_largest_steps_do_not_leave_the_sphere():
    glass = problem("spherical_spin_glass")
    runs = descend(glass, glass.starts(np.random.default_rng(0), 20), GradientDescent(1e155), 30)
    np.testing.assert_allclose(np.linalg.norm(runs.x, axis=1), glass.manifold.radius, rtol=1e-12)
