"""Lennard-Jones clusters: the benchmark of energy landscapes."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, dot
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least
from landscape.symmetry import ParticleSymmetry

PAIR_DISTANCE = 2 ** (1 / 6)  # where a pair is at rest

# Sampled starts: atoms uniform in a ball of this radius times atoms^(1/3), redrawn while nearer than the core
# to another.
_BALL = 0.5
_CORE = 0.65

_SYMMETRIC = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # where a symmetric 3 x 3 block keeps its six numbers

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

    Starts are uniform in a ball of radius 0.5 atoms^(1/3), about that of a compact cluster, with no two atoms
    nearer than 0.65. With 7 atoms three in four of them led a Levenberg-Marquardt search to a critical point,
    against one in five from a ball of 0.7 and one in three without a core. Lengths are measured in atoms:
    `length_scale` is 1.
    """
    require_at_least("atoms", atoms, 2)
    pairs = _Pairs(atoms)

    def domain(x: Array) -> BoolArray:
        d = pairs.differences(x.reshape(-1, 3 * atoms))
        # The slack admits the chains that attain the bound, such as two atoms at rest.
        limit = (atoms - 1) * PAIR_DISTANCE * (1 + 1e-6)
        return (_squared(d).max(axis=1, initial=0.0) <= limit**2).reshape(x.shape[:-1])

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
            direction /= np.sqrt(_squared(direction))[:, None]
            atom = radius * rng.random((waiting.size, 1)) ** (1 / 3) * direction
            placed[waiting, k] = atom
            gaps = placed[waiting, :k] - atom[:, None]
            clash = (dot(gaps, gaps) < _CORE**2).any(axis=1)
            waiting = waiting[clash]
    return placed.reshape(size, 3 * atoms)


def _squared(d: Array) -> Array:
    """Squared length along axis 1: (m, 3, ...) gives (m, ...)."""
    return np.einsum("mc...,mc...->m...", d, d)


class _Pairs:
    """The pair sum V(r) = 4 (r^-12 - r^-6) and its derivatives over N atoms.

    Atoms and pairs are tied by a constant incidence matrix, (N, P), with P = N (N - 1) / 2: pair differences
    are one matrix product, and forces on the atoms another. At N = 7 and 13 this is three to four times as
    fast as differences of all with all. The Hessian's blocks are gathered from the pairs' by one constant
    index.
    """

    def __init__(self, atoms: int) -> None:
        first, second = np.triu_indices(atoms, k=1)
        pair = np.arange(first.size)
        self.atoms, self.pairs = atoms, first.size
        self.incidence = np.zeros((atoms, first.size))
        self.incidence[first, pair] = 1.0
        self.incidence[second, pair] = -1.0
        self.membership = np.abs(self.incidence)
        self.block_index = self._block_index(first, second)

    def _block_index(self, first: IntArray, second: IntArray) -> IntArray:
        """Where each of the Hessian's (3 N)^2 entries stands among 6 P of pairs, then 6 N of atoms."""
        pairs, atom = first.size, np.arange(self.atoms)
        place = np.empty((self.atoms, 3, self.atoms, 3), dtype=np.int64)
        for a in range(3):
            for b in range(3):
                k = _SYMMETRIC[a, b]
                place[first, a, second, b] = k * pairs + np.arange(pairs)
                place[second, a, first, b] = k * pairs + np.arange(pairs)
                place[atom, a, atom, b] = 6 * pairs + k * self.atoms + atom
        return place.ravel()

    def differences(self, x: Array) -> Array:
        """r_i - r_j of each pair, (m, 3 N) to (m, 3, P)."""
        m = len(x)
        coordinates = np.ascontiguousarray(x.reshape(m, self.atoms, 3).swapaxes(1, 2))
        return (coordinates.reshape(3 * m, self.atoms) @ self.incidence).reshape(m, 3, self.pairs)

    def forces(self, d: Array) -> Array:
        """For vectors on the pairs, (m, 3, P), their signed sums on the atoms, (m, 3 N)."""
        m = len(d)
        sums = (d.reshape(3 * m, self.pairs) @ self.incidence.T).reshape(m, 3, self.atoms)
        return sums.swapaxes(1, 2).reshape(m, 3 * self.atoms)

    def value(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            d = self.differences(x.reshape(-1, x.shape[-1]))
            q2 = 1 / _squared(d)
            q6 = q2 * q2 * q2
            # Not r^-12 - r^-6, which for two atoms in one place is inf - inf.
            result = (4 * q6 * (q6 - 1)).sum(axis=1)
        return result.reshape(x.shape[:-1])

    def gradient(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            d = self.differences(x.reshape(-1, x.shape[-1]))
            d *= _slope(d)[:, None]
            return self.forces(d).reshape(x.shape)

    def hessian(self, x: Array) -> Array:
        """Each pair adds V'/r I + (V'' - V'/r) d d^T / r^2 to two diagonal blocks, its negative beside."""
        with np.errstate(all="ignore"):
            d = self.differences(x.reshape(-1, x.shape[-1]))
            m, _, pairs = d.shape
            table = np.empty((m, 6 * (pairs + self.atoms)))
            beside = table[:, : 6 * pairs].reshape(m, 6, pairs)
            slope = _slope(d)
            scaled = d * -_bend(d)[:, None]
            for a in range(3):
                for b in range(a, 3):
                    np.multiply(scaled[:, a], d[:, b], out=beside[:, _SYMMETRIC[a, b]])
                beside[:, _SYMMETRIC[a, a]] -= slope
            diagonal = beside.reshape(6 * m, pairs) @ self.membership.T
            table[:, 6 * pairs :] = -diagonal.reshape(m, 6 * self.atoms)
            # 'clip' spares the copy that 'raise' makes.
            result = np.take(table, self.block_index, axis=1, mode="clip")
        return result.reshape(*x.shape, x.shape[-1])

    def hvp(self, x: Array, v: Array) -> Array:
        x, v = np.broadcast_arrays(x, v)
        with np.errstate(all="ignore"):
            d = self.differences(x.reshape(-1, x.shape[-1]))
            change = self.differences(v.reshape(-1, v.shape[-1]))
            along = _bend(d) * np.einsum("mcp,mcp->mp", d, change)
            change *= _slope(d)[:, None]
            change += along[:, None] * d
            return self.forces(change).reshape(x.shape)

    def hessian_lipschitz(self, x: Array, radius: Array) -> Array:
        """A bound of |D^3 V[u, u, u]| over unit vectors u, which is the operator norm (Banach 1938), in a ball round x.

        A pair at distance r contributes at most B(r) |u_i - u_j|^3, B = |V'''| + 2 |V'' / r - V' / r^2| / sqrt(3),
        from the derivatives along and across the pair; |u_i - u_j|^3 <= 2 sqrt(2) (|u_i|^2 + |u_j|^2) gives the sum
        over an atom's pairs. No pair comes nearer than its distance less sqrt(2) times the radius, and B, with every
        term taken positive, falls with the distance.
        """
        flat, reach = x.reshape(-1, x.shape[-1]), np.broadcast_to(radius, x.shape[:-1]).reshape(-1)
        with np.errstate(all="ignore"):
            r = np.sqrt(_squared(self.differences(flat))) - np.sqrt(2) * reach[:, None]
            r = np.where(r > 0, r, 0.0)
            along = 4 * (12 * 13 * 14 * r**-15.0 + 6 * 7 * 8 * r**-9.0)
            across = 4 * (12 * 14 * r**-15.0 + 6 * 8 * r**-9.0)
            bound = 2 * np.sqrt(2) * ((along + 2 / np.sqrt(3) * across) @ self.membership.T).max(axis=1)
        return np.where(np.isnan(bound), np.inf, bound).reshape(x.shape[:-1])


def _slope(d: Array) -> Array:
    """V'/r of each pair, (m, P)."""
    q2 = 1 / _squared(d)
    q6 = q2 * q2 * q2
    return 24 * q2 * q6 * (1 - 2 * q6)


def _bend(d: Array) -> Array:
    """(V'' - V'/r) / r^2 of each pair, (m, P)."""
    q2 = 1 / _squared(d)
    q6 = q2 * q2 * q2
    return 96 * q2 * q2 * q6 * (7 * q6 - 2)
