"""The spaces on which landscapes live: Euclidean space, spheres, tori and their products.

Points are given in ambient coordinates, shape (..., n). A manifold supplies the textbook's operations (Absil,
Mahony & Sepulchre 2008, *Optimization Algorithms on Matrix Manifolds*): projection, retraction, distance,
tangent basis, Riemannian Hessian, uniform samples and the Euler characteristic.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from landscape.arrays import Array, IntArray, dot, matvec, norm, symmetrize, transpose

Box = tuple[Array, Array]


class Manifold(Protocol):
    """What every manifold offers.

    A newcomer writes `dim`, `intrinsic_dim`, `compact`, `euler_characteristic`, `length_scale` and the
    methods below; search, descent, classification and statistics need nothing else.
    """

    @property
    def dim(self) -> int:
        """Number of ambient coordinates, n."""

    @property
    def intrinsic_dim(self) -> int:
        """Number of independent directions at a point, d."""

    @property
    def compact(self) -> bool:
        """Whether Morse theory applies without conditions at infinity."""

    @property
    def euler_characteristic(self) -> int:
        """The Euler characteristic."""

    @property
    def betti_numbers(self) -> tuple[int, ...]:
        """Ranks of the homology groups, from dimension 0 to the intrinsic dimension."""

    @property
    def length_scale(self) -> float:
        """A typical length, against which tolerances on positions are measured."""

    def normalize(self, x: Array) -> Array:
        """The representative on the manifold nearest to ambient coordinates `x`, (..., n)."""

    def project(self, x: Array, v: Array) -> Array:
        """Orthogonal projection of ambient vectors `v` on the tangent space at `x`, (..., n)."""

    def retract(self, x: Array, v: Array) -> Array:
        """The point reached from `x` along the tangent vector `v`, to second order a geodesic, (..., n)."""

    def distance(self, x: Array, y: Array) -> Array:
        """Geodesic distance, (...)."""

    def tangent_basis(self, x: Array) -> Array:
        """Orthonormal basis of the tangent space, in columns, (..., n, d)."""

    def tangent_hessian(self, x: Array, gradient: Array, hessian: Array) -> Array:
        """Riemannian Hessian in the tangent basis, (..., d, d), from the ambient gradient and Hessian."""

    def riemannian_hvp(self, x: Array, gradient: Array, v: Array, product: Array) -> Array:
        """Riemannian Hessian times tangent vectors `v`, (..., n), from ambient gradient and Hessian-vector product."""

    def embed(self, x: Array) -> Array:
        """Coordinates in which nearby points are near even where `x` wraps round, (..., m); never farther
        apart than `distance`."""

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Uniform samples, (size, n)."""


@dataclass(frozen=True)
class Euclidean:
    """R^n with a box from which starts are drawn.

    Parameters
    ----------
    n : int
        Dimension.
    box : pair of float or of (n,), optional
        Lower and upper corner of the sampling box; [-1, 1]^n if left out.
    """

    n: int
    box: Box | tuple[float, float] = field(default=(-1.0, 1.0), compare=False)
    # The box once more, as numbers that compare and hash.
    _corners: tuple[tuple[float, ...], ...] = field(init=False, repr=False)

    compact = False
    euler_characteristic = 1

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"dim is {self.n} but must be at least 1")
        corners = []
        for side in self.box:
            corner = np.array(side, dtype=np.float64)
            if corner.ndim > 1 or (corner.ndim == 1 and corner.size not in (1, self.n)):
                raise ValueError(f"box has a corner of shape {corner.shape} but the landscape has dim {self.n}")
            corners.append(np.broadcast_to(corner, (self.n,)))
        low, high = corners
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
            raise ValueError(f"box is {low.tolist()} to {high.tolist()}; every low must be finite and below its high")
        if (high / 2 - low / 2).max() > np.finfo(np.float64).max / 2:
            raise ValueError(f"box is {low.tolist()} to {high.tolist()}, too wide for a number to hold")
        object.__setattr__(self, "box", (low, high))
        object.__setattr__(self, "_corners", (tuple(low.tolist()), tuple(high.tolist())))

    def __repr__(self) -> str:
        low, high = self.box
        return f"Euclidean(n={self.n}, box within {np.min(low):.6g} to {np.max(high):.6g})"

    @property
    def dim(self) -> int:
        return self.n

    @property
    def intrinsic_dim(self) -> int:
        return self.n

    @property
    def betti_numbers(self) -> tuple[int, ...]:
        return (1, *[0] * self.n)

    @cached_property
    def length_scale(self) -> float:
        low, high = self.box
        return float(np.mean(np.asarray(high) - np.asarray(low)))

    def normalize(self, x: Array) -> Array:
        return x

    def project(self, x: Array, v: Array) -> Array:
        return v

    def retract(self, x: Array, v: Array) -> Array:
        return x + v

    def distance(self, x: Array, y: Array) -> Array:
        return norm(x - y)

    def tangent_basis(self, x: Array) -> Array:
        return np.broadcast_to(np.eye(self.n), (*x.shape, self.n))

    def tangent_hessian(self, x: Array, gradient: Array, hessian: Array) -> Array:
        return hessian

    def riemannian_hvp(self, x: Array, gradient: Array, v: Array, product: Array) -> Array:
        return product

    def embed(self, x: Array) -> Array:
        return x

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        low, high = self.box
        return rng.uniform(low, high, (size, self.n))


@dataclass(frozen=True)
class Sphere:
    """The sphere of given radius in R^n, of intrinsic dimension n - 1.

    Parameters
    ----------
    n : int
        Ambient coordinates.
    radius : float
    """

    n: int
    radius: float = 1.0

    compact = True

    def __post_init__(self) -> None:
        if self.n < 2:
            raise ValueError(f"a sphere needs at least 2 ambient coordinates, not {self.n}")
        if not (self.radius > 0 and math.isfinite(self.radius)):
            raise ValueError(f"radius is {self.radius} but must be positive")

    @property
    def dim(self) -> int:
        return self.n

    @property
    def intrinsic_dim(self) -> int:
        return self.n - 1

    @property
    def euler_characteristic(self) -> int:
        return 1 + (-1) ** (self.n - 1)

    @property
    def betti_numbers(self) -> tuple[int, ...]:
        return (1, *[0] * (self.n - 2), 1)

    @property
    def length_scale(self) -> float:
        return self.radius

    def normalize(self, x: Array) -> Array:
        length = norm(x)
        if not isinstance(x, np.ndarray) or np.isinf(length).any():  # where JAX traces it nothing can be asked
            # Where the square of the length overflows, by the largest coordinate first; elsewhere by 1.
            x = x / (1 + (length == np.inf) * (abs(x).max(axis=-1) - 1))[..., None]
            length = norm(x)
        return x * (self.radius / length)[..., None]

    def project(self, x: Array, v: Array) -> Array:
        return v - x * (dot(x, v) / self.radius**2)[..., None]

    def retract(self, x: Array, v: Array) -> Array:
        return self.normalize(x + v)

    def distance(self, x: Array, y: Array) -> Array:
        # Kahan's angle between two vectors: exact for near and for antipodal points, where the arc cosine of
        # the inner product and the arc sine of the chord lose half their digits.
        return 2 * self.radius * np.arctan2(norm(x - y), norm(x + y))

    def tangent_basis(self, x: Array) -> Array:
        # The Householder reflection that takes x to the first axis takes the other axes to a tangent basis.
        v = self._reflector(x)
        return np.eye(self.n)[:, 1:] - v[..., :, None] * v[..., None, 1:]

    def _reflector(self, x: Array) -> Array:
        """The vector v that makes I - v v^T this reflection, (..., n)."""
        v = x / self.radius
        v = v + np.where(v[..., :1] >= 0, 1.0, -1.0) * np.eye(self.n)[0]
        return v * ((2 / dot(v, v)) ** 0.5)[..., None]

    def tangent_hessian(self, x: Array, gradient: Array, hessian: Array) -> Array:
        # The reflection changes the matrix by one of rank two, which is cheaper than two matrix products.
        v = self._reflector(x)
        left, right = matvec(hessian, v), matvec(transpose(hessian), v)
        half = (0.5 * dot(v, left))[..., None] * v
        result = hessian[..., 1:, 1:] - (left - half)[..., 1:, None] * v[..., None, 1:]
        result -= v[..., 1:, None] * (right - half)[..., None, 1:]
        place = np.arange(self.n - 1)
        result[..., place, place] -= (dot(x, gradient) / self.radius**2)[..., None]
        return symmetrize(result)

    def riemannian_hvp(self, x: Array, gradient: Array, v: Array, product: Array) -> Array:
        return self.project(x, product) - v * (dot(x, gradient) / self.radius**2)[..., None]

    def embed(self, x: Array) -> Array:
        return x

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        return self.normalize(rng.standard_normal((size, self.n)))


@dataclass(frozen=True)
class Torus:
    """The flat torus: each coordinate is periodic, with its own period.

    Parameters
    ----------
    periods : sequence of float
        Period of each coordinate; their number is the dimension.
    """

    periods: Sequence[float] = field()

    compact = True
    euler_characteristic = 0

    def __post_init__(self) -> None:
        periods = np.asarray(self.periods, dtype=np.float64)
        if periods.ndim != 1 or periods.size == 0 or not (np.isfinite(periods) & (periods > 0)).all():
            raise ValueError(f"periods must be a sequence of positive numbers, not {self.periods!r}")
        object.__setattr__(self, "periods", tuple(periods.tolist()))

    @property
    def dim(self) -> int:
        return len(self.periods)

    @property
    def intrinsic_dim(self) -> int:
        return len(self.periods)

    @property
    def betti_numbers(self) -> tuple[int, ...]:
        return tuple(math.comb(self.dim, k) for k in range(self.dim + 1))

    @property
    def length_scale(self) -> float:
        return float(np.mean(self.periods))

    @cached_property
    def _periods(self) -> Array:
        return np.asarray(self.periods)

    def normalize(self, x: Array) -> Array:
        wrapped = x % self._periods
        # A tiny negative angle rounds up to the period.
        return wrapped * (wrapped != self._periods)

    def project(self, x: Array, v: Array) -> Array:
        return v

    def retract(self, x: Array, v: Array) -> Array:
        return self.normalize(x + v)

    def distance(self, x: Array, y: Array) -> Array:
        return norm(self._shortest(x - y))

    def _shortest(self, difference: Array) -> Array:
        return difference - self._periods * np.round(difference / self._periods)

    def tangent_basis(self, x: Array) -> Array:
        return np.broadcast_to(np.eye(self.dim), (*x.shape, self.dim))

    def tangent_hessian(self, x: Array, gradient: Array, hessian: Array) -> Array:
        return hessian

    def riemannian_hvp(self, x: Array, gradient: Array, v: Array, product: Array) -> Array:
        return product

    def embed(self, x: Array) -> Array:
        angle = 2 * np.pi * x / self._periods
        radius = self._periods / (2 * np.pi)
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        return rng.uniform(0.0, self._periods, (size, self.dim))


@dataclass(frozen=True)
class Product:
    """The product of manifolds: coordinates are concatenated in the order of the factors.

    Parameters
    ----------
    factors : tuple of Manifold

    Examples
    --------
    >>> Product((Sphere(3), Euclidean(2))).intrinsic_dim
    4
    """

    factors: tuple[Manifold, ...]

    def __post_init__(self) -> None:
        if not self.factors:
            raise ValueError("a product needs at least one factor")
        object.__setattr__(self, "factors", tuple(self.factors))

    @property
    def dim(self) -> int:
        return sum(f.dim for f in self.factors)

    @property
    def intrinsic_dim(self) -> int:
        return sum(f.intrinsic_dim for f in self.factors)

    @property
    def compact(self) -> bool:
        return all(f.compact for f in self.factors)

    @property
    def euler_characteristic(self) -> int:
        return math.prod(f.euler_characteristic for f in self.factors)

    @property
    def betti_numbers(self) -> tuple[int, ...]:
        # The Kuenneth formula: Poincare polynomials multiply.
        product = np.array([1])
        for f in self.factors:
            product = np.convolve(product, f.betti_numbers)
        return tuple(product.tolist())

    @property
    def length_scale(self) -> float:
        return float(np.mean([f.length_scale for f in self.factors]))

    @cached_property
    def _runs(self) -> tuple[_Run, ...]:
        """Neighbouring equal factors together, so that a hundred spheres cost one call."""
        runs, row, column = [], 0, 0
        for factor, equal in itertools.groupby(self.factors):
            run = _Run(factor, len(list(equal)), row, column)
            runs.append(run)
            row, column = row + run.length * factor.dim, column + run.length * factor.intrinsic_dim
        return tuple(runs)

    def _parts(self, *arrays: Array) -> Iterator[tuple[Manifold, list[Array]]]:
        """For each run its factor and the factors' coordinates, each (..., length, n)."""
        for f, length, row, _ in self._runs:
            part = slice(row, row + length * f.dim)
            yield f, [a[..., part].reshape(*a.shape[:-1], length, f.dim) for a in arrays]

    def normalize(self, x: Array) -> Array:
        return _joined(f.normalize(*p) for f, p in self._parts(x))

    def project(self, x: Array, v: Array) -> Array:
        return _joined(f.project(*p) for f, p in self._parts(x, v))

    def retract(self, x: Array, v: Array) -> Array:
        return _joined(f.retract(*p) for f, p in self._parts(x, v))

    def distance(self, x: Array, y: Array) -> Array:
        return norm(np.concatenate([f.distance(*p) for f, p in self._parts(x, y)], axis=-1))

    def tangent_basis(self, x: Array) -> Array:
        basis = np.zeros((*x.shape, self.intrinsic_dim))
        for run, (f, p) in zip(self._runs, self._parts(x), strict=True):
            basis[..., run.rows[:, :, None], run.columns[:, None]] = f.tangent_basis(*p)
        return basis

    def tangent_hessian(self, x: Array, gradient: Array, hessian: Array) -> Array:
        basis = self.tangent_basis(x)
        result = symmetrize(transpose(basis) @ hessian @ basis)
        # Each factor's curvature term acts on its own diagonal block: let the factor compute the whole block.
        for run, (f, (y, g)) in zip(self._runs, self._parts(x, gradient), strict=True):
            blocks = f.tangent_hessian(y, g, hessian[..., run.rows[:, :, None], run.rows[:, None]])
            result[..., run.columns[:, :, None], run.columns[:, None]] = blocks
        return result

    def riemannian_hvp(self, x: Array, gradient: Array, v: Array, product: Array) -> Array:
        return _joined(f.riemannian_hvp(*p) for f, p in self._parts(x, gradient, v, product))

    def embed(self, x: Array) -> Array:
        return _joined(f.embed(*p) for f, p in self._parts(x))

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        return np.concatenate([f.sample(rng, size) for f in self.factors], axis=-1)


class _Run(NamedTuple):
    """Equal factors of a product that stand side by side: how many, and where their coordinates and their tangent
    coordinates begin."""

    factor: Manifold
    length: int
    row: int
    column: int

    @property
    def rows(self) -> IntArray:
        """Coordinates of each factor, (length, n)."""
        return self.row + np.arange(self.length * self.factor.dim).reshape(self.length, -1)

    @property
    def columns(self) -> IntArray:
        """Tangent coordinates of each factor, (length, d)."""
        return self.column + np.arange(self.length * self.factor.intrinsic_dim).reshape(self.length, -1)


def _joined(parts: Iterable[Array]) -> Array:
    """Coordinates (..., n) from those of runs of factors, (..., length, m) each."""
    return np.concatenate([p.reshape(*p.shape[:-2], p.shape[-2] * p.shape[-1]) for p in parts], axis=-1)
