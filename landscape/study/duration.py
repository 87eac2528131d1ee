"""How long the searches of a study may take, told from a few timed steps before hours of silence begin."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape.critical.eigenvector_following import EigenvectorFollowing
from landscape.critical.newton import Newton
from landscape.critical.search import search
from landscape.descent.armijo import ArmijoGradientDescent
from landscape.descent.ensemble import descend
from landscape.function import Landscape
from landscape.study.declaration import Study
from landscape.study.dispatch import Failure, dispatch, workers_of
from landscape.study.faults import tolerated

LONG = 120.0  # seconds, beyond which it is worth a sentence

_WORTH_REPEATING = 30.0  # seconds: of a first call it is not known how much went into compiling
_MANY_SAMPLES = ("digits", "digits_4x4", "breast_cancer", "diabetes")
_ALONE = 0.03  # seconds of a step, below which many starts share what each step costs besides


@dataclass(frozen=True)
class StepTimes:
    """Seconds that a step of one search takes: Newton's, one that follows eigenvectors, and one of a descent."""

    newton: float
    climb: float
    descent: float


@dataclass(frozen=True)
class Duration:
    """How long searches take if all of them go on to their last step.

    Attributes
    ----------
    seconds : float
    dim : int
    times : StepTimes
    workers : int
        Processes that share the work.
    parameters : dict
        The landscape's.
    """

    seconds: float
    dim: int
    times: StepTimes
    workers: int
    parameters: dict[str, Any]

    def sentence(self, what: str, help_by: tuple[str, ...]) -> str:
        """As in 'the searches take up to about 14 h on 1 process: ...; fewer --starts help'; empty if not `LONG`.

        Parameters
        ----------
        what : str
            That takes so long.
        help_by : tuple of str
            Options that would shorten it, besides those of the data.
        """
        if self.seconds < LONG:
            return ""
        processes = "1 process" if self.workers == 1 else f"{self.workers} processes"
        each = f"{self.dim} coordinates, {max(self.times.newton, self.times.climb):.2g} s a step by the Hessian"
        helpful = [*help_by, *_smaller_data(self.parameters)]
        listed = ", ".join(helpful[:-1]) + " or " * (len(helpful) > 1) + helpful[-1]
        return f"{what} up to about {in_words(self.seconds)} on {processes}: {each}; {listed} would help"


def in_words(seconds: float) -> str:
    """A time of some minutes or more, as people say it.

    Examples
    --------
    >>> in_words(50_000)
    '14 h'
    """
    for unit, size in (("d", 86_400), ("h", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def step_times(landscape: Landscape, most: int) -> StepTimes:
    """Measured from random starts, as many at once, up to `most`, as it takes for a step's own work to show."""

    def of(run: Callable[[int], object], size: int = 1) -> float:
        took = _seconds(run, size)
        return took / size if took > _ALONE or size >= most else of(run, min(8 * size, most))

    def starts(size: int) -> Any:
        return landscape.starts(np.random.default_rng(0), size)

    with tolerated():
        return StepTimes(
            of(lambda size: search(landscape, starts(size), Newton(), 1)),
            of(lambda size: search(landscape, starts(size), EigenvectorFollowing(0), 1)),
            of(lambda size: descend(landscape, starts(size), ArmijoGradientDescent(), 1)),
        )


def _seconds(run: Callable[[int], object], size: int) -> float:
    """Of a call; of the second one, if the first may have been slow because it compiled."""
    took = np.inf
    for _ in range(2):
        began = time.perf_counter()
        run(size)
        took = min(took, time.perf_counter() - began)
        if took > _WORTH_REPEATING:
            break
    return float(took)


def study_duration(study: Study, executor: Executor | None = None, limit: float | None = None) -> Duration | None:
    """How long the descents and searches of a study take on an executor if each goes on to its last step.

    Parameters
    ----------
    limit : float, optional
        Seconds after which timing is given up.

    Returns
    -------
    Duration or None
        None if it cannot be told, because the function fails.
    """
    landscape = study.target.load()
    sizes = study.chunk_sizes(landscape.dim)
    for _, times, _ in dispatch(executor, _times_of, {0: (study, max(sizes))}, limit):
        if isinstance(times, Failure):
            return None
        # Newton's searches, and climbs twice: from the starts, and from what was found.
        each = study.search_steps * times.newton + 2 * study.climb_steps * times.climb
        each += study.descent_steps * times.descent
        workers = workers_of(executor)
        rounds = -(-len(sizes) // workers)  # the last worker to end
        return Duration(rounds * max(sizes) * each, landscape.dim, times, workers, dict(landscape.parameters))
    return None


def _times_of(study: Study, most: int) -> StepTimes:
    return step_times(study.target.load(), most)


def _smaller_data(parameters: dict[str, Any]) -> list[str]:
    """Settings that make the function cheaper, where it learns from data."""
    hints = []
    if parameters.get("data") == "digits":
        hints.append("--set data=digits_4x4")
    if parameters.get("data") in _MANY_SAMPLES and parameters.get("samples") == 0:
        hints.append("--set samples=300")
    return hints
