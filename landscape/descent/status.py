"""How a run of a descent ends, and how that is seen from its position and gradient."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, dot
from landscape.batch import RUNNING
from landscape.function import Landscape

DIVERGED_BEYOND = 1e8  # a run has diverged when a coordinate is this many length scales from the origin

UNDERFLOW = 1e-150  # numbers below have squares that may underflow
_OVERFLOW = 1.3e154  # numbers above have squares that overflow


class DescentStatus(IntEnum):
    """How a run ended."""

    STEP_LIMIT = RUNNING
    """The gradient is still above the tolerance: more steps or a larger learning rate may help."""
    CONVERGED = 1
    """The gradient's norm is at most the tolerance."""
    DIVERGED = 2
    """It ran away: a smaller learning rate may help."""
    NON_FINITE = 3
    """The gradient, or its squared norm, is not finite at a point that is."""
    LEFT_DOMAIN = 4
    """It left the landscape's domain."""


def status_of(landscape: Landscape, x: Array, gradient: Array, tol: float) -> IntArray | None:
    """The status of each run from its position and gradient (m, n), as (m,), or None if all of them go on.

    All of them usually do, which a few reductions over the whole batch show at a fraction of a step's cost."""
    far = DIVERGED_BEYOND * landscape.manifold.length_scale
    steepness = dot(gradient, gradient)
    flat = x.ravel(order="K")
    # Two sums that are false for NaN and infinity, and true for all but hopeless runs.
    sound = np.vdot(flat, flat) < _squared(far) and steepness.sum() < np.inf
    inside = landscape.domain is None or landscape.inside(x)
    if sound and np.all(inside):
        if len(x) and steepness.min() > _squared(tol):
            return None
        # Of `DescentStatus`, the one that runs reach in great numbers.
        return _arrived(gradient, steepness, tol).astype(np.int64)
    return np.select(
        [
            ~(np.abs(x) < far).all(axis=1),
            ~np.isfinite(steepness),
            ~landscape.inside(x),
            _arrived(gradient, steepness, tol),
        ],
        [DescentStatus.DIVERGED, DescentStatus.NON_FINITE, DescentStatus.LEFT_DOMAIN, DescentStatus.CONVERGED],
        RUNNING,
    )


def _arrived(gradient: Array, steepness: Array, tol: float) -> BoolArray:
    """Which gradients (m, n), of squared norm `steepness`, have a norm of at most `tol`, (m,)."""
    arrived: BoolArray = steepness <= _squared(tol)
    if tol < UNDERFLOW and arrived.any():
        arrived &= np.abs(gradient).max(axis=-1, initial=0.0) <= tol
    return arrived


def _squared(number: float) -> float:
    """Its square, infinite where a number cannot hold it, for which Python's own raises an error."""
    return math.inf if number > _OVERFLOW else number**2
