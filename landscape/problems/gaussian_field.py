"""Isotropic Gaussian random fields, from all Fourier modes that carry variance: alone on a torus, or in a parabola."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array
from landscape.function import Landscape
from landscape.manifolds import Euclidean, Torus
from landscape.problems.registry import register, require_at_least

SHORTEST_LENGTH = 5.0  # of a period: the covariance's images then change its curvature by a quarter of a percent
_NEGLECTED = 1e-6  # share of E[f_xx^2] that the modes left out would carry
_MOST_COEFFICIENTS = 5e7  # 400 MB
_BLOCK = 2**16  # numbers in the largest temporary array: half a megabyte, which stays in cache


@register
def gaussian_field(dim: int = 2, seed: int = 0, length: float = 2 * math.pi) -> Landscape:
    """A stationary Gaussian random field on the torus, of covariance exp(-r^2 / 2).

    Values, slopes and mixed second derivatives have variance 1. The covariance of a torus of period `length` is the sum
    of exp(-r^2 / 2) over all images; at 2 pi they change the curvatures' variances by 4e-6, so that the mean numbers
    of critical points are those of the isotropic field on R^n (`landscape.theory.gaussian_field`) times the volume:
    14.5 in two dimensions, 70.1 in three, 380 in four. All Fourier modes are summed but those with a millionth of the
    curvature's variance. The signed sum is 0.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    require_at_least("length", length, SHORTEST_LENGTH)
    field = fourier_field(dim, seed, length)
    return Landscape(
        name="gaussian_field",
        manifold=Torus((length,) * dim),
        value=field.value,
        gradient=field.gradient,
        hessian=field.hessian,
    )


@register
def confined_field(dim: int = 2, strength: float = 0.5, seed: int = 0, length: float = 4 * math.pi) -> Landscape:
    """A Gaussian random field in a parabola on R^n: many critical points below strength 1, few above.

    f = mu |x|^2 / 2 + V(x) with V as in `gaussian_field` and mu = strength sqrt(n) (Fyodorov 2004, Phys. Rev. Lett.
    92, 240601). V repeats after `length`. It is stationary all the same, so that the mean numbers of critical points
    are those of a field that does not repeat (`landscape.theory.confined_field`); far apart they are correlated. Their
    coordinates have variance 1 / mu^2, starts one that is 9/4 of it. The signed sum is 1.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    require_at_least("length", length, SHORTEST_LENGTH)
    if strength <= 0:
        raise ValueError(f"strength is {strength} but must be positive")
    mu = strength * math.sqrt(dim)
    field = fourier_field(dim, seed, length)
    identity = np.eye(dim)
    return Landscape(
        name="confined_field",
        manifold=Euclidean(dim, (-4 / mu, 4 / mu)),
        value=lambda x: 0.5 * mu * (x * x).sum(axis=-1) + field.value(x),
        gradient=lambda x: mu * x + field.gradient(x),
        hessian=lambda x: mu * identity + field.hessian(x),
        sampler=lambda rng, size: rng.normal(0.0, 1.5 / mu, (size, dim)),
        confining=True,
    )


@dataclass(frozen=True, eq=False)
class FourierField:
    """A sum of products of sines and cosines, one of each coordinate.

    f(x) = sum over m_1 ... m_n of c_(m_1 ... m_n) phi_m1(x_1) ... phi_mn(x_n), where phi runs over a constant and
    amplitude_k times cos(k x) and sin(k x). With independent standard normal c its covariance is the product over the
    coordinates of sum amplitude_k^2 cos(k (x - y)), here of a periodic Gaussian: that of exp(-r^2 / 2) with its images.

    Attributes
    ----------
    coefficients : (b, ..., b)
        One axis a coordinate, b basis functions each.
    frequency : (b,)
        0, then k for the cosines, then for the sines.
    amplitude : (b,)
    """

    coefficients: Array
    frequency: Array
    amplitude: Array

    def value(self, x: Array) -> Array:
        return self._derivatives(x, 0)[..., 0]

    def gradient(self, x: Array) -> Array:
        return self._derivatives(x, 1)

    def hessian(self, x: Array) -> Array:
        n = self.coefficients.ndim
        upper = self._derivatives(x, 2)
        result = np.empty((*x.shape, n))
        rows, columns = np.triu_indices(n)
        result[..., rows, columns] = upper
        result[..., columns, rows] = upper
        return result

    def _derivatives(self, x: Array, order: int) -> Array:
        """All derivatives of total order 0, 1 or 2, (..., number): of the Hessian its upper triangle, row by row."""
        n, b = self.coefficients.ndim, len(self.frequency)
        points = np.ascontiguousarray(x).reshape(-1, n)
        wanted = _multi_indices(n, order)
        result = np.empty((len(points), len(wanted)))
        rows = max(1, _BLOCK // ((order + 1) * b ** (n - 1)))
        for start in range(0, len(points), rows):
            block = points[start : start + rows]
            result[start : start + rows] = self._block(block, wanted, order)
        return result.reshape(*x.shape[:-1], len(wanted))

    def _block(self, x: Array, wanted: list[tuple[int, ...]], order: int) -> Array:
        m, n = x.shape
        b = len(self.frequency)
        basis = self._basis(x, order)  # (m, n, order + 1, b)
        # One axis is summed after the other, for every order of differentiation along it: the first sum, which costs
        # as much as all others together, is a matrix product.
        flat = self.coefficients.reshape(b, -1)
        partial: dict[tuple[int, ...], Array] = {(q,): basis[:, 0, q] @ flat for q in range(order + 1)}
        for axis in range(1, n):
            prefixes = dict.fromkeys(index[: axis + 1] for index in wanted)
            partial = {
                prefix: (basis[:, axis, prefix[-1], None, :] @ partial[prefix[:-1]].reshape(m, b, -1))[:, 0]
                for prefix in prefixes
            }
        return np.stack([partial[index].reshape(m) for index in wanted], axis=1)

    def _basis(self, x: Array, order: int) -> Array:
        """Basis functions of each coordinate and their derivatives, (m, n, order + 1, b)."""
        half = len(self.frequency) // 2
        k = self.frequency[1 : half + 1]
        result = np.zeros((*x.shape, order + 1, len(self.frequency)))
        result[:, :, 0, 0] = self.amplitude[0]
        # Powers of one number: a tenth of the time of as many sines and cosines.
        wave = np.exp(1j * k[:1] * x[..., None])
        wave = np.cumprod(np.broadcast_to(wave, (*x.shape, half)), axis=-1) * self.amplitude[1 : half + 1]
        for q in range(order + 1):
            result[:, :, q, 1 : half + 1], result[:, :, q, half + 1 :] = wave.real, wave.imag
            wave = wave * (1j * k)
        return result


def fourier_field(dim: int, seed: int, length: float) -> FourierField:
    """The field of covariance exp(-r^2 / 2), summed over images at distance `length`.

    Raises
    ------
    ValueError
        If there are more modes than fit.
    """
    most = math.ceil(8 * length / (2 * math.pi))
    k = 2 * np.pi / length * np.arange(most + 1)
    weight = math.sqrt(2 * math.pi) / length * np.exp(-(k**2) / 2) * np.where(k > 0, 2.0, 1.0)
    curvature = weight * k**4
    left_out = curvature[::-1].cumsum()[::-1] - curvature
    modes = int(np.argmax(left_out <= _NEGLECTED * curvature.sum())) if most else 0
    basis = 2 * modes + 1
    if dim * math.log(basis) > math.log(_MOST_COEFFICIENTS):
        raise ValueError(
            f"dim is {dim} and length is {length:.6g}, which makes {basis}^{dim} Fourier modes; "
            f"at most {_MOST_COEFFICIENTS:.0e} fit"
        )
    both = np.r_[0, np.tile(np.arange(1, modes + 1), 2)]
    amplitude = np.sqrt(weight[both])
    coefficients = np.random.default_rng(seed).standard_normal((basis,) * dim)
    return FourierField(coefficients, np.asarray(k[both]), np.asarray(amplitude, dtype=np.float64))


def _multi_indices(n: int, order: int) -> list[tuple[int, ...]]:
    """Orders of differentiation along each coordinate: none, each once, or each pair i <= j, row by row."""
    zero = (0,) * n
    if order == 0:
        return [zero]
    if order == 1:
        return [tuple(int(axis == i) for axis in range(n)) for i in range(n)]
    rows, columns = np.triu_indices(n)
    return [tuple(int(a == i) + int(a == j) for a in range(n)) for i, j in zip(rows, columns, strict=True)]
