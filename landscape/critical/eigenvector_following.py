"""Eigenvector following: uphill along the k lowest modes, downhill along the rest, to saddles of index k."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, matvec, norm, transpose
from landscape.critical.search import Search
from landscape.critical.trust_region import (
    GradientNorms,
    Proposal,
    followed_step,
    model_residual,
    shorten,
    trust_region_step,
)
from landscape.function import Landscape
from landscape.spectrum.dense import TangentSystem
from landscape.spectrum.eigensystem import eigensystem

FIRST_STEPS = 3  # steps in which the lowest modes are climbed, whatever was climbed before
FRESH_CHOICE = 12  # steps after which the choice is made afresh
PUSH = 0.003  # least step along a mode that bends the wrong way, where all steps are short; in length scales
BENT = 1e-8  # part of the largest |eigenvalue| beyond which a mode counts as bent


class Climb(NamedTuple):
    """The modes that were climbed last, (m, n, k), and the number of steps so far, (m,)."""

    modes: Array
    steps: IntArray


@dataclass(frozen=True)
class EigenvectorFollowing:
    """Steps along the Hessian's eigenvectors with signs fixed by the index that is sought.

    Along mode i with eigenvalue lambda_i and gradient component g_i the step is

        +-2 g_i / (|lambda_i| + sqrt(lambda_i^2 + 4 g_i^2 / l^2)),

    uphill for the k lowest modes and downhill for the others: a Newton step near a saddle of index k, and never
    longer than the length scale l (Cerjan & Miller, J. Chem. Phys. 75, 2800, 1981; Wales, J. Chem. Phys. 101, 3750,
    1994, eq. 4).

    Where the k-th and the next eigenvalue cross, a search that always climbs the lowest modes turns back at every
    step and never leaves. After its first steps a search therefore climbs the modes nearest to those that it climbed
    last, and from time to time, because the modes that it started with may be the wrong ones, the lowest again.

    A critical point of another index repels searches, but one that comes to it along its stable manifold, as symmetry
    or separate coordinates make happen, would rest there. Along a mode that bends the wrong way its steps then have a
    least length, and a search ends at a point of its own index, at a degenerate one, or at one whose orbit under the
    symmetry has fewer dimensions than those around it.

    Parameters
    ----------
    index : int
        Number of modes to climb; 0 finds minima. Where symmetry leaves fewer, as it may everywhere but at points of
        smaller orbits, all are climbed.
    """

    index: int = 1

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"index is {self.index} but must not be negative")

    def init(self, landscape: Landscape, x: Array) -> Climb:
        return Climb(np.zeros((*x.shape, self.index)), np.zeros(len(x), dtype=np.int64))

    def step(self, landscape: Landscape, run: Search, memory: Climb) -> tuple[Search, Climb, IntArray]:
        return trust_region_step(landscape, self, run, memory)

    def propose(
        self, landscape: Landscape, system: TangentSystem, radius: Array, memory: Climb
    ) -> tuple[Proposal, Climb]:
        if self.index > system.hessian.shape[-1]:
            raise ValueError(f"index is {self.index} but the landscape has only {system.hessian.shape[-1]} directions")
        hessian, basis = system.across_orbits()
        eigenvalues, modes = eigensystem(hessian)
        modes = basis @ modes
        ambient = system.basis @ modes
        lowest = memory.steps % FRESH_CHOICE < FIRST_STEPS
        overlap = ((transpose(ambient) @ memory.modes) ** 2).sum(axis=-1)
        number = np.arange(eigenvalues.shape[1])
        d, most = system.zero_modes.shape[1:]
        # Where symmetry leaves fewer modes than are to be climbed, what is climbed instead must not be a zero mode.
        lifted = (self.index > d - most) & (number >= d - system.orbit_dimension[:, None])
        rank = np.where(lifted, -np.inf, np.where(lowest[:, None], -number, overlap))
        climbed = np.argsort(-rank, axis=1, kind="stable")[:, : self.index]
        uphill = np.full(eigenvalues.shape, -1.0)
        np.put_along_axis(uphill, climbed, 1.0, axis=1)

        g = matvec(transpose(modes), system.gradient)
        length = landscape.manifold.length_scale
        step = followed_step(eigenvalues, g, uphill, length)
        astray = ~lifted & (uphill * eigenvalues > BENT * np.abs(eigenvalues).max(axis=1, keepdims=True))
        # On an orbit of fewer dimensions than those around it, as a linear molecule's, the index jumps: it may stay.
        generic = system.orbit_dimension == system.zero_modes.shape[-1]
        resting = generic & (norm(step) < PUSH * length)
        step = np.where(astray & resting[:, None], np.copysign(PUSH * length, step), step)
        step = shorten(matvec(modes, step), radius)
        directions = np.zeros_like(memory.modes)  # zero where there are fewer modes than are to be climbed
        directions[..., : climbed.shape[1]] = np.take_along_axis(ambient, climbed[:, None, :], axis=2)
        memory = Climb(directions, memory.steps + 1)
        return Proposal(step, model_residual(system, step)), memory

    def judge(self, norms: GradientNorms) -> tuple[BoolArray, Array]:
        # Pushed off a critical point of another index, the gradient is measured by what it is expected to become.
        scale = np.maximum(norms.before, 0.1 * norms.expected)
        error = norms.deviation / np.maximum(scale, np.finfo(np.float64).tiny)
        return error < 1.0, np.where(error > 0.5, 0.5, np.where(error < 0.2, 1.5, 1.0))
