"""Lines of the gradient flow: against exact solutions, an ordinary stiff integrator, and known basins."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from landscape import (
    EigenvectorFollowing,
    FlowLines,
    FlowStatus,
    Kind,
    Landscape,
    classify,
    find_critical_points,
    flow,
    problem,
)
from landscape.escape.flow import _phi1, _phi3


def integrate(landscape, x, time):
    """The same line by SciPy's LSODA in ambient coordinates."""
    solution = solve_ivp(
        lambda _, y: -landscape.riemannian_gradient(y), (0, time), x, method="LSODA", rtol=1e-9, atol=1e-11
    )
    return solution.y[:, -1]


def test_on_a_quadratic_lines_are_exponentials():
    eigenvalues = np.array([-1.0, 0.5, 3.0])
    landscape = problem("quadratic", eigenvalues=eigenvalues)
    starts = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    lines = flow(landscape, starts, reach=5.0)
    assert (lines.status == FlowStatus.LEFT).all()
    np.testing.assert_allclose(lines.x, starts * np.exp(-lines.time[:, None] * eigenvalues), rtol=1e-9, atol=1e-12)


def test_a_stiff_valley_costs_nothing():
    landscape = problem("quadratic", eigenvalues=(1.0, 1e8))
    lines = flow(landscape, [[1.0, 1.0]])
    assert lines.status[0] == FlowStatus.ARRIVED
    assert lines.steps[0] < 60
    np.testing.assert_allclose(lines.x, 0, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("himmelblau", {}), ("muller_brown", {}), ("rosenbrock", {"dim": 3}), ("xy_chain", {"n": 6})],
)
def test_ends_and_times_agree_with_an_ordinary_integrator(name, parameters):
    landscape = problem(name, **parameters)
    starts = landscape.starts(np.random.default_rng(1), 4)
    lines = flow(landscape, starts)
    assert (lines.status == FlowStatus.ARRIVED).all()
    assert (classify(landscape, lines.x).index == 0).all()
    for start, end, time in zip(starts, lines.x, lines.time, strict=True):
        distance = landscape.manifold.distance(end, integrate(landscape, start, time))
        assert distance < 1e-5 * landscape.manifold.length_scale
    part = flow(landscape, starts, max_steps=25)  # and on the way, where the time matters
    for start, end, time in zip(starts, part.x, part.time, strict=True):
        distance = landscape.manifold.distance(end, integrate(landscape, start, time))
        assert distance < 2e-4 * landscape.manifold.length_scale


def test_on_a_sphere_lines_stay_on_it():
    glass = problem("spherical_spin_glass", n=5, seed=2)
    starts = glass.starts(np.random.default_rng(2), 4)
    lines = flow(glass, starts, record=True)
    assert (lines.status == FlowStatus.ARRIVED).all()
    inside = ~np.isnan(lines.path[..., 0])
    lengths = np.linalg.norm(lines.path[inside], axis=-1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-12)
    for start, end, time in zip(starts, lines.x, lines.time, strict=True):
        assert glass.manifold.distance(end, integrate(glass, start, min(time, 50.0))) < 1e-4


def test_basins_of_himmelblau():
    """Shares of [-6, 6]^2 that flow to each minimum; 4.5 standard errors, a false alarm about once in 4e4 seeds."""
    himmelblau = problem("himmelblau")
    starts = np.random.default_rng(3).uniform(-6, 6, (8000, 2))
    lines = flow(himmelblau, starts)
    minima = np.array([[3.0, 2.0], [3.58, -1.85], [-3.78, -3.28], [-2.81, 3.13]])
    label = np.linalg.norm(lines.x[:, None] - minima, axis=-1).argmin(axis=1)
    share = np.bincount(label, minlength=4) / 8000
    expected = np.array([0.2496, 0.2489, 0.2433, 0.2582])  # independent computation on a grid of 600 x 600
    assert (np.abs(share - expected) < 4.5 * np.sqrt(expected * (1 - expected) / 8000)).all()


def test_the_value_falls_along_every_path():
    landscape = problem("six_hump_camel")
    lines = flow(landscape, landscape.starts(np.random.default_rng(4), 30), record=True, spacing=0.02)
    assert lines.path.shape[1:] == (30, 2)
    np.testing.assert_array_equal(lines.path[0], lines.start)
    for k in range(30):
        path = lines.path[:, k]
        length = (~np.isnan(path[:, 0])).sum()
        assert np.isnan(path[length:]).all()
        np.testing.assert_array_equal(path[length - 1], lines.x[k])
        assert (np.diff(landscape.value(path[:length])) <= 1e-12).all()
        steps = np.linalg.norm(np.diff(path[:length], axis=0), axis=1)
        assert steps.max() <= 0.02 * landscape.manifold.length_scale


def test_spacing_makes_a_path_smoother_not_truer():
    landscape = problem("himmelblau")
    starts = landscape.starts(np.random.default_rng(5), 20)
    coarse, fine = (flow(landscape, starts, spacing=s) for s in (0.3, 0.002))
    np.testing.assert_allclose(coarse.x, fine.x, atol=1e-6)
    assert fine.steps.sum() > coarse.steps.sum()


@pytest.mark.parametrize(
    ("name", "parameters", "lines"), [("muller_brown", {}, 3000), ("lennard_jones", {"atoms": 6}, 100)]
)
def test_lines_end_where_much_more_accurate_ones_do(name, parameters, lines):
    landscape = problem(name, **parameters)
    starts = landscape.starts(np.random.default_rng(6), lines)
    quick, accurate = flow(landscape, starts), flow(landscape, starts, accuracy=1e-6)
    assert (quick.status == accurate.status).all()
    assert landscape.manifold.distance(quick.x, accurate.x).max() < 1e-3 * landscape.manifold.length_scale
    assert 2 * quick.steps.sum() < accurate.steps.sum()


def test_a_line_on_a_stable_manifold_runs_into_the_saddle():
    wells = problem("double_well", dim=2)
    lines = flow(wells, [[1.5, 0.0], [0.0, -0.3], [0.3, 0.1]])
    np.testing.assert_allclose(lines.x, [[1, 0], [0, -1], [1, 1]], atol=1e-8)
    assert classify(wells, lines.x).index.tolist() == [1, 1, 0]


def test_statuses():
    landscape = problem("himmelblau")
    stopped = flow(landscape, [[0.0, 0.0]], max_steps=3)
    assert stopped.status[0] == FlowStatus.STEP_LIMIT
    assert stopped.steps[0] == 3
    fenced = landscape.with_options(domain=lambda x: x[..., 0] < 1.0)
    assert flow(fenced, [[0.0, 0.0]]).status[0] == FlowStatus.LEFT
    torn = Landscape.from_function(
        lambda x: np.where(x[..., 0] < 0.5, -x[..., 0], np.nan),
        lambda x: np.where(x[..., :1] < 0.5, -np.ones_like(x), np.nan),
        lambda x: np.zeros((*x.shape, 1)),
        dim=1,
    )
    lost = flow(torn, [[0.0], [0.7]])
    assert (lost.status == FlowStatus.NON_FINITE).all()
    assert lost.x[0, 0] == pytest.approx(0.5, abs=1e-6)
    assert repr(lost) == "2 lines of the gradient flow: 2 non finite"
    nothing = flow(landscape, np.zeros((0, 2)), record=True)
    assert isinstance(nothing, FlowLines)
    assert len(nothing) == 0


def test_phi_functions_keep_their_digits():
    for z in (-700.0, -3.0, -0.051, -0.049, -1e-4, 0.0, 1e-9, 0.02, 0.051, 2.0):
        with mpmath.workdps(60):
            big = mpmath.mpf(z)
            exact3 = float((mpmath.exp(big) - 1 - big - big**2 / 2) / big**3) if z else 1 / 6
            exact1 = float((mpmath.exp(big) - 1) / big) if z else 1.0
        assert _phi1(np.array([z]))[0] == pytest.approx(exact1, rel=1e-14)
        assert _phi3(np.array([z]))[0] == pytest.approx(exact3, rel=1e-11)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": [[0.0, 0.0, 0.0]]}, r"^starts has shape \(1, 3\) but the landscape has dim 2$"),
        ({"spacing": 0.0}, "^spacing is 0.0 but must be positive$"),
        ({"reach": -1.0}, "^reach is -1.0 but must be positive$"),
        ({"accuracy": 0.0}, "^accuracy is 0.0 but must be positive$"),
        ({"max_steps": -1}, "^max_steps is -1 but must not be negative$"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        flow(problem("himmelblau"), **{"starts": [[0.0, 0.0]], **options})


@pytest.mark.parametrize("away", [0.0, 1e-6])
def test_rounding_along_zero_modes_keeps_no_line_from_arriving(away):
    landscape = problem("lennard_jones", atoms=13)
    rng = np.random.default_rng(0)
    minima = find_critical_points(landscape, landscape.starts(rng, 40), EigenvectorFollowing(0), 100)
    r = minima.x[minima.kind == Kind.MINIMUM].reshape(-1, 1, 13, 3)
    turned = (r @ np.linalg.qr(rng.normal(size=(20, 3, 3)))[0]).reshape(-1, landscape.dim)
    lines = flow(landscape, turned + away * rng.normal(size=turned.shape), max_steps=60)
    assert lines.count()["arrived"] == len(turned) >= 200
