"""Armijo backtracking: every step decreases enough, none is shorter than the bound."""

import numpy as np
import pytest

from landscape import ArmijoGradientDescent, DescentStatus, Euclidean, Landscape, descend, problem
from landscape.theory.rates import armijo_step_bound


def steps_taken(landscape, method, start, count):
    """Positions, gradients and step sizes of one run."""
    path = descend(landscape, start, method, count, tol=0.0, record=1).trajectory.x[:, 0]
    gradient = landscape.gradient(path)
    moved = np.linalg.norm(np.diff(path, axis=0), axis=1)
    slope = np.linalg.norm(gradient[:-1], axis=1)
    return path, gradient, moved / slope


@pytest.mark.parametrize("decrease", [1e-4, 0.1, 0.5])
@pytest.mark.parametrize("name", ["himmelblau", "rosenbrock", "logistic_regression", "six_hump_camel"])
def test_every_step_decreases_enough(name, decrease):
    landscape = problem(name)
    rng = np.random.default_rng(1)
    for start in landscape.starts(rng, 5):
        path, gradient, t = steps_taken(landscape, ArmijoGradientDescent(decrease=decrease), start, 30)
        f = landscape.value(path)
        slope = (gradient[:-1] ** 2).sum(axis=1)
        large = decrease * t * slope > 1e-9 * np.abs(f[:-1])  # where rounding does not hide the decrease
        assert (f[1:] <= f[:-1] - decrease * t * slope * (1 - 1e-9))[large].all()
        assert large[:5].any()
        assert (np.diff(f) <= 1e-12 * np.abs(f[:-1])).all()


@pytest.mark.parametrize("backtrack", [0.5, 0.9, 0.2])
@pytest.mark.parametrize("decrease", [1e-4, 0.3])
@pytest.mark.parametrize("first_step", [10.0, 1e-3])
def test_no_step_is_shorter_than_the_bound(backtrack, decrease, first_step):
    bowl = problem("quadratic", eigenvalues=(0.3, 5.0, 33.3))
    method = ArmijoGradientDescent(first_step=first_step, decrease=decrease, backtrack=backtrack)
    _, _, t = steps_taken(bowl, method, [0.7, -0.9, 1.0], 60)
    bound = min(first_step, float(armijo_step_bound(33.3, backtrack, decrease)))
    assert (t >= bound * (1 - 1e-6)).all()
    assert (t <= first_step * (1 + 1e-6)).all()


def test_published_step():
    # Reference value: from t0 = 1 with beta = 1/2 at L = 33.3 the step taken is 1/32 = 0.03125 >= 0.030027.
    bowl = problem("quadratic", eigenvalues=(33.3,))
    _, _, t = steps_taken(bowl, ArmijoGradientDescent(first_step=1.0), [1.0], 1)
    assert t[0] == pytest.approx(0.03125, rel=1e-12)


@pytest.mark.parametrize("name", ["himmelblau", "rosenbrock", "logistic_regression", "xy_chain", "lennard_jones"])
def test_it_converges_without_a_learning_rate(name):
    landscape = problem(name)
    x = landscape.starts(np.random.default_rng(0), 50)
    runs = descend(landscape, x, ArmijoGradientDescent(), 20_000, tol=1e-6)
    assert (runs.status == DescentStatus.CONVERGED).mean() > 0.95
    assert not np.isin(runs.status, (DescentStatus.DIVERGED, DescentStatus.NON_FINITE)).any()


@pytest.mark.parametrize("f_scale", [1e-8, 1e8])
@pytest.mark.parametrize("x_scale", [1e-6, 1e6])
def test_units_change_nothing(x_scale, f_scale):
    himmelblau = problem("himmelblau")
    scaled = Landscape.from_function(
        lambda x: f_scale * himmelblau.value(x / x_scale),
        lambda x: f_scale / x_scale * himmelblau.gradient(x / x_scale),
        manifold=Euclidean(2, (-6 * x_scale, 6 * x_scale)),
    )
    x = himmelblau.starts(np.random.default_rng(0), 30)
    plain = descend(himmelblau, x, ArmijoGradientDescent(), 40, tol=0.0)
    runs = descend(scaled, x_scale * x, ArmijoGradientDescent(), 40, tol=0.0)
    np.testing.assert_allclose(runs.x / x_scale, plain.x, atol=1e-5)


def test_it_reaches_the_bottom_where_values_have_no_digits_left():
    # With a large constant the decrease of f drowns in rounding long before the gradient is small.
    bowl = Landscape.from_function(lambda x: 1e6 + (x**2).sum(-1) / 2, lambda x: x, dim=2, box=(-1, 1))
    runs = descend(bowl, [[0.3, -0.8]], ArmijoGradientDescent(), 1000, tol=1e-12)
    assert runs.status[0] == DescentStatus.CONVERGED


def test_a_hole_is_stepped_back_from():
    # -log(x) is NaN below 0: a step that lands there is not accepted for want of a comparison.
    landscape = Landscape.from_function(
        lambda x: (x - np.log(x))[..., 0], lambda x: np.where(x > 0, 1 - 1 / x, np.nan), dim=1, box=(0.05, 3.0)
    )
    runs = descend(landscape, [[2.5]], ArmijoGradientDescent(first_step=100.0), 200)
    assert runs.status.tolist() == [DescentStatus.CONVERGED]
    np.testing.assert_allclose(runs.x, 1.0, rtol=1e-5)


def test_where_the_value_is_not_a_number_steps_do_not_shrink():
    # f is NaN above 0.5, its gradient is not: nothing can be compared there, and the first step is taken.
    landscape = Landscape.from_function(
        lambda x: np.where(x > 0.5, np.nan, x**2 / 2)[..., 0], lambda x: x, dim=1, box=(-1, 1)
    )
    run = descend(landscape, [[0.9]], ArmijoGradientDescent(first_step=0.5), 100)
    assert run.status[0] == DescentStatus.CONVERGED


@pytest.mark.parametrize("backtrack", [0.99, 0.5])
def test_a_step_is_shortened_until_it_decreases_enough(backtrack):
    bowl = problem("quadratic", eigenvalues=(1.0, 100.0))
    x = bowl.starts(np.random.default_rng(0), 20)
    runs = descend(bowl, x, ArmijoGradientDescent(first_step=1.0, backtrack=backtrack), 5000)
    assert (runs.status == DescentStatus.CONVERGED).all()


def test_a_run_stays_where_it_is_if_no_trial_is_short_enough():
    # Of a first step of 1e30 the shortest of 60 trials is still 1e12.
    bowl = problem("quadratic", eigenvalues=(1.0, 4.0))
    method = ArmijoGradientDescent(first_step=1e30)
    path = descend(bowl, [[0.5, -0.8]], method, 1, tol=0.0, record=1).trajectory.x[:, 0]
    np.testing.assert_array_equal(path[1], path[0])
    assert descend(bowl, [[0.5, -0.8]], method, 100).status[0] == DescentStatus.CONVERGED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first_step": 0.0}, r"^first_step is 0\.0 but must be a positive number$"),
        ({"decrease": 1.0}, r"^decrease is 1\.0 but must lie between 0 and 1$"),
        ({"backtrack": 0.0}, r"^backtrack is 0\.0 but must lie between 0 and 1$"),
        ({"growth": 0.9}, r"^growth is 0\.9 but must be at least 1 and finite$"),
        ({"growth": np.nan}, r"^growth is nan but must be at least 1 and finite$"),
        ({"growth": np.inf}, r"^growth is inf but must be at least 1 and finite$"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        ArmijoGradientDescent(**options)
