"""Whether a landscape's derivatives are the derivatives of its value: each entry beside independent differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, as_batch, matvec, transpose
from landscape.function import Landscape

TOLERANCE = 1e-5  # of an entry, in units of the largest one at its point
_STEP = 1e-3  # of the differences, in units of the length scale: rounding and the fifth derivative weigh alike
_COARSER = 2.0  # a second step, whose result tells how far the first can be trusted
_DIRECTIONS = 50  # tangent directions that are tried at most


@dataclass(frozen=True)
class DerivativeCheck:
    """One derivative of a landscape beside differences of what it is the derivative of.

    Attributes
    ----------
    name : str
        'gradient', 'hessian' or 'hvp'.
    entries : int
        How many were compared.
    wrong : int
        How many differ by more than the tolerance and by more than the differences can be wrong.
    error : float
        The largest difference, in units of the largest entry at its point.
    point : (n,)
        Where that is.
    entry : tuple of int
        Which entry it is: tangent directions, which in Euclidean space are the coordinates.
    given, expected : float
        That entry as the landscape gives it and by differences.
    """

    name: str
    entries: int
    wrong: int
    error: float
    point: Array
    entry: tuple[int, ...]
    given: float
    expected: float

    @property
    def holds(self) -> bool:
        """Whether no entry is wrong."""
        return self.wrong == 0

    def sentence(self) -> str:
        """In words, as in 'gradient: entry (1,) is 2.5 but differences give 2 at x = (0.1, 3)'."""
        if self.holds:
            return f"{self.name}: {self.entries} entries agree with differences, the worst to {self.error:.1e}"
        where = ", ".join(f"{v:.6g}" for v in self.point[:6]) + (", ..." if len(self.point) > 6 else "")
        entry = ", ".join(str(k) for k in self.entry)
        return (
            f"{self.name}: {self.wrong} of {self.entries} entries are wrong; the worst is entry ({entry}), "
            f"{self.given:.6g} where differences give {self.expected:.6g}, at x = ({where})"
        )


def check_derivatives(landscape: Landscape, x: npt.ArrayLike) -> list[DerivativeCheck]:
    """Compare gradient, Hessian and Hessian-vector product with central differences along the manifold.

    The gradient is held against differences of the value, the Hessian against differences of the gradient, and the
    product against differences of the gradient along random directions. All of it in tangent coordinates, so that a
    function need not be defined off its manifold. Beyond 50 directions a sample of them is tried.

    Parameters
    ----------
    x : (m, n)
        Points where to compare, such as `landscape.starts(rng, 20)`; those where the value is not finite are skipped.

    Returns
    -------
    list of DerivativeCheck
        For the gradient, the Hessian (where it fits into memory) and the product.

    Raises
    ------
    ValueError
        If `x` has the wrong shape, or the value is not finite at any of the points.

    Examples
    --------
    >>> import numpy as np
    >>> from landscape import Landscape, check_derivatives
    >>> wrong = Landscape.from_function(lambda x: (x**2).sum(-1), lambda x: 2 * x * [1, 1.5], dim=2)
    >>> print(check_derivatives(wrong, [[1.0, 2.0]])[0].sentence())
    gradient: 1 of 2 entries are wrong; the worst is entry (1), 6 where differences give 4, at x = (1, 2)
    """
    manifold = landscape.manifold
    x = manifold.normalize(as_batch(x, landscape.dim, "x"))
    with np.errstate(all="ignore"):
        x = x[np.isfinite(landscape.value(x))]
    if len(x) == 0:
        raise ValueError(f"{landscape.name} is not finite at any of the points where its derivatives would be checked")
    basis = manifold.tangent_basis(x)
    rng = np.random.default_rng(0)
    d = basis.shape[-1]
    tried = np.arange(d) if d <= _DIRECTIONS else np.sort(rng.choice(d, _DIRECTIONS, replace=False))
    directions = transpose(basis)[:, tried]
    mixed = manifold.project(x[:, None], rng.standard_normal((len(x), min(d, 5), landscape.dim)))

    def gradient_near(z: Array) -> Array:
        """Riemannian gradients at points (m, ..., n), as components along the tried directions of x."""
        g = landscape.riemannian_gradient(z)
        return np.einsum("mkn,m...n->m...k", directions, g)

    with np.errstate(all="ignore"):
        gradient = matvec(directions, landscape.gradient(x))
        checks = [_compare("gradient", x, tried, gradient, landscape.value, landscape, directions)]
        product = landscape.riemannian_hvp(x[:, None], mixed)
        along = np.einsum("mkn,mpn->mpk", directions, product)
        checks.append(_compare("hvp", x, tried, along, gradient_near, landscape, mixed))
        if d <= _DIRECTIONS:
            full = landscape.tangent_hessian(x)
            checks.insert(1, _compare("hessian", x, tried, full, gradient_near, landscape, directions))
    return checks


def _compare(
    name: str,
    x: Array,
    tried: npt.NDArray[np.int64],
    given: Array,
    function: Callable[[Array], Array],
    landscape: Landscape,
    directions: Array,
) -> DerivativeCheck:
    """Entries `given`, (m, p) or (m, p, k), beside differences of `function` along `directions` (m, p, n)."""
    step = _STEP * landscape.manifold.length_scale
    fine, coarse = (_difference(function, landscape, x, directions, h) for h in (step, _COARSER * step))
    scale = np.abs(fine).reshape(len(x), -1).max(axis=1).reshape(-1, *(1,) * (given.ndim - 1))
    scale = np.maximum(scale, np.finfo(np.float64).tiny)
    error = np.abs(given - fine)
    trusted = np.maximum(TOLERANCE * scale, 2 * np.abs(fine - coarse))
    bad = ~(error <= trusted)  # what is not a number is wrong
    relative = np.where(np.isnan(error), np.inf, error / scale)
    worst = np.unravel_index(np.argmax(np.where(bad, relative, -1.0) if bad.any() else relative), given.shape)
    row, *entry = (int(k) for k in worst)
    named = tuple(int(tried[k]) for k in entry) if name != "hvp" else (entry[0], int(tried[entry[1]]))
    return DerivativeCheck(
        name, given.size, int(bad.sum()), float(relative[worst]), x[row], named, float(given[worst]), float(fine[worst])
    )


def _difference(function: Callable[[Array], Array], landscape: Landscape, x: Array, v: Array, step: float) -> Array:
    """Derivatives of `function` along tangent vectors v (m, p, n), by central differences of order 4, (m, p, ...)."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    unit = v / length
    base = np.broadcast_to(x[:, None], v.shape)

    def at(t: float) -> Array:
        return function(landscape.manifold.retract(base, t * step * unit))

    slope = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
    scaled: Array = slope * length.reshape(length.shape[:2] + (1,) * (slope.ndim - 2))
    return scaled
