"""The index of critical points against dimension, for ensembles of random landscapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.critical.classify import classify
from landscape.critical.find import find_critical_points, union
from landscape.critical.newton import Newton
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.parallel import map_chunks
from landscape.problems import problem
from landscape.random import stream
from landscape.results import Results, shared
from landscape.statistics.intervals import bootstrap_ratio_interval, clopper_pearson
from landscape.theory.spin_glass import mean_critical_points

CHUNKS = 16  # streams a dimension's samples are split into, whatever the number of workers


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


@dataclass(frozen=True)
class GOE:
    """The origin of f(x) = x A x / 2 with A from the Gaussian Orthogonal Ensemble: one critical point a sample."""

    independent = True

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        block = max(1, 4_000_000 // dim**2)
        index = np.concatenate(
            [_negative_eigenvalues(rng, min(block, samples - done), dim) for done in range(0, samples, block)]
        )
        return _one_hot(index, dim + 1)


def _negative_eigenvalues(rng: np.random.Generator, size: int, dim: int) -> IntArray:
    a = rng.standard_normal((size, dim, dim))
    return (np.linalg.eigvalsh(a + np.swapaxes(a, 1, 2)) < 0).sum(axis=1)


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
            landscape = problem("cosine_sum", dim=dim, seed=int(rng.integers(2**31)))
            runs = search(landscape, landscape.starts(rng, min(self.starts, missing)), Newton()).converged()
            found.append(classify(landscape, runs.x).index)
            missing -= len(runs)
        return _one_hot(np.concatenate(found), dim + 1)


@dataclass(frozen=True)
class SphericalSpinGlass:
    """All critical points of pure p-spin landscapes on the sphere of intrinsic dimension `dim`: of dim + 1 spins.

    Each sample is searched until a whole further round of starts finds nothing new and the Morse sum is right, or
    `rounds` are over. A sample is never left out, because leaving out the hard ones would bias the mean.

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
    rounds: int = 10
    independent = False

    def counts(self, dim: int, samples: int, rng: np.random.Generator) -> IntArray:
        counts = np.zeros((samples, dim + 1), dtype=np.int64)
        for sample in counts:
            points = self.exhaust(dim + 1, rng)
            sample += np.bincount(points.index, minlength=dim + 1)
        return counts

    def exhaust(self, n: int, rng: np.random.Generator) -> CriticalPoints:
        """All critical points of one random sample with n spins, as far as repeated searching tells."""
        landscape = problem("spherical_spin_glass", p=self.p, n=n, seed=int(rng.integers(2**31)))
        starts = self.starts or int(np.ceil(10 * mean_critical_points(self.p, n).sum()))
        points = find_critical_points(landscape, landscape.starts(rng, starts))
        for _ in range(self.rounds - 1):
            known = len(points)
            more = find_critical_points(landscape, landscape.starts(rng, starts))
            points = union(landscape, [points, more])
            if len(points) == known and points.euler.holds:
                break
        return points


@dataclass(frozen=True, eq=False, repr=False)
class IndexStatistics(Results):
    """The measured distribution of the index, one row a dimension.

    Attributes
    ----------
    dim : (r,)
    samples : (r,)
        Random landscapes.
    counts : (r, max dim + 1)
        Critical points of each index, all samples together; zero beyond the dimension.
    minimum : (r,)
        Fraction of critical points that are minima: ratio of the total counts.
    low, high : (r,)
        Interval for `minimum`: exact binomial (Clopper-Pearson) where samples are single points, otherwise bootstrap
        over samples.
    """

    dim: IntArray
    samples: IntArray
    counts: IntArray
    minimum: Array
    low: Array
    high: Array
    ensemble: str = field(default="", metadata=shared())
    confidence: float = field(default=0.95, metadata=shared())

    @property
    def points(self) -> IntArray:
        """Critical points in all samples, (r,)."""
        return self.counts.sum(axis=1)

    @property
    def mean_index(self) -> Array:
        """Mean index over all critical points, (r,)."""
        return self.counts @ np.arange(self.counts.shape[1]) / self.points

    def __repr__(self) -> str:
        lines = [f"{self.ensemble}", "  dim  samples   points  P(minimum)  interval"]
        lines += [
            f"{self.dim[row]:5d}  {self.samples[row]:7d}  {self.points[row]:7d}  {self.minimum[row]:10.4g}"
            f"  {self.low[row]:.4g} to {self.high[row]:.4g}"
            for row in range(len(self))
        ]
        return "\n".join(lines)


def index_statistics(
    ensemble: Ensemble,
    dims: Sequence[int],
    n_samples: int | Sequence[int],
    rng: np.random.Generator,
    executor: Executor | None = None,
    confidence: float = 0.95,
    progress: Callable[[int], None] | None = None,
) -> IndexStatistics:
    """Measure how the index is distributed against dimension.

    Parameters
    ----------
    ensemble : Ensemble
        `GOE()`, `Separable()`, `SphericalSpinGlass(p)` or your own.
    dims : sequence of int
        Dimensions, each at least 1.
    n_samples : int or sequence of int
        Random samples in each dimension.
    rng : numpy.random.Generator
        Seeds the streams of all chunks; the result does not depend on the executor.
    executor : concurrent.futures.Executor, optional
        Where chunks run; this process if left out.
    confidence : float
        Of the intervals.
    progress : callable, optional
        Called with the number of chunks done.

    Returns
    -------
    IndexStatistics

    Raises
    ------
    ValueError
        If a dimension or a number of samples is below 1, their numbers differ, or a dimension is given twice.

    Examples
    --------
    >>> import numpy as np
    >>> from landscape import GOE, index_statistics
    >>> measured = index_statistics(GOE(), [1, 2], 1000, np.random.default_rng(0))
    >>> bool(measured.low[0] < 0.5 < measured.high[0])
    True
    """
    dims = [int(d) for d in dims]
    sizes = [int(n_samples)] * len(dims) if np.ndim(n_samples) == 0 else [int(n) for n in n_samples]  # type: ignore
    if len(sizes) != len(dims):
        raise ValueError(f"n_samples has {len(sizes)} entries but dims has {len(dims)}")
    if not dims or min(dims) < 1 or min(sizes) < 1:
        raise ValueError(f"dims {dims} and n_samples {sizes} must all be at least 1")
    if len(set(dims)) < len(dims):
        raise ValueError(f"dims {dims} must differ: a dimension drawn twice would be the same sample twice")
    seed = int(rng.integers(2**62))
    tasks = [
        (ensemble, dim, part, seed, chunk)
        for dim, size in zip(dims, sizes, strict=True)
        for chunk, part in enumerate(_split(size))
    ]
    chunks = list(map_chunks(executor, _sample_chunk, tasks, progress))
    rows = [np.concatenate([c for c, t in zip(chunks, tasks, strict=True) if t[1] == dim]) for dim in dims]

    counts = np.zeros((len(dims), max(dims) + 1), dtype=np.int64)
    minimum, low, high = np.zeros(len(dims)), np.zeros(len(dims)), np.zeros(len(dims))
    for row, sample_counts in enumerate(rows):
        counts[row, : dims[row] + 1] = sample_counts.sum(axis=0)
        minima, points = sample_counts[:, 0], sample_counts.sum(axis=1)
        minimum[row] = minima.sum() / points.sum()
        if ensemble.independent:
            low[row], high[row] = clopper_pearson(minima.sum(), points.sum(), confidence)
        else:
            low[row], high[row] = bootstrap_ratio_interval(minima, points, rng, confidence)
    return IndexStatistics(
        dim=np.array(dims),
        samples=np.array([len(r) for r in rows]),
        counts=counts,
        minimum=minimum,
        low=low,
        high=high,
        ensemble=repr(ensemble),
        confidence=confidence,
    )


def _sample_chunk(ensemble: Ensemble, dim: int, samples: int, seed: int, chunk: int) -> IntArray:
    return ensemble.counts(dim, samples, stream(seed, {"ensemble": repr(ensemble), "dim": dim}, chunk))


def _split(size: int) -> list[int]:
    """Sizes of at most `CHUNKS` nearly equal parts."""
    parts = min(CHUNKS, size)
    return [size // parts + (k < size % parts) for k in range(parts)]


def _one_hot(index: IntArray, width: int) -> IntArray:
    """Counts of single critical points: row i has a one at index[i], (m, width)."""
    return (index[:, None] == np.arange(width)).astype(np.int64)
