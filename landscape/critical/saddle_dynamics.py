"""High-index saddle dynamics: saddles of a given index from Hessian-vector products alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, dot, matvec, norm, transpose
from landscape.batch import RUNNING
from landscape.critical.krylov import Product, RitzSpace, deepened, ritz_space
from landscape.critical.search import Search, SearchStatus
from landscape.critical.trust_region import FLAT_TOLERANCE, POSITION_TOLERANCE, followed_step, shorten
from landscape.function import Landscape

FIRST_STEPS = 8  # steps in which the lowest modes are climbed, whatever was climbed before
FRESH_CHOICE = 24  # steps after which the choice is made afresh
WALL = 10  # a mode that bends up this much more than one that is not climbed leads up a wall, and is let go
DEGENERATE = 1e-6  # of the largest curvature: one smaller than this need not have a sign
PROBES, PROBE_DEPTH = 3, 3  # random directions, and their images, that look for a hidden negative curvature at the end

_TINY = np.finfo(np.float64).tiny


class Reflection(NamedTuple):
    """The k directions that are climbed and the lowest one that is not, (m, k + 1, n); the last step, (m, n); the
    number of steps so far, (m,)."""

    directions: Array
    last: Array
    steps: IntArray


@dataclass(frozen=True)
class SaddleDynamics:
    """Follow -(I - 2 V V^T) grad f, where V spans the k lowest modes, to a saddle of index k.

    The reflected gradient climbs along V and descends across it, so that points of index k, and no others, attract it
    (Yin, Zhang & Zhang, SIAM J. Sci. Comput. 41, A3576, 2019, eq. 2.8). Steps that are the same multiple of it in every
    direction are as slow as steepest descent where curvatures differ widely. Here a step is made of Ritz vectors, each
    with the sign of the reflected gradient and the length that eigenvector following gives it, in the space of V, the
    gradient and the last step, and of their images under the Hessian. Near a saddle this is Newton's step in the best
    space at hand, as in locally optimal block methods for eigenvectors (Knyazev, SIAM J. Sci. Comput. 23, 517, 2001),
    by which V is improved at the same time. What the step should make of the gradient follows from the same 2 (k + 3)
    Hessian-vector products; where it comes out otherwise, the next step is shorter.

    Where many curvatures lie near zero, as in networks, the lowest Ritz vectors of so small a space may be no
    eigenvectors at all but mixtures of positive mean curvature, and their climb is one without end. While a Ritz value
    that is climbed is within its residual of zero, a step therefore takes in images of images, doubling their number.

    As in `EigenvectorFollowing`, a search climbs the modes nearest to those that it climbed last, except where they
    lead up a wall, and from time to time the lowest. It has converged when the next step is tiny and removes the
    gradient, the curvatures that are climbed are negative, the lowest of the others is not, and random directions have
    found no further negative one. From a critical point of another index it goes on.

    Parameters
    ----------
    index : int
        k, at least 1.
    most_depth : int
        Of the k + 3 directions and their repeated images, how many blocks a step may take at most; at least 2.
    """

    index: int = 1
    most_depth: int = 8

    def __post_init__(self) -> None:
        if self.index < 1:
            raise ValueError(f"index is {self.index} but must be at least 1")
        if self.most_depth < 2:
            raise ValueError(f"most_depth is {self.most_depth} but must be at least 2")

    def init(self, landscape: Landscape, x: Array) -> Reflection:
        return start_reflection(landscape, x, self.index)

    def step(self, landscape: Landscape, run: Search, memory: Reflection) -> tuple[Search, Reflection, IntArray]:
        def product(x: Array, gradient: Array, v: Array) -> Array:
            return landscape.riemannian_hvp(x[:, None], v, gradient[:, None])

        return reflected_step(landscape, product, run, memory, self.most_depth)


def start_reflection(landscape: Landscape, x: Array, index: int) -> Reflection:
    """Directions to begin with: the same random ones everywhere.

    Raises
    ------
    ValueError
        If the landscape has fewer than `index` directions.
    """
    if index > landscape.manifold.intrinsic_dim:
        raise ValueError(f"index is {index} but the landscape has only {landscape.manifold.intrinsic_dim} directions")
    guess = np.random.default_rng(0).standard_normal((index + 1, landscape.dim))
    directions = np.broadcast_to(guess, (len(x), *guess.shape)).copy()
    return Reflection(directions, np.zeros_like(x), np.zeros(len(x), dtype=np.int64))


def reflected_step(
    landscape: Landscape, product: Product, run: Search, memory: Reflection, most_depth: int
) -> tuple[Search, Reflection, IntArray]:
    """One step of every search along the reflected gradient, in the Ritz vectors that `product` gives."""
    manifold = landscape.manifold
    gradient = manifold.project(run.x, run.gradient)
    space, chosen = _space(landscape, product, run, gradient, memory, most_depth)
    uphill = np.full(space.values.shape, -1.0)
    np.put_along_axis(uphill, chosen.numbers[:, :-1], 1.0, axis=1)

    slope = matvec(transpose(space.modes), matvec(space.basis, gradient))
    along = followed_step(space.values, slope, uphill, manifold.length_scale)
    weights = matvec(space.modes, shorten(along, run.radius))
    step = matvec(transpose(space.basis), weights)
    expected = gradient + matvec(transpose(space.images), weights)

    x = manifold.retract(run.x, step)
    after = landscape.gradient(x)
    deviation = norm(manifold.project(x, after) - manifold.project(x, expected))
    error = deviation / np.maximum(norm(gradient), _TINY)
    radius = _radius(landscape, run.radius, error, step, memory.last)

    status = _status(landscape, run, space, gradient, step, expected)
    status[(status == SearchStatus.CONVERGED) & ~_settled(space, chosen)] = RUNNING
    ending = np.flatnonzero(status == SearchStatus.CONVERGED)
    if ending.size:
        hidden = _hides_descent(landscape, product, run.x[ending], run.gradient[ending], chosen.directions[ending])
        status[ending[hidden]] = RUNNING
    taken = (error < 1) & ((status == RUNNING) | (status == SearchStatus.CONVERGED))
    directions = np.where(space.usable[:, None, None], chosen.directions, memory.directions)
    memory = Reflection(directions, step, memory.steps + 1)
    return run.moved(taken, x, after, radius), memory, status


class Chosen(NamedTuple):
    """The Ritz vectors that are climbed, and last the lowest of the others.

    Their numbers in the space, (m, k + 1), themselves, (m, k + 1, n), their values and the norms of their residuals,
    (m, k + 1): there is an eigenvalue within a residual of each value (Parlett 1998, *The Symmetric Eigenvalue
    Problem*, theorem 4.5.1)."""

    numbers: IntArray
    directions: Array
    values: Array
    residuals: Array


def _space(
    landscape: Landscape, product: Product, run: Search, gradient: Array, memory: Reflection, most_depth: int
) -> tuple[RitzSpace, Chosen]:
    """The Ritz vectors of what was climbed, the gradient, the last step and their images, and those that are chosen.

    Where a climbed value is within its residual and could as well have the other sign, more images are taken in."""
    block = np.concatenate([memory.directions, gradient[:, None], memory.last[:, None]], axis=1)
    space, depth = ritz_space(landscape, product, run.x, run.gradient, block), 2
    while True:
        chosen = _chosen(space, memory)
        unclear = (np.abs(chosen.values) < chosen.residuals)[:, :-1].any(axis=1)
        rows = np.flatnonzero(unclear & space.usable)
        if rows.size == 0 or 2 * depth > most_depth:
            return space, chosen
        space, depth = deepened(landscape, product, run.x, run.gradient, space, rows, depth), 2 * depth


def _chosen(space: RitzSpace, memory: Reflection) -> Chosen:
    numbers = _followed(space, memory)
    values = np.take_along_axis(space.values, numbers, axis=1)
    weights = transpose(np.take_along_axis(space.modes, numbers[:, None, :], axis=2))
    directions = weights @ space.basis
    return Chosen(numbers, directions, values, norm(weights @ space.images - values[..., None] * directions))


def _followed(space: RitzSpace, memory: Reflection) -> IntArray:
    """The numbers of the Ritz vectors that are climbed, and last of the lowest other one, (m, k + 1)."""
    m, k = len(space.values), memory.directions.shape[1] - 1
    overlap = transpose(space.modes) @ (space.basis @ transpose(memory.directions[:, :-1]))
    order = np.argsort(-(overlap**2).sum(axis=-1), axis=1, kind="stable")
    climbed, lowest_other = order[:, :k], order[:, k:].min(axis=1, keepdims=True)

    steepest = np.take_along_axis(space.values, climbed, axis=1).max(axis=1)
    other = np.take_along_axis(space.values, lowest_other, axis=1)[:, 0]
    afresh = (memory.steps % FRESH_CHOICE < FIRST_STEPS) | (steepest > WALL * np.abs(other))
    lowest = np.broadcast_to(np.arange(k + 1), (m, k + 1))
    return np.where(afresh[:, None], lowest, np.concatenate([climbed, lowest_other], axis=1))


def _radius(landscape: Landscape, radius: Array, error: Array, step: Array, last: Array) -> Array:
    """The next trust radius, (m,), from the relative error of the gradient that the step was to lead to."""
    accepted = error < 1  # false where it is not a number
    factor = np.where(error < 0.2, 1.5, np.where(error <= 0.5, 1.0, 0.5))
    # Two modes that take turns in being climbed send a search back and forth between two points.
    back = dot(step, last) < -0.5 * norm(step) * norm(last)
    factor = np.where(back & (norm(step) > 0.9 * radius), 0.5, factor)
    return np.minimum(radius * np.where(accepted, factor, 0.25), landscape.diagonal)


def _status(
    landscape: Landscape, run: Search, space: RitzSpace, gradient: Array, step: Array, expected: Array
) -> IntArray:
    """The status of each search, (m,), whatever the index of the point.

    A step that leaves the part q of the gradient is taken as the first of a geometric series, of length 1 / (1 - q)."""
    manifold = landscape.manifold
    before = norm(gradient)
    zero_modes = landscape.symmetry.zero_modes(run.x)
    left = norm(expected - matvec(zero_modes, matvec(transpose(zero_modes), expected)))
    part = left / np.maximum(before, _TINY)
    spacing = landscape.provenance.relative_error * (manifold.length_scale + norm(run.x))
    noise = before <= 16 * spacing * space.scale
    arrived = noise | (norm(step) <= POSITION_TOLERANCE * manifold.length_scale * (1 - part))
    slope = norm(matvec(transpose(space.images), matvec(space.basis, gradient)))
    flat = ~noise & (slope * landscape.diagonal <= FLAT_TOLERANCE * before**2)
    usable = space.usable & np.isfinite(before)
    return np.select(
        [~usable, arrived, flat], [SearchStatus.NON_FINITE, SearchStatus.CONVERGED, SearchStatus.FLAT], RUNNING
    )


def _settled(space: RitzSpace, chosen: Chosen) -> BoolArray:
    """Whether the curvatures that are climbed are negative and the lowest other one is positive, (m,).

    A residual may be half the value at most; a curvature near zero need not have a sign."""
    values, residuals = chosen.values, chosen.residuals
    side = np.where(np.arange(values.shape[1]) < values.shape[1] - 1, -1.0, 1.0)
    signed = side * values >= 2 * residuals
    vanishing = np.abs(values) + residuals <= DEGENERATE * space.scale[:, None]
    settled: BoolArray = np.all(signed | vanishing, axis=1)
    return settled


def _hides_descent(landscape: Landscape, product: Product, x: Array, gradient: Array, directions: Array) -> BoolArray:
    """Whether there are more negative curvatures than are climbed, (m,), for all that random directions can tell.

    A search knows nothing of a mode in which, for reasons of symmetry, it has never had a part. There are no more
    negative Ritz values than negative eigenvalues (Cauchy's interlacing): one too many is proof."""
    rows = np.random.default_rng(1).standard_normal((PROBES, landscape.dim))
    block = np.concatenate([directions, np.broadcast_to(rows, (len(x), *rows.shape))], axis=1)
    space = ritz_space(landscape, product, x, gradient, block, PROBE_DEPTH)
    negative = (space.values < -DEGENERATE * space.scale[:, None]).sum(axis=1)
    return np.asarray(negative > directions.shape[1] - 1)
