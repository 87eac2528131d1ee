"""Mixtures of spherical spin glasses: random polynomials with parts of several degrees."""

from __future__ import annotations

import math

import numpy as np

from landscape.arrays import Array, dot, norm
from landscape.function import Landscape
from landscape.manifolds import Sphere
from landscape.problems.registry import register, require_at_least
from landscape.problems.spin_glass import spherical_spin_glass


@register
def mixed_spin_glass(weights: tuple[float, ...] = (0.0, 0.5, 0.5), n: int = 10, seed: int = 0) -> Landscape:
    """A mixed spherical spin glass: pure p-spins of several degrees, added up.

    `weights` are the variances of the parts of degree 1, 2, 3, ..., so that f(x) f(y) has mean nu(x.y) with nu(r) = sum
    of weights_p r^p (Auffinger & Ben Arous 2013, Ann. Probab. 41, 4214). The part of degree 1 is a random field, which
    can leave one minimum and one maximum only (Fyodorov 2013, arXiv:1307.2379). The mean counts are known for every n:
    `landscape.theory.spin_glass`. The signed sum is 1 + (-1)^(n - 1).
    """
    require_at_least("n", n, 2)
    require_at_least("seed", seed, 0)
    variances = np.array(weights)
    if not (variances >= 0).all() or not (variances[1:] > 0).any():
        raise ValueError(f"weights are {weights} but must be at least 0, and one of degree 2 or more positive")
    seeds = np.random.SeedSequence(seed).generate_state(len(weights), np.uint64) >> 1
    scales = np.sqrt(variances)
    parts = [
        (scale, _random_field(n, int(s)) if p == 1 else spherical_spin_glass(p, n, int(s)))
        for p, (scale, s) in enumerate(zip(scales.tolist(), seeds, strict=True), start=1)
        if scale > 0
    ]
    degree = int(np.flatnonzero(variances)[-1]) + 1

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        bounds = [scale * part.hessian_lipschitz(x, radius) for scale, part in parts if part.hessian_lipschitz]
        return np.sum(bounds, axis=0)

    return Landscape(
        name="mixed_spin_glass",
        manifold=Sphere(n),
        value=lambda x: np.sum([scale * part.value(x) for scale, part in parts], axis=0),
        gradient=lambda x: np.sum([scale * part.gradient(x) for scale, part in parts], axis=0),
        hessian=lambda x: np.sum([scale * part.hessian(x) for scale, part in parts], axis=0),
        # Nie & Ranestad 2009, SIAM J. Optim. 20, 485, for one constraint of degree 2.
        solution_bound=2 * sum((degree - 1) ** k for k in range(n)),
        hessian_lipschitz=hessian_lipschitz,
    )


def _random_field(n: int, seed: int) -> Landscape:
    """A linear function with independent standard normal coefficients: the spin glass of degree 1."""
    field = np.random.default_rng(seed).standard_normal(n)
    size = math.sqrt(field @ field)

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # The Riemannian Hessian is -(h.x) times the identity, whose slope is at most |h|.
        slope = norm(field - dot(x, np.broadcast_to(field, x.shape))[..., None] * x)
        return np.minimum(slope + size * radius, size)

    return Landscape(
        name="random_field",
        manifold=Sphere(n),
        value=lambda x: x @ field,
        gradient=lambda x: np.broadcast_to(field, x.shape).copy(),
        hessian=lambda x: np.zeros((*x.shape, n)),
        hessian_lipschitz=hessian_lipschitz,
    )
