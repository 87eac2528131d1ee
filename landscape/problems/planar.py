"""Test functions of two variables, every critical point of which is known."""

from __future__ import annotations

import numpy as np

from landscape.arrays import Array
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register


@register
def himmelblau() -> Landscape:
    """Himmelblau's function: four minima of equal depth around one maximum.

    f = (x^2 + y - 11)^2 + (x + y^2 - 7)^2 (Himmelblau 1972, *Applied Nonlinear Programming*). 4 minima at f =
    0, among them (3, 2), 4 saddles and 1 maximum near (-0.27, -0.92).
    """

    def circles(x: Array, y: Array) -> tuple[Array, Array]:
        a = x * x
        a += y
        a -= 11.0
        b = y * y
        b += x
        b -= 7.0
        return a, b

    def value(p: Array) -> Array:
        a, b = circles(p[..., 0], p[..., 1])
        return a * a + b * b

    def gradient(p: Array) -> Array:
        # In place: on large batches memory traffic is the cost.
        x, y = p[..., 0], p[..., 1]
        a, b = circles(x, y)
        result = np.empty_like(p)
        gx, gy = result[..., 0], result[..., 1]
        np.multiply(x, a, out=gx)
        gx += gx
        gx += b
        gx += gx
        np.multiply(y, b, out=gy)
        gy += gy
        gy += a
        gy += gy
        return result

    def hessian(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        return _symmetric(12 * x * x + 4 * y - 42, 4 * (x + y), 12 * y * y + 4 * x - 26)

    def hessian_lipschitz(p: Array, radius: Array) -> Array:
        # The Frobenius norm of the third derivatives 24 x, 4, 4 and 24 y, each mixed one three times.
        reach = np.abs(p) + radius[..., None]
        return np.sqrt(576 * (reach * reach).sum(axis=-1) + 96)

    return Landscape(
        name="himmelblau",
        manifold=Euclidean(2, (-6.0, 6.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        confining=True,
        solution_bound=9,  # Bezout: two cubics
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth({0: 4, 1: 4, 2: 1}, minimum_value=0.0, source="all roots of the polynomial gradient"),
    )


@register
def six_hump_camel() -> Landscape:
    """The six-hump camel back: three pairs of minima, two of them global.

    f = (4 - 2.1 x^2 + x^4/3) x^2 + x y + (4 y^2 - 4) y^2 (Dixon & Szegö 1978, *Towards Global Optimisation
    2*). 6 minima (the lowest +-(0.0898, -0.7127), f = -1.031628), 7 saddles, 2 maxima, all with |x| < 1.71
    and |y| < 0.80.
    """

    def value(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        x2, y2 = x * x, y * y
        return (4 - 2.1 * x2 + x2 * x2 / 3) * x2 + x * y + 4 * (y2 - 1) * y2

    def gradient(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        x2 = x * x
        result = np.empty(p.shape)
        result[..., 0] = (8 - 8.4 * x2 + 2 * x2 * x2) * x + y
        result[..., 1] = x + (16 * y * y - 8) * y
        return result

    def hessian(p: Array) -> Array:
        x2, y2 = p[..., 0] ** 2, p[..., 1] ** 2
        return _symmetric(8 - 25.2 * x2 + 10 * x2 * x2, np.ones_like(x2), 48 * y2 - 8)

    def hessian_lipschitz(p: Array, radius: Array) -> Array:
        # The third derivatives are 40 x^3 - 50.4 x and 96 y, without mixed ones.
        x, y = np.abs(p[..., 0]) + radius, np.abs(p[..., 1]) + radius
        return np.maximum(40 * x**3 + 50.4 * x, 96 * y)

    return Landscape(
        name="six_hump_camel",
        manifold=Euclidean(2, (np.array([-2.2, -1.5]), np.array([2.2, 1.5]))),
        value=value,
        gradient=gradient,
        hessian=hessian,
        confining=True,
        solution_bound=15,  # Bezout: a quintic and a cubic
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth(
            {0: 6, 1: 7, 2: 2},
            minimum_value=-1.0316284534899,
            source="all roots of the polynomial gradient",
        ),
    )


# Müller & Brown 1979, Table 1: amplitudes, quadratic forms and centres of the four terms.
_MB_AMPLITUDE = np.array([-200.0, -100.0, -170.0, 15.0])
_MB_XX = np.array([-1.0, -1.0, -6.5, 0.7])
_MB_XY = np.array([0.0, 0.0, 11.0, 0.6])
_MB_YY = np.array([-10.0, -10.0, -6.5, 0.7])
_MB_CENTRE_X = np.array([1.0, 0.0, -0.5, -1.0])
_MB_CENTRE_Y = np.array([0.0, 0.5, 1.5, 1.0])
# The Hessians of the exponents: their spectral norms, and their largest eigenvalues where those are positive.
_MB_CURVATURES = (_MB_XX + _MB_YY) + np.hypot(_MB_XX - _MB_YY, _MB_XY) * np.array([[-1.0], [1.0]])
_MB_NORM = np.abs(_MB_CURVATURES).max(axis=0)
_MB_RISE = np.maximum(_MB_CURVATURES[1], 0.0)


@register
def muller_brown() -> Landscape:
    """The Müller-Brown surface: three minima and two saddles, the model of a chemical reaction.

    f = sum of four A exp(a dx^2 + b dx dy + c dy^2) (Müller & Brown 1979, Theor. Chim. Acta 53, 75). Minima
    -146.6995 at (-0.5582, 1.4417), -108.1667 at (0.6235, 0.0280), -80.7678 at (-0.0500, 0.4667); saddles
    -40.6648 at (-0.8220, 0.6243), -72.2489 at (0.2125, 0.2930). The fourth term grows without bound.
    """

    def terms(p: Array) -> tuple[Array, Array, Array]:
        """Each term, and the derivatives of its exponent, (..., 4)."""
        dx = p[..., 0, None] - _MB_CENTRE_X
        dy = p[..., 1, None] - _MB_CENTRE_Y
        with np.errstate(over="ignore"):
            term = _MB_AMPLITUDE * np.exp(_MB_XX * dx * dx + _MB_XY * dx * dy + _MB_YY * dy * dy)
        return term, 2 * _MB_XX * dx + _MB_XY * dy, _MB_XY * dx + 2 * _MB_YY * dy

    def value(p: Array) -> Array:
        return terms(p)[0].sum(axis=-1)

    def gradient(p: Array) -> Array:
        term, ex, ey = terms(p)
        result = np.empty(p.shape)
        result[..., 0] = np.einsum("...k,...k->...", term, ex)
        result[..., 1] = np.einsum("...k,...k->...", term, ey)
        return result

    def hessian(p: Array) -> Array:
        term, ex, ey = terms(p)
        xx = term * (ex * ex + 2 * _MB_XX)
        xy = term * (ex * ey + _MB_XY)
        yy = term * (ey * ey + 2 * _MB_YY)
        return _symmetric(xx.sum(axis=-1), xy.sum(axis=-1), yy.sum(axis=-1))

    def hessian_lipschitz(p: Array, radius: Array) -> Array:
        # A term A exp(q) with a quadratic exponent has the third derivative A exp(q) (q_u^3 + 3 q_u q_uu) along u, and
        # in the ball |grad q| has grown by at most |Q| r, and q by |grad q| r + lambda_max(Q) r^2 / 2, Q its Hessian.
        term, ex, ey = terms(p)
        r = radius[..., None]
        slope = np.hypot(ex, ey)
        steepest = slope + _MB_NORM * r
        with np.errstate(over="ignore"):
            largest = np.abs(term) * np.exp(slope * r + _MB_RISE * r * r / 2)
        return (largest * (steepest**3 + 3 * steepest * _MB_NORM)).sum(axis=-1)

    return Landscape(
        name="muller_brown",
        manifold=Euclidean(2, (np.array([-1.5, -0.5]), np.array([1.2, 2.2]))),
        value=value,
        gradient=gradient,
        hessian=hessian,
        confining=True,
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth(
            {0: 3, 1: 2, 2: 0},
            minimum_value=-146.69951720995,
            source="exhaustive search in [-2.5, 1.8] x [-1, 2.7]; winding number of the gradient",
        ),
    )


@register
def monkey_saddle() -> Landscape:
    """The monkey saddle: one critical point, where the whole Hessian vanishes.

    f = x^3 - 3 x y^2, the real part of (x + i y)^3. Its only critical point, the origin, is degenerate: three
    valleys leave it and three ridges.
    """

    def value(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        return x * (x * x - 3 * y * y)

    def gradient(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        result = np.empty(p.shape)
        result[..., 0] = 3 * (x * x - y * y)
        result[..., 1] = -6 * x * y
        return result

    def hessian(p: Array) -> Array:
        x, y = p[..., 0], p[..., 1]
        return _symmetric(6 * x, -6 * y, -6 * x)

    def hessian_lipschitz(p: Array, radius: Array) -> Array:
        # The third derivative along (cos t, sin t) is 6 cos(3 t).
        return np.full(p.shape[:-1], 6.0)

    return Landscape(
        name="monkey_saddle",
        manifold=Euclidean(2, (-1.0, 1.0)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth({}, degenerate=1, source="by hand"),
    )


def _symmetric(xx: Array, xy: Array, yy: Array) -> Array:
    """The matrices [[xx, xy], [xy, yy]], (..., 2, 2)."""
    result = np.empty((*xx.shape, 2, 2))
    result[..., 0, 0] = xx
    result[..., 0, 1] = xy
    result[..., 1, 0] = xy
    result[..., 1, 1] = yy
    return result
