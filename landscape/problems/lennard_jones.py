"""Lennard-Jones clusters: the benchmark of energy landscapes."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, BoolArray, dot
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.particles import ParticleSymmetry
from landscape.problems.pairs import PairSum
from landscape.problems.registry import register, require_at_least

PAIR_DISTANCE = 2 ** (1 / 6)  # where a pair is at rest

# Sampled starts: atoms uniform in a ball of this radius times atoms^(1/3), redrawn while nearer than the core
# to another.
_BALL = 0.5
_CORE = 0.65

_COMPLETE: dict[int, dict[int, int]] = {
    2: {0: 1},
    3: {0: 1, 1: 0, 2: 1},
    4: {0: 1, 1: 1, 2: 2, 3: 1, 4: 1},
    5: {0: 1, 1: 2, 2: 5, 3: 6, 4: 6, 5: 2, 6: 1},
    6: {0: 2, 1: 3, 2: 13, 3: 24, 4: 30, 5: 26, 6: 16, 7: 5, 8: 1},
}
_MINIMA_AND_SADDLES = {7: (4, 12), 8: (8, 42), 9: (21, 165), 10: (64, 635)}
_GLOBAL_MINIMA = {
    2: -1.0,
    3: -3.0,
    4: -6.0,
    5: -9.103852,
    6: -12.712062,
    7: -16.505384,
    8: -19.821489,
    9: -24.113360,
    10: -28.422532,
    11: -32.765970,
    12: -37.967600,
    13: -44.326801,
}


@register
def lennard_jones(atoms: int = 7) -> Landscape:
    """A cluster of Lennard-Jones atoms in three dimensions, in reduced units.

    f = sum over pairs of 4 (r^-12 - r^-6); a point is x_1, y_1, z_1, x_2, ... Structures that differ by a
    permutation, a rigid motion or a reflection are one (`ParticleSymmetry`). Counts by index: atoms = 3 to 6
    from exhaustive searches, minima and saddles of index 1 for 7 to 10 from Doye & Wales 2002 (J. Chem. Phys.
    116, 3777); lowest energies from Wales & Doye 1997 (J. Phys. Chem. A 101, 5111).

    Critical points are looked for where no two atoms are farther apart than (atoms - 1) 2^(1/6). None lies
    outside: project one on any line. If two neighbouring projections were more than 2^(1/6) apart, every
    force across the gap would be an attraction with a component along the line, and the atoms on one side
    would feel a net pull. So each of the atoms - 1 gaps is at most 2^(1/6), and the diameter, which is the
    width on some line, at most their sum.

    Modulo rigid motions alone a structure stands for 2 N! / |point group| critical points, and these obey Morse theory
    (`_betti_numbers`). f grows without bound where atoms meet, and no other end of the configuration space matters: a
    structure wider than the domain has a gap across which everything attracts; closing it lowers f and shrinks every
    distance across, so that all such structures can be drawn in along directions in which f falls. Linear chains,
    which a circle of rotations leaves alone, count at their index and at every second one above.

    Starts are uniform in a ball of radius 0.5 atoms^(1/3), about that of a compact cluster, with no two atoms
    nearer than 0.65. With 7 atoms three in four of them led a Levenberg-Marquardt search to a critical point,
    against one in five from a ball of 0.7 and one in three without a core. Lengths are measured in atoms:
    `length_scale` is 1.
    """
    require_at_least("atoms", atoms, 2)
    pairs = _LennardJones(atoms, _potential, _slope, _bend)

    def domain(x: Array) -> BoolArray:
        # The slack admits the chains that attain the bound, such as two atoms at rest.
        limit = (atoms - 1) * PAIR_DISTANCE * (1 + 1e-6)
        return (pairs.squared_distances(x).max(axis=1, initial=0.0) <= limit**2).reshape(x.shape[:-1])

    def sampler(rng: np.random.Generator, size: int) -> Array:
        return _sample(rng, size, atoms)

    return Landscape(
        name="lennard_jones",
        manifold=Euclidean(3 * atoms, (-0.5, 0.5)),
        value=pairs.value,
        gradient=pairs.gradient,
        hessian=pairs.hessian,
        hvp=pairs.hvp,
        symmetry=ParticleSymmetry(atoms),
        equivariant_betti=_betti_numbers(atoms),
        sampler=sampler,
        domain=domain,
        hessian_lipschitz=pairs.hessian_lipschitz,
        truth=_truth(atoms),
    )


def _truth(atoms: int) -> Truth | None:
    minimum = _GLOBAL_MINIMA.get(atoms)
    if atoms in _COMPLETE:
        return Truth(_COMPLETE[atoms], minimum_value=minimum, source="exhaustive search; Doye & Wales 2002")
    if atoms in _MINIMA_AND_SADDLES:
        counts = dict(enumerate(_MINIMA_AND_SADDLES[atoms]))
        return Truth(counts, complete=False, minimum_value=minimum, source="Doye & Wales 2002")
    return None if minimum is None else Truth(minimum_value=minimum, source="Wales & Doye 1997")


def _sample(rng: np.random.Generator, size: int, atoms: int) -> Array:
    """Random sequential addition in a ball, for the whole batch at once, (size, 3 atoms)."""
    radius = _BALL * atoms ** (1 / 3)
    placed = np.empty((size, atoms, 3))
    for k in range(atoms):
        waiting = np.arange(size)
        while waiting.size:
            direction = rng.standard_normal((waiting.size, 3))
            direction /= np.sqrt(np.einsum("mc,mc->m", direction, direction))[:, None]
            atom = radius * rng.random((waiting.size, 1)) ** (1 / 3) * direction
            placed[waiting, k] = atom
            gaps = placed[waiting, :k] - atom[:, None]
            clash = (dot(gaps, gaps) < _CORE**2).any(axis=1)
            waiting = waiting[clash]
    return placed.reshape(size, 3 * atoms)


def _betti_numbers(atoms: int) -> tuple[int, ...]:
    """The equivariant Betti numbers of N atoms that do not meet, modulo rigid motions, to the dimension 3 N.

    N distinct points in space have the Poincare polynomial (1 + t^2) (1 + 2 t^2) ... (1 + (N - 1) t^2) (Cohen 1976,
    Lecture Notes in Math. 533), the classifying space of the rotations has 1 / (1 - t^4), and as both are in even
    degrees they multiply."""
    series = np.zeros(3 * atoms + 1, dtype=object)
    series[::4] = 1
    for k in range(1, atoms):
        series[2:] += k * series[:-2]
    return tuple(series.tolist())


class _LennardJones(PairSum):
    """The pair sum with a bound on its third derivative."""

    def hessian_lipschitz(self, x: Array, radius: Array) -> Array:
        """A bound of |D^3 V[u, u, u]| over unit vectors u, which is the operator norm (Banach 1938), in a ball round x.

        A pair at distance r contributes at most B(r) |u_i - u_j|^3, B = |V'''| + 2 |V'' / r - V' / r^2| / sqrt(3),
        from the derivatives along and across the pair; |u_i - u_j|^3 <= 2 sqrt(2) (|u_i|^2 + |u_j|^2) gives the sum
        over an atom's pairs. No pair comes nearer than its distance less sqrt(2) times the radius, and B, with every
        term taken positive, falls with the distance.
        """
        flat, reach = x.reshape(-1, x.shape[-1]), np.broadcast_to(radius, x.shape[:-1]).reshape(-1)
        with np.errstate(all="ignore"):
            r = np.sqrt(self.squared_distances(flat)) - np.sqrt(2) * reach[:, None]
            r = np.where(r > 0, r, 0.0)
            along = 4 * (12 * 13 * 14 * r**-15.0 + 6 * 7 * 8 * r**-9.0)
            across = 4 * (12 * 14 * r**-15.0 + 6 * 8 * r**-9.0)
            bound = 2 * np.sqrt(2) * ((along + 2 / np.sqrt(3) * across) @ self.membership.T).max(axis=1)
        return np.where(np.isnan(bound), np.inf, bound).reshape(x.shape[:-1])


def _potential(squared: Array) -> Array:
    q2 = 1 / squared
    q6 = q2 * q2 * q2
    # Not r^-12 - r^-6, which for two atoms in one place is inf - inf.
    return 4 * q6 * (q6 - 1)


def _slope(squared: Array) -> Array:
    """V'/r of each pair."""
    q2 = 1 / squared
    q6 = q2 * q2 * q2
    return 24 * q2 * q6 * (1 - 2 * q6)


def _bend(squared: Array) -> Array:
    """(V'' - V'/r) / r^2 of each pair."""
    q2 = 1 / squared
    q6 = q2 * q2 * q2
    return 96 * q2 * q2 * q6 * (7 * q6 - 2)
