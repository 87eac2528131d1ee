"""Minimisation of the squared gradient norm: of any index, without a Hessian, and fooled by flat points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, IntArray, dot
from landscape.critical.matrix_free import barzilai_borwein, status_without_hessian
from landscape.critical.search import Search
from landscape.critical.trust_region import shorten
from landscape.function import Landscape


class Slope(NamedTuple):
    """The last step, zero if it was not taken, and the slope of half the squared gradient norm before it, (m, n); the
    step size, (m,), zero before the first step."""

    step: Array
    slope: Array
    step_size: Array


@dataclass(frozen=True)
class GradientNormMinimization:
    """Steepest descent on |grad f|^2 / 2, whose slope is H grad f, with Barzilai-Borwein steps and backtracking.

    Zeros of the gradient are its global minima, whatever their index (McIver & Komornicki, J. Am. Chem. Soc. 94,
    2625, 1972; Angelani et al., Phys. Rev. Lett. 85, 5356, 2000). It also stops where the gradient is not zero but
    lies in the kernel of the Hessian; such a search ends as `FLAT` and gives no critical point (Frye et al., Neural
    Computation 33, 1469, 2021). Only Hessian-vector products are used.

    Parameters
    ----------
    decrease : float
        A step is taken if it decreases |grad f|^2 / 2 by at least this fraction of what its slope promises.
    """

    decrease: float = 1e-4

    def __post_init__(self) -> None:
        if not 0 < self.decrease < 1:
            raise ValueError(f"decrease is {self.decrease} but must lie between 0 and 1")

    def init(self, landscape: Landscape, x: Array) -> Slope:
        return Slope(np.zeros_like(x), np.zeros_like(x), np.zeros(len(x)))

    def step(self, landscape: Landscape, run: Search, memory: Slope) -> tuple[Search, Slope, IntArray]:
        manifold = landscape.manifold
        gradient = manifold.project(run.x, run.gradient)
        slope = landscape.riemannian_hvp(run.x, gradient, run.gradient)
        status = status_without_hessian(landscape, gradient, slope)

        first = memory.step_size == 0
        guess = 0.1 * landscape.diagonal / np.maximum(np.sqrt(dot(slope, slope)), np.finfo(np.float64).tiny)
        # The step and not the difference of positions, which on a torus may wrap round.
        fresh = barzilai_borwein(memory.step, slope - memory.slope, memory.step_size)
        size = np.where(first, guess, fresh)
        step = shorten(-size[:, None] * slope, run.radius)

        x = manifold.retract(run.x, step)
        after = landscape.gradient(x)
        projected = manifold.project(x, after)
        promised = -dot(step, slope)
        gained = (dot(gradient, gradient) - dot(projected, projected)) / 2
        taken = gained >= self.decrease * promised  # false where it is not a number
        memory = Slope(np.where(taken[:, None], step, 0.0), slope, np.where(taken, size, size / 4))
        return run.moved(taken, x, after, run.radius), memory, status
