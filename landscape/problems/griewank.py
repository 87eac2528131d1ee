"""Griewank's function: a shallow bowl under a product of cosines."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, BoolArray
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least

_PLANE_COUNTS = {10.0: (17, 24, 18), 28.0: (111, 216, 110)}  # exhaustive search in the box [-w, w]^2, by index


@register
def griewank(dim: int = 2, half_width: float = 28.0) -> Landscape:
    """Griewank's function: hundreds of minima on the side of a shallow bowl.

    f = 1 + sum_i x_i^2 / 4000 - prod_i cos(x_i / sqrt(i)), looked at in the box [-half_width, half_width]^dim (Griewank
    1981, J. Optim. Theory Appl. 34, 11). Critical points outside the box are not counted, and the box cuts through the
    pattern: the sum of (-1)^index in it is the winding number of the gradient round its boundary, not 1.
    """
    require_at_least("dim", dim, 1)
    if half_width <= 0:
        raise ValueError(f"half_width is {half_width} but must be positive")
    root = np.sqrt(np.arange(1.0, dim + 1))
    place = np.arange(dim)
    others = ~np.eye(dim, dtype=bool)  # row i: every factor but the i-th
    neither = others[:, None] & others[None, :]  # row i, j: every factor but those two

    def product_without(cosines: Array, kept: BoolArray) -> Array:
        lead = cosines.shape[:-1] + (1,) * (kept.ndim - 1)
        return np.where(kept, cosines.reshape(*lead, dim), 1.0).prod(axis=-1)

    def value(x: Array) -> Array:
        return 1 + (x * x).sum(axis=-1) / 4000 - np.cos(x / root).prod(axis=-1)

    def gradient(x: Array) -> Array:
        angle = x / root
        return x / 2000 + np.sin(angle) / root * product_without(np.cos(angle), others)

    def hessian(x: Array) -> Array:
        cosines, slopes = np.cos(x / root), np.sin(x / root) / root
        result = -slopes[..., :, None] * slopes[..., None, :] * product_without(cosines, neither)
        curvature = 1 / 2000 + cosines / root**2 * product_without(cosines, others)
        result[..., place, place] = curvature
        return result

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # The product is the mean of cos(S(x)) over all signs in S(x) = sum of +-x_i / sqrt(i), so that its third
        # derivative along u is at most the mean of |S(u)|^3, and that at most the root of the means of S^2 and S^4:
        # 1 and 3 (or 1, for a single term) for unit u.
        return np.full(x.shape[:-1], 1.0 if dim == 1 else np.sqrt(3))

    def domain(x: Array) -> BoolArray:
        return np.abs(x).max(axis=-1) <= half_width

    counts = _PLANE_COUNTS.get(half_width) if dim == 2 else None
    truth = Truth(dict(enumerate(counts)) if counts else None, minimum_value=0.0, source="exhaustive search")
    return Landscape(
        name="griewank",
        manifold=Euclidean(dim, (-half_width, half_width)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        domain=domain,
        hessian_lipschitz=hessian_lipschitz,
        truth=truth,
    )
