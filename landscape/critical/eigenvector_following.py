"""Eigenvector following: uphill along the k lowest modes, downhill along the rest, to saddles of index k."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, BoolArray, matvec, transpose
from landscape.critical.search import GradientNorms, Proposal, model_residual, shorten
from landscape.function import Landscape
from landscape.spectrum.dense import TangentSystem


@dataclass(frozen=True)
class EigenvectorFollowing:
    """Steps along the Hessian's eigenvectors with signs fixed by the index that is sought.

    Along mode i with eigenvalue lambda_i and gradient component g_i the step is

        +-2 g_i / (|lambda_i| + sqrt(lambda_i^2 + 4 g_i^2 / l^2)),

    uphill for the k lowest modes and downhill for the others: a Newton step near a saddle of index k, and never
    longer than the length scale l (Cerjan & Miller, J. Chem. Phys. 75, 2800, 1981; Wales, J. Chem. Phys. 101, 3750,
    1994, eq. 4).

    Parameters
    ----------
    index : int
        Number of modes to climb; 0 finds minima.
    """

    index: int = 1

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"index is {self.index} but must not be negative")

    def propose(self, landscape: Landscape, system: TangentSystem, radius: Array) -> Proposal:
        if self.index > system.hessian.shape[-1]:
            raise ValueError(f"index is {self.index} but the landscape has only {system.hessian.shape[-1]} directions")
        eigenvalues, modes = np.linalg.eigh(system.lifted_hessian())
        g = matvec(transpose(modes), system.gradient)
        length = landscape.manifold.length_scale
        curvature = np.abs(eigenvalues)
        curvature = curvature + np.sqrt(eigenvalues**2 + 4 * (g / length) ** 2) + np.finfo(np.float64).tiny
        uphill = np.where(np.arange(g.shape[-1]) < self.index, 1.0, -1.0)
        step = shorten(matvec(modes, uphill * 2 * g / curvature), radius)
        return Proposal(step, model_residual(system, step))

    def judge(self, norms: GradientNorms) -> tuple[BoolArray, Array]:
        error = norms.deviation / np.maximum(norms.before, np.finfo(np.float64).tiny)
        return error < 1.0, np.where(error > 0.5, 0.5, np.where(error < 0.2, 1.5, 1.0))
