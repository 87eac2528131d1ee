"""Sums of functions of one coordinate each: critical points are the combinations of the coordinates' own."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from landscape.arrays import Array, BoolArray
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean, Manifold, Torus
from landscape.problems.registry import register, require_at_least

RASTRIGIN_HALF_WIDTH = 5.12
_STYBLINSKI_TANG_MINIMUM = -39.16616570377142  # at x = -2.9035340277711776, the least root of 4 x^3 - 32 x + 5


@register
def rastrigin(dim: int = 2) -> Landscape:
    """Rastrigin's function: a grid of 11^dim minima in a bowl.

    f = 10 n + sum of x_i^2 - 10 cos(2 pi x_i) (Rastrigin 1974; Mühlenbein, Schomisch & Born 1991, Parallel
    Computing 17, 619). Counted inside [-5.12, 5.12]^n, where each coordinate has 11 minima and 10 maxima:
    C(n, k) 10^k 11^(n - k) points of index k. On the whole line there are 63 and 62.
    """
    require_at_least("dim", dim, 1)

    def domain(x: Array) -> BoolArray:
        return np.asarray((np.abs(x) <= RASTRIGIN_HALF_WIDTH).all(axis=-1))

    return _separable(
        "rastrigin",
        Euclidean(dim, (-RASTRIGIN_HALF_WIDTH, RASTRIGIN_HALF_WIDTH)),
        lambda x: 10 + x * x - 10 * np.cos(2 * np.pi * x),
        lambda x: 2 * x + 20 * np.pi * np.sin(2 * np.pi * x),
        lambda x: 2 + 40 * np.pi**2 * np.cos(2 * np.pi * x),
        third=lambda t: np.full_like(t, 80 * np.pi**3),
        domain=domain,
        confining=True,
        truth=Truth(_combinations(dim, 11, 10), minimum_value=0.0, source="combinations of one coordinate's points"),
    )


@register
def styblinski_tang(dim: int = 2) -> Landscape:
    """Styblinski-Tang: 2^dim minima of different depths.

    f = sum of (x_i^4 - 16 x_i^2 + 5 x_i) / 2 (Styblinski & Tang 1990, Neural Networks 3, 467). Each
    coordinate has minima at -2.903534 and 2.746803 and a maximum at 0.156731: C(n, k) 2^(n - k) points of
    index k, the lowest -39.166166 n.
    """
    require_at_least("dim", dim, 1)
    return _separable(
        "styblinski_tang",
        Euclidean(dim, (-5.0, 5.0)),
        lambda x: 0.5 * x * (x * (x * x - 16) + 5),
        lambda x: x * (2 * x * x - 16) + 2.5,
        lambda x: 6 * x * x - 16,
        third=lambda t: 12 * t,
        confining=True,
        solution_bound=3**dim,  # Bezout: a cubic in every coordinate
        truth=Truth(
            _combinations(dim, 2, 1),
            minimum_value=_STYBLINSKI_TANG_MINIMUM * dim,
            source="combinations of one coordinate's points",
        ),
    )


@register
def double_well(dim: int = 2) -> Landscape:
    """A double well in every coordinate: 2^dim equal minima.

    f = sum of (x_i^2 - 1)^2 / 4. Each coordinate has minima at -1 and 1 (curvature 2, f = 0) and a maximum at
    0 (curvature -1, f = 1/4): C(n, k) 2^(n - k) points of index k, at height k/4.
    """
    require_at_least("dim", dim, 1)
    return _separable(
        "double_well",
        Euclidean(dim, (-2.0, 2.0)),
        lambda x: 0.25 * (x * x - 1) ** 2,
        lambda x: x * (x * x - 1),
        lambda x: 3 * x * x - 1,
        third=lambda t: 6 * t,
        confining=True,
        solution_bound=3**dim,  # Bezout: a cubic in every coordinate
        truth=Truth(_combinations(dim, 2, 1), minimum_value=0.0, source="combinations of one coordinate's points"),
    )


@register
def cosine_sum(dim: int = 2, seed: int = 0) -> Landscape:
    """A random separable landscape on the torus: 2^dim critical points, the index binomial.

    f = sum of a_i cos(x_i + phi_i), with a_i uniform on [1/2, 3/2] and phi_i on [0, 2 pi). Critical where
    every x_i + phi_i is 0 (a maximum of its coordinate) or pi: C(n, k) points of index k, so that a share of
    2^-n are minima.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    rng = np.random.default_rng(seed)
    amplitude = rng.uniform(0.5, 1.5, dim)
    phase = rng.uniform(0.0, 2 * np.pi, dim)
    return _separable(
        "cosine_sum",
        Torus((2 * np.pi,) * dim),
        lambda x: amplitude * np.cos(x + phase),
        lambda x: -amplitude * np.sin(x + phase),
        lambda x: -amplitude * np.cos(x + phase),
        third=lambda t: np.broadcast_to(amplitude, t.shape),
        truth=Truth(
            _combinations(dim, 1, 1),
            minimum_value=-float(amplitude.sum()),
            source="combinations of one coordinate's points",
        ),
    )


def _combinations(dim: int, minima: int, maxima: int) -> dict[int, int]:
    """Critical points by index when each coordinate has so many minima and maxima."""
    return {k: math.comb(dim, k) * maxima**k * minima ** (dim - k) for k in range(dim + 1)}


def _separable(
    name: str,
    manifold: Manifold,
    term: Callable[[Array], Array],
    first: Callable[[Array], Array],
    second: Callable[[Array], Array],
    *,
    third: Callable[[Array], Array],
    truth: Truth,
    domain: Callable[[Array], BoolArray] | None = None,
    confining: bool = False,
    solution_bound: int | None = None,
) -> Landscape:
    """The sum over coordinates of `term`, given with its derivatives, all elementwise on (..., n).

    `third` bounds the third derivative of `term` between -t and t, for t >= 0.
    """
    diagonal = np.arange(manifold.dim)

    def value(x: Array) -> Array:
        return term(x).sum(axis=-1)

    def hessian(x: Array) -> Array:
        result = np.zeros((*x.shape, x.shape[-1]))
        result[..., diagonal, diagonal] = second(x)
        return result

    def hvp(x: Array, v: Array) -> Array:
        return second(x) * v

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        return third(np.abs(x) + radius[..., None]).max(axis=-1)

    return Landscape(
        name=name,
        manifold=manifold,
        value=value,
        gradient=first,
        hessian=hessian,
        hvp=hvp,
        domain=domain,
        confining=confining,
        solution_bound=solution_bound,
        hessian_lipschitz=hessian_lipschitz,
        truth=truth,
    )
