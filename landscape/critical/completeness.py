"""How complete a set of critical points is: what topology demands, and what the searches' own statistics estimate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from landscape.arrays import Array, IntArray
from landscape.function import Landscape
from landscape.manifolds import Euclidean

_MANY = 6  # indices, beyond which a sentence does not list them all


@dataclass(frozen=True)
class EulerCheck:
    """The sum of (-1)^index over the points found, beside what Morse theory asks of a complete set.

    Attributes
    ----------
    found : int
    expected : int or None
        None where the theory does not say: an unconfined function, a symmetry whose orbit space is not known.
    degenerate : int
        Points whose weight the Hessian does not tell.
    holds : bool or None
        Whether they agree; None if there is nothing to agree with, or a degenerate point. No such sum sees a missed
        pair of points of adjacent index.
    """

    found: int
    expected: int | None
    degenerate: int

    @property
    def holds(self) -> bool | None:
        if self.expected is None or self.degenerate:
            return None
        return self.found == self.expected


@dataclass(frozen=True)
class WindingCheck:
    """In a two-dimensional box: the sum of (-1)^index over the points inside, beside the gradient's winding number.

    Where the function is smooth and none is missing it equals the number of turns of the gradient along the boundary
    (the Poincare-Hopf theorem); a pole, or the point of a cone, turns it as points do."""

    found: int
    expected: int

    @property
    def holds(self) -> bool:
        return self.found == self.expected


@dataclass(frozen=True)
class Coverage:
    """What capture and recapture tell of the points of one index.

    Every search that ends at such a point is a capture. Searches are taken as independent, each with its own chance of
    ending at each point; that some points are found a thousand times more often than others is allowed for.

    Attributes
    ----------
    found : int
        Distinct points.
    captures : int
        Searches that ended at them.
    once, twice : int
        Points found exactly once and exactly twice.
    coverage : float
        Good-Turing estimate of the probability that a further capture is of a known point.
    coverage_low, coverage_high : float
        Its interval.
    unseen : float
        Chao's lower bound of the number of points not found.
    unseen_low, unseen_high : float
        Its interval.
    """

    found: int
    captures: int
    once: int
    twice: int
    coverage: float
    coverage_low: float
    coverage_high: float
    unseen: float
    unseen_low: float
    unseen_high: float

    def sentence(self, one: str = "point", many: str = "points") -> str:
        """In words, as in 'found 42 points; coverage 0.998 (95% 0.996 to 1.000); ...', with a name for one and for many
        of them."""
        low, high = int(np.floor(self.unseen_low)), int(np.ceil(self.unseen_high))
        return (
            f"found {self.found} {one if self.found == 1 else many}; coverage {self.coverage:.3f} "
            f"(95% {self.coverage_low:.3f} to {self.coverage_high:.3f}); estimated unseen: {low} to {high}"
        )


def coverage(found: IntArray, confidence: float = 0.95) -> Coverage:
    """Estimate how many points were missed from how often each was found.

    Parameters
    ----------
    found : (k,) int
        How many searches ended at each of the k points.
    confidence : float
        Of the intervals.

    Returns
    -------
    Coverage
        The coverage is 1 - f1/n ((n-1) f1 / ((n-1) f1 + 2 f2)) (Chao & Jost, Ecology 93, 2533, 2012, eq. 4a) with
        Esty's variance (f1 (1 - f1/n) + 2 f2)/n^2 (Ann. Statist. 11, 905, 1983); where no point was found just once
        the lower end is (1 - confidence)^(1/n), the largest unseen probability that n captures miss that often. The
        number of points unseen is Chao's bias-corrected (n-1)/n f1 (f1 - 1) / (2 (f2 + 1)) with the log-normal
        interval of Chao, Biometrics 43, 783, 1987.

    Raises
    ------
    ValueError
        If a count is below 1, or the confidence does not lie between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> coverage(np.array([120, 80, 3, 1, 1])).unseen
    0.9951219512195122
    """
    counts = np.asarray(found, dtype=np.int64)
    if (counts < 1).any():
        raise ValueError(f"found has a count of {counts.min()}, but every point was found at least once")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence} but must lie between 0 and 1")
    n, once, twice = int(counts.sum()), int((counts == 1).sum()), int((counts == 2).sum())
    if n == 0:
        return Coverage(0, 0, 0, 0, 0.0, 0.0, 1.0, 0.0, 0.0, np.inf)
    z = float(ndtri((1 + confidence) / 2))

    known = 1.0 - once / n * ((n - 1) * once / ((n - 1) * once + 2 * twice) if n > 1 and once else float(once > 0))
    deviation = np.sqrt(once * (1 - once / n) + 2 * twice) / n
    low = min(known - z * deviation, (1 - confidence) ** (1 / n))
    high = min(known + z * deviation, 1.0)

    share = (n - 1) / n
    unseen = share * once * max(once - 1, 0) / (2 * (twice + 1))
    variance = (
        share * once * (once - 1) / (2 * (twice + 1))
        + share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    if unseen > 0:
        unseen_low, unseen_high = lognormal_interval(unseen, variance, z)
    else:
        # Nothing to extrapolate from: a single point as rare as those found once may still be missing.
        unseen_low, unseen_high = 0.0, float(once)
    return Coverage(
        found=len(counts),
        captures=n,
        once=once,
        twice=twice,
        coverage=known,
        coverage_low=max(low, 0.0),
        coverage_high=high,
        unseen=unseen,
        unseen_low=unseen_low,
        unseen_high=unseen_high,
    )


def lognormal_interval(estimate: float, variance: float, z: float) -> tuple[float, float]:
    """The ends, z standard deviations of the logarithm away, for a positive number that is estimated with a variance
    (Chao, Biometrics 43, 783, 1987)."""
    spread = float(np.exp(z * np.sqrt(np.log1p(variance / estimate**2))))
    return estimate / spread, estimate * spread


def violated_morse_inequalities(counts: npt.ArrayLike, betti: npt.ArrayLike) -> list[int]:
    """Indices k at which the strong Morse inequality fails, so that points of index at most k are missing.

    A complete set of nondegenerate points has sum_{i <= k} (-1)^(k-i) (c_i - b_i) >= 0 for every k, with equality at
    the top dimension (Milnor 1963, *Morse Theory*, section 5).

    Parameters
    ----------
    counts : (d + 1,) int
        Number of critical points of each index.
    betti : (d + 1,)
        Betti numbers of the space.
    """
    excess = np.asarray(counts) - np.asarray(betti)
    failed, running = [], 0
    for k, value in enumerate(excess):
        running = int(value) - running
        if running < 0 or (running != 0 and k == len(excess) - 1):
            failed.append(k)
    return failed


@dataclass(frozen=True)
class Completeness:
    """All that is known of how complete a set of critical points is.

    Attributes
    ----------
    euler : EulerCheck
    violated : tuple of int, or None
        Indices at which a strong Morse inequality fails; None where the inequalities do not apply.
    winding : WindingCheck or None
        In two dimensions, for the points in the sampling box.
    solution_bound : int or None
        What the number of critical points cannot exceed.
    found : int
        Distinct points.
    represented : int
        Points that they stand for by symmetry, themselves included.
    coverage : dict of int to Coverage
        By index.
    """

    euler: EulerCheck
    violated: tuple[int, ...] | None
    winding: WindingCheck | None
    solution_bound: int | None
    found: int
    represented: int
    coverage: dict[int, Coverage]

    def sentences(self, wanted: Collection[int] | None = None) -> list[str]:
        """The answer in words, one sentence a finding; where only some indices were `wanted`, for each of those."""
        if wanted is not None:
            return [
                f"Index {index}: {self.coverage[index].sentence()}"
                if index in self.coverage
                else f"Index {index}: found none"
                for index in sorted(wanted)
            ]
        return [*self._laws(), *(f"Index {k}: {estimate.sentence()}" for k, estimate in self.coverage.items())]

    def _laws(self) -> list[str]:
        """What topology and algebra say of the whole set."""
        lines = []
        euler = self.euler
        whole = "" if self.represented == self.found else f" over the {self.represented} points that these stand for"
        if euler.expected is None:
            lines.append(f"Morse sum {euler.found}{whole}; the theory does not say what to expect here")
        elif euler.degenerate:
            expected = euler.expected
            lines.append(
                f"Morse sum {euler.found}{whole} without the degenerate points; a complete set gives {expected}"
            )
        elif euler.holds:
            lines.append(f"Morse sum {euler.found}{whole}, as it must be")
        else:
            lines.append(
                f"Morse sum {euler.found}{whole}, but a complete set gives {euler.expected}: points are missing"
            )
        if self.violated and not euler.degenerate:
            lines.append(f"Morse inequalities fail at {_listed(self.violated)} or below are missing")
        if self.winding is not None and not euler.degenerate:
            boundary = (
                f"but it is {self.winding.expected} round the boundary: points are missing, or it is not smooth there"
            )
            verdict = "as it must be" if self.winding.holds else boundary
            lines.append(f"Sum over the points in the box {self.winding.found}, {verdict}")
        if self.solution_bound is not None:
            reached = ": all of them" if self.found == self.solution_bound else ""
            lines.append(f"At most {self.solution_bound} critical points are possible, {self.found} found{reached}")
        return lines


def _listed(indices: tuple[int, ...]) -> str:
    """Some indices and how to speak of them; of many the first and the last."""
    if len(indices) <= _MANY:
        return f"index {', '.join(map(str, indices))}: points of that index"
    first = ", ".join(map(str, indices[:3]))
    return f"{len(indices)} indices ({first}, ..., {indices[-1]}): points of these indices"


def boundary_winding(landscape: Landscape, points_per_side: int = 256, refinements: int = 12) -> int | None:
    """How often the gradient turns round as its foot goes once round a two-dimensional sampling box.

    The boundary is sampled until the gradient turns by less than a quarter turn between neighbours.

    Returns
    -------
    int or None
        None where there is no such box, or the gradient vanishes, is not finite, or turns too fast on the boundary.
    """
    manifold = landscape.manifold
    if not isinstance(manifold, Euclidean) or manifold.dim != 2:
        return None
    low, high = (np.asarray(corner) for corner in manifold.box)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    position = np.linspace(0, 4, 4 * points_per_side + 1)

    def angles(t: Array) -> Array:
        side = np.minimum(t.astype(np.int64), 3)
        unit = corners[side] + (t - side)[:, None] * (corners[side + 1] - corners[side])
        with np.errstate(all="ignore"):
            g = landscape.gradient(low + unit * (high - low))
        return np.where((g == 0).all(axis=1), np.nan, np.arctan2(g[:, 1], g[:, 0]))

    angle = angles(position)
    for _ in range(refinements):
        turn = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
        if not np.isfinite(turn).all():
            return None
        wide = np.flatnonzero(np.abs(turn) >= np.pi / 2)
        if wide.size == 0:
            return int(np.rint(turn.sum() / (2 * np.pi)))
        between = (position[wide] + position[wide + 1]) / 2
        position, angle = np.insert(position, wide + 1, between), np.insert(angle, wide + 1, angles(between))
    return None
