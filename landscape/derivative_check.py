"""Whether a landscape's derivatives are the derivatives of its value, and agree among themselves: each entry beside
independent differences, the dense Hessian beside its products and its own transpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, as_batch, matvec, transpose
from landscape.function import Landscape

TOLERANCE = 1e-5  # of an entry, in units of the largest one at its point
_STEP = 1e-3  # of the differences, in units of the length scale: rounding and the fifth derivative weigh alike
_COARSER = 2.0  # a second step, whose result tells how far the first can be trusted
_DIRECTIONS = 50  # tangent directions that are tried at most
_DENSE = 2**22  # entries of all dense Hessians that are tried


@dataclass(frozen=True)
class DerivativeCheck:
    """One derivative of a landscape beside differences of what it is the derivative of, or beside another way to it.

    Attributes
    ----------
    name : str
        'gradient', 'hessian', 'hvp', 'hvp_at' (products at one point beside those), 'hessian v' (the dense Hessian
        times vectors beside them too) or 'symmetry' (the dense Hessian beside its transpose).
    entries : int
        How many were compared: not those whose differences leave the function's domain.
    wrong : int
        How many differ by more than the tolerance and by more than what they are compared with can be wrong.
    error : float
        The largest difference, in units of the largest entry at its point.
    point : (n,)
        Where that is.
    entry : tuple of int
        Which entry it is: tangent directions, which in Euclidean space are the coordinates; for 'hvp', 'hvp_at' and
        'hessian v' the number of the vector comes first.
    given, expected : float
        That entry as the landscape gives it and by differences, or what else it is compared with.
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
        others = {"hvp_at": "the products", "hessian v": "the products", "symmetry": "their mirror images"}
        beside = others.get(self.name, "differences")
        if self.holds:
            return f"{self.name}: {self.entries} entries agree with {beside}, the worst to {self.error:.1e}"
        where = ", ".join(f"{v:.6g}" for v in self.point[:6]) + (", ..." if len(self.point) > 6 else "")
        entry = ", ".join(str(k) for k in self.entry)
        return (
            f"{self.name}: {self.wrong} of {self.entries} entries are wrong; the worst is entry ({entry}), "
            f"{self.given:.6g} where {beside} give {self.expected:.6g}, at x = ({where})"
        )


def check_derivatives(landscape: Landscape, x: npt.ArrayLike) -> list[DerivativeCheck]:
    """Compare gradient, Hessian and Hessian-vector product with central differences along the manifold.

    The gradient is held against differences of the value, the Hessian against differences of the gradient, and the
    product against differences of the gradient along random directions. All of it in tangent coordinates, so that a
    function need not be defined off its manifold. Beyond 50 directions a sample of them is tried. The dense Hessian,
    where it is not large or made by differences, is also held against the products and against its transpose.

    Parameters
    ----------
    x : (m, n)
        Points where to compare, such as `landscape.starts(rng, 20)`; those where the value is not finite are skipped.

    Returns
    -------
    list of DerivativeCheck
        For the gradient, the Hessian (up to 50 directions), the product, where the landscape has its own way to many
        products at one point these, and the two of the dense Hessian.

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
        g = np.where(np.isfinite(landscape.value(z))[..., None], landscape.riemannian_gradient(z), np.nan)
        return np.einsum("mkn,m...n->m...k", directions, g)

    with np.errstate(all="ignore"):
        gradient = matvec(directions, landscape.gradient(x))
        checks = [_compare("gradient", x, tried, gradient, landscape.value, landscape, directions)]
        product = landscape.riemannian_hvp(x[:, None], mixed)
        along = np.einsum("mkn,mpn->mpk", directions, product)
        checks.append(_compare("hvp", x, tried, along, gradient_near, landscape, mixed))
        if landscape.linearized is not None:
            checks.append(_linearized_check(landscape, x, mixed))
        if d <= _DIRECTIONS:
            full = landscape.tangent_hessian(x)
            checks.insert(1, _compare("hessian", x, tried, full, gradient_near, landscape, directions))
        if landscape.dim**2 <= _DENSE and (d <= _DIRECTIONS or landscape.provenance.hessian != "finite differences"):
            some = slice(_DENSE // landscape.dim**2)
            checks += _dense_checks(landscape, x[some], mixed[some])
    return checks


def _linearized_check(landscape: Landscape, x: Array, v: Array) -> DerivativeCheck:
    """Products at each of x (m, n) by `hvp_at`, with vectors v (m, p, n), beside those by `hvp`."""
    given = np.stack([landscape.hvp_at(point)(some) for point, some in zip(x, v, strict=True)])
    expected = landscape.hvp(x[:, None], v)
    scale = np.nan_to_num(np.abs(expected).max(axis=(1, 2)))
    return _outcome("hvp_at", x, given, expected, _column(scale, given), np.zeros(given.shape), exact=True)


def _dense_checks(landscape: Landscape, x: Array, v: Array) -> list[DerivativeCheck]:
    """The ambient Hessians at x (m, n), times vectors v (m, p, n) and beside their transposes."""
    dense = landscape.hessian(x)
    exact = landscape.provenance.hessian != "finite differences"
    length = landscape.manifold.length_scale
    steepness = np.abs(landscape.gradient(x)).max(axis=1)
    # Where the function is straight its Hessian is what rounding leaves of gradient and value.
    scale = np.maximum(np.nan_to_num(np.abs(dense).max(axis=(1, 2))), np.nan_to_num(steepness) / length)
    rounding = 10 * landscape.provenance.relative_error * np.abs(landscape.value(x)) / length**2
    far = np.linalg.norm(v, axis=2).max(axis=1)
    pairs = {
        "hessian v": (v @ transpose(dense), landscape.hvp(x[:, None], v), far),
        "symmetry": (dense, transpose(dense), np.ones(len(x))),
    }
    return [
        _outcome(name, x, given, expected, _column(size * scale, given), _column(size * rounding, given), exact)
        for name, (given, expected, size) in pairs.items()
    ]


def _column(numbers: Array, like: Array) -> Array:
    """One number for each point, shaped to stand beside its entries."""
    return numbers.reshape(-1, *(1,) * (like.ndim - 1))


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
    scale = _column(np.fmax.reduce(np.abs(fine).reshape(len(x), -1), axis=1, initial=0.0), given)
    source = landscape.provenance.gradient if name == "gradient" else landscape.provenance.hessian
    exact = source != "finite differences"
    found = _outcome(name, x, given, fine, scale, 2 * np.abs(fine - coarse), exact)
    first = found.entry[:1] if name == "hvp" else ()
    return replace(found, entry=(*first, *(int(tried[k]) for k in found.entry[len(first) :])))


def _outcome(
    name: str, x: Array, given: Array, expected: Array, scale: Array, doubt: Array, exact: bool
) -> DerivativeCheck:
    """Entries (m, ...) beside those expected, known to within `doubt`, in units of `scale`, one number a point."""
    scale = np.broadcast_to(np.maximum(scale, np.finfo(np.float64).tiny), given.shape)
    # Differences that the landscape takes of its own accord may not be numbers near the border of its domain.
    known = np.isfinite(expected) & np.isfinite(doubt) & (np.isfinite(given) | exact)
    error = np.where(known, np.abs(given - expected), 0.0)
    bad = ~(error <= np.maximum(TOLERANCE * scale, np.where(known, doubt, 0.0)))  # what is not a number is wrong
    relative = np.where(np.isnan(error), np.inf, error / scale)
    worst = np.unravel_index(np.argmax(np.where(bad, relative, -1.0) if bad.any() else relative), given.shape)
    row, *entry = (int(k) for k in worst)
    numbers = float(relative[worst]), x[row], tuple(entry), float(given[worst]), float(expected[worst])
    return DerivativeCheck(name, int(known.sum()), int(bad.sum()), *numbers)


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
