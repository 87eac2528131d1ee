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
    np.testing.assert_allclose(rates.tuned_nesterov_contraction(KAPPA), [0.640789, 0.884722, 0.963491], atol=5e-7)


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


def nesterov_iteration(lr, beta):
    return lambda lam: np.array([[(1 + beta) * (1 - lr * lam), -beta * (1 - lr * lam)], [1.0, 0.0]])


@pytest.mark.parametrize("kappa", KAPPA)
def test_nesterov_is_the_spectral_radius(kappa):
    mu, L = 0.7, 0.7 * kappa
    radius = spectral_radius(nesterov_iteration(*rates.nesterov_parameters(mu, L)), mu, L)
    assert rates.nesterov_contraction(kappa) == pytest.approx(radius, abs=1e-7)


@pytest.mark.parametrize("kappa", KAPPA)
def test_no_parameters_of_nesterov_contract_faster_than_the_tuned_ones(kappa):
    mu, L = 0.7, 0.7 * kappa
    lr, beta = rates.tuned_nesterov_parameters(mu, L)
    best = spectral_radius(nesterov_iteration(lr, beta), mu, L)
    assert rates.tuned_nesterov_contraction(kappa) == pytest.approx(best, abs=1e-7)
    assert rates.tuned_nesterov_contraction(kappa) < rates.nesterov_contraction(kappa)
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = lr * rng.uniform(0.8, 1.2), 1 - (1 - beta) * rng.uniform(0.7, 1.4)
        assert max(np.abs(np.linalg.eigvals(nesterov_iteration(*other)(lam))).max() for lam in (mu, L)) > best - 1e-7


@given(L=st.floats(0.01, 100), momentum=st.floats(0.0, 0.99))
def test_momentum_moves_the_edge_of_stability(L, momentum):
    heavy, nesterov = rates.heavy_ball_stability_limit(L, momentum), rates.nesterov_stability_limit(L, momentum)
    for side in (-1e-3, 1e-3):
        lr = heavy * (1 + side)
        iteration = np.array([[1 + momentum - lr * L, -momentum], [1.0, 0.0]])
        assert (np.abs(np.linalg.eigvals(iteration)).max() > 1) == (side > 0)
        iteration = nesterov_iteration(nesterov * (1 + side), momentum)(L)
        assert (np.abs(np.linalg.eigvals(iteration)).max() > 1) == (side > 0)
    assert nesterov <= rates.stability_limit(L) <= heavy


def test_the_gap_of_a_function_that_is_not_convex():
    # x^2 + 3 sin(x)^2 has |f''| <= 8 and |f'|^2 >= 2 f / 32 (Karimi, Nutini & Schmidt 2016, section 2.2).
    def f(x):
        return x**2 + 3 * np.sin(x) ** 2

    def slope(x):
        return 2 * x + 3 * np.sin(2 * x)

    x = np.linspace(-6, 6, 10_001)[np.linspace(-6, 6, 10_001) != 0]
    assert (slope(x) ** 2 >= 2 / 32 * f(x)).all()
    assert (2 + 6 * np.cos(2 * x)).min() < 0
    factor = float(rates.polyak_lojasiewicz_contraction(8 * 32))
    for _ in range(50):
        before, x = f(x), x - slope(x) / 8
        assert (f(x) <= factor * before).all()
    # On a quadratic it is the contraction of the distance at the same learning rate.
    assert rates.polyak_lojasiewicz_contraction(10) == rates.gradient_descent_contraction(0.1, 1.0, 1.0)


@given(ratio=st.floats(1, 1e4), seed=st.integers(0, 100))
def test_exact_line_search_never_contracts_less(ratio, seed):
    lam = np.geomspace(1, ratio, 5)
    bound = float(rates.exact_line_search_contraction(ratio))
    x = np.random.default_rng(seed).standard_normal(5)
    for start, attained in ((x, False), (np.eye(5)[0] * ratio + np.eye(5)[-1], True)):
        g = lam * start
        end = start - g * (g @ g) / (g @ (lam * g))
        factor = (lam @ end**2) / (lam @ start**2)
        assert factor <= bound + 1e-12
        assert not attained or factor == pytest.approx(bound, abs=1e-12)


@given(L=st.floats(0.01, 100), R=st.floats(0.01, 100), N=st.integers(0, 200))
def test_drori_teboulle_is_attained_by_a_huber_function(L, R, N):
    knee, x = rates.worst_case_knee(R, N), R
    for _ in range(N):
        x -= rates.huber(x, L, knee)[1] / L
    assert rates.drori_teboulle_bound(L, R, N) == pytest.approx(float(rates.huber(x, L, knee)[0]), rel=1e-11)
    # No other Huber function is worse.
    for other in (0.5 * knee, 0.9 * knee, 1.1 * knee, 2 * knee):
        x = R
        for _ in range(N):
            x -= rates.huber(x, L, other)[1] / L
        assert rates.huber(x, L, other)[0] <= rates.drori_teboulle_bound(L, R, N) * (1 + 1e-11)


def test_published_worst_cases():
    # Independent computation with L = R = 1: 1/6, 1/42 and 1/202.
    expected = [0.1666667, 0.0238095, 0.00495050]
    np.testing.assert_allclose(rates.drori_teboulle_bound(1, 1, [1, 10, 50]), expected, atol=5e-8)
    np.testing.assert_allclose(
        rates.textbook_bound(2, 3, [1, 10, 50]) / rates.drori_teboulle_bound(2, 3, [1, 10, 50]), [3, 2.1, 2.02]
    )


@given(L=st.floats(0.01, 100), knee=st.floats(0.01, 100))
def test_huber_functions_are_convex_with_a_slope_of_that_lipschitz_constant(L, knee):
    x = np.linspace(-3 * knee, 3 * knee, 301)
    value, slope = rates.huber(x, L, knee)
    change = np.diff(slope) / np.diff(x)
    assert (change > -1e-9 * L).all()
    assert (change < L * (1 + 1e-9)).all()
    np.testing.assert_allclose(np.diff(value), (slope[1:] + slope[:-1]) / 2 * np.diff(x), atol=1e-12 * L * knee**2)


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
    assert [a.shape for a in rates.tuned_nesterov_parameters(mu, L)] == [(3, 2), (3, 2)]
    assert [a.shape for a in rates.huber(L, mu, 1.0)] == [(3, 2), (3, 2)]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rates.stability_limit(0), "L"),
        (lambda: rates.stability_limit(np.inf), "L"),
        (lambda: rates.optimal_learning_rate(2, 1), "mu"),
        (lambda: rates.gradient_descent_contraction(1, 2, -0.1), "lr"),
        (lambda: rates.optimal_contraction(0.5), "kappa"),
        (lambda: rates.drori_teboulle_bound(1, 1, -1), "N"),
        (lambda: rates.textbook_bound(1, 1, -1), "N"),
        (lambda: rates.worst_case_knee(0, 1), "R"),
        (lambda: rates.huber(1, 1, 0), "knee"),
        (lambda: rates.heavy_ball_stability_limit(1, 1), "momentum"),
        (lambda: rates.nesterov_stability_limit(1, -0.1), "momentum"),
        (lambda: rates.tuned_nesterov_parameters(2, 1), "mu"),
        (lambda: rates.polyak_lojasiewicz_contraction(0), "kappa"),
        (lambda: rates.armijo_step_bound(1, 1, 0.5), "backtrack"),
        (lambda: rates.armijo_step_bound(1, 0.5, 0), "decrease"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=f"^{name} is"):
        call()
