"""Damped Newton: Levenberg-Marquardt on the gradient, which finds critical points of any index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, norm
from landscape.batch import NoMemory
from landscape.critical.search import Search
from landscape.critical.trust_region import GradientNorms, Proposal, model_residual, trust_region_step
from landscape.function import Landscape
from landscape.spectrum.dense import TangentSystem


@dataclass(frozen=True)
class Newton:
    """Levenberg-Marquardt steps s = -(H^2 + sigma^2)^{-1} H g towards zeros of the gradient g.

    With sigma = |g| / (2 radius) no step is longer than the trust radius, and because sigma vanishes with the gradient,
    convergence is quadratic at isolated and at non-isolated critical points alike (Yamashita & Fukushima, Computing
    Suppl. 15, 239, 2001, damping proportional to the squared residual). H is symmetric, so that

        (H^2 + sigma^2)^{-1} H = Re (H + i sigma)^{-1},

    one complex solve whose condition number is the square root of that of the normal equations.

    Where a symmetry makes f constant along orbits H is projected across them. If its motions are no isometries, as when
    one layer of a network is scaled up and the next down, |g| changes along the orbit, and can be stationary across it
    alone: there H is the whole Hessian.
    """

    def init(self, landscape: Landscape, x: Array) -> NoMemory:
        return NoMemory()

    def step(self, landscape: Landscape, run: Search, memory: NoMemory) -> tuple[Search, NoMemory, IntArray]:
        return trust_region_step(landscape, self, run, memory)

    def propose(
        self, landscape: Landscape, system: TangentSystem, radius: Array, memory: NoMemory
    ) -> tuple[Proposal, NoMemory]:
        system = system.unprojected(system.confined)
        d = system.hessian.shape[-1]
        floor = np.finfo(np.float64).eps ** 2 * system.scale + np.finfo(np.float64).tiny
        sigma = np.maximum(norm(system.gradient) / (2 * radius), floor)
        shifted = system.lifted_hessian() + 1j * sigma[:, None, None] * np.eye(d)
        solution = np.linalg.solve(shifted, system.gradient[..., None] + 0j)[..., 0]
        step = -solution.real.astype(np.float64)
        return Proposal(step, model_residual(system, step)), memory

    def judge(self, norms: GradientNorms) -> tuple[BoolArray, Array]:
        predicted = norms.before**2 - norms.expected**2
        ratio = (norms.before**2 - norms.after**2) / np.maximum(predicted, np.finfo(np.float64).tiny)
        accepted = norms.after <= norms.before
        return accepted, np.where(ratio < 0.25, 0.5, np.where(ratio > 0.75, 2.0, 1.0))
