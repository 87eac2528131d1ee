"""Unstable and stable manifolds of saddles, and where the unstable ones lead."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_batch, as_points, matvec, norm
from landscape.critical.classify import classify
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.settle import settle
from landscape.escape.flow import FlowLines, FlowStatus, flow
from landscape.function import Landscape
from landscape.results import Results, in_words, transient
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

DISPLACEMENT = 1e-4  # of a line's start from its saddle, in units of the length scale


@dataclass(frozen=True, eq=False, repr=False)
class Branches(Results):
    """Lines of the gradient flow that leave saddles, one row a line.

    Attributes
    ----------
    saddle : (m,)
        Row of the saddle that each leaves.
    direction : (m, n)
        Unit vector along which it leaves.
    start, x : (m, n)
        First and last position.
    status : (m,)
        `FlowStatus`.
    path : (frames, m, n) or None
        Positions of each line, the saddle first, NaN after its end; not kept by slicing or `save`.
    """

    saddle: IntArray
    direction: Array
    start: Array
    x: Array
    status: IntArray
    path: Array | None = field(default=None, metadata=transient())

    def __repr__(self) -> str:
        counts = {s.name.lower(): int((self.status == s).sum()) for s in FlowStatus}
        return f"{len(self)} branches of {len(np.unique(self.saddle))} saddles: {in_words(counts)}"


@dataclass(frozen=True, eq=False, repr=False)
class Destinations:
    """Where the unstable manifolds of saddles lead.

    Attributes
    ----------
    branches : Branches
        One row a line.
    points : CriticalPoints
        The distinct ends; `found` counts lines.
    end : (m,)
        For each line the row of its end, -1 where it has none.
    """

    branches: Branches
    points: CriticalPoints
    end: IntArray

    def of(self, saddle: int) -> IntArray:
        """Rows of `points` that lines from one saddle lead to, each once, in increasing order."""
        rows: IntArray = np.unique(self.end[(self.branches.saddle == saddle) & (self.end >= 0)])
        return rows

    def __repr__(self) -> str:
        lost = int((self.end < 0).sum())
        kinds = {kind.name.lower(): int((self.points.kind[self.end[self.end >= 0]] == kind).sum()) for kind in Kind}
        return f"{self.branches!r}; ends: {in_words({**kinds, 'nowhere': lost})}"


def unstable_manifold(
    landscape: Landscape,
    saddle: npt.ArrayLike,
    directions: int = 0,
    rng: np.random.Generator | None = None,
    spacing: float = 0.02,
    reach: float = 100.0,
    max_steps: int = 5000,
) -> Branches:
    """The unstable manifold of a saddle: both branches along each unstable eigenvector, as lines of the flow.

    Parameters
    ----------
    saddle : (n,)
    directions : int
        For index 2 and more, so many further lines in directions drawn uniformly from the sphere in the unstable space.
    rng : numpy.random.Generator, optional
        Draws those directions.
    spacing : float
        Longest step of a path, in units of the landscape's length scale.
    reach : float
        A line has left when it is this many of the landscape's diagonals from its start.
    max_steps : int

    Returns
    -------
    Branches
        With paths. The first rows are the branches along v1, -v1, v2, -v2, ..., by increasing eigenvalue, each
        eigenvector's largest component positive.

    Raises
    ------
    ValueError
        If the point is not critical or has no unstable direction.

    Examples
    --------
    >>> import landscape
    >>> well = landscape.problem("double_well", dim=1)
    >>> landscape.unstable_manifold(well, [0.0]).x.round(6).tolist()
    [[1.0], [-1.0]]
    """
    center = _one_point(landscape, saddle)
    return _trace(landscape, center[None], directions, rng, spacing, reach, max_steps, record=True)


def stable_manifold(
    landscape: Landscape,
    saddle: npt.ArrayLike,
    directions: int = 0,
    rng: np.random.Generator | None = None,
    spacing: float = 0.02,
    reach: float = 2.0,
    max_steps: int = 5000,
) -> Branches:
    """The stable manifold of a saddle: the unstable one of -f, by the flow uphill.

    With one stable direction, as at a saddle in the plane, its two branches are all of it: the boundary between basins
    of attraction.

    Parameters
    ----------
    saddle, directions, rng, spacing, reach, max_steps
        As in `unstable_manifold`. Uphill lines often run to infinity, hence the shorter reach.

    Returns
    -------
    Branches

    Raises
    ------
    ValueError
        If the point is not critical or has no stable direction.

    Examples
    --------
    >>> import landscape
    >>> saddle = landscape.problem("quadratic", eigenvalues=(-1.0, 1.0))
    >>> branches = landscape.stable_manifold(saddle, [0.0, 0.0])
    >>> bool(abs(branches.x[:, 0]).max() < 1e-12)  # the second axis
    True
    """
    center = _one_point(landscape, saddle)
    mirrored = upside_down(landscape)
    return _trace(mirrored, center[None], directions, rng, spacing, reach, max_steps, record=True)


def destinations_of(
    landscape: Landscape,
    saddles: npt.ArrayLike | CriticalPoints,
    directions: int = 0,
    rng: np.random.Generator | None = None,
    max_steps: int = 5000,
) -> Destinations:
    """To which critical points the unstable manifolds of saddles lead, all lines of all saddles in one batch.

    Parameters
    ----------
    saddles : (k, n) or CriticalPoints
    directions, rng
        As in `unstable_manifold`.
    max_steps : int

    Returns
    -------
    Destinations
        Most ends are minima; a line that symmetry keeps on another saddle's stable manifold ends at that saddle.

    Raises
    ------
    ValueError
        If a point is not critical or has no unstable direction.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> points = landscape.find_critical_points(camel, camel.starts(np.random.default_rng(0), 500))
    >>> where = landscape.destinations_of(camel, points.saddles)
    >>> len(where.branches), where.points.count_by_index()
    (14, {0: 6})
    """
    x = saddles.x if isinstance(saddles, CriticalPoints) else as_batch(saddles, landscape.dim, "saddles")
    x = landscape.manifold.normalize(x)
    branches = _trace(landscape, x, directions, rng, spacing=0.1, reach=100.0, max_steps=max_steps, record=False)
    points, end = settle(landscape, branches.x, branches.status == FlowStatus.ARRIVED)
    return Destinations(branches, points, end)


def _one_point(landscape: Landscape, saddle: npt.ArrayLike) -> Array:
    center = landscape.manifold.normalize(as_points(saddle, landscape.dim, "saddle"))
    if center.ndim != 1:
        raise ValueError(f"saddle has shape {center.shape} but must be one point ({landscape.dim},)")
    return center


def _trace(
    landscape: Landscape,
    x: Array,
    directions: int,
    rng: np.random.Generator | None,
    spacing: float,
    reach: float,
    max_steps: int,
    record: bool,
) -> Branches:
    saddle, direction = _leaving(landscape, x, directions, rng)
    away = DISPLACEMENT * landscape.manifold.length_scale
    starts = landscape.manifold.retract(x[saddle], away * direction)
    lines = flow(landscape, starts, max_steps, spacing, reach, record)
    return Branches(saddle, direction, lines.start, lines.x, lines.status, _with_saddles(lines, x[saddle]))


def _with_saddles(lines: FlowLines, saddles: Array) -> Array | None:
    return None if lines.path is None else np.concatenate([saddles[None], lines.path])


def _leaving(
    landscape: Landscape, x: Array, directions: int, rng: np.random.Generator | None
) -> tuple[IntArray, Array]:
    """Unit vectors (m, n) along which lines leave the saddles (k, n), and the row of each one's saddle, (m,)."""
    if directions < 0:
        raise ValueError(f"directions is {directions} but must not be negative")
    if directions and rng is None:
        raise ValueError("rng is None but must be a numpy.random.Generator: it draws the directions")
    points = classify(landscape, x)
    for row in range(len(points)):
        if points.kind[row] == Kind.NOT_CRITICAL:
            raise ValueError(f"point {row} is not critical: its gradient is {points.gradient_norm[row]:.3g} long")
        if points.index[row] == 0:
            raise ValueError(f"point {row} has index 0: no line leaves it")
    system = tangent_system(landscape, x)
    _, modes = eigensystem(system.lifted_hessian())
    saddle: list[int] = []
    chosen: list[Array] = []
    for row, index in enumerate(points.index.tolist()):
        unstable = modes[row, :, :index].T
        largest = np.take_along_axis(unstable, np.abs(unstable).argmax(axis=1)[:, None], axis=1)
        unstable = unstable * np.sign(largest)
        fan = [np.stack([unstable, -unstable], axis=1).reshape(2 * index, -1)]
        if directions and index > 1:
            assert rng is not None
            mixture = rng.standard_normal((directions, index))
            fan.append(mixture / norm(mixture)[:, None] @ unstable)
        tangent = np.concatenate(fan)
        chosen.append(matvec(system.basis[row], tangent))
        saddle += [row] * len(tangent)
    return np.array(saddle, dtype=np.int64), np.concatenate(chosen) if chosen else np.zeros((0, landscape.dim))


def upside_down(landscape: Landscape) -> Landscape:
    """The landscape of -f."""
    return landscape.with_options(
        value=lambda x: -landscape.value(x),
        gradient=lambda x: -landscape.gradient(x),
        hessian=lambda x: -landscape.hessian(x),
        hvp=lambda x, v: -landscape.hvp(x, v),
        confining=False,
        hessian_lipschitz=None,
        truth=None,
    )
