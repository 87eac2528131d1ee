"""Positions on the way, recorded as a descent goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray
from landscape.memory import available_memory, gigabytes


@dataclass(frozen=True)
class Trajectory:
    """Recorded positions of every run.

    Attributes
    ----------
    steps : (frames,)
        After how many steps each frame was taken; the first is 0.
    x : (frames, m, n)
        Positions; a run that has ended stays where it ended.
    """

    steps: IntArray
    x: Array


def thinning(row_bytes: int, max_steps: int, room: float) -> int | None:
    """The smallest `record` with which runs of at most `max_steps` steps leave no more than `room` bytes of frames, or
    None if the first frame and the last are too much already.

    Parameters
    ----------
    row_bytes : int
        Bytes of one frame of all runs.
    """
    frames = int(room // max(row_bytes, 1))
    if max_steps == 0:
        return 1 if frames >= 1 else None
    # k gives max_steps // k + 1 frames: at most `frames` if and only if k > max_steps / frames.
    return max_steps // frames + 1 if frames >= 2 else None


class Recorder:
    """Frames of all runs at every `record`-th step, in memory that is taken before the first step.

    Raises
    ------
    ValueError
        If the frames cannot fit into the memory that is free.
    """

    def __init__(self, start: Array, record: int, max_steps: int) -> None:
        self.record = record
        self.frames = max_steps // record + 1
        self._require_room(start, max_steps)
        self.x = np.empty((self.frames, *start.shape), dtype=start.dtype)
        self.x[0] = start
        self.last = 0

    def _require_room(self, start: Array, max_steps: int) -> None:
        free = available_memory()
        if free is None or self.frames * start.nbytes <= free:
            return
        m, n = start.shape
        thinner = thinning(start.nbytes, max_steps, free)
        advice = "use fewer starts" if thinner is None else f"record={thinner} would fit"
        raise ValueError(
            f"{self.frames} positions of {m} runs in dim {n} take {gigabytes(self.frames * start.nbytes)} but "
            f"{gigabytes(free)} are free: {advice}"
        )

    def take(self, number: int, rows: IntArray, x: Array) -> None:
        """Positions `x` of the runs `rows` after step `number`."""
        if number % self.record == 0:
            frame = number // self.record
            self.x[frame, rows] = x
            self.last = max(self.last, frame)

    def trajectory(self, x: Array, steps: IntArray) -> Trajectory:
        """What was recorded, as far as anybody ran, of runs that ended at `x` (m, n) after `steps` (m,)."""
        # Compiled blocks go on after everybody has ended.
        last = min(self.last, int(steps.max(initial=0)) // self.record)
        for frame in range(1, last + 1):
            ended = np.flatnonzero(steps <= frame * self.record)
            self.x[frame, ended] = x[ended]
        return Trajectory(self.record * np.arange(last + 1), self.x[: last + 1])
