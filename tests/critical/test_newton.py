"""Damped Newton: steps within the radius, and convergence as fast as theory says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape import Landscape, Newton, problem, search
from landscape.batch import NoMemory
from landscape.critical.trust_region import GradientNorms
from landscape.spectrum.dense import TangentSystem


def errors(landscape, start, distance, steps, tail=1e-11):
    """Distance from the solution after 0, 1, 2, ... steps, down to rounding."""
    points = [search(landscape, start, Newton(), max_steps=k).x[0] for k in range(steps)]
    found = np.array([distance(x) for x in points])
    return found[found > tail]


def random_system(seed, m=6, d=4, scale=1.0):
    rng = np.random.default_rng(seed)
    hessian = rng.standard_normal((m, d, d))
    hessian = scale * (hessian + np.swapaxes(hessian, 1, 2))
    hessian[0] = 0.0
    hessian[1] = np.diag([1.0, 0.0, -1.0, 0.0]) * scale
    none = np.zeros((m, d, 0))
    return TangentSystem(scale * rng.standard_normal((m, d)), hessian, np.tile(np.eye(d), (m, 1, 1)), none, none)


@given(seed=st.integers(0, 999), radius=st.floats(1e-6, 1e6), scale=st.sampled_from([1e-12, 1.0, 1e12]))
def test_no_step_is_longer_than_the_radius_and_all_reduce_the_model(seed, radius, scale):
    system = random_system(seed, scale=scale)
    proposal, _ = Newton().propose(None, system, np.full(6, radius), NoMemory())
    assert (np.linalg.norm(proposal.step, axis=1) <= radius * (1 + 1e-9)).all()
    before = np.linalg.norm(system.gradient, axis=1)
    after = np.linalg.norm(proposal.residual, axis=1)
    assert (after <= before * (1 + 1e-12)).all()
    assert (after[2:] < before[2:]).all()


@given(seed=st.integers(0, 999), radius=st.floats(1e-3, 1e3))
def test_the_step_is_that_of_the_normal_equations(seed, radius):
    system = random_system(seed)
    step = Newton().propose(None, system, np.full(6, radius), NoMemory())[0].step
    for k in range(2, 6):
        H, g = system.hessian[k], system.gradient[k]
        sigma = np.linalg.norm(g) / (2 * radius)
        expected = -np.linalg.solve(H @ H + sigma**2 * np.eye(4), H @ g)
        np.testing.assert_allclose(step[k], expected, rtol=1e-6, atol=1e-8 * np.linalg.norm(expected))


@pytest.mark.parametrize(
    "root", [(3.0, 2.0), (-0.27084459, -0.92303856), (0.08667750, 2.88425470)], ids=["minimum", "maximum", "saddle"]
)
def test_convergence_to_a_nondegenerate_point_is_quadratic(root):
    himmelblau = problem("himmelblau")
    exact = search(himmelblau, root, Newton()).x[0]
    assert np.linalg.norm(exact - root) < 1e-6
    e = errors(himmelblau, exact + np.array([0.2, -0.15]), lambda x: np.linalg.norm(x - exact), 9)
    assert len(e) >= 4
    assert (e[2:] < 2.0 * e[1:-1] ** 2).all()
    assert e[-1] < 1e-6


def test_convergence_on_a_sphere_is_quadratic():
    glass = problem("spherical_spin_glass", n=6, seed=3)
    runs = search(glass, glass.starts(np.random.default_rng(0), 20), Newton()).converged()
    exact = runs.x[0]
    e = errors(glass, exact + 0.02, lambda x: np.linalg.norm(x - exact), 9)
    assert (e[2:] < 20 * e[1:-1] ** 2).all()
    assert len(e) >= 3


def test_convergence_to_a_circle_of_minima_is_quadratic():
    # f = (x^2 + y^2 - 1)^2 / 4: not one minimum is isolated.
    def hessian(p):
        excess = (p * p).sum(-1) - 1
        return excess[..., None, None] * np.eye(2) + 2 * p[..., :, None] * p[..., None, :]

    circle = Landscape.from_function(
        lambda p: ((p * p).sum(-1) - 1) ** 2 / 4,
        lambda p: ((p * p).sum(-1, keepdims=True) - 1) * p,
        hessian,
        dim=2,
        box=(-2, 2),
    )
    e = errors(circle, np.array([0.9, 0.8]), lambda x: abs(np.linalg.norm(x) - 1), 12)
    assert (e[3:] < 5 * e[2:-1] ** 2).all()
    assert e[-1] < 1e-6


@pytest.mark.parametrize("power", [3, 4, 6])
def test_convergence_to_a_degenerate_point_is_linear_with_the_known_factor(power):
    # At a zero of multiplicity m = power - 1 of the gradient, Newton contracts by (m - 1) / m per step.
    landscape = Landscape.from_function(
        lambda x: (x**power)[..., 0] / power,
        lambda x: x ** (power - 1),
        lambda x: (power - 1) * x[..., None] ** (power - 2),
        dim=1,
    )
    e = errors(landscape, np.array([0.01]), lambda x: abs(x[0]), 12, tail=0.0)
    np.testing.assert_allclose(e[3:] / e[2:-1], (power - 2) / (power - 1), rtol=0.01)


def test_a_quadratic_is_solved_to_rounding_whatever_its_condition():
    landscape = problem("quadratic", eigenvalues=(1e6, 1.0, -1e-4))
    runs = search(landscape, landscape.starts(np.random.default_rng(0), 20), Newton())
    np.testing.assert_allclose(runs.converged().x, 0, atol=1e-12)
    assert len(runs.converged()) == 20
    assert runs.steps.max() < 30


def test_steps_that_raise_the_gradient_are_refused_and_good_ones_widen_the_radius():
    norms = GradientNorms(
        before=np.ones(4), after=np.array([1.1, 0.99, 0.5, 0.1]), expected=np.full(4, 0.1), deviation=np.zeros(4)
    )
    accepted, factor = Newton().judge(norms)
    assert accepted.tolist() == [False, True, True, True]
    assert factor.tolist() == [0.5, 0.5, 2.0, 2.0]


def test_the_gradient_norm_never_grows():
    glass = problem("spherical_spin_glass", n=5, seed=2)
    x = glass.starts(np.random.default_rng(0), 50)
    norms = np.array([search(glass, x, Newton(), max_steps=k).gradient_norm for k in range(12)])
    assert (np.diff(norms, axis=0) <= 1e-14).all()
