"""Gradient flow against the exponential, small-step descent, and the laws that it must keep."""

import numpy as np
import pytest

from landscape import (
    CriticalPoints,
    DescentStatus,
    GradientDescent,
    GradientFlow,
    Landscape,
    descend,
    find_critical_points,
    gradient_flow,
    problem,
)
from landscape.descent.gradient_flow import SOLVERS

each_solver = pytest.mark.parametrize("solver", SOLVERS)


@each_solver
def test_on_a_quadratic_it_is_the_exponential(solver):
    # A stiff one, and one that runs away; SciPy keeps the error per step below rtol, the sum of them stays below 1e-6.
    rates = np.array([1.0, 300.0, -0.5])
    bowl = problem("quadratic", eigenvalues=tuple(rates))
    start = np.array([[1.0, 1.0, 0.3], [-0.5, 0.2, -0.1]])
    times = [0.0, 0.001, 0.5, 2.0]
    flow = gradient_flow(bowl, start, 2.0, solver, tol=0.0, record=times)
    exact = start * np.exp(-np.multiply.outer(times, rates))[:, None]
    np.testing.assert_allclose(flow.path.x, exact, atol=1e-6)
    np.testing.assert_array_equal(flow.path.times, times)
    np.testing.assert_allclose(flow.path.x[-1], flow.x, rtol=1e-12)
    assert flow.status.tolist() == [DescentStatus.STEP_LIMIT] * 2
    assert flow.time.tolist() == [2.0, 2.0]


def test_the_solvers_allowance_is_kept():
    bowl = problem("quadratic", eigenvalues=(1.0, 30.0))
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8):
        flow = gradient_flow(bowl, [[1.0, 1.0]], 1.0, "Radau", tol=0.0, rtol=rtol)
        errors.append(np.abs(flow.x - np.exp([-1.0, -30.0])).max())
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel"])
def test_it_goes_where_small_steps_go(name):
    # At a learning rate of 1e-2 / L descent differs from the flow by a relative 1e-2: one start of 60 may lie so near
    # to an edge of its basin.
    landscape = problem(name)
    x = landscape.starts(np.random.default_rng(0), 60)
    steepest = np.linalg.eigvalsh(landscape.hessian(landscape.starts(np.random.default_rng(1), 1000))).max()
    steps = descend(landscape, x, GradientDescent(0.01 / steepest), 100_000, tol=1e-3)
    flow = gradient_flow(landscape, x, 1e4, tol=1e-6)
    assert (steps.status == DescentStatus.CONVERGED).all()
    assert (flow.status == DescentStatus.CONVERGED).all()
    assert (flow.gradient_norm <= 1e-6).all()
    together = np.linalg.norm(flow.x - steps.x, axis=1) < 0.01 * landscape.manifold.length_scale
    assert together.sum() >= 59


@each_solver
def test_on_a_sphere_it_stays_there_and_goes_down(solver):
    glass = problem("spherical_spin_glass", n=5, seed=1)
    x = glass.starts(np.random.default_rng(0), 6)
    flow = gradient_flow(glass, 2 * x, 1e3, solver, record=np.linspace(0, 3, 20))
    assert (flow.status == DescentStatus.CONVERGED).all()
    np.testing.assert_allclose(np.linalg.norm(flow.path.x, axis=-1), 1.0, rtol=1e-12)
    assert (np.diff(glass.value(flow.path.x), axis=0) <= 1e-12).all()
    assert (np.linalg.eigvalsh(glass.tangent_hessian(flow.x)) > 0).all()
    small = descend(glass, x, GradientDescent(0.001), 3000, tol=0.0)  # the flow at time 3 but for O(lr)
    np.testing.assert_allclose(flow.path.x[-1], small.x, atol=5e-3)


def test_angles_stay_on_the_torus():
    ring = problem("xy_chain", n=4)
    x = ring.starts(np.random.default_rng(0), 5) - 20
    flow = gradient_flow(ring, x, 3.0, tol=0.0, record=np.linspace(0, 3, 9))
    assert ((flow.path.x >= 0) & (flow.path.x < 2 * np.pi)).all()
    small = descend(ring, x, GradientDescent(1e-3), 3000, tol=0.0)
    assert ring.manifold.distance(flow.x, small.x).max() < 5e-3


def test_the_value_falls_by_the_squared_gradient():
    # df/dt = -|grad f|^2 along the flow: the integral over time is the fall of f.
    landscape = problem("himmelblau")
    times = np.linspace(0, 0.2, 4001)
    flow = gradient_flow(landscape, [[-1.0, 0.5], [5.0, -4.0]], 0.2, tol=0.0, record=times)
    squared = (landscape.gradient(flow.path.x) ** 2).sum(-1)
    np.testing.assert_allclose(
        np.trapezoid(squared, times, axis=0), landscape.value(flow.start) - landscape.value(flow.x), rtol=1e-4
    )


def test_every_end_has_its_status():
    landscape = problem("himmelblau")
    starts = [[3.0, 2.0], [1.0, 1.0]]
    flow = gradient_flow(landscape, starts, 1e-3)
    assert flow.status.tolist() == [DescentStatus.CONVERGED, DescentStatus.STEP_LIMIT]
    assert flow.time.tolist() == [0.0, 1e-3]
    assert flow.steps[0] == 0
    away = gradient_flow(problem("monkey_saddle"), [[-0.1, 0.0]], 100.0, record=[0.0, 1.0, 50.0])
    assert away.status[0] == DescentStatus.DIVERGED
    assert away.time[0] == pytest.approx(1 / 0.3, rel=1e-5)  # dx/dt = -3 x^2 from -0.1
    np.testing.assert_array_equal(away.path.x[-1], away.x)
    inside = landscape.with_options(domain=lambda x: x[..., 0] > 0)
    left = gradient_flow(inside, [[0.1, 3.5]], 10.0)
    assert left.status[0] == DescentStatus.LEFT_DOMAIN
    assert left.x[0, 0] <= 0
    short = gradient_flow(landscape, [[1.0, 1.0]], 10.0, max_steps=5)
    assert (short.status[0], short.steps[0]) == (DescentStatus.STEP_LIMIT, 5)
    assert short.time[0] < 10.0


def test_a_gradient_that_is_not_finite_ends_a_flow_where_it_still_was():
    cliff = Landscape.from_function(
        lambda x: x[..., 0],
        lambda x: np.where(x > 0, 1.0, np.nan),
        lambda x: np.zeros((*x.shape, 1)),
        dim=1,
    )
    flow = gradient_flow(cliff, [[0.5]], 10.0)
    assert flow.status[0] == DescentStatus.NON_FINITE
    assert np.isfinite(flow.x).all()


def test_a_flow_is_a_descent(tmp_path):
    landscape = problem("himmelblau")
    flow = gradient_flow(landscape, landscape.starts(np.random.default_rng(0), 4), 10.0, record=[0.0, 1.0])
    assert isinstance(flow, GradientFlow)
    assert flow.count()["converged"] == 4
    assert repr(flow).startswith("4 descents by gradient_flow(time=10, solver='LSODA')\nconverged: 4")
    assert flow[:2].path is None
    flow.save(tmp_path / "flow.npz")
    again = GradientFlow.load(tmp_path / "flow.npz")
    for name in ("x", "time", "status", "steps"):
        np.testing.assert_array_equal(getattr(again, name), getattr(flow, name))
    points = find_critical_points(landscape, flow.x)
    assert isinstance(points, CriticalPoints)
    assert (points.index == 0).all()
    assert len(gradient_flow(landscape, np.zeros((0, 2)), 1.0)) == 0


def test_progress_counts_starts():
    seen = []
    landscape = problem("himmelblau")
    gradient_flow(landscape, [[1.0, 1.0]] * 3, 0.1, progress=lambda *a: seen.append(a))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": [[1.0]]}, r"^starts has shape \(1, 1\) but the landscape has dim 2$"),
        ({"time": 0.0}, r"^time is 0\.0 but must be a positive number$"),
        ({"time": np.inf}, r"^time is inf but must be a positive number$"),
        ({"rtol": 0.0}, r"^rtol is 0\.0 but must be a positive number$"),
        ({"solver": "Euler"}, r"^solver is 'Euler' but must be one of LSODA, BDF, Radau$"),
        ({"tol": -1.0}, r"^tol is -1\.0 but must not be negative$"),
        ({"max_steps": 0}, r"^max_steps is 0 but must be at least 1$"),
        ({"record": [2.0]}, r"^record must be times in increasing order, from 0 to 1\.0$"),
        ({"record": [0.5, 0.2]}, r"^record must be times"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        gradient_flow(problem("himmelblau"), **{"starts": [[0.0, 0.0]], "time": 1.0, **options})
