"""Leaving a ball: any method, given starts, up to a million coordinates; and what rounding does to those that stay."""

import numpy as np
import pytest

from landscape import Exits, ExitStatus, GradientDescent, Landscape, PerturbedGradientDescent, leave_ball, problem
from landscape.escape.exits import underflowed
from landscape.problems.quadratic import quadratic
from landscape.theory.escape import ball_start_mean_and_deviation, linear_escape_steps

SADDLE = problem("quadratic", eigenvalues=(-1.0, 2.0))


def test_steps_and_positions_are_those_of_the_iteration():
    starts = np.random.default_rng(0).uniform(-0.05, 0.05, (50, 2))
    exits = leave_ball(SADDLE, [0.0, 0.0], starts, 1.0, GradientDescent(0.1))
    np.testing.assert_array_equal(exits.steps, linear_escape_steps(starts, [-1.0, 2.0], 0.1, 1.0))
    np.testing.assert_allclose(exits.x, starts * np.array([1.1, 0.8]) ** exits.steps[:, None], rtol=1e-12)
    assert exits.count() == {"inside": 0, "escaped": 50, "stuck": 0, "non_finite": 0}


def test_the_statuses():
    starts = [[2.0, 0.0], [1e-3, 0.0], [1e-9, 0.1], [0.0, 0.0]]
    exits = leave_ball(SADDLE, [0.0, 0.0], starts, 1.0, GradientDescent(0.1), max_steps=100)
    assert exits.status.tolist() == [ExitStatus.ESCAPED, ExitStatus.ESCAPED, ExitStatus.INSIDE, ExitStatus.STUCK]
    assert exits.steps.tolist() == [0, 73, np.inf, np.inf]
    assert repr(exits).endswith("radius 1: 1 inside, 2 escaped, 1 stuck")
    assert isinstance(exits[:2], Exits)


def test_a_start_within_rounding_of_the_stable_manifold_is_stuck_and_says_so():
    """A saddle away from the origin: below half a unit in the last place the unstable coordinate is lost."""
    landscape = Landscape.from_function(
        lambda x: x[..., 1] ** 2 - (x[..., 0] - 1) ** 2,
        lambda x: np.stack([-2 * (x[..., 0] - 1), 2 * x[..., 1]], axis=-1),
        dim=2,
    )
    starts = np.array([[1 + 1e-17, 0.01], [1 + 1e-14, 0.01]])
    exits = leave_ball(landscape, [1.0, 0.0], starts, 0.5, GradientDescent(0.2), max_steps=20_000)
    assert exits.status.tolist() == [ExitStatus.STUCK, ExitStatus.ESCAPED]


def test_what_is_not_a_number_has_not_escaped():
    landscape = Landscape.from_function(
        lambda x: np.where(x[..., 0] > 0.1, np.nan, -(x**2).sum(-1)),
        lambda x: np.where(x[..., :1] > 0.1, np.nan, -2 * x),
        dim=2,
    )
    exits = leave_ball(landscape, [0.0, 0.0], [[0.05, 0.0], [-0.05, 0.0]], 1.0, GradientDescent(0.1))
    assert exits.status.tolist() == [ExitStatus.NON_FINITE, ExitStatus.ESCAPED]
    assert np.isinf(exits.steps[0])


def test_a_random_method_at_rest_is_not_stuck():
    method = PerturbedGradientDescent(0.1, radius=1e-6, gradient_threshold=1e-12, wait=1000)
    starts = np.zeros((3, 2))
    exits = leave_ball(SADDLE, [0.0, 0.0], starts, 1.0, method, np.random.default_rng(0), max_steps=20)
    assert (exits.status == ExitStatus.INSIDE).all()
    assert (np.abs(exits.x) > 0).all()


def test_a_million_dimensions():
    """The mean of 2 runs against its exact law at 5 standard errors; no matrix of a million squared is formed."""
    d = 1_000_000
    curvature = np.ones(d)
    curvature[0] = -1.0
    landscape = quadratic(curvature)
    rng = np.random.default_rng(0)
    method = PerturbedGradientDescent(0.5, radius=1e-3, gradient_threshold=0.1, wait=1000)
    steps = [leave_ball(landscape, np.zeros(d), np.zeros((1, d)), 1.0, method, rng).steps[0] for _ in range(2)]
    mean, deviation = ball_start_mean_and_deviation(1.0, 1e-3, 0.5, 1.0, d)
    assert abs(np.mean(steps) - mean - 0.5) < 5 * deviation / np.sqrt(2)


def test_underflow_on_the_octopus_is_seen():
    """After 1700 steps at the first saddle of an octopus x_2, along which the second is left, has halved too often."""
    landscape = problem("octopus", dim=2)
    start = np.array([[1e-300, 0.5], [0.5, 0.5]])
    x = start
    for _ in range(3000):
        x = x - 0.25 * landscape.gradient(x)
    np.testing.assert_array_equal(underflowed(start, x), [[False, True], [False, False]])
    # A tie of rounding keeps some coordinates at the smallest subnormal number instead of zero, for ever.
    np.testing.assert_allclose(np.abs(x), 4 * np.e * np.array([[1, 0], [1, 1]]), rtol=1e-14, atol=1e-323)
    assert not underflowed(np.zeros(2), np.zeros(2)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"center": [[0.0, 0.0]]}, r"^center has shape \(1, 2\) but must be one point \(2,\)$"),
        ({"starts": [[0.0, 0.0, 0.0]]}, r"^starts has shape \(1, 3\) but the landscape has dim 2$"),
        ({"radius": 0.0}, r"^radius is 0\.0 but must be a positive number$"),
        ({"radius": np.nan}, "^radius is nan but must be a positive number$"),
        ({"method": PerturbedGradientDescent()}, "^PerturbedGradientDescent draws random numbers"),
    ],
)
def test_bad_arguments_are_named(options, message):
    usual = {"center": [0.0, 0.0], "starts": [[0.1, 0.1]], "radius": 1.0, "method": GradientDescent(0.1)}
    with pytest.raises(ValueError, match=message):
        leave_ball(SADDLE, **{**usual, **options})
