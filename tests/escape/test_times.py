"""Escape times: the linear law exactly where the function is quadratic, and nearly so at small radius elsewhere."""

import numpy as np
import pytest

from landscape import (
    ArmijoGradientDescent,
    EscapeTimes,
    ExitStatus,
    GradientDescent,
    HeavyBall,
    Landscape,
    Nesterov,
    PerturbedGradientDescent,
    StochasticGradientDescent,
    Terms,
    escape_times,
    find_critical_points,
    problem,
)
from landscape.escape.times import START_FRACTION
from landscape.theory.escape import ball_start_mean_and_deviation, linear_escape_steps
from landscape.theory.growth import heavy_ball_growth


def run(landscape, saddle, radius=0.1, n_starts=200, lr=0.01, seed=0, max_steps=100_000, **options):
    return escape_times(landscape, saddle, radius, n_starts, lr, np.random.default_rng(seed), max_steps, **options)


@pytest.mark.parametrize(
    "eigenvalues", [(-1.0, 1.0), (-0.3, 2.0, 5.0), (-2.0, -1.0, -0.1, 4.0), (-1.0,), (-1.0, 0.0, 3.0), (-2.0, -2.0)]
)
@pytest.mark.parametrize("radius", [1e-3, 1.0, 50.0])
def test_on_a_quadratic_the_law_is_exact(eigenvalues, radius):
    landscape = problem("quadratic", eigenvalues=eigenvalues)
    times = run(landscape, np.zeros(len(eigenvalues)), radius, 500, lr=0.1)
    np.testing.assert_array_equal(times.steps, times.predicted_steps)
    expected = linear_escape_steps(times.offset, np.sort(eigenvalues), 0.1, radius)
    np.testing.assert_array_equal(times.predicted_steps, expected)
    assert np.isfinite(times.steps).all()
    assert times.median_steps == np.median(expected)


def test_the_law_does_not_depend_on_axes_or_origin():
    eigenvalues = np.array([-1.0, 0.5, 3.0])
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    hessian = turn @ np.diag(eigenvalues) @ turn.T
    center = np.array([5.0, -2.0, 1.0])
    landscape = Landscape.from_function(
        lambda x: 0.5 * (((x - center) @ hessian) * (x - center)).sum(-1),
        lambda x: (x - center) @ hessian,
        lambda x: np.broadcast_to(hessian, (*x.shape, 3)),
        dim=3,
    )
    times = run(landscape, center, 0.5, 300, lr=0.1)
    # Rounding of the axes may move a start that is just on the edge of a step.
    assert (times.steps == times.predicted_steps).mean() > 0.99
    assert np.abs(times.steps - times.predicted_steps).max() <= 1
    np.testing.assert_allclose(times.eigenvalues, eigenvalues, rtol=1e-12)


def test_starts_are_uniform_in_a_ball_round_the_saddle():
    radius, d = 0.3, 3
    landscape = problem("quadratic", eigenvalues=(-1.0, 1.0, 2.0))
    times = run(landscape, np.zeros(3), radius, 4000)
    length = np.linalg.norm(times.offset, axis=1)
    assert length.max() <= START_FRACTION * radius * (1 + 1e-12)
    share = (length / (START_FRACTION * radius)) ** d  # uniform on [0, 1]
    assert abs(share.mean() - 0.5) < 4.5 / np.sqrt(12 * 4000)
    assert np.abs(times.offset.mean(axis=0)).max() < 4.5 * START_FRACTION * radius / np.sqrt(5 * 4000)


@pytest.mark.parametrize(("name", "parameters"), [("himmelblau", {}), ("double_well", {"dim": 3}), ("xy_chain", {})])
def test_near_any_saddle_the_law_is_close(name, parameters):
    landscape = problem(name, **parameters)
    saddles = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 300)).saddles
    for k in range(3):
        lr = 0.05 / np.abs(saddles.eigenvalues[k]).max()
        times = run(landscape, saddles.x[k], 1e-3 * landscape.manifold.length_scale, 200, lr)
        assert np.isfinite(times.steps).all()
        difference = np.abs(times.steps - times.predicted_steps) / times.predicted_steps
        assert difference.max() < 0.02
        assert times.median_steps == pytest.approx(times.predicted_median_steps, rel=0.005)


def test_on_a_sphere_distances_are_geodesic():
    glass = problem("spherical_spin_glass", n=5, seed=1)
    saddle = find_critical_points(glass, glass.starts(np.random.default_rng(0), 200)).saddles[0]
    times = run(glass, saddle.x[0], 1e-3, 300, lr=0.05 / np.abs(saddle.eigenvalues).max())
    assert np.abs(times.steps - times.predicted_steps).max() <= 0.01 * times.predicted_steps.max()
    assert times.offset.shape == (300, 4)
    # A ball larger than half the sphere is never left at a distance of more than pi.
    whole = run(glass, saddle.x[0], 3.2, 5, lr=0.01, max_steps=500)
    assert np.isinf(whole.steps).all()


@pytest.mark.slow
def test_a_clusters_rigid_motions_are_no_way_out():
    cluster = problem("lennard_jones", atoms=4)
    points = find_critical_points(cluster, cluster.starts(np.random.default_rng(0), 150))
    saddle = points[points.index == 1][0]
    lr = 0.05 / np.abs(saddle.eigenvalues).max()
    times = run(cluster, saddle.x[0], 1e-3, 100, lr)
    assert times.offset.shape == (100, 6)
    assert len(times.eigenvalues) == 6
    assert (np.abs(times.eigenvalues) > 1e-3).all()
    assert times.median_steps == pytest.approx(times.predicted_median_steps, rel=0.01)
    # Rigid motions of the starts change nothing: they carry no zero mode.
    np.testing.assert_allclose(times.steps, times.predicted_steps, rtol=0.05)


def test_runs_that_are_still_inside_have_infinite_times():
    landscape = problem("quadratic", eigenvalues=(-1.0, 1.0))
    times = run(landscape, [0.0, 0.0], 1.0, 200, lr=0.1, max_steps=50)
    late = times.predicted_steps > 50
    assert late.any()
    assert not late.all()
    np.testing.assert_array_equal(np.isinf(times.steps), late)
    np.testing.assert_array_equal(times.steps[~late], times.predicted_steps[~late])
    assert run(landscape, [0.0, 0.0], max_steps=0).median_steps == np.inf


def test_the_median_is_that_of_the_order():
    def median(steps):
        steps = np.array(steps, dtype=float)
        nothing = np.zeros((len(steps), 1))
        return EscapeTimes(nothing, nothing, steps, steps, np.zeros(len(steps), dtype=int)).median_steps

    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
    assert median([1, np.inf, np.inf, 2]) == np.inf
    assert median([1, 2, 3, np.inf, np.inf]) == 3
    assert np.isnan(median([]))


def test_same_generator_same_times():
    himmelblau = problem("himmelblau")
    saddle = find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 200)).saddles.x[0]
    one, other = (run(himmelblau, saddle, lr=1e-3, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.steps, other.steps)
    assert "200 of 200 starts left a ball of radius 0.1" in repr(one)


@pytest.mark.parametrize("method", [HeavyBall(0.05, 0.9), Nesterov(0.05, 0.8), ArmijoGradientDescent()])
def test_on_a_quadratic_the_prediction_for_any_method_is_exact(method):
    landscape = problem("quadratic", eigenvalues=(-1.0, -0.3, 2.0))
    times = run(landscape, np.zeros(3), 1.0, 300, lr=None, method=method)
    np.testing.assert_array_equal(times.steps, times.predicted_steps)
    assert times.escaped == 300
    assert times.method == repr(method)


def test_momentum_leaves_at_the_rate_of_its_recursion():
    landscape = problem("quadratic", eigenvalues=(-1.0, 2.0))
    times = run(landscape, np.zeros(2), 1.0, 200, lr=None, method=HeavyBall(0.05, 0.9), start_radius=1e-6)
    rate, amplitude = heavy_ball_growth(0.05, 1.0, 0.9)
    law = (-np.log(times.distance_to_stable_manifold) - amplitude) / rate
    np.testing.assert_array_equal(times.steps, np.ceil(law))


@pytest.mark.parametrize("method", [HeavyBall(0.002, 0.9), ArmijoGradientDescent()])
def test_near_a_saddle_of_himmelblau_the_prediction_for_any_method_is_close(method):
    himmelblau = problem("himmelblau")
    saddle = find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 300)).saddles[0]
    times = run(himmelblau, saddle.x[0], 0.01, 200, lr=None, method=method)
    assert times.escaped == 200
    # A step of the line search that is all but refused may be taken on one side and not on the other.
    assert (np.abs(times.steps - times.predicted_steps) <= 1).mean() > 0.95


@pytest.mark.parametrize("d", [2, 30])
def test_perturbed_descent_leaves_the_saddle_itself_after_the_exact_mean_time(d):
    # The mean of 2000 runs at 4.5 standard errors: a false alarm about once in 1e5 seeds.
    landscape = problem("quadratic", eigenvalues=(-1.0, *[1.0] * (d - 1)))
    method = PerturbedGradientDescent(0.1, radius=1e-3, gradient_threshold=0.01, wait=10_000)
    times = run(landscape, np.zeros(d), 1.0, 2000, lr=None, method=method, start_radius=0.0)
    assert (times.offset == 0).all()
    mean, deviation = ball_start_mean_and_deviation(1.0, 1e-3, 0.1, 1.0, d)
    for steps in (times.steps, times.predicted_steps):
        assert abs(steps.mean() - mean - 0.5) < 4.5 * deviation / np.sqrt(2000)
    assert not np.array_equal(times.steps, times.predicted_steps)  # their noise is drawn apart


def test_gradient_descent_never_leaves_the_saddle_itself():
    times = run(
        problem("quadratic", eigenvalues=(-1.0, 1.0)), [0.0, 0.0], n_starts=3, lr=0.1, max_steps=200, start_radius=0.0
    )
    assert times.count() == {"inside": 0, "escaped": 0, "stuck": 3, "non_finite": 0}
    assert np.isinf(times.steps).all()
    assert np.isinf(times.predicted_steps).all()
    assert "3 stuck" in repr(times)


def test_stochastic_gradients_have_no_quadratic_prediction():
    landscape = problem("linear_regression")
    turned = landscape.with_options(  # its minimum becomes a maximum
        value=lambda x: -landscape.value(x),
        gradient=lambda x: -landscape.gradient(x),
        hessian=lambda x: -landscape.hessian(x),
        terms=Terms(landscape.terms.count, lambda x, which: -landscape.terms.gradient(x, which)),
    )
    top = find_critical_points(turned, turned.starts(np.random.default_rng(0), 20)).maxima.x[0]
    times = run(turned, top, 0.01, 20, lr=None, method=StochasticGradientDescent(0.001), max_steps=2000)
    assert np.isnan(times.predicted_steps).all()
    assert np.isnan(times.predicted_median_steps)
    assert times.escaped > 0


def test_where_runs_left():
    himmelblau = problem("himmelblau")
    saddle = find_critical_points(himmelblau, himmelblau.starts(np.random.default_rng(0), 300)).saddles.x[0]
    times = run(himmelblau, saddle, lr=1e-3)
    distance = np.linalg.norm(times.x - saddle, axis=1)
    assert (distance > 0.1).all()
    assert distance.max() < 0.12
    assert (times.status == ExitStatus.ESCAPED).all()


def test_quantiles_and_their_intervals():
    landscape = problem("quadratic", eigenvalues=(-1.0, 1.0))
    times = run(landscape, [0.0, 0.0], 1.0, 1000, lr=0.1)
    assert times.quantile(0.5) == times.median_steps
    assert times.quantile(0.1) <= times.quantile(0.9)
    low, high = times.quantile_interval(0.5)
    assert low <= times.median_steps <= high
    assert high - low < 10
    assert times.quantile_interval(0.5, 0.5)[0] >= low
    few = run(landscape, [0.0, 0.0], 1.0, 1000, lr=0.1, max_steps=50)
    assert few.escaped < 500
    assert few.quantile_interval(0.9) == (np.inf, np.inf)


def test_saved_and_loaded(tmp_path):
    times = run(problem("quadratic", eigenvalues=(-1.0, 1.0)), [0.0, 0.0], n_starts=7)
    times.save(tmp_path / "times.npz")
    again = EscapeTimes.load(tmp_path / "times.npz")
    np.testing.assert_array_equal(again.steps, times.steps)
    assert (again.method, again.lr, again.eigenvalues) == (times.method, times.lr, times.eigenvalues)
    assert len(times[:3]) == 3


def test_a_generator_is_needed():
    with pytest.raises(ValueError, match=r"^rng is None but must be a numpy\.random\.Generator: it draws the starts$"):
        escape_times(QUADRATIC, [0.0, 0.0], 0.1, 10, 0.1)


QUADRATIC = problem("quadratic", eigenvalues=(-1.0, 4.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"saddle": [[0.0, 0.0]]}, r"^saddle has shape \(1, 2\) but must be one point \(2,\)$"),
        ({"saddle": [0.0, 0.0, 0.0]}, r"^saddle has shape \(3,\) but the landscape has dim 2$"),
        ({"n_starts": 0}, "^n_starts is 0 but must be at least 1$"),
        ({"radius": 0.0}, r"^radius is 0\.0 but must be a positive number$"),
        ({"radius": np.inf}, "^radius is inf but must be a positive number$"),
        ({"radius": np.nan}, "^radius is nan but must be a positive number$"),
        ({"lr": 0.25}, r"^lr is 0\.25 but must be below 1 / max \|eigenvalue\| = 0\.25$"),
        ({"lr": 0.0}, "^lr is 0.0 but must be a positive number$"),
        ({"lr": None}, "^escape_times needs lr, for gradient descent, or method; neither was given$"),
        ({"method": GradientDescent(0.1)}, "^escape_times needs lr, for gradient descent, or method; both were given$"),
        ({"start_radius": -0.1}, r"^start_radius is -0\.1 but must be at least 0 and below the radius, 0\.1$"),
        ({"start_radius": 0.1}, r"^start_radius is 0\.1 but must be at least 0 and below the radius, 0\.1$"),
        ({"start_radius": np.nan}, "^start_radius is nan"),
        ({"landscape": problem("quadratic", eigenvalues=(1.0, 2.0))}, "^the lowest eigenvalue at the saddle is 1: "),
        ({"landscape": problem("quadratic", eigenvalues=(0.0, 2.0))}, "^the lowest eigenvalue at the saddle is 0: "),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        run(**{"landscape": QUADRATIC, "saddle": [0.0, 0.0], **options})
