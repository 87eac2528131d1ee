"""Regression losses: convex, with one minimum, the worked examples of gradient descent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.special import expit

from landscape.arrays import Array, IntArray, matvec, symmetrize
from landscape.batch import parts
from landscape.function import Landscape, Terms, Truth
from landscape.manifolds import Euclidean
from landscape.problems.data import DataSet, load_data
from landscape.problems.networks import network_landscape
from landscape.problems.registry import register, require_at_least
from landscape.symmetry import Identity

_SYNTHETIC = 100  # samples, unless it is said how many
_BOX = (-3.0, 3.0)
_UNIQUE = Truth({0: 1}, source="strict convexity")
_PRODUCTS = 2**25  # numbers in the products of all pairs of inputs: 256 MB
_BLOCK = 2**24  # margins, or weighted inputs, of a block of points: 128 MB an array


@register
def linear_regression(
    x: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0), y: tuple[float, ...] = (2.0, 4.0, 5.0, 4.0)
) -> Landscape:
    """Mean squared error of a straight line y = w1 x + w2 through data points.

    f(w1, w2) = mean of (w1 x_i + w2 - y_i)^2, so that the gradient carries the factor 2/n; w1 is the slope
    and w2 the intercept. One minimum, the least-squares line: (0.7, 2) and f = 0.575 for the data given as
    default, where the Hessian's eigenvalues are 0.299390 and 16.700610.
    """
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} numbers but y has {len(y)}")
    if len(set(x)) < 2:
        raise ValueError(f"x is {x} but needs at least two different numbers to fix a line")
    targets = np.array(y)
    design = np.stack([np.array(x), np.ones(len(x))], axis=1)
    # Normal matrix and vector once: a step then costs four multiplications, whatever the number of data
    # points.
    curvature = 2 / len(x) * (design.T @ design)
    pull = 2 / len(x) * (design.T @ targets)
    line, *_ = np.linalg.lstsq(design, targets, rcond=None)

    def value(w: Array) -> Array:
        return ((w @ design.T - targets) ** 2).mean(axis=-1)

    def hessian(w: Array) -> Array:
        return np.broadcast_to(curvature, (*w.shape, 2)).copy()

    def hvp(w: Array, v: Array) -> Array:
        return np.broadcast_arrays(w, v)[1] @ curvature

    def terms_gradient(w: Array, which: IntArray) -> Array:
        points = design[which]
        residual = matvec(points, w) - targets[which]
        return 2 / which.shape[1] * (residual[:, None, :] @ points)[:, 0]

    reach = 5 * max(1.0, float(np.abs(line).max()))
    return Landscape(
        name="linear_regression",
        manifold=Euclidean(2, (-reach, reach)),
        value=value,
        gradient=lambda w: w @ curvature - pull,
        hessian=hessian,
        hvp=hvp,
        confining=True,
        hessian_lipschitz=lambda w, radius: np.zeros(w.shape[:-1]),
        terms=Terms(len(x), terms_gradient),
        truth=Truth({0: 1}, minimum_value=float(value(line)), source="least squares"),
    )


@register
def logistic_regression(
    samples: int = 0, features: int = 3, weight_decay: float = 0.01, seed: int = 0, data: str = ""
) -> Landscape:
    """Logistic regression on synthetic or real data, with weight decay: strictly convex, one minimum.

    f(w) = mean over samples of ln(1 + exp(-s_i w.x_i)) + weight_decay |w|^2 / 2 (Cox 1958, J. R. Stat. Soc. B 20, 215).
    Without `data` there are 100 samples, or `samples`: the x_i are standard normal in `features` dimensions; the labels
    s_i are +1 with probability 1 / (1 + exp(-w*.x_i)) and -1 otherwise, where w* is standard normal too, so that no
    plane separates them cleanly.

    `data` is scikit-learn's 'breast_cancer', 'iris', 'digits' or 'digits_4x4', or a file .npz or .csv, as `mlp` takes
    it; `samples` of them, 0 for all. A last input of ones is added for the intercept, which decays like the weights;
    the class that is last in order is +1. More than two classes are compared by softmax, f(W) = mean of -ln
    softmax(W x_i) at the right class + weight_decay |W|^2 / 2: the `mlp` without hidden units, a point of which is the
    weights class by class, then the intercepts. The minimum is that of scikit-learn's LogisticRegression with C =
    1 / (samples * weight_decay), a column of ones, and no intercept of its own.

    With M the mean of x_i x_i^T the eigenvalues of the Hessian lie between weight_decay and weight_decay + c times
    M's largest, c = 1/4 for two classes and 1/2 for more (Böhning, Ann. Inst. Stat. Math. 44, 197, 1992). Without
    weight decay nothing is promised: where a plane separates the classes, the minimum is at infinity; and under a
    softmax, points whose classes are shifted by the same vector are one.
    """
    require_at_least("samples", samples, 0)
    require_at_least("features", features, 1)
    require_at_least("weight_decay", weight_decay, 0)
    require_at_least("seed", seed, 0)
    if data:
        if (features, seed) != (3, 0):
            raise ValueError(f"features and seed are for synthetic data, but data is {data!r}: leave them out")
        return _logistic_on(load_data(data, samples), weight_decay)
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((samples or _SYNTHETIC, features))
    labels = np.where(rng.random(len(points)) < expit(points @ rng.standard_normal(features)), 1.0, -1.0)
    return _two_classes(labels[:, None] * points, weight_decay)


def _logistic_on(table: DataSet, weight_decay: float) -> Landscape:
    """Two classes or more, with an intercept."""
    label, classes = table.labels("the logistic loss")
    design = np.column_stack([table.inputs, np.ones(len(label))])
    with np.errstate(over="ignore"):
        if not np.isfinite(np.einsum("ij,ij->i", design, design) ** 1.5).all():
            raise ValueError(f"{table.name} has inputs so large that their cubes overflow: scale them")
    if classes == 2:
        return _two_classes(np.where(label == 1, 1.0, -1.0)[:, None] * design, weight_decay)
    network = network_landscape(table.inputs, np.eye(classes)[label], (), "tanh", "cross_entropy", weight_decay)
    # A sample's third derivative along V is the third central moment of the numbers V x_i under the softmax. In their
    # range r it is largest for two of them, r^3 / (6 sqrt(3)), and r^2 is at most 2 |V x_i|^2.
    lipschitz = _third_moment(design, 2**1.5)
    strict = weight_decay > 0
    return replace(
        network,
        manifold=Euclidean(network.dim, _BOX),
        symmetry=Identity() if strict else network.symmetry,
        hessian_lipschitz=lambda w, radius: np.full(w.shape[:-1], lipschitz()),
        truth=_UNIQUE if strict else None,
    )


def _two_classes(signed: Array, weight_decay: float) -> Landscape:
    """The logistic loss of samples times their labels +1 and -1, (samples, n)."""
    samples, n = signed.shape
    moments = _second_moments(signed)

    def value(w: Array) -> Array:
        loss = np.logaddexp(0.0, -(w @ signed.T)).mean(axis=-1)
        return loss + 0.5 * weight_decay * np.einsum("...i,...i->...", w, w)

    def gradient(w: Array) -> Array:
        return expit(-(w @ signed.T)) @ (-signed / samples) + weight_decay * w

    def slope(w: Array) -> Array:
        """Second derivative of each sample's loss by its margin, (..., samples)."""
        margin = w @ signed.T
        return expit(margin) * expit(-margin)

    def hessian(w: Array) -> Array:
        return moments(slope(w)) + weight_decay * np.eye(n)

    def hvp(w: Array, v: Array) -> Array:
        return (slope(w) * (v @ signed.T)) @ (signed / samples) + weight_decay * v

    def terms_gradient(w: Array, which: IntArray) -> Array:
        points = signed[which]
        pull = expit(-matvec(points, w)) / which.shape[1]
        return weight_decay * w - (pull[:, None, :] @ points)[:, 0]

    # A sample's third derivative along a unit u is s (1 - s) (1 - 2 s), s the logistic function, which is at most
    # 1 / (6 sqrt(3)), times (x_i.u)^3.
    lipschitz = _third_moment(signed, 1.0)
    strict = weight_decay > 0
    return Landscape(
        name="logistic_regression",
        manifold=Euclidean(n, _BOX),
        value=_in_blocks(value, samples),
        gradient=_in_blocks(gradient, samples),
        hessian=_in_blocks(hessian, samples),
        hvp=_in_blocks(hvp, samples),
        confining=strict,
        hessian_lipschitz=lambda w, radius: np.full(w.shape[:-1], lipschitz()),
        terms=Terms(samples, terms_gradient),
        truth=_UNIQUE if strict else None,
    )


def _second_moments(points: Array) -> Callable[[Array], Array]:
    """Takes weights (..., samples); gives the mean over samples of weight_i x_i x_i^T, (..., n, n)."""
    samples, n = points.shape
    if samples * n**2 <= _PRODUCTS:
        # All products once: matrices at many points are then one matrix product.
        products = (points[:, :, None] * points[:, None, :]).reshape(samples, n**2) / samples
        return lambda weights: (weights @ products).reshape(*weights.shape[:-1], n, n)

    def moments(weights: Array) -> Array:
        flat = weights.reshape(-1, samples)
        result = np.empty((len(flat), n, n))
        for rows in parts(len(flat), points.size, _BLOCK):
            result[rows] = points.T @ (flat[rows, :, None] * points)
        return symmetrize(result / samples).reshape(*weights.shape[:-1], n, n)

    return moments


def _third_moment(points: Array, factor: float) -> Callable[[], float]:
    """A bound of mean |v.x_i|^3 factor / (6 sqrt(3)) over unit vectors v, and of matrices V of norm 1 in place of v.

    |V x_i|^3 is at most |x_i| |V x_i|^2, and a symmetric form is largest where its arguments are equal (Banach)."""

    @cache  # no earlier than it is asked for: with many inputs it takes longer than descents
    def bound() -> float:
        weighted = _second_moments(points)(np.sqrt(np.einsum("ij,ij->i", points, points)))
        return factor * float(np.linalg.eigvalsh(weighted)[-1]) / (6 * np.sqrt(3))

    return bound


def _in_blocks(function: Callable[..., Array], samples: int) -> Callable[..., Array]:
    """The same function, a block of points at a time where points times samples are too many for the memory."""

    def whole(*points: Array) -> Array:
        shape = np.broadcast_shapes(*(x.shape for x in points))
        members = math.prod(shape[:-1])
        if members * samples <= _BLOCK:
            return function(*points)
        flat = [np.broadcast_to(x, shape).reshape(members, shape[-1]) for x in points]
        result = np.concatenate([function(*(x[rows] for x in flat)) for rows in parts(members, samples, _BLOCK)])
        return result.reshape(*shape[:-1], *result.shape[1:])

    return whole
