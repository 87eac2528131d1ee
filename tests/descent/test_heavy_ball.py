"""The heavy ball against plain Python, PyTorch and its closed-form rate."""

import numpy as np
import pytest

from landscape import GradientDescent, HeavyBall, descend, problem
from landscape.theory.rates import heavy_ball_contraction, heavy_ball_parameters

LR, MOMENTUM = 0.002, 0.9


def himmelblau_gradient(a, b):
    u, v = a * a + b - 11, a + b * b - 7
    return 4 * a * u + 2 * v, 2 * u + 4 * b * v


def test_a_thousand_steps_of_plain_python():
    x = np.random.default_rng(0).uniform(-4, 4, (4, 2))
    runs = descend(problem("himmelblau"), x, HeavyBall(LR, MOMENTUM), 1000, tol=0.0)
    for k in range(4):
        a, b = (float(v) for v in x[k])
        da = db = 0.0
        for _ in range(1000):
            ga, gb = himmelblau_gradient(a, b)
            da, db = MOMENTUM * da - LR * ga, MOMENTUM * db - LR * gb
            a, b = a + da, b + db
        np.testing.assert_allclose(runs.x[k], (a, b), rtol=1e-9)


def test_a_thousand_steps_are_pytorchs(pytorch_path):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, HeavyBall(LR, MOMENTUM), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = pytorch_path(landscape, start, 1000, "SGD", lr=LR, momentum=MOMENTUM, nesterov=False)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_a_thousand_steps_are_optaxs(optax_path):
    landscape, start = problem("himmelblau"), np.array([-1.3, 2.2])
    ours = descend(landscape, start, HeavyBall(LR, MOMENTUM), 1000, tol=0.0, record=1).trajectory.x[:, 0]
    theirs = optax_path(landscape, start, 1000, "sgd", learning_rate=LR, momentum=MOMENTUM, nesterov=False)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kappa", [10.0, 100.0, 1000.0])
def test_the_contraction_is_that_of_theory(kappa):
    # At the optimum both ends of the spectrum have double roots: errors go as (a + b t) rate^t.
    lr, momentum = (float(v) for v in heavy_ball_parameters(1.0, kappa))
    rate = float(heavy_ball_contraction(kappa))
    bowl = problem("quadratic", eigenvalues=(1.0, kappa))
    t = int(8 / -np.log(rate))
    path = descend(bowl, [[1.0, 1.0]], HeavyBall(lr, momentum), 2 * t, tol=0.0, record=1).trajectory.x[:, 0]
    scaled = path / rate ** np.arange(2 * t + 1)[:, None]
    scaled[:, 1] *= (-1.0) ** np.arange(2 * t + 1)
    bend = np.diff(scaled, n=2, axis=0)  # a line in t has none
    assert np.abs(bend[2:]).max() < 1e-6 * np.abs(scaled).max()


def test_the_same_learning_rate_with_more_momentum_is_unstable_later():
    # The edge of the heavy ball is 2 (1 + momentum) / L.
    bowl = problem("quadratic", eigenvalues=(3.0,))
    for momentum in (0.0, 0.5, 0.9):
        edge = 2 * (1 + momentum) / 3.0
        ends = [abs(descend(bowl, [[1.0]], HeavyBall(edge * s, momentum), 3000, tol=0.0).x[0, 0]) for s in (0.99, 1.01)]
        assert ends[0] < 1e-3
        assert ends[1] > 1e3


def test_without_momentum_it_is_gradient_descent():
    x = np.random.default_rng(1).uniform(-4, 4, (10, 2))
    one = descend(problem("himmelblau"), x, HeavyBall(0.005, 0.0), 100, tol=0.0)
    other = descend(problem("himmelblau"), x, GradientDescent(0.005), 100, tol=0.0)
    np.testing.assert_allclose(one.x, other.x, rtol=1e-12)


def test_the_displacement_that_is_kept_is_tangent():
    glass = problem("spherical_spin_glass", n=5, seed=1)
    method = HeavyBall(0.05, 0.9)
    x = glass.starts(np.random.default_rng(0), 10)
    gradient = glass.riemannian_gradient(x)
    memory = method.init(glass, x, gradient)
    for _ in range(20):
        x, gradient, memory = method.step(glass, x, gradient, memory, None)
        assert np.abs((x * memory.displacement).sum(axis=1)).max() < 1e-14
        assert np.abs((x * gradient).sum(axis=1)).max() < 1e-13


@pytest.mark.parametrize("momentum", [1.0, -0.1, np.nan])
def test_momentum_lies_between_zero_and_one(momentum):
    with pytest.raises(ValueError, match=rf"^momentum is {momentum} but must be at least 0 and below 1$"):
        HeavyBall(0.1, momentum)
    with pytest.raises(ValueError, match=r"^lr is -1 but must be a positive number$"):
        HeavyBall(-1)
