"""Where noise keeps gradient descent from coming to rest, on quadratics: exact stationary covariances.

The iteration is x <- x - lr (H x + noise), with H the Hessian and the minimum at the origin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive
from landscape.theory.rates import stability_limit


def stationary_covariance(hessian: npt.ArrayLike, noise: npt.ArrayLike, lr: float) -> Array:
    """Covariance C of x once the start is forgotten, where the noise is independent of x: the solution of

        C = (1 - lr H) C (1 - lr H) + lr^2 S.

    In the eigenbasis of H: C_ij = lr S_ij / (lam_i + lam_j - lr lam_i lam_j), proportional to lr where that is small
    (Liu, Ziyin & Ueda 2021, ICML, arXiv:2012.03636; for small lr Mandt, Hoffman & Blei, J. Mach. Learn. Res. 18, 134,
    2017). It holds for any distribution of the noise; the law of x itself is normal only if the noise is.

    Parameters
    ----------
    hessian : (d, d)
        Symmetric, positive definite.
    noise : (d, d)
        Covariance S of the noise in the gradient at each step.
    lr : float
        Below 2 / L.

    Returns
    -------
    (d, d)

    Examples
    --------
    >>> stationary_covariance([[1.0, 0.0], [0.0, 4.0]], np.eye(2), 0.1).round(6).tolist()
    [[0.052632, 0.0], [0.0, 0.015625]]
    """
    H, S = _square("hessian", hessian), _square("noise", noise)
    lam, modes = np.linalg.eigh(H)
    _require_stable(lam, lr)
    rates = lam[:, None] + lam - lr * lam[:, None] * lam
    return modes @ (lr * (modes.T @ S @ modes) / rates) @ modes.T


def sampled_covariance(hessians: npt.ArrayLike, gradients: npt.ArrayLike, lr: float, batch_size: int = 1) -> Array:
    """Covariance of x once the start is forgotten, for stochastic gradient descent on a mean of quadratics.

    Each step draws `batch_size` of the terms h_k . x + x . A_k x / 2, independently and with replacement. The Hessian
    is then random too, and with A the mean of the A_k and b the batch size

        C = (1 - lr A) C (1 - lr A) + (lr^2 / b) (mean of A_k C A_k - A C A + mean of h_k h_k^T),

    one linear equation for C.

    Parameters
    ----------
    hessians : (k, d, d)
        The A_k, symmetric, their mean positive definite.
    gradients : (k, d)
        The h_k: gradients of the terms at the minimum of their mean, so that they sum to zero.
    lr : float
    batch_size : int

    Returns
    -------
    (d, d)

    Raises
    ------
    ValueError
        If `lr` is so large that the covariance grows for ever.
    """
    A, h = np.asarray(hessians, dtype=np.float64), np.asarray(gradients, dtype=np.float64)
    if A.ndim != 3 or A.shape[1] != A.shape[2] or h.shape != A.shape[:2]:
        raise ValueError(f"hessians has shape {A.shape} and gradients {h.shape}, expected (k, d, d) and (k, d)")
    if not np.abs(h.mean(axis=0)).max() <= 1e-8 * max(np.abs(h).max(), np.finfo(np.float64).tiny):
        raise ValueError("gradients do not sum to zero: they must be taken at the minimum of the mean")
    mean, d = A.mean(axis=0), A.shape[1]
    _require_stable(np.linalg.eigvalsh(mean), lr)
    # Row-major vec: vec(P C Q^T) = (P kron Q) vec C.
    contraction = np.eye(d) - lr * mean
    spread = np.einsum("kab,kcd->acbd", A, A).reshape(d * d, d * d) / len(A) - np.kron(mean, mean)
    iteration = np.kron(contraction, contraction) + lr**2 / batch_size * spread
    if np.abs(np.linalg.eigvals(iteration)).max() >= 1:
        raise ValueError(f"lr is {lr}: with batches of {batch_size} the covariance grows for ever")
    kick = lr**2 / batch_size * (h.T @ h / len(h))
    return np.linalg.solve(np.eye(d * d) - iteration, kick.ravel()).reshape(d, d)


def mean_gap(hessian: npt.ArrayLike, covariance: npt.ArrayLike) -> float:
    """Mean of f - f* for a covariance of x round the minimum: half the trace of H C.

    For the noise S and small lr it is lr trace(S) / 4, whatever the Hessian.
    """
    return float(0.5 * np.sum(_square("hessian", hessian) * _square("covariance", covariance)))


def decaying_variance(
    curvature: npt.ArrayLike, noise: npt.ArrayLike, lr: npt.ArrayLike, decay: npt.ArrayLike, steps: npt.ArrayLike
) -> Array:
    """Late variance of x in one dimension at learning rate lr / (1 + decay t), where a = lr / decay:

        a^2 s^2 / ((2 a lam - 1) t).

    The 1/t law of stochastic approximation (Chung, Ann. Math. Stat. 25, 463, 1954); with a lam <= 1/2 it falls more
    slowly, as t^(-2 a lam), and keeps the memory of the start.

    Parameters
    ----------
    curvature : (...)
        lam.
    noise : (...)
        Standard deviation s of the noise in the gradient at each step.
    lr, decay : (...)
    steps : (...)
        t.

    Examples
    --------
    >>> float(decaying_variance(1.0, 1.0, 1.0, 1.0, 100))
    0.01
    """
    a = positive("lr", lr) / positive("decay", decay)
    excess = 2 * a * positive("curvature", curvature) - 1
    if not (excess > 0).all():
        raise ValueError(f"lr / decay is {a!r} but must exceed 1 / (2 curvature) for the 1/t law")
    return a**2 * positive("noise", noise) ** 2 / (excess * positive("steps", steps))


def _square(name: str, value: npt.ArrayLike) -> Array:
    matrix = np.asarray(value, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ValueError(f"{name} has shape {matrix.shape} but must be a square matrix of finite numbers")
    return matrix


def _require_stable(lam: Array, lr: float) -> None:
    if not lam.min() > 0:
        raise ValueError(f"hessian has the eigenvalue {lam.min()} but must be positive definite")
    if not positive("lr", lr) < stability_limit(lam.max()):
        raise ValueError(f"lr is {lr} but must be below 2 / L = {float(stability_limit(lam.max()))}")
