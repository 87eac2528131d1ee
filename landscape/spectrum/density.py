"""The density of eigenvalues, and how many are negative, by stochastic Lanczos quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.stats import t as student

from landscape.arrays import Array, dot, matvec, norm, transpose
from landscape.batch import parts
from landscape.memory import available_memory
from landscape.spectrum.memory import krylov_bytes, require_memory
from landscape.spectrum.operator import HessianOperator

_MOST_TOGETHER = 2**27  # numbers in the bases of the probes that run together, 1 GB
_BROKEN_DOWN = 1e-12  # a Lanczos vector this short, beside the largest coefficient, is rounding
_WIDTH = 1.5  # of the Gaussian that stands for an eigenvalue, in units of the spectrum's range over the steps


@dataclass(frozen=True, eq=False)
class Density:
    """The density of eigenvalues, each a Gaussian, normalised to 1.

    Attributes
    ----------
    grid : (g,)
    mean, low, high : (g,)
        The density and the ends of its confidence interval from the probes' scatter, point by point; all three the same
        where all eigenvalues are known.
    width : float
        Standard deviation of the Gaussians.
    nodes, weights : (p, k)
        For each probe the quadrature of its spectral measure; all eigenvalues where they are known.
    """

    grid: Array
    mean: Array
    low: Array
    high: Array
    width: float
    nodes: Array
    weights: Array


def lanczos_quadrature(operator: HessianOperator, probes: Array, steps: int) -> tuple[Array, Array]:
    """Gauss quadrature of the spectral measure of each probe: nodes and weights, (p, steps) each.

    Lanczos' iteration, all probes together, every vector made orthogonal twice to all before it (Golub & Meurant 2010,
    *Matrices, Moments and Quadrature*; Ubaru, Chen & Saad, SIAM J. Matrix Anal. Appl. 38, 1075, 2017, section 3). An
    iteration that has found an invariant space stops there; the weights of what is left are zero.

    Parameters
    ----------
    probes : (p, n)
        Unit tangent vectors.
    """
    p, n = probes.shape
    basis = np.zeros((p, steps, n))
    diagonal, beside = np.zeros((p, steps)), np.zeros((p, steps))
    latest = probes
    for k in range(steps):
        basis[:, k] = latest
        image = operator(latest)
        diagonal[:, k] = dot(latest, image)
        for _ in range(2):
            former = basis[:, : k + 1]
            image = image - matvec(transpose(former), matvec(former, image))
        length = norm(image)
        scale = np.maximum(np.abs(diagonal).max(axis=1), beside.max(axis=1))
        alive = length > _BROKEN_DOWN * scale
        beside[:, k] = np.where(alive, length, 0.0)
        latest = np.where(alive[:, None], image / np.where(alive, length, 1.0)[:, None], 0.0)
    nodes, weights = np.empty((p, steps)), np.empty((p, steps))
    for row in range(p):
        nodes[row], modes = eigh_tridiagonal(diagonal[row], beside[row, :-1])
        weights[row] = modes[0] ** 2
    return nodes, weights


def spectral_density(
    operator: HessianOperator,
    rng: np.random.Generator,
    probes: int = 10,
    steps: int = 60,
    width: float | None = None,
    points: int = 400,
    confidence: float = 0.95,
) -> Density:
    """The density of eigenvalues from random probes (Ubaru, Chen & Saad 2017; for networks Ghorbani, Krishnan & Xiao,
    ICML 2019).

    Parameters
    ----------
    probes, steps : int
        Random vectors and Lanczos steps of each: as many products as both together.
    width : float, optional
        Standard deviation of the Gaussian that stands for an eigenvalue; by default what so many steps resolve.
    points : int
        Of the grid.

    Raises
    ------
    ValueError
        If a number is out of range or one probe's vectors do not fit into memory.
    """
    for name, number, least in (("probes", probes, 2), ("steps", steps, 2), ("points", points, 2)):
        if number < least:
            raise ValueError(f"{name} is {number} but must be at least {least}")
    steps = min(steps, operator.rank)
    require_memory(
        krylov_bytes(operator.dim, steps), f"the {steps} vectors of one probe", "use fewer steps, such as steps=20"
    )
    room = available_memory()
    budget = _MOST_TOGETHER if room is None else min(_MOST_TOGETHER, room // 32)
    blocks = [
        lanczos_quadrature(operator, operator.random_directions(rng, rows.stop - rows.start), steps)
        for rows in parts(probes, steps * operator.dim, int(budget))
    ]
    nodes, weights = (np.concatenate(column) for column in zip(*blocks, strict=True))
    return smoothed(nodes, weights, width, points, confidence)


def exact_density(eigenvalues: Array, width: float | None = None, points: int = 400) -> Density:
    """The density of eigenvalues (r,) that are all known."""
    share = np.full((1, len(eigenvalues)), 1 / len(eigenvalues))
    return smoothed(eigenvalues[None], share, width, points, 0.95)


def smoothed(nodes: Array, weights: Array, width: float | None, points: int, confidence: float) -> Density:
    """Gaussians at the nodes of each probe (p, k), averaged over the probes."""
    held = np.where(weights > 0, nodes, nodes[:, :1])
    bottom, top = float(held.min()), float(held.max())
    reach = top - bottom or max(abs(top), 1.0)
    sigma = _WIDTH * reach / nodes.shape[1] if width is None else width
    if not sigma > 0:
        raise ValueError(f"width is {width} but must be positive")
    grid = np.linspace(bottom - 4 * sigma, top + 4 * sigma, points)
    each = np.zeros((len(nodes), points))
    for k in range(nodes.shape[1]):  # one node of all probes at a time: the whole table would be large
        z = (grid - nodes[:, k, None]) / sigma
        each += weights[:, k, None] * np.exp(-0.5 * z * z)
    each /= sigma * math.sqrt(2 * math.pi)
    mean, half = mean_and_half_width(each, confidence)
    return Density(grid, mean, np.maximum(mean - half, 0.0), mean + half, sigma, nodes, weights)


def mean_and_half_width(samples: Array, confidence: float) -> tuple[Array, Array]:
    """Mean of rows (p, ...) and half of Student's interval for it, zero for a single row."""
    p = len(samples)
    mean = samples.mean(axis=0)
    if p == 1:
        return mean, np.zeros_like(mean)
    factor = float(student.ppf(0.5 + confidence / 2, p - 1))
    return mean, factor * samples.std(axis=0, ddof=1) / math.sqrt(p)


def share_below(density: Density, threshold: float = 0.0, confidence: float = 0.95) -> tuple[float, float, float]:
    """What part of the eigenvalues is below a threshold: an estimate, and an interval for it.

    A probe's quadrature bounds its own measure mu: with nodes theta_1 < theta_2 < ... and theta_i the last one below
    the threshold t, the weights of theta_1 to theta_(i-1) are at most mu((-inf, t)), and those of theta_1 to
    theta_(i+1) are at least as much (the Chebyshev-Markov-Stieltjes inequalities: Szegö 1939, *Orthogonal Polynomials*,
    section 3.41). The interval has both ends widened by the probes' scatter: it is wide where many eigenvalues are near
    the threshold, and then nothing cheaper than all of them tells. The estimate takes half of a node's weight to lie
    below it, and interpolates.
    """
    below = density.nodes < threshold
    sums = np.concatenate([np.zeros((len(below), 1)), np.cumsum(density.weights, axis=1)], axis=1)
    last, row = below.sum(axis=1), np.arange(len(below))
    middle = sums[:, 1:] - density.weights / 2
    shares = [np.interp(threshold, at, share) for at, share in zip(density.nodes, middle, strict=True)]
    estimate = float(np.mean(np.where(last == 0, 0.0, np.where(last == below.shape[1], 1.0, shares))))
    low, down = mean_and_half_width(sums[row, np.maximum(last - 1, 0)], confidence)
    high, up = mean_and_half_width(sums[row, np.minimum(last + 1, below.shape[1])], confidence)
    return estimate, min(max(float(low - down), 0.0), estimate), max(min(float(high + up), 1.0), estimate)
