"""High-index saddle dynamics: saddles of a given index from Hessian-vector products alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landscape.arrays import Array, IntArray, norm, transpose
from landscape.critical.matrix_free import barzilai_borwein, status_without_hessian
from landscape.critical.search import Search
from landscape.critical.trust_region import shorten
from landscape.function import Landscape

Product = Callable[[Array, Array, Array], Array]  # positions, ambient gradients and vectors to Hessian-vector products


class Reflection(NamedTuple):
    """The k directions that are climbed and their Hessian products, (m, n, k); last position and force, (m, n); step
    size, (m,)."""

    directions: Array
    products: Array
    x: Array
    force: Array
    step_size: Array


@dataclass(frozen=True)
class SaddleDynamics:
    """Follow -(I - 2 V V^T) grad f, where V spans the k lowest eigenvectors, to a saddle of index k.

    The reflected gradient climbs along V and descends across it, so that saddles of index k are its attractors (Yin,
    Zhang & Zhang, SIAM J. Sci. Comput. 41, A3576, 2019, eq. 2.8). Steps are Barzilai-Borwein's (their section 3.3); V
    is improved once a step by the Rayleigh-Ritz method on V and its residuals, as in block steepest descent.

    Parameters
    ----------
    index : int
        k, at least 1.
    """

    index: int = 1

    def __post_init__(self) -> None:
        if self.index < 1:
            raise ValueError(f"index is {self.index} but must be at least 1")

    def init(self, landscape: Landscape, x: Array) -> Reflection:
        return start_reflection(landscape, x, self.index)

    def step(self, landscape: Landscape, run: Search, memory: Reflection) -> tuple[Search, Reflection, IntArray]:
        def product(x: Array, gradient: Array, v: Array) -> Array:
            return landscape.riemannian_hvp(x, v, gradient)

        return reflected_step(landscape, product, run, memory)


def start_reflection(landscape: Landscape, x: Array, index: int) -> Reflection:
    """Directions to begin with: the same random ones everywhere, made orthonormal in the tangent space of each point.

    Raises
    ------
    ValueError
        If the landscape has fewer than `index` directions.
    """
    if index > landscape.manifold.intrinsic_dim:
        raise ValueError(f"index is {index} but the landscape has only {landscape.manifold.intrinsic_dim} directions")
    guess = np.random.default_rng(0).standard_normal((index, landscape.dim))
    tangent = landscape.manifold.project(x[:, None, :], np.broadcast_to(guess, (len(x), *guess.shape)))
    directions = np.linalg.qr(transpose(tangent))[0]
    return Reflection(directions, np.zeros_like(directions), x, np.zeros_like(x), np.zeros(len(x)))


def reflected_step(
    landscape: Landscape, product: Product, run: Search, memory: Reflection
) -> tuple[Search, Reflection, IntArray]:
    """One step of every search along the reflected gradient, with the directions improved first."""
    manifold = landscape.manifold
    gradient = manifold.project(run.x, run.gradient)
    directions, products = _improve(landscape, product, run, memory)
    status = status_without_hessian(landscape, gradient, product(run.x, run.gradient, gradient))

    along = transpose(directions) @ gradient[..., None]
    force = 2 * (directions @ along)[..., 0] - gradient
    first = memory.step_size == 0
    guess = 0.01 * landscape.diagonal / np.maximum(norm(force), np.finfo(np.float64).tiny)
    fresh = barzilai_borwein(run.x - memory.x, force - memory.force, memory.step_size)
    size = np.where(first, guess, fresh)
    step = shorten(size[:, None] * force, run.radius)
    x = manifold.retract(run.x, step)
    after = landscape.gradient(x)
    taken = np.isfinite(norm(after))
    radius = np.where(taken, run.radius, run.radius / 4)
    memory = Reflection(directions, products, run.x, force, size)
    return run.moved(taken, x, after, radius), memory, status


def _improve(landscape: Landscape, product: Product, run: Search, memory: Reflection) -> tuple[Array, Array]:
    """Rayleigh-Ritz on the directions and their residuals: the k lowest Ritz vectors and their products, (m, n, k)."""
    k = memory.directions.shape[-1]
    overlap = transpose(memory.directions) @ memory.products
    residuals = memory.products - memory.directions @ overlap
    span = np.concatenate([memory.directions, residuals], axis=-1)
    zero_modes = landscape.symmetry.zero_modes(run.x)
    span = span - zero_modes @ (transpose(zero_modes) @ span)
    tangent = landscape.manifold.project(run.x[:, None, :], transpose(span))
    basis = np.linalg.qr(transpose(tangent))[0]
    rows = transpose(basis)
    m, width, n = rows.shape
    repeated = [np.repeat(a, width, axis=0) for a in (run.x, run.gradient)]
    images = product(repeated[0], repeated[1], rows.reshape(-1, n)).reshape(m, width, n)
    small = rows @ transpose(images)
    usable = np.isfinite(small.sum(axis=(1, 2)))
    small = np.where(usable[:, None, None], small, np.eye(width))
    rotation = np.linalg.eigh((small + transpose(small)) / 2)[1][..., :k]
    return basis @ rotation, transpose(images) @ rotation
