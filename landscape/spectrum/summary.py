"""The spectrum of a Hessian: all of it where the matrix fits, its ends, density, trace and index where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, as_points
from landscape.function import Landscape
from landscape.memory import fits, require_memory
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.density import Density, exact_density, share_below, spectral_density
from landscape.spectrum.extreme import PRODUCTS, extreme_eigenpairs
from landscape.spectrum.memory import dense_bytes
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.trace import estimate_trace

DENSE_UP_TO = 3000  # directions: a few seconds, and the index is certain


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum:
    """What is known of the eigenvalues of the Riemannian Hessian at a point, symmetry's zero modes left out.

    Attributes
    ----------
    dim : int
        Ambient coordinates.
    directions : int
        How many eigenvalues there are.
    exact : bool
        Whether all were computed, from the dense matrix; else they are from products with vectors.
    largest, smallest : (k,)
        Those at the two ends, the extreme one first.
    largest_residual, smallest_residual : (k,)
        Each has an eigenvalue within this distance.
    converged : bool
        Whether all residuals are within the tolerance.
    complete : bool
        Whether, besides, all eigenvalues are known, or a search off the pairs found no other that belongs among them.
    products : (int, int)
        With vectors, that the largest and the smallest took; none for the dense matrix.
    index : int
        The number of negative eigenvalues, or an estimate.
    index_low, index_high : int
        Without the dense matrix the low end is at least `index_certified`, and both are from probes otherwise.
    index_certified : int
        There are at least so many negative eigenvalues, to rounding: as many Ritz values on one space are negative, and
        by Cauchy's interlacing theorem the j-th smallest eigenvalue is no larger than the j-th smallest Ritz value.
        The spaces are those of the smallest eigenpairs and of each probe; positive ones bound the index from above.
    index_resolved : bool
        Whether the smallest Ritz values reach up to one that is positive beyond its residual, and a search off them
        found no other. If it missed none, `index` is the index; only all eigenvalues, `exact`, make it certain.
    trace, trace_error : float
        The sum of all eigenvalues, and its standard error, zero but for rounding where all are known.
    density : Density or None
    eigenvalues : (directions,) or None
        All of them in increasing order, where they are known.
    """

    dim: int
    directions: int
    exact: bool
    largest: Array
    largest_residual: Array
    smallest: Array
    smallest_residual: Array
    converged: bool
    complete: bool
    products: tuple[int, int]
    index: int
    index_low: int
    index_high: int
    index_certified: int
    index_resolved: bool
    trace: float
    trace_error: float
    density: Density | None = None
    eigenvalues: Array | None = None

    def __repr__(self) -> str:
        how = "all eigenvalues" if self.exact else "from Hessian-vector products"
        shown = ", ".join(f"{v:.6g}" for v in self.largest[:5])
        low = ", ".join(f"{v:.6g}" for v in self.smallest[:5])
        return (
            f"Spectrum: {self.directions} directions, {how}\nlargest: {shown}\nsmallest: {low}\n"
            f"index: {self.index}, {self.index_low} to {self.index_high}\n"
            f"trace: {self.trace:.6g} +- {self.trace_error:.2g}"
        )


def hessian_spectrum(
    landscape: Landscape,
    x: npt.ArrayLike,
    rng: np.random.Generator,
    top: int = 10,
    density: bool = False,
    dense: bool | None = None,
    probes: int = 10,
    steps: int = 60,
    tolerance: float = 1e-7,
    width: float | None = None,
    products: int = PRODUCTS,
    progress: Callable[[str, int, int], None] | None = None,
) -> Spectrum:
    """The eigenvalues of the Riemannian Hessian at one point.

    Parameters
    ----------
    x : (n,)
    rng : numpy.random.Generator
        For start vectors and probes; the dense way needs none.
    top : int
        Eigenvalues of each end.
    density : bool
        Whether the density is wanted too.
    dense : bool, optional
        All eigenvalues of the dense matrix, or products with vectors only; by default the former up to three
        thousand directions.
    probes, steps : int
        Random vectors for the index and the density, and Lanczos steps of each.
    tolerance : float
        Residual of the eigenpairs to reach, in units of the spectral radius.
    width : float, optional
        Standard deviation of the Gaussian that stands for an eigenvalue in the density.
    products : int
        With vectors, at most, for the eigenvalues of each end. `converged` is false if they do not reach the tolerance
        with so many, and the residuals say how far off each may be.
    progress : callable, optional
        Called with what is worked out ('largest eigenvalues', 'smallest eigenvalues', 'density'), the products with
        vectors done for it and the most there may be; never for the dense matrix.

    Returns
    -------
    Spectrum
        In the function's units per squared length.

    Raises
    ------
    ValueError
        If `x` has the wrong shape, derivatives are not finite there, a number is out of range, or what is asked for
        does not fit into memory.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> saddle = landscape.problem("quadratic", eigenvalues=(-1.0, 2.0, 3.0))
    >>> landscape.hessian_spectrum(saddle, np.zeros(3), np.random.default_rng(0), top=1)
    Spectrum: 3 directions, all eigenvalues
    largest: 3
    smallest: -1
    index: 1, 1 to 1
    trace: 4 +- 4.8e-14
    """
    point = as_points(x, landscape.dim, "x")
    if point.ndim != 1:
        raise ValueError(f"x has shape {point.shape} but one point, of shape ({landscape.dim},), is expected")
    if top < 1:
        raise ValueError(f"top is {top} but must be at least 1")
    directions = landscape.manifold.intrinsic_dim
    needed = dense_bytes(landscape.dim)
    if dense is None:
        dense = directions <= max(DENSE_UP_TO, 2 * top + 2) and fits(needed)
    if dense:
        require_memory(
            needed,
            f"the dense Hessian of {directions} directions",
            "use products with vectors, hessian_spectrum(landscape, x, rng, dense=False)",
        )
        return _from_matrix(landscape, point, top, density, width)
    told = progress or (lambda what, done, total: None)
    return _from_products(landscape, point, rng, top, density, probes, steps, tolerance, width, products, told)


def _from_matrix(landscape: Landscape, x: Array, top: int, density: bool, width: float | None) -> Spectrum:
    system = tangent_system(landscape, landscape.manifold.normalize(x)[None])
    if not system.finite[0]:
        raise ValueError(f"the gradient or the Hessian of {landscape.name} is not finite at the point")
    lifted = np.linalg.eigvalsh(system.lifted_hessian()[0])
    values = lifted[: len(lifted) - int(system.orbit_dimension[0])]
    scale = float(np.abs(values).max(initial=0.0))
    rounding = 8 * len(lifted) * landscape.provenance.relative_error * scale
    ends = min(top, len(values))
    return Spectrum(
        dim=landscape.dim,
        directions=len(values),
        exact=True,
        largest=values[::-1][:ends],
        largest_residual=np.full(ends, rounding),
        smallest=values[:ends],
        smallest_residual=np.full(ends, rounding),
        converged=True,
        complete=True,
        products=(0, 0),
        index=int((values < -rounding).sum()),
        index_low=int((values < -rounding).sum()),
        index_high=int((values <= rounding).sum()),
        index_certified=int((values < -rounding).sum()),
        index_resolved=not (np.abs(values) <= rounding).any(),
        trace=float(values.sum()),
        trace_error=len(values) * rounding,
        density=exact_density(values, width) if density else None,
        eigenvalues=values,
    )


def _from_products(
    landscape: Landscape,
    x: Array,
    rng: np.random.Generator,
    top: int,
    density: bool,
    probes: int,
    steps: int,
    tolerance: float,
    width: float | None,
    products: int,
    progress: Callable[[str, int, int], None],
) -> Spectrum:
    operator = HessianOperator.at(landscape, x)
    largest, smallest = (
        extreme_eigenpairs(operator, end, top, rng, tolerance, products, partial(progress, f"{end} eigenvalues"))
        for end in ("largest", "smallest")
    )
    trace, trace_error = estimate_trace(operator, rng)
    measured = spectral_density(operator, rng, probes, steps, width, progress=partial(progress, "density"))
    share, low, high = share_below(measured, operator.rank)
    rounding = operator.rounding(max(abs(float(largest.values[0])), abs(float(smallest.values[0]))))
    below_zero = int((smallest.values < -rounding).sum())
    certified = max(below_zero, int((measured.nodes < -rounding).sum(axis=1).max()))
    positive = max(int((largest.values > rounding).sum()), int((measured.nodes > rounding).sum(axis=1).max()))
    past_zero = bool((smallest.values - smallest.residuals > 0).any())
    resolved = smallest.complete and below_zero == certified and past_zero
    r = operator.rank
    estimate = certified if resolved else min(max(round(share * r), certified), r - positive)
    result = Spectrum(
        dim=landscape.dim,
        directions=r,
        exact=False,
        largest=largest.values,
        largest_residual=largest.residuals,
        smallest=smallest.values,
        smallest_residual=smallest.residuals,
        converged=largest.converged and smallest.converged,
        complete=largest.complete and smallest.complete,
        products=(largest.products, smallest.products),
        index=estimate,
        index_low=max(int(np.floor(low * r)), certified),
        index_high=max(min(int(np.ceil(high * r)), r - positive), estimate),
        index_certified=certified,
        index_resolved=resolved,
        trace=trace,
        trace_error=trace_error,
    )
    return replace(result, density=measured) if density else result
