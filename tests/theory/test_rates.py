"""Contraction factors against the spectral radius of the iterations themselves, and published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.theory import rates

KAPPA = np.array([10.0, 100.0, 1000.0])


def spectral_radius(iteration, mu, L):
    """Largest |eigenvalue| of the 2 x 2 matrices `iteration(lam)` over curvatures from mu to L."""
    return max(np.abs(np.linalg.eigvals(iteration(lam))).max() for lam in np.linspace(mu, L, 401))


def test_published_rates():
    # Reference values: rates by spectral radius at kappa = 10, 100, 1000.
    np.testing.assert_allclose(rates.optimal_contraction(KAPPA), [0.818182, 0.980198, 0.998002], atol=5e-7)
    np.testing.assert_allclose(rates.heavy_ball_contraction(KAPPA), [0.519494, 0.818182, 0.938693], atol=5e-7)
    np.testing.assert_allclose(rates.nesterov_contraction(KAPPA), [0.683772, 0.9, 0.968377], atol=5e-7)


def test_published_stability_limits():
    # Reference values: the worked regression under four scalings of its loss.
    L = [16.700610, 8.350305, 33.401219, 66.802439]
    np.testing.assert_allclose(rates.stability_limit(L), [0.119756, 0.239512, 0.059878, 0.029939], atol=5e-7)


@given(mu=st.floats(0.01, 10), ratio=st.floats(1, 1e4), fraction=st.floats(0.01, 1.5))
def test_gradient_descent_contracts_as_its_slowest_direction(mu, ratio, fraction):
    L = mu * ratio
    lr = fraction * 2 / L
    slowest = np.abs(1 - lr * np.linspace(mu, L, 1001)).max()
    assert rates.gradient_descent_contraction(mu, L, lr) == pytest.approx(slowest, rel=1e-9)


@given(mu=st.floats(0.01, 10), ratio=st.floats(1, 1e4), change=st.floats(0.5, 2.0))
def test_the_optimal_learning_rate_is_optimal(mu, ratio, change):
    L = mu * ratio
    best = rates.optimal_learning_rate(mu, L)
    contraction = rates.gradient_descent_contraction(mu, L, best)
    assert contraction == pytest.approx(float(rates.optimal_contraction(L / mu)), abs=1e-12)
    assert rates.gradient_descent_contraction(mu, L, change * best) >= contraction - 1e-12


@pytest.mark.parametrize("kappa", KAPPA)
def test_heavy_ball_is_the_spectral_radius(kappa):
    mu, L = 0.7, 0.7 * kappa
    lr, beta = rates.heavy_ball_parameters(mu, L)
    radius = spectral_radius(lambda lam: np.array([[1 + beta - lr * lam, -beta], [1.0, 0.0]]), mu, L)
    # A double root moves by the square root of a rounding error.
    assert rates.heavy_ball_contraction(kappa) == pytest.approx(radius, abs=1e-7)


@pytest.mark.parametrize("kappa", KAPPA)
def test_nesterov_is_the_spectral_radius(kappa):
    mu, L = 0.7, 0.7 * kappa
    lr, beta = rates.nesterov_parameters(mu, L)

    def iteration(lam):
        return np.array([[(1 + beta) * (1 - lr * lam), -beta * (1 - lr * lam)], [1.0, 0.0]])

    assert rates.nesterov_contraction(kappa) == pytest.approx(spectral_radius(iteration, mu, L), abs=1e-7)


@pytest.mark.parametrize("N", [1, 10, 50])
def test_drori_teboulle_is_attained_by_a_huber_function(N):
    # L = R = 1: the Huber function with knee R / (2 N + 1), slope constant beyond it (independent reference values).
    knee = 1 / (2 * N + 1)
    x = 1.0
    for _ in range(N):
        x -= np.clip(x, -knee, knee)
    value = knee * abs(x) - knee**2 / 2 if abs(x) > knee else x**2 / 2
    assert rates.drori_teboulle_bound(1, 1, N) == pytest.approx(value, rel=1e-13)


@given(
    L=st.floats(0.1, 100),
    backtrack=st.floats(0.1, 0.9),
    decrease=st.floats(1e-4, 0.9),
    first=st.floats(1e-3, 10),
)
def test_backtracking_never_falls_below_the_armijo_bound(L, backtrack, decrease, first):
    # f = L x^2 / 2 from where the gradient is 1.
    step = first
    while 0.5 / L * (1 - L * step) ** 2 > 0.5 / L - decrease * step + 1e-12 / L:
        step *= backtrack
    assert step >= min(first, float(rates.armijo_step_bound(L, backtrack, decrease))) * (1 - 1e-9)


def test_everything_broadcasts():
    mu, L = np.full((3, 1), 0.5), np.array([1.0, 2.0])
    assert rates.optimal_learning_rate(mu, L).shape == (3, 2)
    assert [a.shape for a in rates.heavy_ball_parameters(mu, L)] == [(3, 2), (3, 2)]
    assert [a.shape for a in rates.nesterov_parameters(mu, L)] == [(3, 2), (3, 2)]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rates.stability_limit(0), "L"),
        (lambda: rates.stability_limit(np.inf), "L"),
        (lambda: rates.optimal_learning_rate(2, 1), "mu"),
        (lambda: rates.gradient_descent_contraction(1, 2, -0.1), "lr"),
        (lambda: rates.optimal_contraction(0.5), "kappa"),
        (lambda: rates.drori_teboulle_bound(1, 1, -1), "N"),
        (lambda: rates.armijo_step_bound(1, 1, 0.5), "backtrack"),
        (lambda: rates.armijo_step_bound(1, 0.5, 0), "decrease"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=f"^{name} is"):
        call()
