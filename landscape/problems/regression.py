"""Regression losses: convex, with one minimum, the worked examples of gradient descent."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from landscape.arrays import Array, IntArray, matvec
from landscape.function import Landscape, Terms, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least


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
def logistic_regression(samples: int = 100, features: int = 3, weight_decay: float = 0.01, seed: int = 0) -> Landscape:
    """Logistic regression on synthetic data, with weight decay: strictly convex, one minimum.

    f(w) = mean over samples of ln(1 + exp(-s_i w.x_i)) + weight_decay |w|^2 / 2 (Cox 1958, J. R. Stat. Soc. B
    20, 215). The x_i are standard normal; the labels s_i are +1 with probability 1 / (1 + exp(-w*.x_i)) and
    -1 otherwise, where w* is standard normal too, so that no plane separates them cleanly. Without weight
    decay nothing is promised: where a plane does separate them, the minimum is at infinity.
    """
    require_at_least("samples", samples, 1)
    require_at_least("features", features, 1)
    require_at_least("weight_decay", weight_decay, 0)
    require_at_least("seed", seed, 0)
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((samples, features))
    labels = np.where(rng.random(samples) < expit(data @ rng.standard_normal(features)), 1.0, -1.0)
    signed = labels[:, None] * data
    products = (data[:, :, None] * data[:, None, :]).reshape(samples, features**2) / samples

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
        shape = (*w.shape, features)
        return (slope(w) @ products).reshape(shape) + weight_decay * np.eye(features)

    def hvp(w: Array, v: Array) -> Array:
        return (slope(w) * (v @ data.T)) @ (data / samples) + weight_decay * v

    def terms_gradient(w: Array, which: IntArray) -> Array:
        points = signed[which]
        pull = expit(-matvec(points, w)) / which.shape[1]
        return weight_decay * w - (pull[:, None, :] @ points)[:, 0]

    # A sample's third derivative along a unit u is s (1 - s) (1 - 2 s), s the logistic function, which is at most
    # 1 / (6 sqrt(3)), times (x_i.u)^3, which is at most |x_i| (x_i.u)^2.
    weighted = np.sqrt(np.einsum("ij,ij->i", data, data)) @ products
    lipschitz = float(np.linalg.eigvalsh(weighted.reshape(features, features))[-1]) / (6 * np.sqrt(3))

    strict = weight_decay > 0
    return Landscape(
        name="logistic_regression",
        manifold=Euclidean(features, (-3.0, 3.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        confining=strict,
        hessian_lipschitz=lambda w, radius: np.full(w.shape[:-1], lipschitz),
        terms=Terms(samples, terms_gradient),
        truth=Truth({0: 1}, source="strict convexity") if strict else None,
    )
