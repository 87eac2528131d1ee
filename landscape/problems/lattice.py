"""Lattice models of statistical physics: the phi^4 field and the ring of coupled angles."""

from __future__ import annotations

import math

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean, Torus
from landscape.problems.registry import register, require_at_least


@register
def phi4(shape: tuple[int, ...] = (3, 3), coupling: float = 0.5) -> Landscape:
    """The phi^4 model on a periodic lattice: 3^N critical points without coupling, fewer and fewer with it.

    f = sum over sites of x^4/40 - x^2, plus coupling/2 times the sum over bonds of (x_i - x_j)^2 (Kastner &
    Mehta 2011, Phys. Rev. Lett. 107, 160602, with lambda = 3/5 and mu^2 = 2). Every site has one bond to its
    forward neighbour in each direction: along a direction of length 2 two sites share two bonds, and a
    direction of length 1 contributes none. Without coupling, C(N, k) 2^(N - k) points have index k. With a
    coupling >= 0, no critical point has an |x_i| above sqrt(20) (look at the largest), and the lowest are the
    two uniform ones, x_i = +-sqrt(20), at -10 N.
    """
    for length in shape:
        require_at_least("every length in shape", length, 1)
    sites = math.prod(shape)
    stiffness = coupling * _laplacian(np.arange(sites).reshape(shape))
    diagonal = np.arange(sites)

    def value(x: Array) -> Array:
        x2 = x * x
        onsite = x2 * (0.025 * x2 - 1)
        return (onsite + 0.5 * x * (x @ stiffness)).sum(axis=-1)

    def gradient(x: Array) -> Array:
        return x * (0.1 * x * x - 2) + x @ stiffness

    def hessian(x: Array) -> Array:
        result = np.broadcast_to(stiffness, (*x.shape, sites)).copy()
        result[..., diagonal, diagonal] += 0.3 * x * x - 2
        return result

    def hvp(x: Array, v: Array) -> Array:
        return (0.3 * x * x - 2) * v + v @ stiffness

    counts = {k: math.comb(sites, k) * 2 ** (sites - k) for k in range(sites + 1)}
    uncoupled = not stiffness.any()
    return Landscape(
        name="phi4",
        manifold=Euclidean(sites, (-5.0, 5.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        confining=True,
        solution_bound=3**sites,  # Bezout: a cubic in every coordinate
        hessian_lipschitz=lambda x, radius: 0.6 * (np.abs(x).max(axis=-1) + radius),
        truth=Truth(counts if uncoupled else None, minimum_value=-10.0 * sites, source="Kastner & Mehta 2011")
        if coupling >= 0
        else None,
    )


def _laplacian(grid: IntArray) -> Array:
    """The matrix of the sum over bonds of (x_i - x_j)^2, for sites numbered on a periodic grid."""
    identity = np.eye(grid.size)
    result = np.zeros((grid.size, grid.size))
    for axis in range(grid.ndim):
        forward = np.roll(grid, -1, axis=axis).ravel()
        bonds = identity[forward] - identity
        result += bonds.T @ bonds
    return result


@register
def xy_chain(n: int = 5) -> Landscape:
    """A ring of n coupled angles, one held at 0: the critical points of the XY chain and of Kuramoto's ring.

    f = sum over the ring of 1 - cos(t_{i+1} - t_i), t_0 = 0, on the torus of the other n - 1 angles (Mehta &
    Kastner 2011, Ann. Phys. 326, 1425). Critical where all bonds have the same sine, so that each bond is a
    or pi - a; `_counts` counts them. For n divisible by 4 some come in continuous families, and nothing is
    promised.
    """
    require_at_least("n", n, 3)
    free = n - 1
    sites = np.arange(free)

    def bonds(t: Array) -> Array:
        """Differences of neighbours round the ring, (..., n)."""
        return np.diff(t, prepend=0.0, append=0.0)

    def value(t: Array) -> Array:
        return (1 - np.cos(bonds(t))).sum(axis=-1)

    def gradient(t: Array) -> Array:
        return -np.diff(np.sin(bonds(t)))

    def hessian(t: Array) -> Array:
        stiffness = np.cos(bonds(t))
        result = np.zeros((*t.shape, free))
        result[..., sites, sites] = stiffness[..., :-1] + stiffness[..., 1:]
        result[..., sites[:-1], sites[1:]] = -stiffness[..., 1:-1]
        result[..., sites[1:], sites[:-1]] = -stiffness[..., 1:-1]
        return result

    def hvp(t: Array, v: Array) -> Array:
        return -np.diff(np.cos(bonds(t)) * bonds(v))

    def hessian_lipschitz(t: Array, radius: Array) -> Array:
        # The third derivative along u is the sum over bonds of sin(bond) d^3, d the bond's change. For unit u all d^2
        # add up to at most 4 and none is above 2, so that all |d|^3 add up to at most 4 sqrt(2).
        steepest = np.abs(np.sin(bonds(t))).max(axis=-1) + np.sqrt(2) * radius
        return 4 * np.sqrt(2) * np.minimum(steepest, 1.0)

    return Landscape(
        name="xy_chain",
        manifold=Torus((2 * np.pi,) * free),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        hessian_lipschitz=hessian_lipschitz,
        truth=None
        if n % 4 == 0
        else Truth(_counts(n), minimum_value=0.0, source="closed form in the number of reversed bonds"),
    )


def _counts(n: int) -> dict[int, int]:
    """Critical points of the XY ring by index, n not divisible by 4.

    Let k bonds be pi - a and the others a, |a| < pi/2. Round the ring they add up to 2 pi m: (n - 2 k) a = (2
    m - k) pi, so that there are C(n, k) points for every whole m with 2 |2 m - k| < |n - 2 k|. Equality, a =
    pi/2, and n = 2 k with a left free, happen only when 4 divides n. The Hessian is cos(a) times a sum of n
    squares of bond changes, k of them with a minus, restricted to changes that add up to nothing. The
    direction taken away, the changes (1/+-1), has the sign of n - 2 k: the index is k for n > 2 k and k - 1
    for n < 2 k.
    """
    counts = dict.fromkeys(range(n), 0)
    for k in range(n + 1):
        windings = sum(2 * abs(2 * m - k) < abs(n - 2 * k) for m in range(-n, n + 1))
        if windings:
            counts[k if 2 * k < n else k - 1] += math.comb(n, k) * windings
    return counts
