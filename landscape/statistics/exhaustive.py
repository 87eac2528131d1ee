"""All critical points of one sample of a random landscape, as far as repeated searching tells."""

from __future__ import annotations

import numpy as np

from landscape.critical.exploration import explore_round
from landscape.critical.find import find_critical_points, union
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape

_SWEEPS = 2  # rounds of Newton searches from the sampler, before those that are led by what is known
_STEPS = 60  # of a search: what has not converged by then has almost always stuck
_QUIET = 2  # rounds without news after which nothing is expected any more
_PER_INDEX = 8  # searches of a round that is led, at least, for each index


def exhaust(landscape: Landscape, rng: np.random.Generator, starts: int, rounds: int = 12) -> CriticalPoints:
    """Search until two further rounds find nothing new and the Morse sum is right, or `rounds` are over.

    The first rounds run Newton's method from the landscape's own starts, which costs least where there are few points;
    further ones are rounds of `landscape.explore`, which step off rarely found points.

    Parameters
    ----------
    landscape : Landscape
    rng : numpy.random.Generator
    starts : int
        Searches a round; ten times the expected number of points is a good choice.
    rounds : int
        At most so many rounds.

    Returns
    -------
    CriticalPoints
        `completeness` says how sure it is that nothing is missing.

    Raises
    ------
    ValueError
        If `starts` or `rounds` is below 1.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> glass = landscape.problem("spherical_spin_glass", n=4)
    >>> points = landscape.exhaust(glass, np.random.default_rng(0), starts=100)
    >>> points.euler.holds
    True
    """
    if starts < 1 or rounds < 1:
        raise ValueError(f"starts is {starts} and rounds {rounds} but they must be at least 1")
    least = _PER_INDEX * (landscape.manifold.intrinsic_dim + 1)
    points = find_critical_points(landscape, landscape.starts(rng, starts), max_steps=_STEPS)
    quiet = 0
    for k in range(1, rounds):
        known = len(points)
        if k < _SWEEPS:
            more = find_critical_points(landscape, landscape.starts(rng, starts), max_steps=_STEPS)
        else:
            more = explore_round(landscape, points, max(starts, least), rng, _STEPS)
        points = union(landscape, [points, more])
        quiet = quiet + 1 if len(points) == known else 0
        if quiet >= _QUIET and points.euler.holds is not False:
            break
    return points
