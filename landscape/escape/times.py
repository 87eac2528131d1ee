"""How long descent takes to leave a ball round a saddle, beside what its linearisation predicts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray, as_points, norm
from landscape.descent.gradient_descent import GradientDescent
from landscape.descent.method import DescentMethod
from landscape.descent.stochastic_gradient_descent import StochasticGradientDescent
from landscape.escape.exits import ExitStatus, count_exits, leave_ball
from landscape.escape.quantiles import quantile, quantile_interval
from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems.quadratic import quadratic
from landscape.results import Results, in_words, shared
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.eigensystem import eigensystem
from landscape.theory.escape import linear_escape_steps

START_FRACTION = 0.01  # radius of the ball of starts, in units of the radius that counts as escape


@dataclass(frozen=True, eq=False, repr=False)
class EscapeTimes(Results):
    """Escapes of a descent method from one saddle, one row a start.

    Attributes
    ----------
    offset : (m, d)
        Starts relative to the saddle, in the eigenbasis of its Hessian (eigenvalues increasing).
    x : (m, n)
        Where each run was when it had left, or after its last step.
    steps : (m,)
        Steps until the distance from the saddle exceeded the radius; infinite for a run that did not leave.
    predicted_steps : (m,)
        The same for the linearised descent from the same start: exact for gradient descent, and for other methods run
        on the quadratic with the saddle's eigenvalues (if they draw random numbers, with others). NaN for stochastic
        gradients, which are not those of a quadratic.
    status : (m,)
        `ExitStatus`.
    eigenvalues : list of float
        Of the Hessian at the saddle, increasing, the symmetry's zero modes left out.
    radius, start_radius : float
        Of the ball to leave and of the ball of starts.
    lr : float or None
        The method's learning rate, if it has one.
    method : str
    """

    offset: Array
    x: Array
    steps: Array
    predicted_steps: Array
    status: IntArray
    eigenvalues: list[float] = field(default_factory=list, metadata=shared())
    radius: float = field(default=0.0, metadata=shared())
    start_radius: float = field(default=0.0, metadata=shared())
    lr: float | None = field(default=None, metadata=shared())
    method: str = field(default="", metadata=shared())

    @property
    def median_steps(self) -> float:
        """Median over all starts; infinite if fewer than half escaped."""
        return self.quantile(0.5)

    @property
    def predicted_median_steps(self) -> float:
        """Median of the linear prediction for the same starts; NaN if there is none."""
        return float("nan") if np.isnan(self.predicted_steps).any() else quantile(self.predicted_steps, 0.5)

    @property
    def escaped(self) -> int:
        """How many starts left."""
        return int((self.status == ExitStatus.ESCAPED).sum())

    @property
    def distance_to_stable_manifold(self) -> Array:
        """Length of each start's unstable part: its distance to the stable manifold, to first order, (m,)."""
        return norm(self.offset[:, np.array(self.eigenvalues) < 0])

    def quantile(self, q: float) -> float:
        """The quantile of the steps; infinite if it falls among runs that did not leave."""
        return quantile(self.steps, q)

    def quantile_interval(self, q: float, confidence: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a quantile of the escape time over all starts, whatever its distribution."""
        return quantile_interval(self.steps, q, confidence)

    def count(self) -> dict[str, int]:
        """Number of runs that ended in each `ExitStatus`, by its name in lower case."""
        return count_exits(self.status)

    def __repr__(self) -> str:
        escaped = self.escaped
        by = f"lr {self.lr:g}" if self.method.startswith(GradientDescent.__name__) else self.method
        lines = [
            f"EscapeTimes: {escaped} of {len(self)} starts left a ball of radius {self.radius:g} with {by}; "
            f"median {self.median_steps:g} steps, linear prediction {self.predicted_median_steps:g}"
        ]
        if escaped < len(self):
            lines.append(in_words(self.count()))
        return "\n".join(lines)


def escape_times(
    landscape: Landscape,
    saddle: npt.ArrayLike,
    radius: float,
    n_starts: int,
    lr: float | None = None,
    rng: np.random.Generator | None = None,
    max_steps: int = 100_000,
    method: DescentMethod | None = None,
    start_radius: float | None = None,
) -> EscapeTimes:
    """Run descent from starts near a saddle until it is farther than `radius` from it.

    Starts are uniform in a ball in the tangent space, across the symmetry's zero modes.

    Parameters
    ----------
    saddle : (n,)
        A critical point; its unstable directions are what descent leaves along.
    radius : float
        Distance (geodesic) that counts as escape, in the landscape's own units.
    n_starts : int
    lr : float, optional
        Learning rate of gradient descent, below 1/L, L the largest |eigenvalue| at the saddle.
    rng : numpy.random.Generator
        Draws the starts, and what the method draws.
    max_steps : int
        Runs that are inside after so many steps have not escaped.
    method : DescentMethod, optional
        Instead of `lr`: any descent method.
    start_radius : float, optional
        Of the ball of starts; a hundredth of `radius` if left out. With 0 every run starts at the saddle itself.

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
    if rng is None:
        raise ValueError("rng is None but must be a numpy.random.Generator: it draws the starts")
    chosen = _one_method(lr, method)
    center = manifold.normalize(as_points(saddle, landscape.dim, "saddle"))
    if center.ndim != 1:
        raise ValueError(f"saddle has shape {center.shape} but must be one point ({landscape.dim},)")
    if n_starts < 1:
        raise ValueError(f"n_starts is {n_starts} but must be at least 1")
    if not (radius > 0 and np.isfinite(radius)):
        raise ValueError(f"radius is {radius} but must be a positive number")
    ball = START_FRACTION * radius if start_radius is None else float(start_radius)
    if not 0 <= ball < radius:
        raise ValueError(f"start_radius is {start_radius} but must be at least 0 and below the radius, {radius}")
    eigenvalues, modes = unstable_basis(landscape, center)

    offset = uniform_in_ball(rng, n_starts, len(eigenvalues), ball)
    starts = manifold.retract(np.broadcast_to(center, (n_starts, landscape.dim)), offset @ modes.T)
    if isinstance(chosen, GradientDescent):  # refuses a learning rate beyond 1/L before the work starts
        predicted = linear_escape_steps(offset, eigenvalues, chosen.lr, radius)
    exits = leave_ball(landscape, center, starts, radius, chosen, rng, max_steps)
    if not isinstance(chosen, GradientDescent):
        predicted = _on_the_quadratic(chosen, offset, eigenvalues, manifold.length_scale, radius, rng, max_steps)
    rate = getattr(chosen, "lr", None)
    return EscapeTimes(
        offset=offset,
        x=exits.x,
        steps=exits.steps,
        predicted_steps=predicted,
        status=exits.status,
        eigenvalues=eigenvalues.tolist(),
        radius=float(radius),
        start_radius=ball,
        lr=None if rate is None else float(rate),
        method=repr(chosen),
    )


def unstable_basis(landscape: Landscape, center: Array) -> tuple[Array, Array]:
    """Eigenvalues (d,) of the Hessian at a saddle, increasing, and its eigenvectors (n, d) as ambient columns, without
    the symmetry's zero modes.

    Raises
    ------
    ValueError
        If no eigenvalue is negative.
    """
    system = tangent_system(landscape, center[None])
    eigenvalues, modes = eigensystem(system.lifted_hessian()[0])
    kept = len(eigenvalues) - int(system.orbit_dimension[0])
    if not eigenvalues[0] < 0:
        raise ValueError(f"the lowest eigenvalue at the saddle is {eigenvalues[0]:.3g}: descent cannot leave it")
    return eigenvalues[:kept], system.basis[0] @ modes[:, :kept]


def uniform_in_ball(rng: np.random.Generator, size: int, dim: int, radius: float) -> Array:
    """Points uniform in a ball, (size, dim)."""
    direction = rng.standard_normal((size, dim))
    length = radius * rng.uniform(size=size) ** (1 / dim)
    return direction * (length / norm(direction))[:, None]


def _one_method(lr: float | None, method: DescentMethod | None) -> DescentMethod:
    if (lr is None) == (method is None):
        given = "both were given" if method is not None else "neither was given"
        raise ValueError(f"escape_times needs lr, for gradient descent, or method; {given}")
    if method is not None:
        return method
    assert lr is not None
    return GradientDescent(lr)


def _on_the_quadratic(
    method: DescentMethod,
    offset: Array,
    eigenvalues: Array,
    length_scale: float,
    radius: float,
    rng: np.random.Generator,
    max_steps: int,
) -> Array:
    """Escape times of a method on the quadratic with these eigenvalues along the axes, as large as the landscape that
    it stands for, (m,)."""
    if isinstance(method, StochasticGradientDescent):
        return np.full(len(offset), np.nan)
    box = (-0.5 * length_scale, 0.5 * length_scale)
    model = quadratic(tuple(eigenvalues)).with_options(manifold=Euclidean(len(eigenvalues), box))
    return leave_ball(model, np.zeros(model.dim), offset, radius, method, rng, max_steps).steps
