"""How fast first-order methods contract on quadratics, and the worst they do on convex functions.

Curvatures lie between mu and L; kappa = L / mu is the condition number. Every function broadcasts over its
arguments.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive


def stability_limit(L: npt.ArrayLike) -> Array:
    """Learning rate above which gradient descent diverges where the largest curvature is L: 2 / L.

    Examples
    --------
    >>> float(stability_limit(4.0))
    0.5
    """
    return 2 / positive("L", L)


def optimal_learning_rate(mu: npt.ArrayLike, L: npt.ArrayLike) -> Array:
    """Constant learning rate for which gradient descent contracts fastest: 2 / (L + mu).

    Polyak 1987, *Introduction to Optimization*, section 1.4.
    """
    low, high = _curvatures(mu, L)
    return 2 / (low + high)


def gradient_descent_contraction(mu: npt.ArrayLike, L: npt.ArrayLike, lr: npt.ArrayLike) -> Array:
    """Slowest contraction of gradient descent per step: max |1 - lr lam| over [mu, L].

    Parameters
    ----------
    mu, L : (...)
        Smallest and largest curvature, 0 < mu <= L.
    lr : (...)
        Learning rate; from 2 / L on the factor is at least 1 and descent does not converge.

    Returns
    -------
    (...)
        Contraction factor per step.
    """
    low, high = _curvatures(mu, L)
    step = positive("lr", lr)
    return np.maximum(np.abs(1 - step * low), np.abs(1 - step * high))


def optimal_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of gradient descent at `optimal_learning_rate`: (kappa - 1) / (kappa + 1).

    Examples
    --------
    >>> optimal_contraction([10, 100, 1000]).round(6).tolist()
    [0.818182, 0.980198, 0.998002]
    """
    number = _condition_number(kappa)
    return (number - 1) / (number + 1)


def exact_line_search_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of the gap f - f* per step of gradient descent with exact line search, at worst.

    ((kappa - 1) / (kappa + 1))^2, on quadratics by Kantorovich's inequality and on all strongly convex functions (de
    Klerk, Glineur & Taylor, Optim. Lett. 11, 1185, 2017, Theorem 1.2); a quadratic attains it at every step from starts
    whose two gradient components, along mu and along L, are equally large.
    """
    return optimal_contraction(kappa) ** 2


def polyak_lojasiewicz_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of the gap f - f* per step of gradient descent at lr = 1 / L, at worst: 1 - 1 / kappa, 1 - mu / L.

    It holds for every function with L-Lipschitz gradient and |grad f|^2 >= 2 mu (f - f*), convex or not (Polyak, USSR
    Comput. Math. Math. Phys. 3, 864, 1963; Karimi, Nutini & Schmidt 2016, arXiv:1608.04636, Theorem 1). On a quadratic
    it is the contraction of the distance at that rate, and the gap contracts by its square.
    """
    return 1 - 1 / _condition_number(kappa)


def heavy_ball_parameters(mu: npt.ArrayLike, L: npt.ArrayLike) -> tuple[Array, Array]:
    """Learning rate and momentum for which the heavy ball contracts fastest on quadratics.

    4 / (sqrt(L) + sqrt(mu))^2 and ((sqrt(kappa) - 1) / (sqrt(kappa) + 1))^2 (Polyak, USSR Comput. Math. Math.
    Phys. 4, 1, 1964).

    Returns
    -------
    lr, momentum : (...)
        For x_(t+1) = x_t - lr grad f(x_t) + momentum (x_t - x_(t-1)).
    """
    low, high = _curvatures(mu, L)
    return 4 / (np.sqrt(high) + np.sqrt(low)) ** 2, heavy_ball_contraction(high / low) ** 2


def heavy_ball_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of the heavy ball at `heavy_ball_parameters`: (sqrt(kappa) - 1) / (sqrt(kappa) + 1).

    It is the spectral radius of the iteration. At both ends of the spectrum the iteration matrix has a double
    root, so that errors there carry a factor t besides.
    """
    root = np.sqrt(_condition_number(kappa))
    return (root - 1) / (root + 1)


def heavy_ball_stability_limit(L: npt.ArrayLike, momentum: npt.ArrayLike) -> Array:
    """Learning rate above which the heavy ball diverges on quadratics: 2 (1 + momentum) / L.

    Where a root of z^2 - (1 + momentum - lr L) z + momentum passes -1 (Polyak 1964).
    """
    return 2 * (1 + _kept_part("momentum", momentum)) / positive("L", L)


def nesterov_parameters(mu: npt.ArrayLike, L: npt.ArrayLike) -> tuple[Array, Array]:
    """Nesterov's standard learning rate 1 / L and momentum (sqrt(kappa) - 1) / (sqrt(kappa) + 1).

    Nesterov 2004, *Introductory Lectures on Convex Optimization*, scheme 2.2.11 (constant step).

    Returns
    -------
    lr, momentum : (...)
        For y_t = x_t + momentum (x_t - x_(t-1)), x_(t+1) = y_t - lr grad f(y_t).
    """
    low, high = _curvatures(mu, L)
    momentum = heavy_ball_contraction(high / low)
    return np.broadcast_to(1 / high, momentum.shape).copy(), momentum


def nesterov_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of Nesterov's method at `nesterov_parameters` on quadratics: 1 - 1 / sqrt(kappa).

    It is the spectral radius of the iteration, attained at the smallest curvature, where the 2 x 2 iteration
    matrix has the double root 1 - 1 / sqrt(kappa); all other curvatures contract faster. The familiar
    sqrt(1 - 1 / sqrt(kappa)) is the guarantee for strongly convex functions, weaker because it holds for all.

    Examples
    --------
    >>> nesterov_contraction([10, 100, 1000]).round(6).tolist()
    [0.683772, 0.9, 0.968377]
    """
    return 1 - 1 / np.sqrt(_condition_number(kappa))


def tuned_nesterov_parameters(mu: npt.ArrayLike, L: npt.ArrayLike) -> tuple[Array, Array]:
    """Learning rate and momentum for which Nesterov's method contracts fastest on quadratics.

    4 / (3 L + mu) and (sqrt(3 kappa + 1) - 2) / (sqrt(3 kappa + 1) + 2) (Lessard, Recht & Packard, SIAM J. Optim. 26,
    57, 2016, Proposition 1).

    Returns
    -------
    lr, momentum : (...)
        As in `nesterov_parameters`.
    """
    low, high = _curvatures(mu, L)
    root = np.sqrt(3 * high / low + 1)
    return 4 / (3 * high + low), (root - 2) / (root + 2)


def tuned_nesterov_contraction(kappa: npt.ArrayLike) -> Array:
    """Contraction of Nesterov's method at `tuned_nesterov_parameters` on quadratics: 1 - 2 / sqrt(3 kappa + 1).

    The spectral radius of the iteration, attained at both ends of the spectrum, with a double root at the lower one.

    Examples
    --------
    >>> tuned_nesterov_contraction([10, 100, 1000]).round(6).tolist()
    [0.640789, 0.884722, 0.963491]
    """
    return 1 - 2 / np.sqrt(3 * _condition_number(kappa) + 1)


def nesterov_stability_limit(L: npt.ArrayLike, momentum: npt.ArrayLike) -> Array:
    """Learning rate above which Nesterov's method diverges on quadratics: 2 (1 + momentum) / (L (1 + 2 momentum)).

    Where a root of z^2 - (1 + momentum) (1 - lr L) z + momentum (1 - lr L) passes -1.
    """
    beta = _kept_part("momentum", momentum)
    return 2 * (1 + beta) / (positive("L", L) * (1 + 2 * beta))


def textbook_bound(L: npt.ArrayLike, R: npt.ArrayLike, N: npt.ArrayLike) -> Array:
    """The usual bound of the gap f(x_N) - f* of gradient descent at lr = 1 / L on convex functions: L R^2 / (2 N).

    Beck & Teboulle, SIAM J. Imaging Sci. 2, 183, 2009, Theorem 3.1. Parameters as in `drori_teboulle_bound`, which is
    smaller by a factor 2 + 1 / N and cannot be improved; `inf` for N = 0.
    """
    steps = _steps(N)
    with np.errstate(divide="ignore"):
        return positive("L", L) * positive("R", R) ** 2 / (2 * steps)


def drori_teboulle_bound(L: npt.ArrayLike, R: npt.ArrayLike, N: npt.ArrayLike) -> Array:
    """Largest gap f(x_N) - f* after N steps of gradient descent at lr = 1 / L: L R^2 / (4 N + 2).

    The worst case over all convex functions with L-Lipschitz gradient and starts at distance R from a
    minimum; a Huber function attains it (Drori & Teboulle, Math. Program. 145, 451, 2014, Theorem 1).

    Parameters
    ----------
    L : (...)
        Lipschitz constant of the gradient.
    R : (...)
        Distance of the start from a minimum.
    N : (...)
        Number of steps, at least 0.

    Returns
    -------
    (...)
        Bound of the gap.

    Examples
    --------
    >>> drori_teboulle_bound(1, 1, [1, 10, 50]).round(8).tolist()
    [0.16666667, 0.02380952, 0.0049505]
    """
    return positive("L", L) * positive("R", R) ** 2 / (4 * _steps(N) + 2)


def worst_case_knee(R: npt.ArrayLike, N: npt.ArrayLike) -> Array:
    """Knee of the Huber function that attains `drori_teboulle_bound` from distance R in N steps: R / (2 N + 1).

    Descent at lr = 1 / L walks down the slope by one knee a step and after N steps is N + 1 knees from the minimum
    (Drori & Teboulle 2014, Theorem 2).
    """
    return positive("R", R) / (2 * _steps(N) + 1)


def huber(distance: npt.ArrayLike, L: npt.ArrayLike, knee: npt.ArrayLike) -> tuple[Array, Array]:
    """A parabola of curvature L that goes over into a straight slope at the knee.

    L x^2 / 2 up to the knee d, L d |x| - L d^2 / 2 beyond (Huber, Ann. Math. Stat. 35, 73, 1964): convex, with
    L-Lipschitz gradient. Taken of a distance it is such a function in any dimension.

    Returns
    -------
    value, slope : (...)
        The function and its derivative.
    """
    x, L, knee = np.asarray(distance, dtype=np.float64), positive("L", L), positive("knee", knee)
    curved = np.minimum(np.abs(x), knee)
    return L * curved * (np.abs(x) - curved / 2), L * np.clip(x, -knee, knee)


def armijo_step_bound(L: npt.ArrayLike, backtrack: npt.ArrayLike, decrease: npt.ArrayLike) -> Array:
    """Step that backtracking never falls below: 2 backtrack (1 - decrease) / L.

    Every accepted step is at least the smaller of this and the first step tried (Nocedal & Wright 2006,
    *Numerical Optimization*, section 3.1, with the descent lemma).

    Parameters
    ----------
    L : (...)
        Lipschitz constant of the gradient.
    backtrack : (...)
        Factor by which a refused step shrinks, between 0 and 1.
    decrease : (...)
        Armijo's constant c in f(x - t g) <= f(x) - c t |g|^2, between 0 and 1.

    Returns
    -------
    (...)
        Lower bound of the step.

    Examples
    --------
    >>> round(float(armijo_step_bound(33.3, 0.5, 1e-4)), 6)
    0.030027
    """
    factors = {"backtrack": backtrack, "decrease": decrease}
    beta, c = (_between_zero_and_one(name, value) for name, value in factors.items())
    return 2 * beta * (1 - c) / positive("L", L)


def _steps(N: npt.ArrayLike) -> Array:
    steps = np.asarray(N, dtype=np.float64)
    if not (steps >= 0).all():
        raise ValueError(f"N is {N!r} but must be at least 0")
    return steps


def _kept_part(name: str, value: npt.ArrayLike) -> Array:
    number = np.asarray(value, dtype=np.float64)
    if not ((number >= 0) & (number < 1)).all():
        raise ValueError(f"{name} is {value!r} but must be at least 0 and below 1")
    return number


def _between_zero_and_one(name: str, value: npt.ArrayLike) -> Array:
    number = np.asarray(value, dtype=np.float64)
    if not ((number > 0) & (number < 1)).all():
        raise ValueError(f"{name} is {value!r} but must lie strictly between 0 and 1")
    return number


def _curvatures(mu: npt.ArrayLike, L: npt.ArrayLike) -> tuple[Array, Array]:
    low, high = positive("mu", mu), positive("L", L)
    if not (low <= high).all():
        raise ValueError(f"mu is {mu!r} but must not exceed L, {L!r}")
    return low, high


def _condition_number(kappa: npt.ArrayLike) -> Array:
    number = np.asarray(kappa, dtype=np.float64)
    if not (np.isfinite(number) & (number >= 1)).all():
        raise ValueError(f"kappa is {kappa!r} but a condition number is at least 1")
    return number
