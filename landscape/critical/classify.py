"""What a point is: the inertia of its Hessian, decided against an error bound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_batch, matvec, norm, transpose
from landscape.critical.points import CriticalPoints, Kind
from landscape.critical.trust_region import gradient_noise
from landscape.function import Landscape
from landscape.spectrum.dense import tangent_system

CRITICAL_TOLERANCE = 1e-6  # a point is critical when its Newton step is this short, in units of the length scale


def classify(landscape: Landscape, x: npt.ArrayLike, found: npt.ArrayLike = 1) -> CriticalPoints:
    """Eigenvalues, index, nullity and kind of points.

    A point is critical when the Newton step from it is short and removes the gradient; where the gradient lies in the
    kernel of the Hessian, no step does. An eigenvalue counts as zero when it is within the error bound

        4 max_i |lambda_i(x + s) - lambda_i(x)| + 8 d eps |H|,

    the change of the spectrum along the undamped Newton step s (the distance to the critical point, to first order)
    plus rounding. At a degenerate critical point of multiplicity p >= 2 the step covers 1/p of the distance and the
    eigenvalue that vanishes there changes by at least 1 - ((p - 1)/p)^(p - 1) >= 1/2 of itself, so that it is found
    to be zero from any distance, whereas at a nondegenerate one the bound shrinks with the step.

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
        system = tangent_system(landscape, x)
        finite = system.finite
        eigenvalues, modes = np.linalg.eigh(np.where(finite[:, None, None], system.lifted_hessian(), 0.0))
        components = matvec(transpose(modes), np.where(finite[:, None], system.gradient, 0.0))
        gradient_norm = norm(components)
        step, residual = _newton_step(eigenvalues, components, manifold.length_scale)
        d = manifold.intrinsic_dim
        orbit_dimension = system.orbit_dimension
        largest = np.abs(_drop_lifted(eigenvalues, orbit_dimension)).max(axis=1, initial=0.0)
        rounding = 8 * d * landscape.provenance.relative_error * largest
        probe = _undamped_step(eigenvalues, components, rounding, CRITICAL_TOLERANCE * manifold.length_scale)
        moved = manifold.retract(x, system.ambient(matvec(modes, probe)))
        neighbour = tangent_system(landscape, moved)
        finite &= neighbour.finite
        shifted = np.linalg.eigvalsh(np.where(finite[:, None, None], neighbour.lifted_hessian(), 0.0))
        value = landscape.value(x)

    eigenvalues = _drop_lifted(eigenvalues, orbit_dimension)
    change = _drop_lifted(shifted, orbit_dimension) - eigenvalues

    error = 4 * np.abs(change).max(axis=1, initial=0.0) + rounding
    length = norm(step)
    critical = finite & (length <= CRITICAL_TOLERANCE * manifold.length_scale)
    critical &= (residual <= 0.5 * gradient_norm) | (gradient_norm <= gradient_noise(landscape, x, system))

    index = (eigenvalues < -error[:, None]).sum(axis=1)
    zeros = (np.abs(eigenvalues) <= error[:, None]).sum(axis=1)
    nullity = zeros - orbit_dimension
    kind = np.select(
        [~critical, nullity > 0, index == 0, index == d - orbit_dimension],
        [Kind.NOT_CRITICAL, Kind.DEGENERATE, Kind.MINIMUM, Kind.MAXIMUM],
        Kind.SADDLE,
    )
    orbit_size = landscape.symmetry.orbit_size(manifold, x)
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
        certificate=np.zeros(len(x), dtype=np.int64),
        certified_radius=np.zeros(len(x)),
        expected_euler=landscape.euler_characteristic,
        betti_numbers=None if landscape.euler_characteristic is None else list(manifold.betti_numbers),
        solution_bound=landscape.solution_bound,
    )


def _newton_step(eigenvalues: Array, gradient: Array, length_scale: float) -> tuple[Array, Array]:
    """The damped Newton step in the eigenbasis, (m, d), and the norm of the gradient that it would leave, (m,).

    Damping is that of `Newton` with a trust radius of one length scale: it vanishes with the gradient."""
    sigma = norm(gradient)[:, None] / (2 * length_scale)
    damped = eigenvalues**2 + sigma**2
    step = -gradient * np.divide(eigenvalues, damped, out=np.zeros_like(eigenvalues), where=damped > 0)
    return step, norm(gradient + eigenvalues * step)


def _undamped_step(eigenvalues: Array, gradient: Array, rounding: Array, longest: float) -> Array:
    """The Newton step in the eigenbasis (m, d), mode by mode, at most `longest` in each.

    A gradient left over in one mode damps the step in flatter ones, and an eigenvalue that vanishes at the critical
    point must be followed all the way there. Modes whose eigenvalue is lost in rounding (m,) need not be followed."""
    clear = np.abs(eigenvalues) > rounding[:, None]
    step = np.divide(-gradient, eigenvalues, out=np.zeros_like(gradient), where=clear)
    return np.clip(step, -longest, longest)


def _drop_lifted(eigenvalues: Array, orbit_dimension: IntArray) -> Array:
    """Eigenvalues (m, d) in increasing order with the lifted zero modes, the largest, put back to zero."""
    d = eigenvalues.shape[1]
    lifted = np.arange(d) >= d - orbit_dimension[:, None]
    return np.sort(np.where(lifted, 0.0, eigenvalues), axis=1) + 0.0  # no negative zeros
