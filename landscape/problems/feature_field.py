"""A random field in a parabola in many dimensions, from random plane waves: nearly Gaussian, and it says how nearly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array
from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems.registry import register, require_at_least


@register
def random_feature_field(dim: int = 10, strength: float = 0.5, features: int = 2000, seed: int = 0) -> Landscape:
    """A sum of random plane waves in a parabola on R^n: `confined_field` where its Fourier modes are too many.

    f = mu |x|^2 / 2 + sqrt(2 / m) sum over m features of cos(w.x + b) with normal w, uniform b and mu = strength
    sqrt(n) (random Fourier features: Rahimi & Recht, NeurIPS 2007). Over all draws the covariance of the sum is
    exp(-r^2 / 2), but it is Gaussian only for many features, and one draw's covariance, from its w, is off by about 1 /
    sqrt(2 m) far away (`FeatureField.covariance_error`). Counts of critical points need not be those of
    `landscape.theory.confined_field`, and nothing exact is claimed. The signed sum is 1.
    """
    require_at_least("dim", dim, 1)
    require_at_least("seed", seed, 0)
    if strength <= 0:
        raise ValueError(f"strength is {strength} but must be positive")
    mu = strength * math.sqrt(dim)
    field = feature_field(dim, features, seed)
    identity = np.eye(dim)
    return Landscape(
        name="random_feature_field",
        manifold=Euclidean(dim, (-4 / mu, 4 / mu)),
        value=lambda x: 0.5 * mu * (x * x).sum(axis=-1) + field.value(x),
        gradient=lambda x: mu * x + field.gradient(x),
        hessian=lambda x: mu * identity + field.hessian(x),
        hvp=lambda x, v: mu * v + field.hvp(x, v),
        sampler=lambda rng, size: rng.normal(0.0, 1.5 / mu, (size, dim)),
        confining=True,
    )


@dataclass(frozen=True, eq=False)
class FeatureField:
    """sqrt(2 / m) times the sum of cos(w.x + b).

    Attributes
    ----------
    waves : (m, n)
        The w.
    phases : (m,)
        The b.
    """

    waves: Array
    phases: Array

    def value(self, x: Array) -> Array:
        return self._scale * np.cos(x @ self.waves.T + self.phases).sum(axis=-1)

    def gradient(self, x: Array) -> Array:
        return -self._scale * np.sin(x @ self.waves.T + self.phases) @ self.waves

    def hessian(self, x: Array) -> Array:
        n = x.shape[-1]
        upper = -self._scale * np.cos(x @ self.waves.T + self.phases) @ self._products
        result = np.empty((*x.shape, n))
        rows, columns = np.triu_indices(n)
        result[..., rows, columns] = upper
        result[..., columns, rows] = upper
        return result

    def hvp(self, x: Array, v: Array) -> Array:
        return -self._scale * (np.cos(x @ self.waves.T + self.phases) * (v @ self.waves.T)) @ self.waves

    def covariance_error(self, distance: npt.ArrayLike, rng: np.random.Generator, directions: int = 1000) -> Array:
        """How far the covariance at a distance, over the phases alone, is from exp(-r^2 / 2): root mean square.

        Parameters
        ----------
        distance : (k,)
            r.
        rng : numpy.random.Generator
            Draws the directions.
        directions : int
            Over which the mean is taken.

        Returns
        -------
        (k,)
            About sqrt((1 + exp(-2 r^2) - 2 exp(-r^2)) / (2 m)).

        Examples
        --------
        >>> import numpy as np
        >>> field = feature_field(dim=20, features=5000, seed=0)
        >>> field.covariance_error([0.0, 1.0, 3.0], np.random.default_rng(0)).round(3).tolist()
        [0.0, 0.006, 0.01]
        """
        r = np.asarray(distance, dtype=np.float64)
        unit = rng.standard_normal((directions, self.waves.shape[1]))
        unit /= np.sqrt((unit**2).sum(axis=1, keepdims=True))
        along = unit @ self.waves.T
        errors = [np.cos(s * along).mean(axis=1) - math.exp(-(s**2) / 2) for s in r.ravel()]
        return np.sqrt(np.mean(np.square(errors), axis=1)).reshape(r.shape)

    @cached_property
    def _products(self) -> Array:
        """w_i w_j of every wave, for i <= j, (m, n (n + 1) / 2)."""
        rows, columns = np.triu_indices(self.waves.shape[1])
        products: Array = self.waves[:, rows] * self.waves[:, columns]
        return products

    @property
    def _scale(self) -> float:
        return math.sqrt(2 / len(self.phases))


def feature_field(dim: int, features: int, seed: int) -> FeatureField:
    """The sum of `features` random plane waves in `dim` dimensions."""
    require_at_least("features", features, 1)
    rng = np.random.default_rng(seed)
    return FeatureField(rng.standard_normal((features, dim)), rng.uniform(0, 2 * math.pi, features))
