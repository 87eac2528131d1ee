"""The local quadratic model in the Hessian's eigenbasis, for methods that use all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray, matvec, transpose
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem


@dataclass(frozen=True)
class Eigenbasis:
    """Derivatives at points (m, n) along the Hessian's eigenvectors.

    Attributes
    ----------
    eigenvalues : (m, d)
        Of the Riemannian Hessian, in ascending order; the symmetry's zero modes are lifted above all others.
    gradient : (m, d)
        Components of the gradient along the eigenvectors.
    vectors : (m, n, d)
        Eigenvectors in ambient coordinates, in columns.
    finite : (m,)
        Whether the derivatives are finite; where they are not, the other fields are those of a zero gradient.
    """

    eigenvalues: Array
    gradient: Array
    vectors: Array
    finite: BoolArray

    def ambient(self, components: Array, members: IntArray | slice = slice(None)) -> Array:
        """Components (k, d) as tangent vectors in ambient coordinates, (k, n), at some of the points."""
        return matvec(self.vectors[members], components)


def eigenbasis(landscape: Landscape, x: Array) -> Eigenbasis:
    """The eigenbasis of the Hessian at points (m, n)."""
    system = tangent_system(landscape, x)
    finite = system.finite
    d = system.gradient.shape[-1]
    hessian = np.where(finite[:, None, None], system.lifted_hessian(), np.eye(d))
    eigenvalues, modes = eigensystem(hessian)
    gradient = matvec(transpose(modes), np.where(finite[:, None], system.gradient, 0.0))
    return Eigenbasis(eigenvalues, gradient, system.basis @ modes, finite)


def gradient_or_nan(landscape: Landscape, x: Array, finite: BoolArray) -> Array:
    """Riemannian gradient at points (m, n), NaN where derivatives were not finite, so that those runs end."""
    return np.where(finite[:, None], landscape.riemannian_gradient(x), np.nan)
