"""Thomson's problem: equal charges on a sphere, whose critical points topology counts."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, BoolArray
from landscape.function import Landscape, Truth
from landscape.manifolds import Product, Sphere
from landscape.particles import ParticleSymmetry
from landscape.problems.pairs import PairSum
from landscape.problems.registry import register, require_at_least

_SEPARATION = 1e-3  # least distance of two charges in the domain

_COUNTS: dict[int, dict[int, int]] = {
    2: {0: 1},
    3: {0: 1},
    4: {0: 1, 1: 1},
    5: {0: 1, 1: 1, 2: 1},
    6: {0: 1, 1: 1, 2: 1, 3: 1},
    7: {0: 1, 1: 1, 2: 2, 3: 2, 4: 1},
    8: {0: 1, 1: 2, 2: 2, 3: 4, 4: 2, 5: 1},
    9: {0: 1, 1: 2, 2: 2, 3: 3, 4: 4, 5: 2, 6: 1},
}
_GLOBAL_MINIMA = {
    2: 0.5,
    3: 1.7320508075688772,
    4: 3.674234614,
    5: 6.474691495,
    6: 9.985281374,
    7: 14.452977414,
    8: 19.675287861,
    9: 25.759986531,
    10: 32.716949460,
    11: 40.596450510,
    12: 49.165253058,
}


@register
def thomson(charges: int = 5) -> Landscape:
    """Thomson's problem: charges on the unit sphere that repel each other.

    f = sum over pairs of 1 / |r_i - r_j| (Thomson 1904, Phil. Mag. 7, 237); a point is x_1, y_1, z_1, x_2, ...
    Structures that differ by a permutation, a rotation about the centre or a reflection are one. Their counts by
    index are from exhaustive searches, 2 to 9 charges, lowest energies from Wales & Ulker 2006 (Phys. Rev. B 74,
    212101).

    Modulo rotations alone a structure stands for 2 N! / |point group| critical points, and these obey Morse theory.
    Where no two of N charges meet, their positions modulo rotations are a copy of the moduli space M_{0,N} times a
    contractible factor, with Poincare polynomial (1 + 2 t) (1 + 3 t) ... (1 + (N - 2) t) (Arnold 1969, Math. Notes 5,
    138). As f grows without bound where charges meet, (-1)^index summed over all critical points is (-1)^(N - 3)
    (N - 3)!. For five charges the bipyramid (index 0), the square pyramid (1) and the pentagon (2) stand for 20, 30
    and 12 points, and 20 - 30 + 12 = 2.

    Critical points are looked for where no two charges are nearer than 0.001. A search that climbs the pole where two
    meet would take it for a critical point, for Newton's steps are short there. Charges so near cannot be at rest: in
    a group of k of them with diameter D the forces within have a virial of at least k (k - 1) / (2 D), and charges at
    a distance R balance no more than about k N D^2 / R^3, so that D / R is at least of order N^(-1/3).
    """
    require_at_least("charges", charges, 2)
    pairs = PairSum(charges, lambda s: s**-0.5, lambda s: -(s**-1.5), lambda s: 3 * s**-2.5)

    def domain(x: Array) -> BoolArray:
        closest = pairs.squared_distances(x).min(axis=1)
        return (closest >= _SEPARATION**2).reshape(x.shape[:-1])

    return Landscape(
        name="thomson",
        manifold=Product((Sphere(3),) * charges),
        value=pairs.value,
        gradient=pairs.gradient,
        hessian=pairs.hessian,
        hvp=pairs.hvp,
        domain=domain,
        symmetry=ParticleSymmetry(charges, translation=False),
        equivariant_betti=_betti_numbers(charges),
        truth=_truth(charges),
    )


def _truth(charges: int) -> Truth | None:
    minimum = _GLOBAL_MINIMA.get(charges)
    counts = _COUNTS.get(charges)
    if counts is None:
        return None if minimum is None else Truth(minimum_value=minimum, source="Wales & Ulker 2006")
    return Truth(counts, minimum_value=minimum, source="exhaustive search; Wales & Ulker 2006")


def _betti_numbers(charges: int) -> tuple[int, ...]:
    """Those of M_{0,N} for N >= 3. Two charges retract to antipodes, which a circle of rotations leaves alone: the
    circle's classifying space has a one in every even dimension."""
    betti = np.zeros(2 * charges + 1, dtype=object)
    if charges == 2:
        betti[::2] = 1
        return tuple(betti)
    betti[0] = 1
    for k in range(2, charges - 1):
        betti[1:] += k * betti[:-1]
    return tuple(betti)
