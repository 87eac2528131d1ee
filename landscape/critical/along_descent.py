"""Starts of searches along descents: where training passes, and a little beside it."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, BoolArray, norm
from landscape.descent.ensemble import Descent
from landscape.function import Landscape


def along_descent(
    landscape: Landscape, descent: Descent, rng: np.random.Generator, size: int, noise: float = 0.1
) -> Array:
    """Random points of recorded descents, each displaced at random: where Dauphin et al. (NeurIPS 2014, section 4.1)
    begin their searches for the critical points of networks.

    Parameters
    ----------
    descent : Descent
        With a trajectory: from `descend(..., record=k)`.
    rng : numpy.random.Generator
    size : int
        Number of starts; a run and then one of its frames are drawn uniformly, those of a run only up to its end.
    noise : float
        Root mean square displacement of a coordinate, in units of that of the start's own coordinates: the length of
        the displacement is about this part of the distance from the origin. On a compact manifold in units of its
        length scale.

    Returns
    -------
    (size, n)

    Raises
    ------
    ValueError
        If the descent has no trajectory, no run is finite, or a number is out of range.

    Examples
    --------
    >>> import landscape
    >>> camel = landscape.problem("six_hump_camel")
    >>> rng = np.random.default_rng(0)
    >>> way = landscape.descend(camel, camel.starts(rng, 50), landscape.GradientDescent(lr=0.01), record=1)
    >>> points = landscape.find_critical_points(camel, landscape.along_descent(camel, way, rng, 500))
    >>> points.count_by_index()[0]
    6
    """
    if descent.trajectory is None:
        raise ValueError("the descent has no trajectory; call descend with record=1 or more")
    if size < 0:
        raise ValueError(f"size is {size} but must not be negative")
    if not noise >= 0:
        raise ValueError(f"noise is {noise} but must not be negative")
    frames = descent.trajectory.x
    finite: BoolArray = np.asarray(np.isfinite(frames).all(axis=-1))
    runs = np.flatnonzero(finite[0])
    if runs.size == 0:
        raise ValueError("no run of the descent begins at a finite point")
    moving = (descent.trajectory.steps[:, None] < descent.steps) & finite
    last = np.maximum(moving.sum(axis=0), 1)
    last = np.minimum(last + 1, np.maximum(finite.sum(axis=0), 1))  # the frame at which a run ended is its own
    run = rng.choice(runs, size)
    x = frames[rng.integers(last[run]), run].astype(np.float64)
    manifold = landscape.manifold
    spread = manifold.length_scale if manifold.compact else (norm(x) / landscape.dim**0.5)[:, None]
    step = manifold.project(x, noise * spread * rng.standard_normal(x.shape))
    return manifold.normalize(manifold.retract(x, step))
