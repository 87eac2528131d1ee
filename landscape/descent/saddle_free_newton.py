"""Saddle-free Newton (Dauphin, Pascanu, Gulcehre, Cho, Ganguli & Bengio 2014, NeurIPS, arXiv:1406.2572)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, norm
from landscape.batch import NoMemory
from landscape.descent.eigenbasis import eigenbasis, gradient_or_nan
from landscape.descent.method import require_not_negative, require_positive
from landscape.function import Landscape


@dataclass(frozen=True)
class SaddleFreeNewton:
    """x <- R_x(-|H|^{-1} grad f(x)), |H| the Hessian with the absolute values of its eigenvalues.

    Newton's method, except that it goes down along directions of negative curvature, where Newton's goes up to the
    saddle (the paper's section 5). On a quadratic a step doubles the distance along every such direction and removes it
    along the others; along directions of a curvature below `damping` times the largest it adds or removes only their
    share of that. Near a minimum it is Newton's. A run that is exactly on a saddle's stable manifold stays on it. Here
    |H| is dense, in the tangent space, where the paper takes a Krylov space; where the Hessian is not finite, a run
    ends as `NON_FINITE`.

    Parameters
    ----------
    damping : float
        Eigenvalues count as at least this part of the largest one's absolute value.
    max_step : float, optional
        Longest step, the paper's trust region; by default a tenth of the landscape's length scale.
    """

    damping: float = 1e-6
    max_step: float | None = None

    def __post_init__(self) -> None:
        require_not_negative("damping", self.damping)
        if self.max_step is not None:
            require_positive("max_step", self.max_step)

    def init(self, landscape: Landscape, x: Array, gradient: Array) -> NoMemory:
        return NoMemory()

    def step(
        self, landscape: Landscape, x: Array, gradient: Array, memory: NoMemory, rng: np.random.Generator | None
    ) -> tuple[Array, Array, NoMemory]:
        local = eigenbasis(landscape, x)
        curvature = np.abs(local.eigenvalues)
        floor = self.damping * curvature.max(axis=1, keepdims=True) + np.finfo(np.float64).tiny
        step = -local.gradient / np.maximum(curvature, floor)
        longest = 0.1 * landscape.manifold.length_scale if self.max_step is None else self.max_step
        step *= np.minimum(1.0, longest / np.maximum(norm(step), np.finfo(np.float64).tiny))[:, None]
        x = landscape.manifold.retract(x, local.ambient(step))
        return x, gradient_or_nan(landscape, x, local.finite), memory
