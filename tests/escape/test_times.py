"""Escape times: the linear law exactly where the function is quadratic, and nearly so at small radius elsewhere."""

import numpy as np
import pytest

from landscape import EscapeTimes, Landscape, escape_times, find_critical_points, problem
from landscape.escape.times import START_FRACTION
from landscape.theory.escape import linear_escape_steps


def run(landscape, saddle, radius=0.1, n_starts=200, lr=0.01, seed=0, max_steps=100_000):
    return escape_times(landscape, saddle, radius, n_starts, lr, np.random.default_rng(seed), max_steps)


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
        return EscapeTimes(np.zeros((len(steps), 1)), steps, steps).median_steps

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
        ({"lr": 0.0}, "^lr is 0.0 but must be positive"),
        ({"landscape": problem("quadratic", eigenvalues=(1.0, 2.0))}, "^the lowest eigenvalue at the saddle is 1: "),
        ({"landscape": problem("quadratic", eigenvalues=(0.0, 2.0))}, "^the lowest eigenvalue at the saddle is 0: "),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        run(**{"landscape": QUADRATIC, "saddle": [0.0, 0.0], **options})
