"""Escape from every saddle of a landscape: how long it takes and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape.arrays import IntArray
from landscape.critical.points import CriticalPoints
from landscape.critical.settle import settle
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.method import DescentMethod
from landscape.escape.exits import ExitStatus
from landscape.escape.flow import FlowStatus, flow
from landscape.escape.times import EscapeTimes, escape_times
from landscape.function import Landscape

ESCAPE_RADIUS = 0.01  # of the ball to leave, in units of the landscape's diagonal
LEARNING_RATE = 0.5  # in units of 1 / max |eigenvalue| at the saddle


def default_method(steepest: float) -> DescentMethod:
    """Gradient descent at half the largest learning rate that the saddle allows."""
    return GradientDescent(LEARNING_RATE / steepest)


@dataclass(frozen=True, eq=False)
class EscapeSurvey:
    """Escapes from several saddles.

    Attributes
    ----------
    saddles : CriticalPoints
        Where the starts were, k points.
    times : list of EscapeTimes
        One a saddle.
    points : CriticalPoints
        The distinct critical points that escapes led to.
    end : (k, starts)
        For each start the row of its point, -1 for none.
    """

    saddles: CriticalPoints
    times: list[EscapeTimes]
    points: CriticalPoints
    end: IntArray


def escape_survey(
    landscape: Landscape,
    saddles: CriticalPoints,
    n_starts: int,
    rng: np.random.Generator,
    radius: float | None = None,
    method: Callable[[float], DescentMethod] = default_method,
    max_steps: int = 20_000,
    progress: Callable[[int, int], None] | None = None,
) -> EscapeSurvey:
    """Let descent escape from random starts round each saddle, and follow the gradient flow from where it got out.

    Parameters
    ----------
    saddles : CriticalPoints
        Each with at least one unstable direction.
    n_starts : int
        Starts round each.
    radius : float, optional
        Of the ball to leave; a hundredth of the landscape's diagonal if left out.
    method : callable
        Makes the descent method from a saddle's largest |eigenvalue|.
    max_steps : int
        Of each escape.
    progress : callable, optional
        Called after each saddle with the number done and their number.

    Returns
    -------
    EscapeSurvey

    Raises
    ------
    ValueError
        As `escape_times`.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> rng = np.random.default_rng(0)
    >>> himmelblau = landscape.problem("himmelblau")
    >>> points = landscape.find_critical_points(himmelblau, himmelblau.starts(rng, 200))
    >>> survey = landscape.escape_survey(himmelblau, points.saddles, 50, rng)
    >>> survey.points.count_by_index()
    {0: 4}
    """
    ball = ESCAPE_RADIUS * landscape.diagonal if radius is None else radius
    times = []
    for row, x in enumerate(saddles.x):
        steepest = float(np.abs(saddles.eigenvalues[row]).max())
        times.append(escape_times(landscape, x, ball, n_starts, None, rng, max_steps, method(steepest)))
        if progress is not None:
            progress(row + 1, len(saddles))
    out = np.concatenate([t.status for t in times] or [np.zeros(0, np.int64)]) == ExitStatus.ESCAPED
    x = np.concatenate([t.x for t in times] or [np.zeros((0, landscape.dim))])
    lines = flow(landscape, x[out])
    points, reached = settle(landscape, lines.x, lines.status == FlowStatus.ARRIVED)
    end = np.full(len(x), -1)
    end[out] = reached
    return EscapeSurvey(saddles, times, points, end.reshape(len(saddles), n_starts))
