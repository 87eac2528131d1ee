"""Spherical spin glasses: random polynomials on the sphere, with exponentially many critical points."""

from __future__ import annotations

import math
from functools import cache, partial

import numpy as np

from landscape.arrays import Array, dot, norm
from landscape.function import Landscape, Truth
from landscape.manifolds import Sphere
from landscape.problems.registry import register, require_at_least

_MOST_COUPLINGS = 5e7  # 400 MB
_BLOCK = 2**20  # numbers in the largest temporary array, 8 MB


@register
def spherical_spin_glass(p: int = 3, n: int = 10, seed: int = 0) -> Landscape:
    """The pure spherical p-spin glass: a random homogeneous polynomial of degree p on the unit sphere.

    f(x) = sum of J_{i1..ip} x_i1 ... x_ip with n^p independent standard normal J, so that f(x) f(y) has mean
    (x.y)^p (Crisanti & Sommers 1992, Z. Phys. B 87, 341; Auffinger, Ben Arous & Černý 2013, Comm. Pure Appl.
    Math. 66, 165). Random, with mean counts known for every n: for p = 3 and n = 10 there are 286.9 critical
    points on average, 6.08 of them minima. For p = 2 they are the eigenvectors of J's symmetric part, two of
    each index. In every case the signed sum is 1 + (-1)^(n - 1). A point and its antipode both count: x and
    -x have equal values for even p, opposite ones for odd p.
    """
    require_at_least("p", p, 2)
    require_at_least("n", n, 2)
    require_at_least("seed", seed, 0)
    if p * math.log(n) > math.log(_MOST_COUPLINGS):
        raise ValueError(f"p is {p} and n is {n}, which makes {n}^{p} couplings; at most {_MOST_COUPLINGS:.0e} fit")
    couplings = _symmetric_part(np.random.default_rng(seed).standard_normal((n,) * p))

    def hessian(x: Array) -> Array:
        return p * (p - 1) * _contract(couplings, x, 2)

    def gradient(x: Array) -> Array:
        return p * _contract(couplings, x, 1)

    @cache
    def largest() -> float:
        """A bound of |J(x_1, ..., x_p)| over unit vectors: the largest singular value of J as a matrix n x n^(p-1)."""
        unfolded = couplings.reshape(n, -1)
        return float(np.sqrt(np.linalg.eigvalsh(unfolded @ unfolded.T)[-1]))

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # Carried along a geodesic with unit tangent w, the Hessian D^2 f - p f of tangent vectors changes by
        #     D^3 f(w, u, u) - 2 (p - 1) (w.u) Df(u) - p Df(w)   along a unit tangent u,
        # where |D^3 f| <= p (p - 1) (p - 2) |J|. The slope |Df| is at most p |J|, and grows along the sphere no faster
        # than the Hessian's bound p (p - 1) |J| + p |J| = p^2 |J|.
        size = largest()
        ambient = gradient(x)
        slope = norm(ambient - dot(x, ambient)[..., None] * x)
        steepest = np.minimum(slope + p**2 * size * radius, p * size)
        return p * (p - 1) * (p - 2) * size + (3 * p - 2) * steepest

    return Landscape(
        name="spherical_spin_glass",
        manifold=Sphere(n),
        value=partial(_contract, couplings, free=0),
        gradient=gradient,
        hessian=hessian,
        solution_bound=2 * sum((p - 1) ** k for k in range(n)),  # Cartwright & Sturmfels 2013
        hessian_lipschitz=hessian_lipschitz,
        truth=_eigenvectors(couplings) if p == 2 else None,
    )


def _symmetric_part(tensor: Array) -> Array:
    """The mean of a tensor over all permutations of its axes.

    It takes p (p - 1) / 2 exchanges and not p! permutations: those of k axes are those of k - 1 axes, each
    followed by an exchange of the last axis with any.
    """
    for last in range(1, tensor.ndim):
        exchanged = tensor.copy()
        for axis in range(last):
            exchanged += np.swapaxes(tensor, axis, last)
        tensor = exchanged / (last + 1)
    return np.ascontiguousarray(tensor)


def _contract(couplings: Array, x: Array, free: int) -> Array:
    """The symmetric tensor applied to all but `free` copies of each point: (..., n) gives (..., n, ...)."""
    n, p = x.shape[-1], couplings.ndim
    points = x.reshape(-1, n)
    result = np.empty((len(points), n**free))
    rows = max(1, _BLOCK // n ** (p - 1))
    for start in range(0, len(points), rows):
        block = points[start : start + rows]
        if free == p:
            result[start : start + rows] = couplings.reshape(-1)
            continue
        partial_sum = block @ couplings.reshape(n, -1)
        for _ in range(p - 1 - free):
            partial_sum = (block[:, None, :] @ partial_sum.reshape(len(block), n, -1))[:, 0]
        result[start : start + rows] = partial_sum
    return result.reshape(x.shape[:-1] + (n,) * free)


def _eigenvectors(matrix: Array) -> Truth:
    """For p = 2: the eigenvectors and their negatives, the k-th lowest of index k."""
    n = len(matrix)
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    return Truth(dict.fromkeys(range(n), 2), minimum_value=lowest, source="eigenvectors of the couplings")
