"""From two points to the saddles between them: the string method, then eigenvector following."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import (
    Array,
    BoolArray,
    IntArray,
    as_points,
    dot,
    matvec,
    norm,
    spectral_radius_bound,
    transpose,
)
from landscape.batch import RUNNING, parts, run_active_set
from landscape.critical.eigenvector_following import BENT, EigenvectorFollowing
from landscape.critical.find import collect
from landscape.critical.points import CriticalPoints
from landscape.critical.search import search
from landscape.descent.method import require_count
from landscape.function import Landscape
from landscape.network.geometry import aligned, displacement
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

_LONGEST = 0.5  # move of an image in one step, in units of the distance between images
_CLIMBS_AT = 10.0  # the highest image climbs as soon as moves are this many tolerances short
_NO_DISTANCE = 1e-9  # between images of a string from a point to itself, in units of the length scale
_SEARCH_STEPS = 300
_MAX_STEPS, _TOL = 400, 1e-3
_NUMBERS = 10_000_000  # in the Hessians of strings that are moved together
_PUSHES = 5  # off ridges, of one string at most


class PathStatus(IntEnum):
    """How a string ended."""

    STEP_LIMIT = RUNNING
    """Still moving after the last step: more steps may help."""
    AT_REST = 1
    """No image moves any more; the highest one, if it is no end, is at a saddle of index 1."""
    NON_FINITE = 2
    """The function is not finite at an image, which may have kept the string there."""
    ON_RIDGE = 3
    """At rest with its highest image at a point of index 2 or more, from which it goes lower to either side."""


@dataclass(frozen=True, eq=False, repr=False)
class Path:
    """A string of images between two points, and the saddles of index 1 that its highest images lead to.

    Attributes
    ----------
    x : (images, n)
        From the first point to the second, or the copy of the second that is nearest.
    value : (images,)
    steps : int
        Steps that the string took.
    saddles : CriticalPoints
    status : PathStatus
        Whether the string came to rest.
    """

    x: Array
    value: Array
    steps: int
    saddles: CriticalPoints
    status: PathStatus

    def __repr__(self) -> str:
        return (
            f"string of {len(self.x)} images after {self.steps} steps, {self.status.name.lower().replace('_', ' ')}, "
            f"highest {self.value.max():.6g}; {self.saddles!r}"
        )


def path_between(
    landscape: Landscape,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    images: int = 24,
    max_steps: int = _MAX_STEPS,
    tol: float = _TOL,
) -> Path:
    """A path of low height between two points, usually minima, and the saddles on it.

    The simplified string method (E, Ren & Vanden-Eijnden 2007, J. Chem. Phys. 126, 164103): every image goes downhill,
    all in one batch, and is then moved along the string so that neighbours are equally far apart. When the string has
    nearly come to rest, its highest image climbs: along the string it goes uphill (Henkelman, Uberuaga & Jonsson 2000,
    J. Chem. Phys. 113, 9901; Ren & Vanden-Eijnden 2013, J. Chem. Phys. 138, 134105), and the others are equally far
    apart on either side of it. A string that symmetry has kept on a ridge, with its highest image at a point of index 2
    or more, is pushed off and goes on. Eigenvector following from each image that is higher than its neighbours ends at
    true saddles.

    Parameters
    ----------
    a, b : (n,)
    images : int
        Both ends included.
    max_steps : int
    tol : float
        The string is at rest when no image moves farther in a step than this part of the distance between images.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If a or b is not one point, there are fewer than three images, or another number is out of range.

    Examples
    --------
    >>> import landscape
    >>> surface = landscape.problem("muller_brown")
    >>> path = landscape.path_between(surface, [-0.5582, 1.4417], [-0.0500, 0.4667])
    >>> path.saddles.value.round(4).tolist(), path.value.max().round(4).item(), path.status.name
    ([-40.6648], -40.6648, 'AT_REST')
    """
    require_count("images", images, 3)
    require_count("max_steps", max_steps, 0)
    if not tol > 0:
        raise ValueError(f"tol is {tol} but must be positive")
    ends = [landscape.manifold.normalize(as_points(x, landscape.dim, name)) for x, name in ((a, "a"), (b, "b"))]
    for x, name in zip(ends, "ab", strict=True):
        if x.ndim != 1:
            raise ValueError(f"{name} has shape {x.shape} but must be one point ({landscape.dim},)")
    strings, steps, status = _settled(landscape, _straight(landscape, ends[0], ends[1], images)[None], max_steps, tol)
    saddles = _saddles_on(landscape, strings)
    with np.errstate(all="ignore"):
        value = landscape.value(strings[0])
    return Path(strings[0], value, int(steps[0]), saddles, PathStatus(int(status[0])))


def _straight(landscape: Landscape, a: Array, b: Array, images: int) -> Array:
    """Images at equal distances from a to the copy of b that is nearest, (images, n)."""
    manifold, last = landscape.manifold, aligned(landscape, a, b)
    part = np.linspace(0, 1, images)[:, None]
    string = manifold.retract(np.repeat(a[None], images, axis=0), part * displacement(manifold, a, last))
    string[-1] = last
    return string


def _settled(landscape: Landscape, strings: Array, max_steps: int, tol: float) -> tuple[Array, IntArray, IntArray]:
    """Strings (s, images, n) when they have come to rest, on no ridge if they can be pushed off within the steps that
    are left; their steps (s,) and `PathStatus` (s,)."""
    x, steps, status = _relaxed(landscape, strings, max_steps, tol)
    for _ in range(_PUSHES):
        rows, pushed = _off_ridges(landscape, x, np.flatnonzero(status == PathStatus.AT_REST))
        status[rows] = PathStatus.ON_RIDGE
        left = max_steps - int(steps[rows].max(initial=0))
        if len(rows) == 0 or left <= 0:
            return x, steps, status
        x[rows], more, status[rows] = _relaxed(landscape, pushed, left, tol)
        steps[rows] += more
    status[_off_ridges(landscape, x, np.flatnonzero(status == PathStatus.AT_REST))[0]] = PathStatus.ON_RIDGE
    return x, steps, status


def _off_ridges(landscape: Landscape, strings: Array, rows: IntArray) -> tuple[IntArray, Array]:
    """Which rows are of strings whose highest image, no end, has more than one unstable direction, and these strings
    pushed along the one that is least along them, most at that image."""
    manifold, last = landscape.manifold, strings.shape[1] - 1
    top = landscape.value(strings[rows]).argmax(axis=1)
    inside = (top > 0) & (top < last)
    rows, top = rows[inside], top[inside]
    system = tangent_system(landscape, strings[rows, top])
    curvature, modes = eigensystem(system.lifted_hessian())
    unstable = curvature < -BENT * np.abs(curvature).max(axis=1, keepdims=True, initial=0.0)
    ridge = unstable.sum(axis=1) > 1
    rows, top, unstable, modes = rows[ridge], top[ridge], unstable[ridge], system[ridge].basis @ modes[ridge]
    x = strings[rows]
    along = displacement(manifold, x[np.arange(len(rows)), top - 1], x[np.arange(len(rows)), top + 1])
    overlap = np.where(unstable, np.abs(matvec(transpose(modes), along)), np.inf)
    across = np.take_along_axis(modes, overlap.argmin(axis=1)[:, None, None], axis=2)[..., 0]
    spacing = manifold.distance(x[:, 1:], x[:, :-1]).mean(axis=1)
    number = np.arange(last + 1)
    # From nothing at the ends to one distance between images at the top.
    part = np.where(number <= top[:, None], number / top[:, None], (last - number) / (last - top[:, None]))
    step = manifold.project(x, (spacing[:, None] * part)[..., None] * across[:, None])
    return rows, manifold.retract(x, step)


class _Strings(NamedTuple):
    x: Array  # (s, images, n)
    climbing: BoolArray  # (s,): whether the highest image goes uphill along the string


def _relaxed(landscape: Landscape, strings: Array, max_steps: int, tol: float) -> tuple[Array, IntArray, IntArray]:
    """Strings (s, images, n) when they have come to rest, their steps (s,) and `PathStatus` (s,)."""
    manifold, images = landscape.manifold, strings.shape[1]

    def step(run: _Strings) -> tuple[_Strings, IntArray]:
        value = landscape.value(run.x)
        top = np.where(np.isfinite(value), value, -np.inf).argmax(axis=1)
        climbing = run.climbing & (top > 0) & (top < images - 1)
        spacing = manifold.distance(run.x[:, 1:], run.x[:, :-1]).mean(axis=1)
        moved = _downhill(landscape, run.x, spacing, np.where(climbing, top, 0))
        moved = _spaced(landscape, moved, np.where(climbing, top, images - 1))
        move = manifold.distance(moved, run.x).max(axis=1)
        calm = move <= _CLIMBS_AT * tol * spacing
        at_rest = (move <= tol * spacing) & (climbing | (top == 0) | (top == images - 1))
        at_rest |= spacing <= _NO_DISTANCE * manifold.length_scale
        return _Strings(moved, run.climbing | calm), np.where(at_rest, PathStatus.AT_REST, RUNNING)

    found = []
    with np.errstate(all="ignore"):
        for part in parts(len(strings), images * landscape.dim**2, _NUMBERS):
            run = _Strings(strings[part], np.zeros(len(strings[part]), dtype=bool))
            final, status, steps = run_active_set(step, run, np.full(len(run.x), RUNNING), max_steps)
            finite = np.isfinite(landscape.value(final.x)).all(axis=1)
            found.append((final.x, steps, np.where(finite, status, PathStatus.NON_FINITE)))
    x, steps, status = (np.concatenate(column) for column in zip(*found, strict=True))
    return x, steps, status


def _downhill(landscape: Landscape, strings: Array, spacing: Array, top: IntArray) -> Array:
    """Strings (s, images, n) after a step of steepest descent of all images but the ends, none longer than the distance
    between images (s,); image `top` (s,) goes uphill along the string, unless it is 0."""
    manifold, every = landscape.manifold, np.arange(len(strings))
    inside = strings[:, 1:-1]
    system = tangent_system(landscape, inside.reshape(-1, landscape.dim))
    gradient = system.ambient(system.gradient).reshape(inside.shape)
    climbs = every[top > 0]
    here, image = strings[climbs, top[climbs]], top[climbs]
    along = displacement(manifold, here, strings[climbs, image + 1]) - displacement(
        manifold, here, strings[climbs, image - 1]
    )
    along /= np.maximum(norm(along), np.finfo(np.float64).tiny)[:, None]
    uphill = gradient[climbs, image - 1]
    gradient[climbs, image - 1] = uphill - 2 * dot(uphill, along)[:, None] * along
    stiffness = spectral_radius_bound(system.hessian).reshape(inside.shape[:2])
    step = -gradient / np.maximum(stiffness, np.finfo(np.float64).tiny)[..., None]
    length = norm(step)
    short = np.minimum(1.0, _LONGEST * spacing[:, None] / np.maximum(length, np.finfo(np.float64).tiny))
    moved = strings.copy()
    moved[:, 1:-1] = manifold.retract(inside, np.where(np.isfinite(step), step * short[..., None], 0.0))
    return moved


def _spaced(landscape: Landscape, strings: Array, fixed: IntArray) -> Array:
    """Strings (s, images, n) with images at equal distances up to the image `fixed` (s,), and at equal distances after
    it."""
    manifold, last = landscape.manifold, strings.shape[1] - 1
    pieces = manifold.distance(strings[:, 1:], strings[:, :-1])
    length = np.concatenate([np.zeros((len(strings), 1)), np.cumsum(pieces, axis=1)], axis=1)
    every, number, fixed = np.arange(len(strings))[:, None], np.arange(last + 1), fixed[:, None]
    middle = length[every, fixed]
    after = (number - fixed) / np.maximum(last - fixed, 1)
    at = np.where(number <= fixed, middle * (number / fixed), middle + (length[:, -1:] - middle) * after)
    before = np.clip((length[:, None] <= at[..., None]).sum(axis=2) - 1, 0, last - 1)
    part = (at - length[every, before]) / np.maximum(pieces[every, before], np.finfo(np.float64).tiny)
    x = strings[every, before]
    result = manifold.retract(x, part[..., None] * displacement(manifold, x, strings[every, before + 1]))
    result[:, [0, -1]] = strings[:, [0, -1]]
    return result


def saddles_between(landscape: Landscape, pairs: Sequence[tuple[Array, Array]], images: int) -> CriticalPoints:
    """The saddles of index 1 to which strings between pairs of points (n,) lead, all moved as one batch.

    Parameters
    ----------
    images : int
        Of each string, both ends included.
    """
    strings = np.stack([_straight(landscape, a, b, images) for a, b in pairs])
    return _saddles_on(landscape, _settled(landscape, strings, _MAX_STEPS, _TOL)[0])


def _saddles_on(landscape: Landscape, strings: Array) -> CriticalPoints:
    """The saddles of index 1 that eigenvector following leads to from the peaks of strings (s, images, n)."""
    with np.errstate(all="ignore"):
        value = landscape.value(strings)
        peaks = (value[:, 1:-1] >= value[:, :-2]) & (value[:, 1:-1] >= value[:, 2:])
        runs = search(landscape, strings[:, 1:-1][peaks], EigenvectorFollowing(1), _SEARCH_STEPS)
    saddles = collect(landscape, runs)
    return saddles[saddles.decided & (saddles.index == 1)]
