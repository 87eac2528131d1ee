"""Kinds of random landscapes whose critical points can be sampled, and what is known of their index."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.function import Landscape
from landscape.problems import problem
from landscape.problems.wishart import wishart_columns, wishart_plus_wigner
from landscape.statistics.exhaustive import exhaust
from landscape.statistics.tridiagonal import sample_goe_counts
from landscape.theory.gaussian_field import gaussian_field_index_law, gaussian_field_total
from landscape.theory.goe import goe_index_law, goe_log_probability_minimum_asymptotic
from landscape.theory.goe_counts import MAX_SIZE, goe_count_law
from landscape.theory.independent import independent_index_probability
from landscape.theory.spin_glass import Mixture, mixed, mixed_mean_critical_points, pure

_MULTIPLE_PRECISION = 40  # largest GOE matrix whose law is computed to all digits, in half a second
_MOST_POINTS = 100_000
_PER_POINT = 10  # searches a round for every expected critical point


class Ensemble(Protocol):
    """A kind of random landscape whose critical points can be sampled.

    A newcomer writes `counts`. With `independent` true each sample is one critical point, and intervals are exact
    binomial ones; otherwise the points of one sample belong together and intervals come from resampling samples.
    """

    @property
    def independent(self) -> bool:
        """Whether every sample is a single critical point, drawn independently."""

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        """How many critical points of each index each sample has, (samples, dim + 1)."""


@runtime_checkable
class KnownLaw(Protocol):
    """An ensemble of whose index something is known beforehand."""

    def law(self, dim: int) -> Array | None:
        """Share of each index, (dim + 1,): where samples have many points, the ratio of mean numbers. None if not
        known for this dimension."""


@dataclass(frozen=True)
class GOE:
    """The origin of f(x) = x A x / 2 with A from the Gaussian Orthogonal Ensemble: one critical point a sample.

    Indices are counted in linear time, without the matrix: `landscape.statistics.tridiagonal`.
    """

    independent = True

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        return _one_hot(sample_goe_counts(dim, samples, rng), dim + 1)

    def law(self, dim: int) -> Array | None:
        if dim <= _MULTIPLE_PRECISION:
            return goe_index_law(dim)
        return goe_count_law(dim, 0.0) if dim <= MAX_SIZE else None

    def minimum_asymptotic(self, dim: int) -> float:
        """Large-n law of the probability of a minimum, with its corrections."""
        return math.exp(goe_log_probability_minimum_asymptotic(dim))


@dataclass(frozen=True)
class Wishart:
    """The origin of f(x) = x (H0 + H1) x / 2, H0 Wishart and H1 Wigner: one critical point a sample.

    Parameters
    ----------
    ratio, error : float
        As in the problem `wishart_quadratic`. With error 0 and a ratio up to 1 every point is a minimum.
    """

    ratio: float = 0.5
    error: float = 0.1
    independent = True

    def __post_init__(self) -> None:
        if not (self.ratio > 0 and self.error >= 0):
            raise ValueError(f"ratio is {self.ratio} and error {self.error} but must be positive and not negative")

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        block = max(1, 4_000_000 // (dim * max(dim, wishart_columns(dim, self.ratio))))
        index = []
        for done in range(0, samples, block):
            matrix = wishart_plus_wigner(dim, self.ratio, self.error, min(block, samples - done), rng)
            lam = np.linalg.eigvalsh(matrix)
            # The zeros of a Wishart matrix of deficient rank are no negative eigenvalues.
            rounding = 8 * dim * np.finfo(np.float64).eps * np.abs(lam).max(axis=1, keepdims=True)
            index.append((lam < -rounding).sum(axis=1))
        return _one_hot(np.concatenate(index), dim + 1)

    def law(self, dim: int) -> Array | None:
        return np.eye(dim + 1)[0] if self.error == 0 else None


@dataclass(frozen=True)
class Separable:
    """Critical points of sums of cosines with random amplitudes and phases, found by Newton from uniform starts.

    Every coordinate has one minimum and one maximum whose basins are congruent, so that each of the 2^n points is as
    likely to be found: the landscape for which a minimum has probability 2^-n.

    Parameters
    ----------
    starts : int
        Searches in each random landscape.
    """

    starts: int = 1000
    independent = True

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        found = []
        missing = samples
        while missing > 0:
            landscape = problem("cosine_sum", dim=dim, seed=_seed(rng))
            runs = search(landscape, landscape.starts(rng, min(self.starts, missing)), Newton()).converged()
            found.append(classify(landscape, runs.x).index)
            missing -= len(runs)
        return _one_hot(np.concatenate(found), dim + 1)

    def law(self, dim: int) -> Array | None:
        return independent_index_probability(dim, np.arange(dim + 1))


class _Searched:
    """Ensembles whose samples are searched for all their points."""

    independent = False
    _beyond: ClassVar[int] = 0  # what `exhaust` is called with, less the dimension: a sphere has one coordinate more

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        return np.array([_by_index(self.exhaust(dim + self._beyond, rng), dim + 1) for _ in range(samples)])

    @abstractmethod
    def exhaust(self, size: int, rng: np.random.Generator, /) -> CriticalPoints:
        """All critical points of one random sample, as far as repeated searching tells."""


@dataclass(frozen=True)
class GaussianField(_Searched):
    """All critical points of isotropic Gaussian random fields on the torus, the problem `gaussian_field`.

    Each sample is searched by `exhaust`. A sample is never left out, because leaving out the hard ones would bias the
    mean. Its 14 points in two dimensions take a tenth of a second, 70 in three a half, 380 in four five seconds; 720 in
    five, with a period of 5, twenty.

    Parameters
    ----------
    length : float
        Period of the torus.
    rounds : int
        At most so many rounds of searches.
    """

    length: float = 2 * math.pi
    rounds: int = 12

    def exhaust(self, dim: int, rng: np.random.Generator) -> CriticalPoints:
        """All critical points of one random sample, as far as repeated searching tells."""
        landscape = problem("gaussian_field", dim=dim, seed=_seed(rng), length=self.length)
        expected = gaussian_field_total(dim) * self.length**dim
        return exhaust(landscape, rng, _starts(expected), self.rounds)

    def law(self, dim: int) -> Array | None:
        return gaussian_field_index_law(dim)


@dataclass(frozen=True)
class SphericalSpinGlass(_Searched):
    """All critical points of pure p-spin landscapes on the sphere of intrinsic dimension `dim`: of dim + 1 spins.

    Each sample is searched by `exhaust`. A sample is never left out, because leaving out the hard ones would bias the
    mean.

    Parameters
    ----------
    p : int
        Number of spins that interact.
    starts : int, optional
        Searches a round; ten times the mean number of points if left out.
    rounds : int
        At most so many rounds.
    """

    p: int = 3
    starts: int | None = None
    rounds: int = 12
    _beyond = 1

    def exhaust(self, n: int, rng: np.random.Generator) -> CriticalPoints:
        """All critical points of one random sample with n spins, as far as repeated searching tells."""
        landscape = problem("spherical_spin_glass", p=self.p, n=n, seed=_seed(rng))
        starts = self.starts or _starts(_mean_number(pure(self.p), n))
        return exhaust(landscape, rng, starts, self.rounds)

    def law(self, dim: int) -> Array | None:
        return _spin_glass_law(pure(self.p), dim)


@dataclass(frozen=True)
class MixedSpinGlass(_Searched):
    """All critical points of mixed spin glasses on the sphere of intrinsic dimension `dim`: of dim + 1 spins.

    Parameters
    ----------
    weights : tuple of float
        Variances of the parts of degree 1, 2, 3, ...
    starts, rounds
        As for `SphericalSpinGlass`.
    """

    weights: tuple[float, ...] = (0.0, 0.5, 0.5)
    starts: int | None = None
    rounds: int = 12
    _beyond = 1

    def exhaust(self, n: int, rng: np.random.Generator) -> CriticalPoints:
        """All critical points of one random sample with n spins, as far as repeated searching tells."""
        landscape = problem("mixed_spin_glass", weights=self.weights, n=n, seed=_seed(rng))
        starts = self.starts or _starts(_mean_number(self.mixture, n))
        return exhaust(landscape, rng, starts, self.rounds)

    @property
    def mixture(self) -> Mixture:
        """nu and its derivatives, as the theory wants them."""
        return mixed(dict(enumerate(self.weights, start=1)))

    def law(self, dim: int) -> Array | None:
        return _spin_glass_law(self.mixture, dim)


@dataclass(frozen=True)
class RandomLandscapes(_Searched):
    """All critical points of random landscapes of your own.

    Parameters
    ----------
    make : callable
        (dim, seed) to a `Landscape` with `dim` directions; importable by name if it is to run in other processes.
    name : str
        Of the ensemble: in reports, and in what its random numbers are drawn from.
    starts : int
        Searches a round in each sample: ten times the number of points to be expected, or more.
    rounds : int
        At most so many rounds.
    """

    make: Callable[[int, int], Landscape] = field(repr=False)
    name: str = "random landscapes"
    starts: int = 500
    rounds: int = 12

    def exhaust(self, dim: int, rng: np.random.Generator) -> CriticalPoints:
        """All critical points of one random sample, as far as repeated searching tells.

        Raises
        ------
        ValueError
            If the landscape does not have `dim` directions.
        """
        landscape = self.make(dim, _seed(rng))
        directions = landscape.manifold.intrinsic_dim
        if directions != dim:
            raise ValueError(f"{self.name} made a landscape of {directions} directions where {dim} were asked for")
        return exhaust(landscape, rng, self.starts, self.rounds)


def _spin_glass_law(mixture: Mixture, dim: int) -> Array | None:
    try:
        counts = mixed_mean_critical_points(mixture, dim + 1)
    except ArithmeticError:  # double precision does not resolve the rarest index
        return None
    return counts / counts.sum()


def _mean_number(mixture: Mixture, n: int) -> float:
    try:
        return float(mixed_mean_critical_points(mixture, n).sum())
    except ArithmeticError as error:
        raise ValueError(
            f"starts, the searches a round, must be given: their number is not known, as {error}"
        ) from error


def _starts(expected: float) -> int:
    if expected > _MOST_POINTS:
        raise ValueError(
            f"a sample has about {expected:.2g} critical points; at most {_MOST_POINTS} can be searched for"
        )
    return math.ceil(_PER_POINT * expected)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _by_index(points: CriticalPoints, width: int) -> IntArray:
    """How many of the points have each index, (width,); degenerate ones have none."""
    return np.bincount(points.index[points.decided], minlength=width)


def _one_hot(index: IntArray, width: int) -> IntArray:
    """Counts of single critical points: row i has a one at index[i], (m, width)."""
    return (index[:, None] == np.arange(width)).astype(np.int64)
