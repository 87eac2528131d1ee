"""The index of critical points against dimension, for ensembles of random landscapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.parallel import map_chunks
from landscape.random import stream
from landscape.results import Results, shared
from landscape.statistics.agreement import chi_square_p_value, ratio_p_value
from landscape.statistics.ensembles import GOE as GOE
from landscape.statistics.ensembles import Ensemble as Ensemble
from landscape.statistics.ensembles import KnownLaw
from landscape.statistics.ensembles import Separable as Separable
from landscape.statistics.ensembles import SphericalSpinGlass as SphericalSpinGlass
from landscape.statistics.intervals import bootstrap_ratio_interval, clopper_pearson

CHUNKS = 16  # streams a dimension's samples are split into, whatever the number of workers
_BLOCK = 250_000  # counts that are held at once where samples need not be told apart: they stay in cache
FALSE_ALARM = 1e-3  # p-value, times the number of dimensions, below which a measurement is said to differ from a law


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
    index_low, index_high : (r, max dim + 1)
        Such intervals for the share of each index.
    exact : (r, max dim + 1)
        What theory says of the shares, exactly at this dimension; NaN where it does not.
    p_value : (r,)
        Of all shares against `exact`: Pearson's chi-square where samples are single points, Hotelling's test of the
        samples otherwise; NaN without a law, or with too few samples.
    asymptotic : (r,)
        Large-n law of `minimum`, corrections included; NaN where there is none.
    """

    dim: IntArray
    samples: IntArray
    counts: IntArray
    minimum: Array
    low: Array
    high: Array
    index_low: Array
    index_high: Array
    exact: Array
    p_value: Array
    asymptotic: Array
    ensemble: str = field(default="", metadata=shared())
    confidence: float = field(default=0.95, metadata=shared())

    @property
    def points(self) -> IntArray:
        """Critical points in all samples, (r,)."""
        return self.counts.sum(axis=1)

    @property
    def shares(self) -> Array:
        """Share of each index, (r, max dim + 1)."""
        return self.counts / self.points[:, None]

    @property
    def mean_index(self) -> Array:
        """Mean index over all critical points, (r,)."""
        return self.shares @ np.arange(self.counts.shape[1])

    @property
    def variance_index(self) -> Array:
        """Variance of the index over all critical points, (r,)."""
        return self.shares @ np.arange(self.counts.shape[1]) ** 2 - self.mean_index**2

    @property
    def verdicts(self) -> list[str]:
        """For each dimension 'agrees' or 'differs', with one false alarm in a thousand over all dimensions; or 'no law'
        or 'too few samples'."""
        limit = FALSE_ALARM / len(self)
        words = []
        for p, known in zip(self.p_value, np.isfinite(self.exact[:, 0]), strict=True):
            words.append(
                "no law" if not known else "too few samples" if np.isnan(p) else "differs" if p < limit else "agrees"
            )
        return words

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
        `GOE()`, `Wishart()`, `Separable()`, `GaussianField()`, `SphericalSpinGlass(p)`, `MixedSpinGlass(weights)`,
        `RandomLandscapes(make)` or a class of your own.
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

    width = max(dims) + 1
    counts = np.zeros((len(dims), width), dtype=np.int64)
    low, high = np.zeros((len(dims), width)), np.zeros((len(dims), width))
    exact = np.full((len(dims), width), np.nan)
    p_value, asymptotic = np.full(len(dims), np.nan), np.full(len(dims), np.nan)
    for row, (dim, sample_counts) in enumerate(zip(dims, rows, strict=True)):
        part = slice(0, dim + 1)
        total = sample_counts.sum(axis=0)
        if total.sum() == 0:
            raise ValueError(f"{ensemble!r}: not a single critical point was found in dimension {dim}")
        counts[row, part] = total
        if ensemble.independent:
            low[row, part], high[row, part] = clopper_pearson(total, total.sum(), confidence)
        else:
            low[row, part], high[row, part] = bootstrap_ratio_interval(
                sample_counts, sample_counts.sum(axis=1), rng, confidence
            )
        law = ensemble.law(dim) if isinstance(ensemble, KnownLaw) else None
        if law is not None:
            exact[row, part] = law
            p_value[row] = chi_square_p_value(total, law) if ensemble.independent else ratio_p_value(sample_counts, law)
        if isinstance(ensemble, GOE):
            asymptotic[row] = ensemble.minimum_asymptotic(dim)
    return IndexStatistics(
        dim=np.array(dims),
        samples=np.array(sizes),
        counts=counts,
        minimum=counts[:, 0] / counts.sum(axis=1),
        low=low[:, 0],
        high=high[:, 0],
        index_low=low,
        index_high=high,
        exact=exact,
        p_value=p_value,
        asymptotic=asymptotic,
        ensemble=repr(ensemble),
        confidence=confidence,
    )


def _sample_chunk(ensemble: Ensemble, dim: int, samples: int, seed: int, chunk: int) -> IntArray:
    """Counts of a chunk's samples, (samples, dim + 1); all in one row where samples need not be told apart."""
    rng = stream(seed, {"ensemble": repr(ensemble), "dim": dim}, chunk)
    if not ensemble.independent:
        return ensemble.counts(dim, samples, rng)
    block = max(1, _BLOCK // (dim + 1))
    total = np.zeros((1, dim + 1), dtype=np.int64)
    for done in range(0, samples, block):
        total += ensemble.counts(dim, min(block, samples - done), rng).sum(axis=0)
    return total


def _split(size: int) -> list[int]:
    """Sizes of at most `CHUNKS` nearly equal parts."""
    parts = min(CHUNKS, size)
    return [size // parts + (k < size % parts) for k in range(parts)]
