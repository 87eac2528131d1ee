"""The octopus: a chain of saddles that holds gradient descent for a time exponential in the dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, BoolArray, IntArray
from landscape.function import Landscape, Truth
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least


@register
def octopus(dim: int = 5, L: float = 1.0, gamma: float = 1.0, tau: float = math.e) -> Landscape:
    """The octopus of Du et al.: 2^dim arms, each past dim saddles to a minimum.

    Descent from near the origin leaves one saddle after the other, one coordinate at a time, each held for longer than
    the last (Du, Jin, Lee, Jordan, Póczos & Singh 2017, arXiv:1705.10412, section 4). With y = |x|, i the first
    coordinate with y_i <= 2 tau, and nu = (13 gamma + 37 L) tau^2 / 6,

        f = sum_(j<i) L (y_j - 4 tau)^2 - gamma y_i^2 + sum_(j>i) L y_j^2 - (i - 1) nu             for y_i <= tau;

    for tau < y_i <= 2 tau the terms of y_i and y_(i+1) become g1(y_i) + g2(y_i) y_(i+1)^2, polynomials that join both
    sides with continuous second derivatives; beyond 2 tau in every coordinate f = sum L (y_j - 4 tau)^2 - dim nu. The
    domain is where this holds together: past coordinates beyond 2 tau, those to come within tau. There are 2^dim minima
    at y = 4 tau, of value -dim nu, and 2^(i-1) saddles of index 1 with i - 1 coordinates at 4 tau and the others 0,
    with eigenvalues 2 L and -2 gamma. Starts are uniform in [-tau/e, tau/e]^dim, as in the paper.
    """
    require_at_least("dim", dim, 1)
    arms = Octopus(L, gamma, tau)
    reach = tau / math.e
    return Landscape(
        name="octopus",
        manifold=Euclidean(dim, (-reach, reach)),
        value=arms.value,
        gradient=arms.gradient,
        hessian=arms.hessian,
        hvp=arms.hvp,
        domain=arms.inside,
        truth=Truth(
            {0: 2**dim, 1: 2**dim - 1},
            minimum_value=-dim * arms.depth,
            source="construction: one saddle on every branch of the arms",
        ),
    )


@dataclass(frozen=True)
class Octopus:
    """The function of `octopus` in any number of dimensions, and the rate at which each coordinate moves.

    Parameters
    ----------
    L : float
        Half the curvature across an arm.
    gamma : float
        Half the curvature along which a saddle is left.
    tau : float
        Length: a coordinate leaves its saddle's neighbourhood at tau, has passed at 2 tau and ends at 4 tau.

    Raises
    ------
    ValueError
        If a parameter is not positive.
    """

    L: float = 1.0
    gamma: float = 1.0
    tau: float = math.e

    def __post_init__(self) -> None:
        for name in ("L", "gamma", "tau"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} is {value} but must be positive")

    @property
    def depth(self) -> float:
        """nu, by which each saddle lies below the one before."""
        return (13 * self.gamma + 37 * self.L) * self.tau**2 / 6

    def passed(self, x: Array) -> IntArray:
        """How many saddles lie behind: leading coordinates beyond 2 tau, (...)."""
        near = np.abs(x) <= 2 * self.tau
        count: IntArray = np.where(near.any(axis=-1), near.argmax(axis=-1), x.shape[-1])
        return count

    def inside(self, x: Array) -> BoolArray:
        """Whether the coordinates still to come are within tau, (...): the domain."""
        to_come = np.arange(x.shape[-1]) > self.passed(x)[..., None]
        return np.asarray((~to_come | (np.abs(x) <= self.tau)).all(axis=-1))

    def ratio(self, y: Array) -> Array:
        """Derivative by each |x_j| divided by |x_j|, (..., n), at y = |x|: finite at zero.

        Gradient descent multiplies every coordinate by 1 - lr ratio. In logarithms that goes on where the coordinates
        themselves have underflowed."""
        arm = self._arm(y)
        result = np.where(arm.passed, 2 * self.L * (1 - 4 * self.tau / np.maximum(y, self.tau)), 2 * self.L)
        first, _ = self._along(arm.y)
        joint, slope, _ = self._across(arm.y)
        leaving = (first + slope * arm.following**2) / np.maximum(arm.y, self.tau)
        here = np.where(arm.y <= self.tau, -2 * self.gamma, leaving)
        result = np.where(arm.here, here[..., None], result)
        return np.where(arm.next, 2 * joint[..., None], result)

    def value(self, x: Array) -> Array:
        y = np.abs(x)
        arm = self._arm(y)
        across = np.where(arm.passed, self.L * (y - 4 * self.tau) ** 2, self.L * y * y)
        joint, _, _ = self._across(arm.y)
        across = np.where(arm.next, joint[..., None] * y * y, across)
        across = np.where(arm.here, self._height(arm.y)[..., None], across)
        return across.sum(axis=-1) - arm.number * self.depth

    def gradient(self, x: Array) -> Array:
        return x * self.ratio(np.abs(x))

    def hessian(self, x: Array) -> Array:
        diagonal, beside = self._second(x)
        n = x.shape[-1]
        result = np.zeros((*x.shape, n))
        each = np.arange(n)
        result[..., each, each] = diagonal
        result[..., each[:-1], each[1:]] = result[..., each[1:], each[:-1]] = beside[..., :-1]
        return result

    def hvp(self, x: Array, v: Array) -> Array:
        diagonal, beside = self._second(x)
        result = diagonal * v
        result[..., :-1] += beside[..., :-1] * v[..., 1:]
        result[..., 1:] += beside[..., :-1] * v[..., :-1]
        return result

    def _second(self, x: Array) -> tuple[Array, Array]:
        """Diagonal of the Hessian and the entries beside it, (i, i + 1) in place i, both (..., n)."""
        arm = self._arm(np.abs(x))
        _, second = self._along(arm.y)
        joint, slope, bend = self._across(arm.y)
        here = np.where(arm.y <= self.tau, -2 * self.gamma, second + bend * arm.following**2)
        diagonal = np.where(arm.here, here[..., None], 2 * self.L)
        diagonal = np.where(arm.next, 2 * joint[..., None], diagonal)
        sign = np.sign(x)
        sign[..., :-1] *= sign[..., 1:]
        return diagonal, np.where(arm.here, (2 * slope * arm.following)[..., None] * sign, 0.0)

    def _arm(self, y: Array) -> _Arm:
        n = y.shape[-1]
        number = self.passed(y)
        place = np.arange(n)
        padded = np.concatenate([y, np.zeros((*y.shape[:-1], 2))], axis=-1)
        at = np.take_along_axis(padded, number[..., None], axis=-1)[..., 0]
        following = np.take_along_axis(padded, number[..., None] + 1, axis=-1)[..., 0]
        first = number[..., None]
        return _Arm(number, at, following, place < first, place == first, place == first + 1)

    def _height(self, y: Array) -> Array:
        """The term of the coordinate that is being left: -gamma y^2, and g1 beyond tau."""
        a = y - self.tau
        g1 = -self.gamma * y * y + (10 * self.gamma - 14 * self.L) * a**3 / (3 * self.tau)
        g1 += (5 * self.L - 3 * self.gamma) * a**4 / (2 * self.tau**2)
        return np.where(y <= self.tau, -self.gamma * y * y, g1)

    def _along(self, y: Array) -> tuple[Array, Array]:
        """First and second derivative of g1."""
        a = (y - self.tau) / self.tau
        cubic, quartic = 10 * self.gamma - 14 * self.L, 10 * self.L - 6 * self.gamma
        first = -2 * self.gamma * y + self.tau * (cubic * a**2 + quartic * a**3)
        return first, -2 * self.gamma + 2 * cubic * a + 3 * quartic * a**2

    def _across(self, y: Array) -> tuple[Array, Array, Array]:
        """Coefficient of the next coordinate's square, L up to tau and then g2, and its first two derivatives."""
        b = np.maximum(y, self.tau) / self.tau - 2  # from -1 at tau to 0 at 2 tau
        total = self.L + self.gamma
        g2 = -self.gamma - total * b**3 * (10 + b * (15 + 6 * b))
        slope = -30 * total * b**2 * (1 + b) ** 2 / self.tau
        bend = -60 * total * b * (1 + b) * (1 + 2 * b) / self.tau**2
        return g2, slope, bend


@dataclass(frozen=True)
class _Arm:
    """Where points are: number of saddles passed (...), the coordinate being left and the next one (...), and masks of
    the coordinates passed, being left and next (..., n)."""

    number: IntArray
    y: Array
    following: Array
    passed: BoolArray
    here: BoolArray
    next: BoolArray
