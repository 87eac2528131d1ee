"""Rosenbrock's valley, extended to any dimension as a chain."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least


@register
def rosenbrock(dim: int = 2) -> Landscape:
    """The extended (chained) Rosenbrock function: a long curved valley, and from dim 4 on a second minimum.

    f = sum over i < n of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 (Rosenbrock 1960, Comput. J. 3, 175; Shang &
    Qiu 2006, Evol. Comput. 14, 119). The global minimum is (1, ..., 1). One critical point for n = 2 and 3; 2
    minima and 1 saddle for 4 to 11; 2 minima, 2 saddles and 1 point of index 2 for 12: a critical point is
    fixed by x_1 through the gradient's recursion, and these are the roots of its last component in x_1.
    """
    require_at_least("dim", dim, 2)

    def value(x: Array) -> Array:
        head = x[..., :-1]
        gap = x[..., 1:] - head * head
        return (100 * gap * gap + (1 - head) ** 2).sum(axis=-1)

    def gradient(x: Array) -> Array:
        head = x[..., :-1]
        gap = 200 * (x[..., 1:] - head * head)
        result = np.empty(x.shape)
        result[..., :-1] = 2 * (head - 1) - 2 * head * gap
        result[..., -1] = 0.0
        result[..., 1:] += gap
        return result

    links = np.arange(dim - 1)

    def hessian(x: Array) -> Array:
        head = x[..., :-1]
        result = np.zeros((*x.shape, dim))
        result[..., links, links] = 1200 * head * head - 400 * x[..., 1:] + 2
        result[..., links + 1, links + 1] += 200
        result[..., links, links + 1] = -400 * head
        result[..., links + 1, links] = -400 * head
        return result

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # Along v the Hessian changes by a tridiagonal matrix, 2400 x_i v_i - 400 v_{i+1} on its diagonal and -400 v_i
        # beside it. No row has a larger absolute sum than (2400 |x_i| + 400) |v_i| + 400 (|v_{i-1}| + |v_{i+1}|), and
        # |v| = 1.
        largest = np.abs(x[..., :-1]).max(axis=-1) + radius
        return np.sqrt((2400 * largest + 400) ** 2 + 2 * 400**2)

    counts = _known_counts(dim)
    return Landscape(
        name="rosenbrock",
        manifold=Euclidean(dim, (-2.0, 2.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        confining=True,
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth(counts, minimum_value=0.0, source="roots of the recursion in x_1" if counts else "by hand"),
    )


def _known_counts(dim: int) -> dict[int, int] | None:
    if dim <= 3:
        return {0: 1}
    if dim <= 11:
        return {0: 2, 1: 1}
    return {0: 2, 1: 2, 2: 1} if dim == 12 else None
