"""How long gradient descent takes to leave a ball round a saddle, beside what its linearisation predicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_points, norm
from landscape.batch import RUNNING, run_active_set
from landscape.function import Landscape
from landscape.results import Results, shared
from landscape.spectrum.dense import tangent_system
from landscape.theory.escape import linear_escape_steps

START_FRACTION = 0.01  # radius of the ball of starts, in units of the radius that counts as escape
ESCAPED = 1


@dataclass(frozen=True, eq=False, repr=False)
class EscapeTimes(Results):
    """Escapes of gradient descent from one saddle, one row a start.

    Attributes
    ----------
    offset : (m, d)
        Starts relative to the saddle, in the eigenbasis of its Hessian (eigenvalues increasing).
    steps : (m,)
        Steps until the distance from the saddle exceeded the radius; infinite for a run that was still inside at the
        end.
    predicted_steps : (m,)
        The same for the linearised descent from the same start, exact.
    eigenvalues : list of float
        Of the Hessian at the saddle, increasing, the symmetry's zero modes left out.
    radius, lr : float
    """

    offset: Array
    steps: Array
    predicted_steps: Array
    eigenvalues: list[float] = field(default_factory=list, metadata=shared())
    radius: float = field(default=0.0, metadata=shared())
    lr: float = field(default=0.0, metadata=shared())

    @property
    def median_steps(self) -> float:
        """Median over all starts; infinite if fewer than half escaped."""
        return _median(self.steps)

    @property
    def predicted_median_steps(self) -> float:
        """Median of the linear prediction for the same starts."""
        return _median(self.predicted_steps)

    def __repr__(self) -> str:
        escaped = int(np.isfinite(self.steps).sum())
        return (
            f"EscapeTimes: {escaped} of {len(self)} starts left a ball of radius {self.radius:g} with lr {self.lr:g}; "
            f"median {self.median_steps:g} steps, linear prediction {self.predicted_median_steps:g}"
        )


class _State(NamedTuple):
    x: Array
    distance: Array


def escape_times(
    landscape: Landscape,
    saddle: npt.ArrayLike,
    radius: float,
    n_starts: int,
    lr: float,
    rng: np.random.Generator,
    max_steps: int = 100_000,
) -> EscapeTimes:
    """Run gradient descent from starts near a saddle until it is farther than `radius` from it.

    Starts are uniform in a ball of a hundredth of that radius in the tangent space, across the symmetry's zero modes.

    Parameters
    ----------
    saddle : (n,)
        A critical point; its unstable directions are what descent leaves along.
    radius : float
        Distance (geodesic) that counts as escape, in the landscape's own units.
    n_starts : int
    lr : float
        Learning rate, below 1/L, L the largest |eigenvalue| at the saddle.
    max_steps : int
        Runs that are inside after so many steps have not escaped.

    Returns
    -------
    EscapeTimes

    Raises
    ------
    ValueError
        If a parameter is out of range, or the point has no direction to leave along.

    Examples
    --------
    >>> import numpy as np, landscape
    >>> saddle = landscape.problem("quadratic", eigenvalues=(-1.0, 1.0))
    >>> times = landscape.escape_times(saddle, [0.0, 0.0], 0.1, 100, 0.1, np.random.default_rng(0))
    >>> bool((times.steps == times.predicted_steps).all())
    True
    """
    manifold = landscape.manifold
    center = manifold.normalize(as_points(saddle, landscape.dim, "saddle"))
    if center.ndim != 1:
        raise ValueError(f"saddle has shape {center.shape} but must be one point ({landscape.dim},)")
    if n_starts < 1:
        raise ValueError(f"n_starts is {n_starts} but must be at least 1")
    if not (radius > 0 and np.isfinite(radius)):
        raise ValueError(f"radius is {radius} but must be a positive number")
    eigenvalues, modes = _eigenbasis(landscape, center)
    if not eigenvalues[0] < 0:
        raise ValueError(f"the lowest eigenvalue at the saddle is {eigenvalues[0]:.3g}: descent cannot leave it")

    offset = _uniform_in_ball(rng, n_starts, len(eigenvalues), START_FRACTION * radius)
    predicted = linear_escape_steps(offset, eigenvalues, lr, radius)
    starts = manifold.retract(np.broadcast_to(center, (n_starts, landscape.dim)), offset @ modes.T)

    def step(state: _State) -> tuple[_State, IntArray]:
        x = manifold.retract(state.x, -lr * landscape.riemannian_gradient(state.x))
        distance = manifold.distance(center, x)
        return _State(x, distance), np.where(distance <= radius, RUNNING, ESCAPED)  # NaN has left, too

    with np.errstate(all="ignore"):
        _, status, steps = run_active_set(
            step, _State(starts, np.zeros(n_starts)), np.full(n_starts, RUNNING), max_steps
        )
    return EscapeTimes(
        offset=offset,
        steps=np.where(status == ESCAPED, steps, np.inf),
        predicted_steps=predicted,
        eigenvalues=eigenvalues.tolist(),
        radius=float(radius),
        lr=float(lr),
    )


def _eigenbasis(landscape: Landscape, center: Array) -> tuple[Array, Array]:
    """Eigenvalues (d,) at a point and its eigenvectors (n, d) as ambient columns, without the symmetry's zero modes."""
    system = tangent_system(landscape, center[None])
    eigenvalues, modes = np.linalg.eigh(system.lifted_hessian()[0])
    kept = len(eigenvalues) - int(system.orbit_dimension[0])
    return eigenvalues[:kept], system.basis[0] @ modes[:, :kept]


def _uniform_in_ball(rng: np.random.Generator, size: int, dim: int, radius: float) -> Array:
    """Points uniform in a ball, (size, dim)."""
    direction = rng.standard_normal((size, dim))
    length = radius * rng.uniform(size=size) ** (1 / dim)
    return direction * (length / norm(direction))[:, None]


def _median(steps: Array) -> float:
    """The median, with infinities in their place (interpolating between one and a number would give NaN)."""
    if len(steps) == 0:
        return float("nan")
    ordered = np.sort(steps)
    low, high = ordered[(len(steps) - 1) // 2], ordered[len(steps) // 2]
    return float(high if np.isinf(high) else (low + high) / 2)
