"""Growth near saddles, against the iterations themselves."""

import numpy as np
import pytest

from landscape.theory.growth import growth_rate, heavy_ball_growth, nesterov_growth, octopus_dwell_factor


def test_a_step_of_gradient_descent():
    np.testing.assert_allclose(growth_rate([0.1, 0.5], [-1.0, 2.0]), np.log([1.1, 2.0]), rtol=1e-15)


@pytest.mark.parametrize(("growth", "nesterov"), [(heavy_ball_growth, False), (nesterov_growth, True)])
@pytest.mark.parametrize(("lr", "curvature", "momentum"), [(0.1, -1.0, 0.9), (0.3, 2.0, 0.5), (1e-3, 1.0, 0.99)])
def test_growth_with_momentum_is_that_of_the_recursion(growth, nesterov, lr, curvature, momentum):
    """Iterated from rest with v <- m v + a u, where a = lr |curvature|: the other mode has died out."""
    a, u, v = lr * abs(curvature), 1.0, 0.0
    logarithm = 0.0
    steps = 3000
    for _ in range(steps):
        v = momentum * v + a * u
        u += momentum * v + a * u if nesterov else v
        logarithm += np.log(u)
        v, u = v / u, 1.0
    rate, amplitude = growth(lr, curvature, momentum)
    assert logarithm == pytest.approx(float(rate * steps + amplitude), rel=1e-11)


def test_without_momentum_both_are_gradient_descent():
    for growth in (heavy_ball_growth, nesterov_growth):
        rate, amplitude = growth([0.1, 0.5], 1.0, 0.0)
        np.testing.assert_allclose(rate, np.log([1.1, 1.5]), rtol=1e-14)
        np.testing.assert_allclose(amplitude, 0, atol=1e-14)


def test_slow_modes_leave_faster_by_one_minus_the_momentum():
    slow = heavy_ball_growth(1e-8, 1.0, 0.9)[0]
    assert slow == pytest.approx(1e-8 / (1 - 0.9), rel=1e-5)


@pytest.mark.parametrize("growth", [heavy_ball_growth, nesterov_growth])
def test_the_slowest_growth_keeps_its_digits(growth):
    # To first order in a = lr |curvature|: rho = 1 + a / (1 - m), and the other root is m.
    np.testing.assert_allclose(
        growth(1e-12, 1.0, [0.0, 0.5, 0.9])[0], 1e-12 / (1 - np.array([0.0, 0.5, 0.9])), rtol=1e-9
    )
    lr = np.array([1e-300, 1e-17, 1e-12, 1e-5, 0.1, 1.0, 30.0, 1e200])
    rate, amplitude = growth(lr, -1.0, 0.0)
    np.testing.assert_allclose(rate, growth_rate(lr, -1.0), rtol=1e-15)
    np.testing.assert_allclose(amplitude, 0, atol=1e-15)


def test_the_amplitude_of_slow_growth():
    # Under the heavy ball all comes to rest a factor 1 / (1 - m) further out than the first step went.
    a, m = 1e-9, 0.9
    rest = a * (1 / (1 - m) - 1) / (1 - m)
    assert heavy_ball_growth(a, 1.0, m)[1] == pytest.approx(-rest, rel=1e-6)


def test_published_growth_of_the_octopus_dwell_times():
    # Du et al. 2017 with their learning rate, for L = 1, 1.5, 2, 3: independent computation.
    L = np.array([1.0, 1.5, 2.0, 3.0])
    factor = octopus_dwell_factor(1 / (4 * L), L, 1.0)
    np.testing.assert_allclose(factor, [2.7095, 3.4094, 4.1063, 5.4966], atol=6e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: growth_rate(0.0, 1.0), "^lr is 0.0 but must be positive and finite$"),
        (lambda: heavy_ball_growth(0.1, 1.0, 1.0), "^momentum is 1.0 but must be at least 0 and below 1$"),
        (lambda: nesterov_growth(0.1, 1.0, -0.1), "^momentum is -0.1"),
        (lambda: octopus_dwell_factor(0.5, 1.0, 1.0), r"^lr is 0.5 but must be below 1 / \(2 L\)"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
