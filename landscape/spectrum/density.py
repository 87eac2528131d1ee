"""The density of eigenvalues, and how many are negative, by stochastic Lanczos quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc

from landscape.arrays import Array
from landscape.batch import parts
from landscape.memory import require_memory
from landscape.spectrum.gram_schmidt import lanczos_step
from landscape.spectrum.memory import BROKEN_DOWN, basis_numbers, krylov_bytes
from landscape.spectrum.operator import HessianOperator

_BISECTIONS = 50  # to about rounding
_WIDTH = 1.5  # of the Gaussian that stands for an eigenvalue, in units of the spectrum's range over the steps


@dataclass(frozen=True, eq=False)
class Density:
    """The density of eigenvalues, each a Gaussian, normalised to 1.

    Attributes
    ----------
    grid : (g,)
    mean, low, high : (g,)
        The density and the ends of its confidence interval (`share_interval`), point by point; all three the same where
        all eigenvalues are known.
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


def lanczos_quadrature(
    operator: HessianOperator, probes: Array, steps: int, progress: Callable[[int], None] | None = None
) -> tuple[Array, Array]:
    """Gauss quadrature of the spectral measure of each probe: nodes and weights, (p, steps) each.

    Lanczos' iteration, all probes together, every vector made orthogonal to all before it (Golub & Meurant 2010,
    *Matrices, Moments and Quadrature*; Ubaru, Chen & Saad, SIAM J. Matrix Anal. Appl. 38, 1075, 2017, section 3). An
    iteration that has found an invariant space stops there; the weights of what is left are zero.

    Parameters
    ----------
    probes : (p, n)
        Unit tangent vectors.
    progress : callable, optional
        Called with the products of each step.
    """
    p, n = probes.shape
    basis = np.zeros((p, steps, n))
    diagonal, beside = np.zeros((p, steps)), np.zeros((p, steps))
    latest = probes
    for k in range(steps):
        basis[:, k] = latest
        rest, overlap, length = lanczos_step(operator(latest), basis[:, : k + 1], beside[:, k - 1] if k else None)
        diagonal[:, k] = overlap[:, k]
        scale = np.maximum(np.abs(diagonal).max(axis=1), beside.max(axis=1))
        alive = length > BROKEN_DOWN * scale
        beside[:, k] = np.where(alive, length, 0.0)
        latest = np.where(alive[:, None], rest / np.where(alive, length, 1.0)[:, None], 0.0)
        latest = operator.project(latest)  # else what of rounding lies off its range would grow
        if progress is not None:
            progress(p)
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
    progress: Callable[[int, int], None] | None = None,
    grid: Array | None = None,
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
    progress : callable, optional
        Called with the products done and their number.
    grid : (g,), optional
        Where the density is wanted; by default `points` places from end to end.

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
    done = 0

    def count(products: int) -> None:
        nonlocal done
        done += products
        if progress is not None:
            progress(done, probes * steps)

    blocks = [
        lanczos_quadrature(operator, operator.random_directions(rng, rows.stop - rows.start), steps, count)
        for rows in parts(probes, steps * operator.dim, basis_numbers())
    ]
    nodes, weights = (np.concatenate(column) for column in zip(*blocks, strict=True))
    grid, mean, narrow, sigma = _smoothed(nodes, weights, width, points, grid)
    # Where Gaussians of height h overlap N eigenvalues the density is N h / r: h is taken as if all were equally high,
    # so that mean and variance agree.
    height = np.divide(narrow, mean, out=np.ones_like(mean), where=narrow > 0)
    low, high = share_interval(mean / height, operator.rank, probes, confidence)
    return Density(grid, mean, low * height, high * height, sigma, nodes, weights)


def exact_density(
    eigenvalues: Array, width: float | None = None, points: int = 400, grid: Array | None = None
) -> Density:
    """The density of eigenvalues (r,) that are all known, on a grid (g,) if one is given."""
    nodes, share = eigenvalues[None], np.full((1, len(eigenvalues)), 1 / len(eigenvalues))
    grid, mean, _, sigma = _smoothed(nodes, share, width, points, grid)
    return Density(grid, mean, mean, mean, sigma, nodes, share)


def _smoothed(
    nodes: Array, weights: Array, width: float | None, points: int, grid: Array | None
) -> tuple[Array, Array, Array, float]:
    """Grid (g,), the sum of Gaussians at the nodes of each probe (p, k) and that of their squares, averaged over the
    probes, and their width."""
    held = np.where(weights > 0, nodes, nodes[:, :1])
    bottom, top = float(held.min()), float(held.max())
    reach = top - bottom or max(abs(top), 1.0)
    sigma = _WIDTH * reach / nodes.shape[1] if width is None else width
    if not sigma > 0:
        raise ValueError(f"width is {width} but must be positive")
    if grid is None:
        grid = np.linspace(bottom - 4 * sigma, top + 4 * sigma, points)
    mean, squares = np.zeros(len(grid)), np.zeros(len(grid))
    for node, weight in zip(nodes, weights, strict=True):  # one probe at a time: the whole table would be large
        z = (grid[:, None] - node) / sigma
        gaussian = np.exp(-0.5 * z * z) / (sigma * math.sqrt(2 * math.pi))
        mean += gaussian @ weight / len(nodes)
        squares += (gaussian * gaussian) @ weight / len(nodes)
    return grid, mean, squares, sigma


def share_interval(share: Array, directions: int, probes: int, confidence: float) -> tuple[Array, Array]:
    """The confidence interval of which part of all directions a space has, from that of random unit vectors in it.

    The squared length in N of r directions of a unit vector has the law Beta(N/2, (r-N)/2); the mean of p of them is
    given the beta law of the same mean and variance, nearly Beta(pN/2, p(r-N)/2). The interval has every N/r that the
    mean does not reject at either end, as Clopper & Pearson's has for counts (Biometrika 26, 404, 1934). For
    eigenvalues that are weighted, as by a Gaussian, N is the effective number of degrees of freedom (Satterthwaite,
    Biometrics Bulletin 2, 110, 1946). It holds also for single eigenvalues, where the length's law is that of a squared
    normal number and an interval from the scatter of a few probes is too short by far.

    Parameters
    ----------
    share : (...)
        Mean of the squared lengths, 0 to 1.
    directions, probes : int
        Of all directions, r, and of the vectors, p.

    Returns
    -------
    low, high : (...)
    """
    scale = probes * (directions + 2) / 2 - 1
    ends = []
    for tail in (1 - (1 - confidence) / 2, (1 - confidence) / 2):
        bottom, top = np.zeros(np.shape(share)), np.ones(np.shape(share))
        for _ in range(_BISECTIONS):
            middle = (bottom + top) / 2
            too_small = betainc(scale * middle, scale * (1 - middle), share) > tail
            bottom, top = np.where(too_small, middle, bottom), np.where(too_small, top, middle)
        ends.append((bottom + top) / 2)
    return np.minimum(ends[0], share), np.maximum(ends[1], share)


def share_below(
    density: Density, directions: int, threshold: float = 0.0, confidence: float = 0.95
) -> tuple[float, float, float]:
    """What part of the eigenvalues, as many as `directions`, is below a threshold: an estimate, and an interval for it.

    A probe's quadrature bounds its own measure mu: with nodes theta_1 < theta_2 < ... and theta_i the last one below
    the threshold t, the weights of theta_1 to theta_(i-1) are at most mu((-inf, t)), and those of theta_1 to
    theta_(i+1) are at least as much (the Chebyshev-Markov-Stieltjes inequalities: Szegö 1939, *Orthogonal Polynomials*,
    section 3.41). The interval goes from the low end of the first's (`share_interval`) to the high end of the other's:
    it is wide where many eigenvalues are near the threshold, and then nothing cheaper than all of them tells. The
    estimate takes half of a node's weight to lie below it, and interpolates.
    """
    below = density.nodes < threshold
    sums = np.concatenate([np.zeros((len(below), 1)), np.cumsum(density.weights, axis=1)], axis=1)
    last, row = below.sum(axis=1), np.arange(len(below))
    middle = sums[:, 1:] - density.weights / 2
    shares = [np.interp(threshold, at, share) for at, share in zip(density.nodes, middle, strict=True)]
    estimate = float(np.mean(np.where(last == 0, 0.0, np.where(last == below.shape[1], 1.0, shares))))
    fewest, most = sums[row, np.maximum(last - 1, 0)].mean(), sums[row, np.minimum(last + 1, below.shape[1])].mean()
    low, high = share_interval(np.minimum([fewest, most], 1.0), directions, len(below), confidence)
    return estimate, min(float(low[0]), estimate), max(float(high[1]), estimate)
