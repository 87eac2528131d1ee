"""How fast an unstable coordinate grows near a saddle: per step, with momentum, and from saddle to saddle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive


def growth_rate(lr: npt.ArrayLike, curvature: npt.ArrayLike) -> Array:
    """ln(1 + lr |curvature|): how fast an unstable coordinate grows under gradient descent, per step, (...).

    Examples
    --------
    >>> round(float(growth_rate(0.1, -1.0)), 6)
    0.09531
    """
    return np.log1p(_strength(lr, curvature))


def heavy_ball_growth(lr: npt.ArrayLike, curvature: npt.ArrayLike, momentum: npt.ArrayLike) -> tuple[Array, Array]:
    """How an unstable coordinate grows under the heavy ball: u_t = A u_0 rho^t once transients are over.

    With a = lr |curvature| a step is u_(t+1) = (1 + a + m) u_t - m u_(t-1), from rest u_1 = (1 + a) u_0: rho is the
    larger root of rho^2 - (1 + a + m) rho + m = 0 and A = (1 + a - m / rho) / (rho - m / rho) (O'Neill & Wright 2019,
    Math. Program. 176, 403, compare such rates). For small a the rate ln rho is a / (1 - m): momentum shortens the
    escape by the factor 1 - m, as it does the motion along any slow mode.

    Parameters
    ----------
    lr : (...)
        Learning rate.
    curvature : (...)
        Negative eigenvalue, or its absolute value.
    momentum : (...)
        In [0, 1); 0 is gradient descent.

    Returns
    -------
    log_rho, log_amplitude : (...)
        A start leaves a ball of radius r after (ln(r / |u_0|) - log_amplitude) / log_rho steps.
    """
    a, m = _momentum_arguments(lr, curvature, momentum)
    return _leading_root(a, 1 - m - a, a)


def nesterov_growth(lr: npt.ArrayLike, curvature: npt.ArrayLike, momentum: npt.ArrayLike) -> tuple[Array, Array]:
    """How an unstable coordinate grows under Nesterov's method: u_t = A u_0 rho^t once transients are over.

    With a = lr |curvature| the extrapolated point obeys u_(t+1) = (1 + m)(1 + a) u_t - m (1 + a) u_(t-1), and from
    rest u_1 = (1 + a + m a) u_0.

    Parameters
    ----------
    lr, curvature, momentum : (...)
        As in `heavy_ball_growth`.

    Returns
    -------
    log_rho, log_amplitude : (...)
        As in `heavy_ball_growth`.
    """
    a, m = _momentum_arguments(lr, curvature, momentum)
    return _leading_root(a, 1 - m - a - m * a, a + m * a)


def octopus_dwell_factor(lr: npt.ArrayLike, L: npt.ArrayLike, gamma: npt.ArrayLike) -> Array:
    """By what factor each saddle of the octopus holds gradient descent longer than the one before.

    While descent spends t steps at earlier saddles, the coordinate along which it will leave a later one shrinks by
    (1 - 2 lr L)^t, and there it must grow back by 1 + 2 lr gamma a step: dwell times grow in the long run by the
    factor 1 + ln(1 / (1 - 2 lr L)) / ln(1 + 2 lr gamma) (Du et al. 2017, arXiv:1705.10412, bound the total from
    below by an exponential of the dimension).

    Parameters
    ----------
    lr : (...)
        Learning rate, below 1 / (2 L).
    L, gamma : (...)
        Curvatures: a saddle's Hessian has eigenvalues 2 L and -2 gamma.

    Returns
    -------
    (...)

    Raises
    ------
    ValueError
        If a number is not positive, or a step overshoots.

    Examples
    --------
    >>> round(float(octopus_dwell_factor(0.25, 1.0, 1.0)), 4)
    2.7095
    """
    eta, steep, flat = positive("lr", lr), positive("L", L), positive("gamma", gamma)
    if not (2 * eta * steep < 1).all():
        raise ValueError(f"lr is {lr!r} but must be below 1 / (2 L), L = {L!r}")
    return 1 - np.log1p(-2 * eta * steep) / np.log1p(2 * eta * flat)


def _momentum_arguments(lr: npt.ArrayLike, curvature: npt.ArrayLike, momentum: npt.ArrayLike) -> tuple[Array, Array]:
    m = np.asarray(momentum, dtype=np.float64)
    if not ((m >= 0) & (m < 1)).all():
        raise ValueError(f"momentum is {momentum!r} but must be at least 0 and below 1")
    return _strength(lr, curvature), m


def _strength(lr: npt.ArrayLike, curvature: npt.ArrayLike) -> Array:
    """lr |curvature|, (...)."""
    lam = np.asarray(curvature, dtype=np.float64)
    return positive("lr", lr) * positive("curvature", np.abs(lam))


def _leading_root(a: Array, b: Array, first: Array) -> tuple[Array, Array]:
    """Logarithms of the larger root rho = 1 + d, where d^2 + b d - a = 0, and of A in u_t = A rho^t + ..., u_0 = 1,
    u_1 = 1 + first.

    The other root is 1 - a / d. What is small is never taken from 1, so that slow growth keeps all its digits.
    """
    root = np.hypot(b, 2 * np.sqrt(a))
    d = np.where(b > 0, 2 * a / (np.abs(b) + root), (np.abs(b) + root) / 2)
    return np.log1p(d), np.log1p((first - d) / (d + a / d))
