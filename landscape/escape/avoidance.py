"""How often descent from random starts ends at a strict saddle: never, says theory, and a count bounds it.

For almost every start gradient descent with a learning rate below 1/L avoids strict saddles (Lee, Simchowitz, Jordan &
Recht 2016, COLT, arXiv:1602.04915; without a global Lipschitz constant Panageas & Piliouras 2017, ITCS,
arXiv:1605.00405). A count of runs cannot show that a probability is zero, but it bounds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.descent.ensemble import DescentStatus, descend
from landscape.descent.method import DescentMethod
from landscape.function import Landscape
from landscape.results import in_words
from landscape.spectrum.dense import tangent_system
from landscape.statistics.intervals import clopper_pearson

_FLAT = 1e-6  # an eigenvalue this small beside the largest decides nothing
_HESSIAN_ENTRIES = 4_000_000  # of the largest temporary array, 32 MB


@dataclass(frozen=True, eq=False, repr=False)
class SaddleAvoidance:
    """Where many descents ended, by the Hessian there.

    Attributes
    ----------
    starts : int
        Descents in all.
    minima : int
        Those that converged where every eigenvalue is positive.
    saddles : int
        Those that converged where one is negative: at a strict saddle, or within the tolerance of one.
    undecided : int
        Those that converged where the lowest eigenvalue is too small to tell.
    unfinished : int
        Those that did not converge.
    saddle_starts : (saddles, n)
        Starts of the second kind.
    confidence : float
    """

    starts: int
    minima: int
    saddles: int
    undecided: int
    unfinished: int
    saddle_starts: Array
    confidence: float

    @property
    def upper_bound(self) -> float:
        """What the probability of ending at a strict saddle does not exceed: the upper end of its exact
        (Clopper-Pearson) interval, every undecided and unfinished run counted as one that did."""
        worst = self.saddles + self.undecided + self.unfinished
        return float(clopper_pearson(worst, self.starts, self.confidence)[1])

    def __repr__(self) -> str:
        counts = {name: getattr(self, name) for name in ("minima", "saddles", "undecided", "unfinished")}
        return (
            f"{self.starts} descents: {in_words(counts)}; probability of a strict saddle at most "
            f"{self.upper_bound:.3g} ({100 * self.confidence:g} % interval)"
        )


def saddle_avoidance(
    landscape: Landscape,
    n_starts: int,
    method: DescentMethod,
    rng: np.random.Generator,
    max_steps: int = 10_000,
    tol: float = 1e-6,
    confidence: float = 0.95,
    progress: Callable[[int, int], None] | None = None,
) -> SaddleAvoidance:
    """Descend from many random starts and count those that end at a strict saddle.

    Parameters
    ----------
    n_starts : int
        A million is no trouble in a few dimensions: starts are drawn and descend in chunks.
    method : DescentMethod
        Theory is for `GradientDescent` with a learning rate below 1/L.
    max_steps : int
        Of each descent.
    tol : float
        A descent has converged when its gradient's norm is at most this.
    confidence : float
        Of the interval.
    progress : callable, optional
        Called after each chunk with the starts done and their number.

    Returns
    -------
    SaddleAvoidance

    Raises
    ------
    ValueError
        If `n_starts` is below 1, or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> well = landscape.problem("double_well", dim=2)
    >>> step = landscape.GradientDescent(lr=0.08)
    >>> landscape.saddle_avoidance(well, 1000, step, np.random.default_rng(0))
    1000 descents: 1000 minima; probability of a strict saddle at most 0.00368 (95 % interval)
    """
    if n_starts < 1:
        raise ValueError(f"n_starts is {n_starts} but must be at least 1")
    clopper_pearson(0, 1, confidence)  # a bad confidence fails before the work
    chunk = max(1, _HESSIAN_ENTRIES // landscape.dim**2)
    totals = dict.fromkeys(("minima", "saddles", "undecided", "unfinished"), 0)
    at_saddles = []
    for done in range(0, n_starts, chunk):
        size = min(chunk, n_starts - done)
        runs = descend(landscape, landscape.starts(rng, size), method, max_steps, tol, rng=rng)
        converged = np.flatnonzero(runs.status == DescentStatus.CONVERGED)
        sign = _lowest_sign(landscape, runs.x[converged])
        totals["minima"] += int((sign > 0).sum())
        totals["saddles"] += int((sign < 0).sum())
        totals["undecided"] += int((sign == 0).sum())
        totals["unfinished"] += size - converged.size
        at_saddles.append(runs.start[converged[sign < 0]])
        if progress is not None:
            progress(done + size, n_starts)
    return SaddleAvoidance(
        starts=n_starts, **totals, saddle_starts=np.concatenate(at_saddles), confidence=float(confidence)
    )


def _lowest_sign(landscape: Landscape, x: Array) -> IntArray:
    """Sign of the lowest eigenvalue at each point, symmetry's zero modes apart; 0 where it is too small, (m,)."""
    if len(x) == 0:
        return np.zeros(0, dtype=np.int64)
    eigenvalues = np.linalg.eigvalsh(tangent_system(landscape, x).lifted_hessian())
    lowest, size = eigenvalues[:, 0], np.abs(eigenvalues).max(axis=1)
    sign: IntArray = np.where(np.abs(lowest) > _FLAT * size, np.sign(lowest), 0).astype(np.int64)
    return sign
