"""The Riemannian gradient and Hessian in an orthonormal tangent basis, with the symmetry's zero modes set apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, matvec, norm, spectral_radius_bound, transpose
from landscape.function import Landscape
from landscape.spectrum.memory import require_dense

_NO_SLOPE = 1e-8  # of the gradient's norm along zero modes, in units of the Hessian times the gradient: rounding


@dataclass(frozen=True)
class TangentSystem:
    """First and second derivatives at points (m, n), in tangent coordinates of dimension d.

    Attributes
    ----------
    gradient : (m, d)
        Riemannian gradient.
    hessian : (m, d, d)
        Riemannian Hessian on the complement of the zero modes; it maps the zero modes to zero exactly.
    basis : (m, n, d)
        Orthonormal tangent basis.
    zero_modes : (m, d, k)
        Orthonormal columns, some of them zero, along which symmetry makes the function constant.
    coupling : (m, d, k)
        What the projection took away: the Hessian times the zero modes, which is how the gradient changes along them.
    """

    gradient: Array
    hessian: Array
    basis: Array
    zero_modes: Array
    coupling: Array

    @cached_property
    def orbit_dimension(self) -> IntArray:
        """Dimension of each point's orbit, (m,)."""
        return np.rint((self.zero_modes**2).sum(axis=(-2, -1))).astype(np.int64)

    @cached_property
    def scale(self) -> Array:
        """An upper bound of the Hessian's spectral radius, (m,)."""
        return spectral_radius_bound(self.hessian)

    @cached_property
    def finite(self) -> BoolArray:
        """Whether all derivatives are finite, (m,)."""
        finite: BoolArray = np.isfinite(self.gradient).all(axis=-1) & np.isfinite(self.scale)
        return finite

    def __getitem__(self, rows: IntArray | BoolArray) -> TangentSystem:
        """The systems of some of the points."""
        fields = (self.gradient, self.hessian, self.basis, self.zero_modes, self.coupling)
        return TangentSystem(*(field[rows] for field in fields))

    def made_finite(self) -> TangentSystem:
        """The same with harmless numbers where derivatives are not finite, so that solvers do not stumble over them."""
        usable = self.finite[:, None]
        return TangentSystem(
            np.where(usable, self.gradient, 0.0),
            np.where(usable[..., None], self.hessian, np.eye(self.hessian.shape[-1])),
            self.basis,
            np.where(usable[..., None], self.zero_modes, 0.0),
            np.where(usable[..., None], self.coupling, 0.0),
        )

    @cached_property
    def slope(self) -> Array:
        """Of half the squared norm of the gradient: the whole Hessian times the gradient, (m, d).

        Along the zero modes it vanishes only where the symmetry's motions are isometries, which leave that norm alone;
        rescaled weights do not."""
        return self._across_slope + self._orbit_slope if self.zero_modes.shape[-1] else self._across_slope

    @cached_property
    def _across_slope(self) -> Array:
        return matvec(self.hessian, self.gradient)

    @cached_property
    def _orbit_slope(self) -> Array:
        return matvec(self.zero_modes, matvec(transpose(self.coupling), self.gradient))

    @cached_property
    def confined(self) -> BoolArray:
        """Where the norm of the gradient falls more steeply along the zero modes than across them, (m,)."""
        if self.zero_modes.shape[-1] == 0:
            return np.zeros(len(self.gradient), dtype=bool)
        floor = _NO_SLOPE * self.scale * norm(self.gradient)
        result: BoolArray = norm(self._orbit_slope) > np.maximum(norm(self._across_slope), floor)
        return result

    def unprojected(self, rows: BoolArray) -> TangentSystem:
        """The same with the whole Hessian, and no zero modes set apart, at some of the points (m,)."""
        if self.zero_modes.shape[-1] == 0 or not rows.any():
            return self
        hessian, zero_modes = self.hessian.copy(), self.zero_modes.copy()
        z, along = zero_modes[rows], self.coupling[rows]
        across = along - z @ (transpose(z) @ along)
        hessian[rows] += along @ transpose(z) + z @ transpose(across)
        zero_modes[rows] = 0.0
        return TangentSystem(self.gradient, hessian, self.basis, zero_modes, self.coupling)

    def ambient(self, v: Array) -> Array:
        """Tangent coordinates (m, d) as ambient vectors (m, n)."""
        return matvec(self.basis, v)

    def across_orbits(self) -> tuple[Array, Array]:
        """The Hessian without its zero modes, (m, r, r), in an orthonormal basis across them, (m, d, r).

        Where the orbits of some members have fewer dimensions than others', the zero modes stay and are lifted."""
        m, d, k = self.zero_modes.shape
        if k == 0 or (self.orbit_dimension < k).any():
            return self.lifted_hessian(), np.broadcast_to(np.eye(d), (m, d, d))
        across = np.linalg.qr(self.zero_modes, mode="complete")[0][..., k:]
        return transpose(across) @ (self.hessian @ across), across

    def lifted_hessian(self) -> Array:
        """The Hessian with its zero modes lifted above every other eigenvalue, (m, d, d)."""
        if self.zero_modes.shape[-1] == 0:
            return self.hessian
        height = 2 * self.scale + np.finfo(np.float64).tiny
        return self.hessian + height[:, None, None] * (self.zero_modes @ transpose(self.zero_modes))


def tangent_system(landscape: Landscape, x: Array, gradient: Array | None = None) -> TangentSystem:
    """Derivatives of a landscape at points (m, n) in tangent coordinates.

    Parameters
    ----------
    gradient : (m, n), optional
        The ambient gradient at `x`, if it is known already.

    Raises
    ------
    ValueError
        If the Hessians do not fit into memory.
    """
    require_dense(x.shape[-1], len(x))
    manifold = landscape.manifold
    if gradient is None:
        gradient = landscape.gradient(x)
    basis = manifold.tangent_basis(x)
    hessian = manifold.tangent_hessian(x, gradient, landscape.hessian(x))
    gradient = matvec(transpose(basis), gradient)
    zero_modes = transpose(basis) @ landscape.symmetry.zero_modes(x)
    along = hessian @ zero_modes
    if zero_modes.shape[-1] > 0:
        across = along - zero_modes @ (transpose(zero_modes) @ along)
        hessian = hessian - along @ transpose(zero_modes) - zero_modes @ transpose(across)
    return TangentSystem(gradient, hessian, basis, zero_modes, along)
