"""The dimer method: saddles from gradients alone."""

from __future__ import annotations

from dataclasses import dataclass

from landscape.arrays import Array, IntArray
from landscape.critical.saddle_dynamics import Reflection, reflected_step, start_reflection
from landscape.critical.search import Search
from landscape.function import Landscape


@dataclass(frozen=True)
class Dimer:
    """Saddles of index 1 where only gradients are to be had: curvature from the gradients at a pair of nearby images.

    The dimer turns towards the lowest mode and moves along the gradient reflected in it (Henkelman & Jonsson, J.
    Chem. Phys. 111, 7010, 1999). Turning and moving are those of `SaddleDynamics`, with each Hessian-vector product
    replaced by the difference of the gradients at the dimer's two ends: eight pairs of gradients a step.

    Parameters
    ----------
    separation : float
        Half the distance of the two images, in units of the landscape's length scale.
    """

    separation: float = 1e-4

    def __post_init__(self) -> None:
        if not 0 < self.separation < 1:
            raise ValueError(f"separation is {self.separation} but must lie between 0 and 1")

    def init(self, landscape: Landscape, x: Array) -> Reflection:
        return start_reflection(landscape, x, 1)

    def step(self, landscape: Landscape, run: Search, memory: Reflection) -> tuple[Search, Reflection, IntArray]:
        manifold = landscape.manifold
        half = self.separation * manifold.length_scale

        def product(x: Array, gradient: Array, v: Array) -> Array:
            x = x[:, None]
            ends = [landscape.riemannian_gradient(manifold.retract(x, sign * half * v)) for sign in (1.0, -1.0)]
            return manifold.project(x, ends[0] - ends[1]) / (2 * half)

        return reflected_step(landscape, product, run, memory, 2)
