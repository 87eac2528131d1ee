"""How long gradient descent stays near a saddle of a quadratic: exact laws.

In the eigenbasis of the Hessian a step multiplies coordinate i by 1 - lr lam_i: unstable directions (lam < 0)
grow by 1 + lr |lam| and the rest shrink, so that the escape time depends on a start only through the
logarithm of its unstable coordinates. With momentum the same holds for another rate of growth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, digamma, gammainc, logsumexp, polygamma

from landscape.arrays import Array, BoolArray, as_points
from landscape.theory.checks import positive
from landscape.theory.growth import growth_rate

_DOUBLINGS = 1100  # from one step to beyond the largest float


def escape_steps_one_direction(
    radius: npt.ArrayLike, u0: npt.ArrayLike, lr: npt.ArrayLike, curvature: npt.ArrayLike
) -> Array:
    """Steps until the unstable coordinate reaches `radius`: ln(radius / |u0|) / ln(1 + lr |curvature|).

    Continuous in the step count: gradient descent itself leaves at the next integer.

    Parameters
    ----------
    radius : (...)
        Distance at which the start counts as escaped.
    u0 : (...)
        Initial coordinate in the unstable direction.
    lr : (...)
        Learning rate.
    curvature : (...)
        Negative eigenvalue, or its absolute value.

    Returns
    -------
    (...)
        Steps; `inf` where u0 is 0, 0 where |u0| is at least the radius.

    Examples
    --------
    >>> round(float(escape_steps_one_direction(1.0, 1e-6, 0.1, -1.0)), 4)
    144.9531
    """
    r, rate = positive("radius", radius), growth_rate(lr, curvature)
    start = np.abs(np.asarray(u0, dtype=np.float64))
    if not np.isfinite(start).all():
        raise ValueError(f"u0 is {u0!r} but must be finite")
    with np.errstate(divide="ignore"):
        return np.maximum((np.log(r) - np.log(start)) / rate, 0.0)


def linear_escape_steps(coordinates: npt.ArrayLike, eigenvalues: npt.ArrayLike, lr: float, radius: float) -> Array:
    """First step at which gradient descent on a quadratic saddle is farther than `radius` from it.

    |x_t|^2 = sum_i x_i^2 (1 - lr lam_i)^(2 t) is convex in t, so a start inside the ball leaves it at most
    once: the step is bracketed by doubling and found by bisection on the integers, whatever its size.

    Parameters
    ----------
    coordinates : (..., d)
        Starts relative to the saddle, in the eigenbasis of its Hessian.
    eigenvalues : (d,)
        Eigenvalues of the Hessian.
    lr : float
        Learning rate, with lr * max |eigenvalue| < 1.
    radius : float
        Radius of the ball.

    Returns
    -------
    (...)
        Whole numbers of steps as floats (above 2^53 the nearest float); 0 where the start is outside the
        ball, `inf` where it never leaves.

    Raises
    ------
    ValueError
        If shapes disagree, or the learning rate is so large that a coordinate changes sign.

    Examples
    --------
    >>> linear_escape_steps([[0.1, 1e-6], [0.1, 0.0]], [1.0, -1.0], lr=0.1, radius=1.0).tolist()
    [145.0, inf]
    """
    lam = np.asarray(eigenvalues, dtype=np.float64)
    if lam.ndim != 1 or lam.size == 0 or not np.isfinite(lam).all():
        raise ValueError(f"eigenvalues has shape {lam.shape} but must be finite numbers of shape (d,)")
    x = as_points(coordinates, lam.size, "coordinates")
    positive("lr", lr)
    positive("radius", radius)
    if lr * np.abs(lam).max() >= 1:
        raise ValueError(f"lr is {lr} but must be below 1 / max |eigenvalue| = {1 / np.abs(lam).max()}")

    rates = np.log1p(-lr * lam)
    with np.errstate(divide="ignore"):
        log_start = np.log(np.abs(x.reshape(-1, lam.size)))
    result = np.full(len(log_start), np.inf)
    result[_outside(log_start, rates, np.zeros(len(log_start)), radius)] = 0.0
    leaves = np.isinf(result) & (np.isfinite(log_start) & (rates > 0)).any(axis=1)
    result[leaves] = _crossing(log_start[leaves], rates, radius)
    return result.reshape(x.shape[:-1])


def gaussian_start_mean_and_deviation(
    radius: npt.ArrayLike,
    sigma: npt.ArrayLike,
    lr: npt.ArrayLike,
    curvature: npt.ArrayLike,
    unstable_directions: npt.ArrayLike = 1,
) -> tuple[Array, Array]:
    """Mean and standard deviation of the (continuous) escape time from a Gaussian cloud round the saddle.

    With k directions of equal negative curvature the unstable part of the start has |u|^2 = sigma^2 chi^2_k,
    and the escape time is linear in ln |u|: mean = [ln(radius / sigma) - (psi(k / 2) + ln 2) / 2] / rate,
    deviation = sqrt(psi_1(k / 2)) / (2 rate), rate = ln(1 + lr |curvature|). Whole steps add 1/2 to the mean.
    Starts outside the ball count with a negative time, so sigma must be well below the radius.

    Parameters
    ----------
    radius : (...)
        Distance in the unstable directions at which a start counts as escaped.
    sigma : (...)
        Standard deviation of each coordinate of the start.
    lr, curvature : (...)
        Learning rate and negative eigenvalue (or its absolute value).
    unstable_directions : (...)
        Number k of unstable directions.

    Returns
    -------
    mean, deviation : (...)
        In steps.
    """
    r, s, k = (
        positive("radius", radius),
        positive("sigma", sigma),
        positive("unstable_directions", unstable_directions),
    )
    rate = growth_rate(lr, curvature)
    mean = (np.log(r / s) - 0.5 * (digamma(k / 2) + np.log(2))) / rate
    deviation = 0.5 * np.sqrt(polygamma(1, k / 2)) / rate
    return mean, np.broadcast_to(deviation, mean.shape).copy()


def ball_start_mean_and_deviation(
    radius: npt.ArrayLike,
    start_radius: npt.ArrayLike,
    lr: npt.ArrayLike,
    curvature: npt.ArrayLike,
    dim: npt.ArrayLike,
    unstable_directions: npt.ArrayLike = 1,
) -> tuple[Array, Array]:
    """Mean and standard deviation of the (continuous) escape time from a ball of starts round the saddle.

    Of a start uniform in a d-ball the part along k directions has (|u| / start_radius)^2 distributed as
    Beta(k / 2, (d - k) / 2 + 1), so that with equal curvature in those directions

        mean = {ln(radius / start_radius) + [psi(d / 2 + 1) - psi(k / 2)] / 2} / rate,
        deviation = sqrt(psi_1(k / 2) - psi_1(d / 2 + 1)) / (2 rate),    rate = ln(1 + lr |curvature|).

    With k = 1 the mean grows as ln(d) / (2 rate). It is also the time that perturbed gradient descent needs from the
    saddle itself, counted from a perturbation of radius `start_radius` (Jin et al. 2017, arXiv:1703.00887, where it is
    bounded by a power of ln d). Whole steps add 1/2.

    Parameters
    ----------
    radius : (...)
        Distance in the unstable directions at which a start counts as escaped.
    start_radius : (...)
        Radius of the ball of starts, at most `radius`.
    lr, curvature : (...)
        Learning rate and negative eigenvalue (or its absolute value).
    dim : (...)
        Number d of dimensions.
    unstable_directions : (...)
        Number k of them that are unstable, at most d.

    Returns
    -------
    mean, deviation : (...)
        In steps.

    Examples
    --------
    >>> mean, _ = ball_start_mean_and_deviation(1.0, 0.01, 0.1, -1.0, [10, 1000])
    >>> mean.round(3).tolist()
    [67.569, 91.226]
    """
    r, rho, d, k = _ball(radius, start_radius, dim, unstable_directions)
    rate = growth_rate(lr, curvature)
    mean = (np.log(r / rho) + 0.5 * (digamma(d / 2 + 1) - digamma(k / 2))) / rate
    deviation = 0.5 * np.sqrt(polygamma(1, k / 2) - polygamma(1, d / 2 + 1)) / rate
    return mean, np.broadcast_to(deviation, mean.shape).copy()


def escape_survival_from_ball(
    t: npt.ArrayLike,
    radius: npt.ArrayLike,
    start_radius: npt.ArrayLike,
    lr: npt.ArrayLike,
    curvature: npt.ArrayLike,
    dim: npt.ArrayLike,
    unstable_directions: npt.ArrayLike = 1,
) -> Array:
    """Probability that a start uniform in a ball has not left after t steps.

    P(T > t) = I_q(k / 2, (d - k) / 2 + 1), the regularised incomplete beta function at
    q = min(1, (radius / start_radius)^2 (1 + lr |curvature|)^(-2 t)).

    Parameters
    ----------
    t : (...)
        Steps, at least 0.
    radius, start_radius, lr, curvature, dim, unstable_directions : (...)
        As in `ball_start_mean_and_deviation`.

    Returns
    -------
    (...)
        Probabilities.
    """
    r, rho, d, k = _ball(radius, start_radius, dim, unstable_directions)
    reach = _shrinking_radius(t, r / rho, growth_rate(lr, curvature))
    return betainc(k / 2, (d - k) / 2 + 1, np.minimum(reach**2, 1.0))


def escape_survival_from_gaussian(
    t: npt.ArrayLike,
    radius: npt.ArrayLike,
    sigma: npt.ArrayLike,
    lr: npt.ArrayLike,
    curvature: npt.ArrayLike,
    unstable_directions: npt.ArrayLike = 1,
) -> Array:
    """Probability that a Gaussian start has not left after t steps.

    P(T > t) = P(k / 2, s^2 / 2), the regularised incomplete gamma function at s = (radius / sigma)
    (1 + lr |curvature|)^(-t), from |u|^2 = sigma^2 chi^2_k; with one unstable direction it is erf(s / sqrt(2)).

    Parameters
    ----------
    t : (...)
        Steps, at least 0.
    radius, sigma, lr, curvature, unstable_directions : (...)
        As in `gaussian_start_mean_and_deviation`.

    Returns
    -------
    (...)
        Probabilities.
    """
    r, s, k = (
        positive("radius", radius),
        positive("sigma", sigma),
        positive("unstable_directions", unstable_directions),
    )
    reach = _shrinking_radius(t, r / s, growth_rate(lr, curvature))
    return gammainc(k / 2, 0.5 * reach**2)


def _outside(log_start: Array, rates: Array, t: Array, radius: float) -> BoolArray:
    """Whether |x_t| > radius, from logarithms so that nothing under- or overflows."""
    return 0.5 * logsumexp(2 * (log_start + t[:, None] * rates), axis=1) > np.log(radius)


def _crossing(log_start: Array, rates: Array, radius: float) -> Array:
    """First integer t with |x_t| > radius for starts that are inside and do leave, (m,)."""
    low, high = np.zeros(len(log_start)), np.ones(len(log_start))
    for _ in range(_DOUBLINGS):
        inside = ~_outside(log_start, rates, high, radius)
        if not inside.any():
            break
        low = np.where(inside, high, low)
        high = np.where(inside, np.minimum(2 * high, np.finfo(np.float64).max), high)
    else:
        high = np.where(inside, np.inf, high)
    while True:
        middle = np.floor(low + (high - low) / 2)
        undecided = (middle > low) & (middle < high)
        if not undecided.any():
            return high
        outside = _outside(log_start, rates, middle, radius)
        high = np.where(undecided & outside, middle, high)
        low = np.where(undecided & ~outside, middle, low)


def _shrinking_radius(t: npt.ArrayLike, ratio: Array, rate: Array) -> Array:
    """ratio exp(-rate t): how small an unstable coordinate must have been to be inside after t steps."""
    steps = np.asarray(t, dtype=np.float64)
    if not (steps >= 0).all():
        raise ValueError(f"t is {t!r} but must be at least 0")
    return ratio * np.exp(-steps * rate)


def _ball(
    radius: npt.ArrayLike, start_radius: npt.ArrayLike, dim: npt.ArrayLike, unstable_directions: npt.ArrayLike
) -> tuple[Array, Array, Array, Array]:
    r, rho = positive("radius", radius), positive("start_radius", start_radius)
    d, k = positive("dim", dim), positive("unstable_directions", unstable_directions)
    if not (rho <= r).all():
        raise ValueError(f"start_radius is {start_radius!r} but must not exceed the radius, {radius!r}")
    if not (k <= d).all():
        raise ValueError(f"unstable_directions is {unstable_directions!r} but there are only {dim!r} dimensions")
    return r, rho, d, k
