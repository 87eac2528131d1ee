"""Index of critical points of a neural network against their error: a Wishart plus a Wigner matrix.

Pennington & Bahri (ICML 2017, PMLR 70, 2798) write the Hessian of a squared loss as H0 + H1. H0 = J J' / m is Wishart,
with phi the number of parameters over the number of data; H1, from the residuals, is Wigner with variance 2 epsilon,
where epsilon is the error. If they are freely independent, R-transforms add and the resolvent G solves a cubic,

    1 / G + 2 epsilon G + 1 / (1 - phi G) = z.

Below a critical error all critical points are minima; above, the index fraction grows with the power 3/2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.theory.checks import positive


def critical_error(phi: npt.ArrayLike) -> Array:
    """Error above which critical points have negative curvature: [1 - 20 phi - 8 phi^2 + (1 + 8 phi)^(3/2)] / 16.

    Parameters
    ----------
    phi : (...)
        Parameters over data, positive.

    Returns
    -------
    (...)
        1/8 for phi to 0; 0 from phi = 1 on, where H0 is singular.

    Examples
    --------
    >>> critical_error([0.25, 1.0]).round(9).tolist()
    [0.043509526, 0.0]
    """
    ratio = np.minimum(positive("phi", phi), 1.0)
    return (1 - 20 * ratio - 8 * ratio**2 + (1 + 8 * ratio) ** 1.5) / 16


def index_fraction(error: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """Index fraction alpha(epsilon, phi): the share of the spectrum of H0 + H1 below zero.

    Because z(G) is explicit, the integral of the density is so too: with G the resolvent at z = 0,
    alpha = Im[ln(-G) + epsilon G^2 - ln(1 - phi G) / phi] / pi.

    Parameters
    ----------
    error, phi : (...)
        Error epsilon and parameters over data, positive; broadcast together.

    Returns
    -------
    (...)
        0 up to `critical_error`; 1/2 for a large error.

    Raises
    ------
    ValueError
        If an argument is not positive and finite.

    Examples
    --------
    >>> index_fraction([0.04, 0.05, 0.1], 0.25).round(6).tolist()
    [0.0, 0.003854, 0.05398]
    """
    epsilon, ratio = np.broadcast_arrays(positive("error", error), positive("phi", phi))
    g = _resolvent(np.zeros(epsilon.shape), epsilon, ratio)
    alpha = (np.log(-g) + epsilon * g**2 - np.log(1 - ratio * g) / ratio).imag / np.pi
    return np.where(epsilon > critical_error(ratio), np.maximum(alpha, 0.0), 0.0)


def critical_prefactor(phi: npt.ArrayLike) -> Array:
    """c of the power law alpha = c [(epsilon - epsilon_c) / epsilon_c]^(3/2) just above the critical error.

    d alpha / d epsilon = Im(G^2) / pi, and G leaves the real axis as a square root where two roots of the cubic
    equation meet. From the equation in the module's head; Pennington & Bahri give the power.

    Parameters
    ----------
    phi : (...)
        Parameters over data, below 1.

    Returns
    -------
    (...)

    Raises
    ------
    ValueError
        If `phi` is not between 0 and 1.

    Examples
    --------
    >>> float(critical_prefactor(0.25).round(6))
    0.074833
    """
    ratio = positive("phi", phi)
    if not (ratio < 1).all():
        raise ValueError(f"phi is {phi!r} but must be below 1: from there on the critical error is zero")
    g = (np.sqrt(1 + 8 * ratio) - 1 + 4 * ratio) / (4 * ratio * (ratio - 1))  # the double root at z = 0
    bend = 2 / g**3 + 2 * ratio**2 / (1 - ratio * g) ** 3  # z''(G)
    return 8 / (3 * np.pi) * -g * np.sqrt(g / bend) * critical_error(ratio) ** 1.5


def hessian_density(x: npt.ArrayLike, error: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """Density of the eigenvalues of H0 + H1 at x.

    Parameters
    ----------
    x, error, phi : (...)
        Eigenvalue, error and parameters over data; broadcast together.

    Returns
    -------
    (...)

    Examples
    --------
    >>> float(hessian_density(1.0, 0.05, 0.25).round(6))
    0.542033
    """
    where, epsilon, ratio = np.broadcast_arrays(
        np.asarray(x, dtype=np.float64), positive("error", error), positive("phi", phi)
    )
    return -_resolvent(where, epsilon, ratio).imag / np.pi


def _resolvent(z: Array, epsilon: Array, phi: Array) -> npt.NDArray[np.complex128]:
    """The root of the cubic equation with the most negative imaginary part: G(z + i0)."""
    # G^3 - (1 / phi + z / (2 eps)) G^2 - (1 - phi - z) / (2 eps phi) G - 1 / (2 eps phi) = 0, as a companion matrix.
    scale = 1 / (2 * epsilon * phi)
    companion = np.zeros((*z.shape, 3, 3))
    companion[..., 1, 0] = companion[..., 2, 1] = 1.0
    companion[..., 0, 2], companion[..., 1, 2] = scale, (1 - phi - z) * scale
    companion[..., 2, 2] = 1 / phi + z / (2 * epsilon)
    roots = np.linalg.eigvals(companion).astype(np.complex128)
    lowest = roots.imag.argmin(axis=-1)[..., None]
    return np.take_along_axis(roots, lowest, axis=-1)[..., 0]
