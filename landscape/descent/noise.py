"""Random tangent vectors, for the methods that draw them."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, norm
from landscape.manifolds import Manifold


def uniform_on_sphere(manifold: Manifold, x: Array, rng: np.random.Generator) -> Array:
    """Tangent vectors of length 1 at points (m, n), in uniform directions, (m, n)."""
    # The projection of a standard normal vector is standard normal in the tangent space.
    direction = manifold.project(x, rng.standard_normal(x.shape))
    return direction / norm(direction)[:, None]


def uniform_in_ball(manifold: Manifold, x: Array, radius: float, rng: np.random.Generator) -> Array:
    """Tangent vectors at points (m, n), uniform in a ball, (m, n)."""
    length = radius * rng.uniform(size=len(x)) ** (1 / manifold.intrinsic_dim)
    return length[:, None] * uniform_on_sphere(manifold, x, rng)
