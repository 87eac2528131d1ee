"""Saddle-free Newton: doubling off saddles, Newton's convergence to minima."""

import numpy as np
import pytest

from landscape import DescentStatus, Kind, Landscape, SaddleFreeNewton, classify, descend, problem


def test_on_a_quadratic_stiff_directions_vanish_and_unstable_ones_double():
    saddle = problem("quadratic", eigenvalues=(-1e-3, -50.0, 2.0, 0.1))
    x = np.array([[1e-6, -2e-6, 0.01, 0.02]])
    moved = descend(saddle, x, SaddleFreeNewton(damping=0.0), 1, tol=0.0).x
    np.testing.assert_allclose(moved, [[2e-6, -4e-6, 0.0, 0.0]], atol=1e-17)
    path = descend(saddle, x, SaddleFreeNewton(damping=0.0), 10, tol=0.0).x
    np.testing.assert_allclose(path[0, :2], 2**10 * x[0, :2], rtol=1e-12)


def test_turning_the_landscape_turns_the_step():
    rng = np.random.default_rng(0)
    lam = np.array([-2.0, -0.1, 0.5, 3.0])
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    matrix = turn @ np.diag(lam) @ turn.T
    turned = Landscape.from_function(
        lambda x: np.einsum("...i,...i", x, x @ matrix) / 2,
        lambda x: x @ matrix,
        lambda x: matrix + 0 * x[..., None],
        dim=4,
    )
    x = 0.1 * rng.standard_normal((20, 4))
    plain = descend(problem("quadratic", eigenvalues=tuple(lam)), x, SaddleFreeNewton(), 3, tol=0.0)
    other = descend(turned, x @ turn.T, SaddleFreeNewton(), 3, tol=0.0)
    np.testing.assert_allclose(other.x, plain.x @ turn.T, atol=1e-13)


def test_convergence_is_quadratic():
    landscape = problem("himmelblau")
    path = descend(landscape, [[2.8, 2.2]], SaddleFreeNewton(), 4, tol=0.0, record=1).trajectory.x[:, 0]
    error = np.linalg.norm(path - [3.0, 2.0], axis=1)
    assert (error[1:4] < 2 * error[:3] ** 2).all()
    assert error[3] < 1e-6


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "spherical_spin_glass", "xy_chain", "lennard_jones"])
def test_it_ends_at_minima(name):
    landscape = problem(name)
    runs = descend(landscape, landscape.starts(np.random.default_rng(0), 100), SaddleFreeNewton(), 200, tol=1e-7)
    assert runs.count()["converged"] == 100
    assert (classify(landscape, runs.x).kind == Kind.MINIMUM).all()


def test_on_a_stable_manifold_it_ends_at_the_saddle():
    wells = problem("double_well", dim=2)
    runs = descend(wells, [[0.0, 0.9]], SaddleFreeNewton(), tol=1e-9)
    np.testing.assert_allclose(runs.x, [[0.0, 1.0]], atol=1e-9)


def test_no_step_is_longer_than_the_longest():
    landscape = problem("six_hump_camel")
    x = landscape.starts(np.random.default_rng(0), 100)
    path = descend(landscape, x, SaddleFreeNewton(max_step=0.05), 20, tol=0.0, record=1).trajectory.x
    steps = np.linalg.norm(np.diff(path, axis=0), axis=-1)
    assert steps.max() == pytest.approx(0.05, rel=1e-12)


def test_flat_directions_are_damped():
    # Where an eigenvalue is zero it counts as 1e-2 of the largest, 4: x moves by g / 0.04.
    landscape = Landscape.from_function(
        lambda x: x[..., 0] + 2 * x[..., 1] ** 2,
        lambda x: np.stack([1 + 0 * x[..., 0], 4 * x[..., 1]], axis=-1),
        lambda x: np.diag([0.0, 4.0]) + 0 * x[..., None],
        dim=2,
    )
    runs = descend(landscape, [[0.0, 0.3]], SaddleFreeNewton(damping=1e-2, max_step=100.0), 1)
    np.testing.assert_allclose(runs.x, [[-25.0, 0.0]], atol=1e-12)


def test_a_hessian_that_is_not_finite_ends_the_run():
    landscape = Landscape.from_function(
        lambda x: (x**2).sum(-1) / 2, lambda x: x, lambda x: np.where(x[..., None] > 0.5, np.nan, 1.0), dim=1
    )
    runs = descend(landscape, [[0.9], [0.4]], SaddleFreeNewton())
    assert runs.status.tolist() == [DescentStatus.NON_FINITE, DescentStatus.CONVERGED]
    assert runs.x[0, 0] == 0.9


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match=r"^damping is -1 but must be a number that is not negative$"):
        SaddleFreeNewton(damping=-1)
    with pytest.raises(ValueError, match=r"^max_step is 0\.0 but must be a positive number$"):
        SaddleFreeNewton(max_step=0.0)
