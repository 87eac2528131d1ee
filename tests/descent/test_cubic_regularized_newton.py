"""Cubic regularization: the subproblem to the last digit, and where runs end."""

import numpy as np
import pytest
from scipy.optimize import minimize

from landscape import CubicRegularizedNewton, DescentStatus, Euclidean, Kind, Landscape, classify, descend, problem
from landscape.descent.cubic_regularized_newton import cubic_step


def model(s, lam, g, M):
    return g @ s + lam @ s**2 / 2 + M * np.linalg.norm(s) ** 3 / 6


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_the_subproblem_is_solved_at_every_scale(d):
    # Global minimum if and only if (H + M |s| / 2) s = -g and H + M |s| / 2 >= 0 (Nesterov & Polyak, section 5.1).
    rng = np.random.default_rng(d)
    m = 4000
    lam = np.sort(rng.standard_normal((m, d)) * 10 ** rng.uniform(-6, 3, (m, d)), axis=1)
    lam[2::8, : min(d, 2)] = lam[2::8, :1]  # a lowest eigenvalue that is double
    g = rng.standard_normal((m, d)) * 10 ** rng.uniform(-12, 3, (m, d))
    if d > 1:
        g[::4, 0] = 0.0  # the hard case
        g[1::4, 0] *= 1e-14  # and nearly so
    M = 10 ** rng.uniform(-4, 4, m)
    s = cubic_step(lam, g, M)
    shift = M * np.linalg.norm(s, axis=1) / 2
    residual = np.linalg.norm((lam + shift[:, None]) * s + g, axis=1)
    assert (residual <= 1e-14 * (np.linalg.norm(g, axis=1) + np.linalg.norm(lam * s, axis=1))).all()
    assert (lam[:, 0] + shift >= -1e-14 * np.abs(lam[:, 0])).all()


def test_no_other_minimizer_finds_a_lower_model():
    rng = np.random.default_rng(0)
    for _ in range(30):
        lam, g, M = (
            np.sort(rng.standard_normal(3)),
            rng.standard_normal(3) * [rng.integers(2), 1, 1],
            rng.uniform(0.1, 3),
        )
        ours = model(cubic_step(lam[None], g[None], np.array([M]))[0], lam, g, M)
        others = [
            minimize(model, start, (lam, g, M), tol=1e-12).fun for start in 3 * rng.standard_normal((5, 3)) / np.sqrt(M)
        ]
        assert min(others) == pytest.approx(ours, abs=1e-8 * max(1, abs(ours)))


def test_the_hard_case_by_hand():
    # lam = (-1, 1), g = (0, 1), M = 1: |s| = 2, s_2 = -1/2, s_1 = sqrt(4 - 1/4), on the positive side.
    s = cubic_step(np.array([[-1.0, 1.0]]), np.array([[0.0, 1.0]]), np.array([1.0]))
    np.testing.assert_allclose(s, [[np.sqrt(3.75), -0.5]], rtol=1e-14)


def test_a_stable_manifold_does_not_hold_it():
    wells = problem("double_well", dim=3)
    start = np.array([[0.0, 0.9, 0.0], [0.0, 0.0, 0.3]])
    runs = descend(wells, start, CubicRegularizedNewton(), 100, tol=1e-9)
    assert (runs.status == DescentStatus.CONVERGED).all()
    np.testing.assert_allclose(np.abs(runs.x), 1.0, atol=1e-8)


@pytest.mark.parametrize(
    "name", ["himmelblau", "six_hump_camel", "spherical_spin_glass", "xy_chain", "lennard_jones", "rosenbrock"]
)
def test_it_ends_at_minima_and_f_never_rises(name):
    landscape = problem(name)
    x = landscape.starts(np.random.default_rng(0), 100)
    runs = descend(landscape, x, CubicRegularizedNewton(), 200, tol=1e-7, record=1)
    assert runs.count()["converged"] == 100
    assert (classify(landscape, runs.x).kind == Kind.MINIMUM).all()
    f = landscape.value(runs.trajectory.x)
    assert (np.diff(f, axis=0) <= 1e-14 * np.abs(f[:-1])).all()


def test_convergence_is_quadratic():
    landscape = problem("himmelblau")
    path = descend(landscape, [[2.8, 2.2]], CubicRegularizedNewton(M=0.1), 4, tol=0.0, record=1).trajectory.x[:, 0]
    error = np.linalg.norm(path - [3.0, 2.0], axis=1)
    assert (error[1:4] < 3 * error[:3] ** 2).all()
    assert error[4] < 1e-10


def test_the_guaranteed_decrease():
    # With M at least the Lipschitz constant of the Hessian, here 12 where |x_i| <= 2, f falls by M |s|^3 / 12 or more
    # (Lemma 4).
    wells = problem("double_well", dim=2)
    x = wells.starts(np.random.default_rng(0), 500)
    moved = descend(wells, x, CubicRegularizedNewton(M=12.0), 1, tol=0.0).x
    assert np.abs(moved).max() <= 2
    length = np.linalg.norm(moved - x, axis=1)
    assert (wells.value(x) - wells.value(moved) >= length**3 * (1 - 1e-9)).all()


def test_units_change_nothing():
    himmelblau = problem("himmelblau")
    scaled = Landscape.from_function(
        lambda x: 2.0**30 * himmelblau.value(x / 2**10),
        lambda x: 2.0**20 * himmelblau.gradient(x / 2**10),
        lambda x: 2.0**10 * himmelblau.hessian(x / 2**10),
        manifold=Euclidean(2, (-6 * 2**10, 6 * 2**10)),
    )
    x = himmelblau.starts(np.random.default_rng(0), 30)
    plain = descend(himmelblau, x, CubicRegularizedNewton(), 20, tol=0.0)
    other = descend(scaled, 2**10 * x, CubicRegularizedNewton(), 20, tol=0.0)
    np.testing.assert_allclose(other.x / 2**10, plain.x, rtol=1e-10)


def test_a_hessian_that_is_not_finite_ends_the_run():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(-1) / 2, lambda x: x, lambda x: np.where(x[..., None] > 0.5, np.nan, 1.0), dim=1
    )
    runs = descend(landscape, [[0.9], [0.4]], CubicRegularizedNewton())
    assert runs.status.tolist() == [DescentStatus.NON_FINITE, DescentStatus.CONVERGED]


def test_a_quadratic_that_falls_for_ever_is_fallen_down():
    runs = descend(problem("quadratic", eigenvalues=(1.0, -1.0)), [[0.5, 0.0]], CubicRegularizedNewton(), 100)
    assert runs.status[0] == DescentStatus.DIVERGED


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match=r"^M is 0\.0 but must be a positive number$"):
        CubicRegularizedNewton(M=0.0)


def test_a_first_value_beyond_64_bits_is_a_number():
    wells = problem("double_well", dim=2)
    one, other = (descend(wells, [[0.5, 0.4]], CubicRegularizedNewton(M=M), 3).x for M in (10**26, 1e26))
    np.testing.assert_array_equal(one, other)
