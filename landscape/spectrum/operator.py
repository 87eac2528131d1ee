"""The Riemannian Hessian at one point as what it does to vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, norm
from landscape.autodiff import BatchFunction
from landscape.batch import parts
from landscape.function import Landscape

_TOGETHER = 2**22  # numbers in the directions that are multiplied in one call


@dataclass(frozen=True, eq=False)
class HessianOperator:
    """v to P H P v with P the projection on the tangent space, off the symmetry's zero modes.

    In ambient coordinates, so that no basis is stored: what P removes are eigenvectors with eigenvalue zero, which are
    not part of the spectrum.

    Attributes
    ----------
    landscape : Landscape
    x, gradient : (n,)
        The point and the ambient gradient there.
    hvp : callable
        The product with the ambient Hessian there, of directions (..., n).
    zero_modes : (n, k)
        Orthonormal or zero columns.
    """

    landscape: Landscape
    x: Array
    gradient: Array
    hvp: BatchFunction
    zero_modes: Array

    @classmethod
    def at(cls, landscape: Landscape, x: Array) -> HessianOperator:
        """The Hessian at a point (n,).

        Raises
        ------
        ValueError
            If the gradient is not finite there.
        """
        point = landscape.manifold.normalize(x)
        gradient = landscape.gradient(point)
        if not np.isfinite(gradient).all():
            raise ValueError(f"the gradient of {landscape.name} is not finite at the point")
        return cls(landscape, point, gradient, landscape.hvp_at(point), landscape.symmetry.zero_modes(point))

    @property
    def dim(self) -> int:
        """Ambient coordinates n."""
        return len(self.x)

    @property
    def rank(self) -> int:
        """Directions that are left, r: how many eigenvalues the spectrum has."""
        return self.landscape.manifold.intrinsic_dim - round(float((self.zero_modes**2).sum()))

    def project(self, v: Array) -> Array:
        """P v, (..., n)."""
        v = self.landscape.manifold.project(self.x, v)
        if self.zero_modes.shape[1]:
            v = v - (v @ self.zero_modes) @ self.zero_modes.T
        return v

    def __call__(self, v: Array) -> Array:
        """P H P v for directions (p, n), a few at a time.

        Raises
        ------
        ValueError
            If a product is not finite, or has another shape.
        """
        blocks = [self._product(v[rows]) for rows in parts(len(v), self.dim, _TOGETHER)]
        product = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        if not np.isfinite(product).all():
            raise ValueError(f"the Hessian of {self.landscape.name} is not finite at the point")
        return product

    def _product(self, v: Array) -> Array:
        v = self.project(v)
        product = self.hvp(v)
        if product.shape != v.shape:
            raise ValueError(
                f"a Hessian-vector product of {self.landscape.name} has shape {product.shape} for vectors of shape "
                f"{v.shape}, expected the same"
            )
        return self.project(self.landscape.manifold.riemannian_hvp(self.x, self.gradient, v, product))

    def random_directions(self, rng: np.random.Generator, size: int) -> Array:
        """Uniform unit vectors in the range of P, (size, n)."""
        v = self.project(rng.standard_normal((size, self.dim)))
        length = norm(v)
        return v / length[:, None]

    def rounding(self, scale: float) -> float:
        """The error that is to be expected of a Ritz value of a Hessian of size `scale`."""
        return 8 * scale * (self.landscape.provenance.relative_error + self.dim**0.5 * float(np.finfo(np.float64).eps))
