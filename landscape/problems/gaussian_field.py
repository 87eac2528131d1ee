"""Isotropic Gaussian random fields, from all Fourier modes that carry variance: alone on a torus, or in a parabola."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations_with_replacement, pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri

from landscape.arrays import Array, IntArray
from landscape.function import Landscape
from landscape.manifolds import Euclidean, Torus
from landscape.problems.registry import register, require_at_least

SHORTEST_LENGTH = 5.0  # of a period: the covariance's images then change its curvature by a quarter of a percent
_NEGLECTED = 1e-6  # share of E[f_xx^2] that the modes left out would carry
_MOST_COEFFICIENTS = 5e7  # 400 MB
_BLOCK = 2**14  # numbers in the largest temporary array: 128 KB, which stays in cache and is not given back
_TOGETHER = 16  # points at least: fewer make no product of matrices
_STAIRS = 8  # parts of the matrix of coefficients, whose corner is empty

Axes = tuple[int, ...]


@register
def gaussian_field(dim: int = 2, seed: int = 0, length: float = 2 * math.pi) -> Landscape:
    """A stationary Gaussian random field on the torus, of covariance exp(-r^2 / 2).

    Values, slopes and mixed second derivatives have variance 1. The covariance of a torus of period `length` is the sum
    of exp(-r^2 / 2) over all images; at 2 pi they change the curvatures' variances by 4e-6, so that the mean numbers
    of critical points are those of the isotropic field on R^n (`landscape.theory.gaussian_field`) times the volume:
    14.5 in two dimensions, 70.1 in three, 380 in four; 721 in five for period 5. All Fourier modes are summed but those
    with a millionth of the curvature's variance. The signed sum is 0.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    require_at_least("length", length, SHORTEST_LENGTH)
    field = fourier_field(dim, seed, length)
    return Landscape(
        name="gaussian_field",
        manifold=Torus((length,) * dim),
        value=field.value,
        gradient=field.gradient,
        hessian=field.hessian,
    )


@register
def confined_field(dim: int = 2, strength: float = 0.5, seed: int = 0, length: float = 4 * math.pi) -> Landscape:
    """A Gaussian random field in a parabola on R^n: many critical points below strength 1, few above.

    f = mu |x|^2 / 2 + V(x) with V as in `gaussian_field` and mu = strength sqrt(n) (Fyodorov 2004, Phys. Rev. Lett.
    92, 240601). V repeats after `length`. It is stationary all the same, so that the mean numbers of critical points
    are those of a field that does not repeat (`landscape.theory.confined_field`); far apart they are correlated. Their
    coordinates have variance 1 / mu^2, starts one that is 9/4 of it. The signed sum is 1.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    require_at_least("length", length, SHORTEST_LENGTH)
    if strength <= 0:
        raise ValueError(f"strength is {strength} but must be positive")
    mu = strength * math.sqrt(dim)
    field = fourier_field(dim, seed, length)
    identity = np.eye(dim)
    return Landscape(
        name="confined_field",
        manifold=Euclidean(dim, (-4 / mu, 4 / mu)),
        value=lambda x: 0.5 * mu * (x * x).sum(axis=-1) + field.value(x),
        gradient=lambda x: mu * x + field.gradient(x),
        hessian=lambda x: mu * identity + field.hessian(x),
        sampler=lambda rng, size: rng.normal(0.0, 1.5 / mu, (size, dim)),
        confining=True,
    )


@dataclass(frozen=True, eq=False)
class FourierField:
    """A sum of products of cosines and sines, one of each coordinate, arranged so that it is a product of matrices.

    A vector v of whole numbers stands for the product over the coordinates of cos(v_i t_i), where v_i >= 0, and
    sin(-v_i t_i), where v_i < 0, with t = 2 pi x / length. Differentiation of a factor turns v_i into -v_i and
    multiplies by -v_i. The coordinates are split in two,

        f(x) = sum over a of phi_a(x_A) sum over b of C_ab phi_b(x_B),

    and the inner sum is made for all points, and for all derivatives in x_B that are needed, at once. The vectors (a,
    b) fill a ball: with a and b sorted by length they fill a staircase of C, multiplied a few rows at a time, each with
    the columns that are not zero.

    Attributes
    ----------
    first : (p, n - g)
        The vectors a of the first coordinates, shortest first.
    last : (q, g)
        The vectors b of the last ones.
    coefficients : (p, q)
        C, with independent normal entries inside the ball.
    length : float
        Period along each axis.
    """

    first: IntArray
    last: IntArray
    coefficients: Array
    length: float

    def value(self, x: Array) -> Array:
        return self._derivatives(x, 0)[..., 0]

    def gradient(self, x: Array) -> Array:
        return self._derivatives(x, 1)

    def hessian(self, x: Array) -> Array:
        n = x.shape[-1]
        upper = self._derivatives(x, 2)
        result = np.empty((*x.shape, n))
        rows, columns = np.triu_indices(n)
        result[..., rows, columns] = upper
        result[..., columns, rows] = upper
        return result

    def _derivatives(self, x: Array, order: int) -> Array:
        """All derivatives of total order 0, 1 or 2, (..., number): of the Hessian its upper triangle, row by row."""
        unit = 2 * math.pi / self.length
        points = unit * x.reshape(-1, x.shape[-1]).T
        plan = self._plans[order]
        result = np.empty((plan.number, points.shape[1]))
        size = max(_TOGETHER, _BLOCK // (len(plan.inner) * len(self.first)))
        for start in range(0, points.shape[1], size):
            block = slice(start, start + size)
            line = self._line(points[:, block])
            first, last = (
                [[line[place] for place in axis[: 1 + plan.turns]] for axis in part] for part in self._places
            )
            waves = [factor * _product(last, turned) for turned, factor in plan.inner]
            m = line.shape[1]
            sums = self._inner_sums(waves[0] if len(waves) == 1 else np.concatenate(waves, axis=1))
            heads = {turned: _product(first, turned) for turned in {part.turned for part in plan.outer}}
            for part in plan.outer:
                inner = sums[:, part.inner * m : (part.inner + 1) * m]
                result[part.results, block] = part.factors @ (heads[part.turned] * inner)
        return unit**order * result.T.reshape(*x.shape[:-1], plan.number)

    def _line(self, t: Array) -> Array:
        """The factor cos(v t) or sin(-v t) of every whole number v up to the largest, for each axis in turn; the last
        row is one, (n, m) to (n (2 most + 1) + 1, m)."""
        # Powers of one number: a tenth of the time of as many sines and cosines.
        powers = np.cumprod(np.broadcast_to(np.exp(1j * t)[:, None], (len(t), self._most, t.shape[1])), axis=1)
        result = np.empty((len(t) * (2 * self._most + 1) + 1, t.shape[1]))
        table = result[:-1].reshape(len(t), 2 * self._most + 1, t.shape[1])
        table[:, : self._most], table[:, self._most], table[:, self._most + 1 :] = (
            powers.imag[:, ::-1],
            1.0,
            powers.real,
        )
        result[-1] = 1.0
        return result

    @cached_property
    def _plans(self) -> list[_Plan]:
        """What the derivatives of order 0, 1 and 2 are made of."""
        split = self.first.shape[1]
        n = split + self.last.shape[1]
        plans = []
        for order in range(3):
            wanted = list(combinations_with_replacement(range(n), order))
            parts = [(tuple(i for i in w if i < split), tuple(i - split for i in w if i >= split)) for w in wanted]
            inner = sorted({along for _, along in parts})
            common: dict[tuple[Axes, int], list[int]] = defaultdict(list)
            for result, (along, rest) in enumerate(parts):
                common[_turned(along), inner.index(rest)].append(result)
            outer = [
                _Outer(turned, sums, results, np.stack([_factor(self.first, parts[r][0]) for r in results]))
                for (turned, sums), results in common.items()
            ]
            plans.append(
                _Plan(len(wanted), order > 0, [(_turned(a), _factor(self.last, a)[:, None]) for a in inner], outer)
            )
        return plans

    def _inner_sums(self, waves: Array) -> Array:
        """coefficients @ waves, (q, m) to (p, m)."""
        result = np.empty((len(self.first), waves.shape[1]))
        for rows, width in self._stairs:
            np.matmul(self.coefficients[rows, :width], waves[:width], out=result[rows])
        return result

    @cached_property
    def _most(self) -> int:
        return int(max(self.first.max(initial=0), self.last.max(initial=0)))

    @cached_property
    def _places(self) -> list[list[tuple[IntArray, IntArray]]]:
        """In which row of `_line` the factor of every wave stands, and that of the wave turned round: for each axis of
        x_A, and of x_B."""
        width, split = 2 * self._most + 1, self.first.shape[1]
        places = []
        for vectors, shift in ((self.first, 0), (self.last, split)):
            middle = [(shift + axis) * width + self._most for axis in range(vectors.shape[1])]
            places.append([(m + v, m - v) for m, v in zip(middle, vectors.T, strict=True)])
        one = np.array([(split + self.last.shape[1]) * width])
        return [places[0] or [(one, one)], places[1]]

    @cached_property
    def _stairs(self) -> list[tuple[slice, int]]:
        """Rows of the coefficients, and how many of their columns are not all zero."""
        widths = len(self.last) - (self.coefficients != 0)[:, ::-1].argmax(axis=1)
        edges = np.unique(np.linspace(0, len(self.first), _STAIRS + 1).astype(np.int64)).tolist()
        return [(slice(low, high), int(widths[low:high].max())) for low, high in pairwise(edges)]


class _Outer(NamedTuple):
    """Derivatives that share the axes of x_A along which they turn the waves, and the inner sums: their places in the
    result, and what they multiply each wave by, (r, p)."""

    turned: Axes
    inner: int
    results: list[int]
    factors: Array


class _Plan(NamedTuple):
    """The derivatives of one order: their number; whether they turn waves round; for each inner sum the axes of x_B
    along which its waves are turned and what they are multiplied by, (q, 1); and what is made of the sums."""

    number: int
    turns: bool
    inner: list[tuple[Axes, Array]]
    outer: list[_Outer]


def fourier_field(dim: int, seed: int, length: float) -> FourierField:
    """The field of covariance exp(-r^2 / 2), summed over images at distance `length`.

    Its waves are those no longer than a radius beyond which those of the field on R^n have a millionth of E[f_xx^2].

    Raises
    ------
    ValueError
        If there are more waves than fit.
    """
    unit = 2 * math.pi / length
    radius = math.sqrt(chdtri(dim + 4, _NEGLECTED)) / unit  # k_1^4 exp(-k^2 / 2) d^n k is chi^2 of n + 4
    split = dim - max(1, dim // 2)
    most = _ball_volume(split, radius) * _ball_volume(dim - split, radius)
    if most > _MOST_COEFFICIENTS:
        raise ValueError(
            f"dim is {dim} and length is {length:.6g}, which makes a table of {most:.1e} Fourier modes; "
            f"at most {_MOST_COEFFICIENTS:.0e} fit"
        )
    first, last = _ball(split, radius), _ball(dim - split, radius)
    amplitude = _amplitudes(first, last, length, radius)
    return FourierField(first, last, amplitude * np.random.default_rng(seed).standard_normal(amplitude.shape), length)


def _amplitudes(first: IntArray, last: IntArray, length: float, radius: float) -> Array:
    """Standard deviations of the coefficients, (p, q): zero for vectors longer than `radius`."""
    unit = 2 * math.pi / length
    dim = first.shape[1] + last.shape[1]
    square = (first**2).sum(axis=1)[:, None] + (last**2).sum(axis=1)
    twofold = (first != 0).sum(axis=1)[:, None] + (last != 0).sum(axis=1)  # v_i and -v_i are one frequency
    variance = (unit / math.sqrt(2 * math.pi)) ** dim * 2.0**twofold * np.exp(-(unit**2) * square / 2)
    amplitude: Array = np.sqrt(np.where(square <= radius**2, variance, 0.0))
    return amplitude


def _ball_volume(dim: int, radius: float) -> float:
    return math.exp(dim / 2 * math.log(math.pi) - math.lgamma(dim / 2 + 1) + dim * math.log(radius))


def _ball(dim: int, radius: float) -> IntArray:
    """The vectors of `dim` whole numbers no longer than `radius`, shortest first."""
    line = np.arange(-math.floor(radius), math.floor(radius) + 1)
    vectors = np.zeros((1, 0), dtype=np.int64)
    for _ in range(dim):
        vectors = np.column_stack([np.repeat(vectors, len(line), axis=0), np.tile(line, len(vectors))])
        vectors = vectors[(vectors**2).sum(axis=1) <= radius**2]
    return vectors[np.argsort((vectors**2).sum(axis=1), kind="stable")]


def _turned(along: Axes) -> Axes:
    """The axes along which a derivative turns cosines into sines: those that it has once."""
    return tuple(axis for axis in along if along.count(axis) == 1)


def _factor(vectors: IntArray, along: Axes) -> Array:
    """What a derivative multiplies each wave by, (r,): -v_i for one along axis i, -v_i^2 for two."""
    once = np.array([axis for axis in along if along.count(axis) == 1], dtype=np.int64)
    sign = -1.0 if len(along) > len(once) else (-1.0) ** len(along)
    return sign * vectors[:, list(along)].prod(axis=1)


def _product(factors: list[list[Array]], turned: Axes) -> Array:
    """The waves at all points from their factors along each axis, turned round along some, (r, m)."""
    return reduce(np.multiply, (factor[axis in turned] for axis, factor in enumerate(factors)))
