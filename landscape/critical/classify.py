"""What a point is: the inertia of its Hessian, decided against an error bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, BoolArray, IntArray, as_batch, matvec, norm, spectral_radius_bound, transpose
from landscape.batch import parts
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.trust_region import gradient_noise
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem

_EPS = float(np.finfo(np.float64).eps)
_BLOCK = (
    2**18
)  # Hessian entries of the points that are classified together: they and what is made of them stay in cache
CRITICAL_TOLERANCE = 1e-6  # a point is critical when its Newton step is this short, in units of the length scale


def classify(landscape: Landscape, x: npt.ArrayLike, found: npt.ArrayLike = 1) -> CriticalPoints:
    """Eigenvalues, index, nullity and kind of points.

    A point is critical when the Newton step from it is short and removes the gradient; where the gradient lies in the
    kernel of the Hessian, no step does. An eigenvalue counts as zero when it is within the error bound

        4 max_i |lambda_i(x + s) - lambda_i(x)| + 8 d eps |H|,

    the change of the spectrum along the undamped Newton step s (the distance to the critical point, to first order)
    plus rounding. At a degenerate critical point of multiplicity p >= 2 the step covers 1/p of the distance and the
    eigenvalue that vanishes there changes by at least 1 - ((p - 1)/p)^(p - 1) >= 1/2 of itself, so that it is found
    to be zero from any distance, whereas at a nondegenerate one the bound shrinks with the step. Where no
    eigenvalue is in doubt, a bound of |H(x + s) - H(x)| stands for the change (Weyl's inequality). A point that is not
    critical has its own spectrum, to rounding.

    Parameters
    ----------
    x : (m, n) or (n,)
        A point is a batch of one.
    found : int or (m,)
        How often each was found; kept.

    Returns
    -------
    CriticalPoints
        One row a point, in order; points that are not critical have kind `NOT_CRITICAL`.

    Raises
    ------
    ValueError
        If `x` has the wrong shape.

    Examples
    --------
    >>> import landscape
    >>> point = landscape.classify(landscape.problem("himmelblau"), [3.0, 2.0])
    >>> bool(point.kind[0] == landscape.Kind.MINIMUM)
    True
    """
    manifold = landscape.manifold
    x = manifold.normalize(as_batch(x, landscape.dim, "x"))
    with np.errstate(all="ignore"):
        value = landscape.value(x)
        blocks = [_spectra(landscape, x[rows], value[rows]) for rows in parts(len(x), x.shape[1] ** 2, _BLOCK)]
    eigenvalues, error, gradient_norm, length, orbit_dimension, finite, critical = map(
        np.concatenate, zip(*blocks, strict=True)
    )
    d = manifold.intrinsic_dim
    index = (eigenvalues < -error[:, None]).sum(axis=1)
    zeros = (np.abs(eigenvalues) <= error[:, None]).sum(axis=1)
    nullity = zeros - orbit_dimension
    kind = np.select(
        [~critical, nullity > 0, index == 0, index == d - orbit_dimension],
        [Kind.NOT_CRITICAL, Kind.DEGENERATE, Kind.MINIMUM, Kind.MAXIMUM],
        Kind.SADDLE,
    )
    orbit_size = landscape.symmetry.orbit_size(manifold, x)
    betti_numbers = landscape.betti_numbers
    return CriticalPoints(
        x=x,
        value=value,
        gradient_norm=gradient_norm,
        newton_step=length,
        eigenvalues=np.where(finite[:, None], eigenvalues, np.nan),
        eigenvalue_error=error,
        orbit_dimension=orbit_dimension,
        orbit_size=np.zeros(len(x), dtype=np.int64) if orbit_size is None else orbit_size,
        index=index,
        nullity=nullity,
        kind=kind.astype(np.int64),
        found=np.broadcast_to(np.asarray(found, dtype=np.int64), (len(x),)).copy(),
        start=np.full_like(x, np.nan),
        method=np.full(len(x), ""),
        certificate=np.zeros(len(x), dtype=np.int64),
        certified_radius=np.zeros(len(x)),
        betti_numbers=None if betti_numbers is None else list(betti_numbers),
        symmetry_dimension=landscape.symmetry.zero_modes(x[:1]).shape[-1],
        solution_bound=landscape.solution_bound,
    )


class _Spectra(NamedTuple):
    """Eigenvalues (m, d) in increasing order with their error (m,), and what tells whether points are critical."""

    eigenvalues: Array
    error: Array
    gradient_norm: Array
    newton_step: Array
    orbit_dimension: IntArray
    finite: BoolArray
    critical: BoolArray


def _spectra(landscape: Landscape, x: Array, value: Array) -> _Spectra:
    """The spectra of a block of points; where there is no value (m,), none is critical.

    Eigenvectors, and a second spectrum, cost as much as all the rest: they are for the few points whose step must be
    followed mode by mode, or whose nullity the bound of the Hessian's change leaves open.
    """
    manifold = landscape.manifold
    longest = CRITICAL_TOLERANCE * manifold.length_scale
    system = tangent_system(landscape, x)
    finite = system.finite & np.isfinite(value)
    if not system.finite.all():
        system = system.made_finite()
    lifted, gradient, orbit_dimension = system.lifted_hessian(), system.gradient, system.orbit_dimension
    with_lifted = np.asarray(np.linalg.eigvalsh(lifted), dtype=np.float64)
    size = np.abs(with_lifted)
    eigenvalues = _drop_lifted(with_lifted, orbit_dimension)
    largest = np.abs(eigenvalues).max(axis=1, initial=0.0)
    rounding = 8 * eigenvalues.shape[1] * landscape.provenance.relative_error * largest
    gradient_norm, noise = norm(gradient), gradient_noise(landscape, x, system)

    # A short undamped step is the damped one, but for rounding: either an eigenvalue is far above the damping, or its
    # part of the gradient is lost in the whole. No damped step that removes half of the gradient g is shorter than
    # |g| / (2 |H|), so that it is taken only where that is short, or where there is no undamped one.
    clear = size.min(axis=1) > rounding
    step, residual = np.zeros_like(gradient), np.zeros_like(gradient)
    step[clear] = np.linalg.solve(lifted[clear], -gradient[clear][..., None])[..., 0]
    arrived = clear & (norm(step) <= longest)
    near = gradient_norm <= np.maximum(2 * longest * size.max(axis=1), noise)
    damped = ~arrived & (near | ~clear)
    sigma = np.maximum(gradient_norm / (2 * manifold.length_scale), np.finfo(np.float64).tiny + rounding)
    step[damped], residual[damped] = _damped_step(lifted[damped], gradient[damped], sigma[damped])
    length = norm(step)
    solved = (norm(residual) <= 0.5 * gradient_norm) | (gradient_norm <= noise)
    critical = finite & solved & (length <= longest)

    hidden = critical & ~arrived
    step[hidden] = _undamped_step(lifted[hidden], gradient[hidden], rounding[hidden], longest)
    moved = manifold.retract(x, system.ambient(step))
    ahead = np.flatnonzero(critical & (moved != x).any(axis=1))
    error = rounding.copy()
    if ahead.size:
        neighbour = tangent_system(landscape, moved[ahead])
        finite[ahead] &= neighbour.finite
        error[ahead] += 4 * spectral_radius_bound(neighbour.hessian - system.hessian[ahead])
        zeros = (np.abs(eigenvalues[ahead]) <= error[ahead, None]).sum(axis=1)
        unsettled = np.flatnonzero((zeros > orbit_dimension[ahead]) & neighbour.finite)
        rows = ahead[unsettled]
        shifted = np.asarray(np.linalg.eigvalsh(neighbour[unsettled].lifted_hessian()), dtype=np.float64)
        change = _drop_lifted(shifted, orbit_dimension[rows]) - eigenvalues[rows]
        error[rows] = rounding[rows] + 4 * np.abs(change).max(axis=1, initial=0.0)
    return _Spectra(eigenvalues, error, gradient_norm, length, orbit_dimension, finite, critical & finite)


def _damped_step(hessian: Array, gradient: Array, sigma: Array) -> tuple[Array, Array]:
    """The Newton step -(H^2 + sigma^2)^{-1} H g (m, d), as `Newton` takes it, and the gradient that it would leave.

    With sigma (m,) the gradient's norm over two length scales damping vanishes with the gradient.
    """
    shifted = hessian + 1j * sigma[:, None, None] * np.eye(hessian.shape[-1])
    step = -np.linalg.solve(shifted, gradient[..., None] + 0j)[..., 0].real.astype(np.float64)
    return step, gradient + matvec(hessian, step)


def _undamped_step(hessian: Array, gradient: Array, rounding: Array, longest: float) -> Array:
    """The Newton step (m, d), mode by mode, at most `longest` in each.

    A gradient left over in one mode damps the step in flatter ones, and an eigenvalue that vanishes at the critical
    point must be followed all the way there. Modes whose eigenvalue is lost in rounding (m,) need not be followed."""
    eigenvalues, modes = eigensystem(hessian)
    along = matvec(transpose(modes), gradient)
    clear = np.abs(eigenvalues) > rounding[:, None]
    step = np.divide(-along, eigenvalues, out=np.zeros_like(along), where=clear)
    return matvec(modes, np.clip(step, -longest, longest))


def _drop_lifted(eigenvalues: Array, orbit_dimension: IntArray) -> Array:
    """Eigenvalues (m, d) in increasing order with the lifted zero modes, the largest, put back to zero."""
    if not orbit_dimension.any():
        return eigenvalues + 0.0  # no negative zeros
    d = eigenvalues.shape[1]
    lifted = np.arange(d) >= d - orbit_dimension[:, None]
    return np.sort(np.where(lifted, 0.0, eigenvalues), axis=1) + 0.0
