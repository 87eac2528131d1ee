"""Step sizes and an end from a gradient and one Hessian-vector product alone, for gradient-norm minimisation."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array, IntArray, dot, norm
from landscape.batch import RUNNING
from landscape.critical.search import SearchStatus
from landscape.critical.trust_region import FLAT_TOLERANCE, POSITION_TOLERANCE
from landscape.function import Landscape


def barzilai_borwein(dx: Array, dg: Array, otherwise: Array) -> Array:
    """The step size |dx|^2 / |dx . dg| of each run, (m,) (Barzilai & Borwein, IMA J. Numer. Anal. 8, 141, 1988, eq. 5).

    `otherwise` stands in where the two are orthogonal.
    """
    along = np.abs(dot(dx, dg))
    return np.divide(dot(dx, dx), along, out=otherwise.copy(), where=along > 0)


def status_without_hessian(landscape: Landscape, gradient: Array, product: Array) -> IntArray:
    """The status of each search from its Riemannian gradient g and the product H g, both (m, n).

    |g|^2 / |H g| is at most the length of the Newton step, and equal to it where g is an eigenvector: a search has
    arrived where it is tiny. It stands on a flat point where, to first order, |g| would hardly change across the
    landscape.
    """
    squared, slope = dot(gradient, gradient), norm(product)
    scale = landscape.manifold.length_scale
    tolerance = max(POSITION_TOLERANCE, 16 * landscape.provenance.relative_error)  # no finer than derivatives are
    arrived = squared <= tolerance * scale * slope
    flat = slope * landscape.diagonal <= FLAT_TOLERANCE * squared
    usable = np.isfinite(squared) & np.isfinite(slope)
    return np.select(
        [~usable, arrived, flat],
        [SearchStatus.NON_FINITE, SearchStatus.CONVERGED, SearchStatus.FLAT],
        RUNNING,
    )
