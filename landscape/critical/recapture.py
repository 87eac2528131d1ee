"""What independent explorations, put together, tell of the points that all of them have missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from landscape.arrays import BoolArray
from landscape.critical.completeness import lognormal_interval
from landscape.critical.find import union_with_rows
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape


class Missing(NamedTuple):
    """How many points are missing from all of several independent sets.

    Attributes
    ----------
    estimate : float
    low, high : float
        Its interval.
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Recapture:
    """Several sets of critical points in one, and who found what.

    Attributes
    ----------
    points : CriticalPoints
        Of all sets, m.
    found_by : (m, sets) bool
        Which sets have each point.
    missing : dict of int to Missing
        By index.
    """

    points: CriticalPoints
    found_by: BoolArray
    missing: dict[int, Missing]

    def of_index(self, index: int) -> BoolArray:
        """The rows of `found_by` of the nondegenerate points of an index."""
        return self.found_by[self.points.decided & (self.points.index == index)]

    def sentences(self, wanted: Sequence[int] | None = None) -> list[str]:
        """One for each index, or for those `wanted`, such as 'Index 1: 12 points, of which each of 4 sets has 10 to 12;
        ...'."""
        lines = []
        for index in self.missing if wanted is None else sorted(wanted):
            if index not in self.missing:
                lines.append(f"Index {index}: none of the {self.found_by.shape[1]} sets has any")
                continue
            sizes = self.of_index(index).sum(axis=0)
            each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
            _, low, high = self.missing[index]
            lines.append(
                f"Index {index}: {len(self.of_index(index))} points, of which each of {len(sizes)} sets has {each}; "
                f"estimated missing from all: {int(np.floor(low))} to {int(np.ceil(high))}"
            )
        return lines

    def __repr__(self) -> str:
        return "\n".join(self.sentences()) or f"none of the {self.found_by.shape[1]} sets has any point"


def recapture(landscape: Landscape, parts: Iterable[CriticalPoints], confidence: float = 0.95) -> Recapture:
    """Put independent sets of critical points together and estimate what is missing from all of them.

    The searches of one exploration depend on each other: they step off points that others found, so that a region that
    none of them has entered is out of reach of all, and how often each point was found does not tell. Explorations with
    seeds of their own share nothing, and a point that few of them have is a sign of others that none has. Four are a
    good beginning: on the loss of a small network the intervals from four held what four more found, those from two
    did not.

    Parameters
    ----------
    parts : iterable of CriticalPoints
        Of the same landscape, at least two, each found without what is known from the others; they may be of different
        sizes and from different methods.
    confidence : float
        Of the intervals.

    Returns
    -------
    Recapture
        The points of all sets, which set has which, and the estimates (`missing_from_all`).

    Raises
    ------
    ValueError
        If there are fewer than two sets, or one is of another landscape's dimension.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> griewank = landscape.problem("griewank")  # with 111 minima, 216 saddles and 110 maxima
    >>> draws = [griewank.starts(rng, 300) for rng in np.random.default_rng(1).spawn(3)]
    >>> landscape.recapture(griewank, [landscape.find_critical_points(griewank, starts) for starts in draws])
    Index 0: 97 points, of which each of 3 sets has 51 to 58; estimated missing from all: 6 to 33
    Index 1: 178 points, of which each of 3 sets has 92 to 110; estimated missing from all: 16 to 56
    Index 2: 92 points, of which each of 3 sets has 49 to 54; estimated missing from all: 9 to 43
    """
    sets = list(parts)
    if len(sets) < 2:
        raise ValueError(f"recapture takes at least two independent sets of critical points, and {len(sets)} came")
    for part in sets:
        if part.x.shape[1] != landscape.dim:
            raise ValueError(
                f"a set has points of {part.x.shape[1]} coordinates but {landscape.name} has {landscape.dim}"
            )
    points, row = union_with_rows(landscape, sets)
    found_by = np.zeros((len(points), len(sets)), dtype=bool)
    found_by[row, np.repeat(np.arange(len(sets)), [len(part) for part in sets])] = True
    rows = {index: found_by[points.decided & (points.index == index)] for index in points.count_by_index()}
    return Recapture(points, found_by, {index: missing_from_all(some, confidence) for index, some in rows.items()})


def missing_from_all(found_by: BoolArray, confidence: float = 0.95) -> Missing:
    """Estimate how many points none of several independent samples has, however different the samples are.

    With f_j points that only sample j has, f their sum, and g that two have, (f^2 - sum f_j^2) / (2 (g + 1)) are
    missing (Chao, Biometrics 45, 427, 1989). For two samples that is Petersen's f_1 f_2 / g, but for the
    correction of the bias. It is a lower bound where some points are harder to find than others, for all samples.

    Parameters
    ----------
    found_by : (m, samples) bool
        Which samples have each point; each is in one at least.
    confidence : float
        Of the log-normal interval (Chao, Biometrics 43, 783, 1987), with the variance of independent Poisson counts.

    Returns
    -------
    Missing

    Raises
    ------
    ValueError
        If there are fewer than two samples, a point is in none, or the confidence does not lie between 0 and 1.

    Examples
    --------
    >>> alone, both = [[True, False], [False, True]], [[True, True]]
    >>> missing_from_all(np.array(alone * 20 + both * 99)).estimate  # 20 * 20 / (99 + 1)
    4.0
    """
    if found_by.ndim != 2 or found_by.shape[1] < 2:
        raise ValueError(f"found_by has shape {found_by.shape} but must have a column for each of at least two samples")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence} but must lie between 0 and 1")
    times = found_by.sum(axis=1)
    if (times == 0).any():
        raise ValueError("found_by has a point that is in no sample")
    alone, twice = found_by[times == 1].sum(axis=0).astype(np.float64), int((times == 2).sum())
    others = alone.sum() - alone
    estimate = float(alone @ others) / (2 * (twice + 1))
    if estimate == 0:
        # Nothing to extrapolate from: as many as there would be, had one sample one more to itself.
        return Missing(0.0, 0.0, float(others.max()) / (twice + 1))
    variance = estimate + float(alone @ others**2) / (twice + 1) ** 2 + estimate**2 * twice / (twice + 1) ** 2
    return Missing(estimate, *lognormal_interval(estimate, variance, float(ndtri((1 + confidence) / 2))))
