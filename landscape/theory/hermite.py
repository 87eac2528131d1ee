"""Orthonormal Hermite functions, psi_i(t) ~ H_i(t) exp(-t^2 / 2), and their integrals up to t.

All follow from psi_i' = sqrt(i / 2) psi_(i-1) - sqrt((i + 1) / 2) psi_(i+1) (Szego 1939, *Orthogonal Polynomials*,
section 5.5) by integration. They underflow for |t| above 38, which the spectrum sqrt(2 n) reaches at n of about 700.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfc

from landscape.arrays import Array


def hermite_functions(n: int, t: Array) -> Array:
    """The first n Hermite functions at t, (m,) to (n, m).

    Examples
    --------
    >>> import numpy as np
    >>> hermite_functions(2, np.array([0.0, 1.0])).round(6).tolist()
    [[0.751126, 0.455581], [0.0, 0.644288]]
    """
    psi = np.zeros((max(n, 2), len(t)))
    psi[0] = np.pi**-0.25 * np.exp(-(t**2) / 2)
    psi[1] = math.sqrt(2) * t * psi[0]
    for i in range(1, n - 1):
        psi[i + 1] = math.sqrt(2 / (i + 1)) * t * psi[i] - math.sqrt(i / (i + 1)) * psi[i - 1]
    return psi[:n]


def hermite_integrals(n: int, psi: Array, t: Array) -> Array:
    """Integrals of the first n Hermite functions from minus infinity to t, (n, m), from their values `psi`."""
    single = np.zeros((n, len(t)))
    single[0] = np.pi**0.25 / math.sqrt(2) * erfc(-t / math.sqrt(2))
    for i in range(1, n):
        single[i] = math.sqrt((i - 1) / i) * single[max(i - 2, 0)] - math.sqrt(2 / i) * psi[i - 1]
    return single


def hermite_overlaps(n: int, psi: Array, t: Array) -> Array:
    """Integrals of psi_i psi_j from minus infinity to t, (n, n, m), from the first n + 1 functions' values `psi`.

    Off the diagonal the Wronskian over 2 (i - j); on it a recursion.
    """
    i = np.arange(n)
    slope = t * psi[:n] - np.sqrt(2 * (i + 1))[:, None] * psi[1 : n + 1]  # psi' = t psi - sqrt(2 (i + 1)) psi_(i+1)
    wronskian = psi[:n, None] * slope - slope[:, None] * psi[:n]
    difference = 2.0 * (i[:, None] - i)
    np.fill_diagonal(difference, 1.0)
    overlap = wronskian / difference[..., None]
    loss = np.concatenate([np.zeros((1, len(t))), psi[1:n] * psi[: n - 1] / np.sqrt(2 * i[1:])[:, None]])
    overlap[i, i] = erfc(-t) / 2 - np.cumsum(loss, axis=0)
    return overlap
