"""Factorizations: saddles of every index, all of them known, and no bad minima."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np

from landscape.arrays import Array, dot, norm, transpose
from landscape.function import Landscape, Truth
from landscape.gauge import AxisSymmetry, FactorRotation, InvertibleLayer
from landscape.hidden_units import unpack
from landscape.manifolds import Euclidean
from landscape.problems.data import load_data
from landscape.problems.feedforward import FeedForward
from landscape.problems.networks import start_reach
from landscape.problems.registry import register, require_at_least
from landscape.symmetry import Identity, Symmetry
from landscape.theory.deep_linear import learnt_subsets, left_out, subset_index

_MATRIX = (4.0, 3.0, 2.0, 1.0)
_STRENGTHS = _COVARIANCE = (4.0, 2.5, 1.5, 0.8)
_MOST_SUBSETS = 100_000
_DISTINCT = 1e-9  # eigenvalues nearer than this, relative to the largest, are not told apart


@register
def matrix_factorization(
    eigenvalues: tuple[float, ...] = _MATRIX, rank: int = 2, data: str = "", samples: int = 0
) -> Landscape:
    """Symmetric factorization of a matrix of full rank by one of low rank: every critical point is known.

    f(X) = |X X^T - M|^2 / 4, M diagonal with the given eigenvalues, or with the variances of the inputs of `data`, as
    `mlp` takes it, along their principal axes (the eigenvalues of the mean of x x^T; directions in which no input
    varies are left out). X is (n, rank), a point row by row. X and X Q are the same point for orthogonal Q. If the
    eigenvalues are positive and different, the critical points are X X^T = the part of M on a set of at most `rank`
    eigenvectors, at a quarter of the sum of the squares of the eigenvalues left out; `landscape.theory.deep_linear` has
    their index. Only the largest `rank` give a minimum.
    """
    require_at_least("rank", rank, 1)
    if data:
        _require_default("eigenvalues", eigenvalues, _MATRIX, data)
        lam = _variances(data, samples)
    else:
        lam = np.array(eigenvalues, dtype=np.float64)
    n = lam.size
    if rank > n:
        raise ValueError(f"rank is {rank} but there are {n} eigenvalues")
    target, eye_n, eye_r = np.diag(lam), np.eye(n), np.eye(rank)

    def factor(x: Array) -> Array:
        return x.reshape(*x.shape[:-1], n, rank)

    def residual(a: Array) -> Array:
        return a @ transpose(a) - target

    def value(x: Array) -> Array:
        return 0.25 * (residual(factor(x)) ** 2).sum(axis=(-2, -1))

    def gradient(x: Array) -> Array:
        a = factor(x)
        return (residual(a) @ a).reshape(x.shape)

    def hessian(x: Array) -> Array:
        a = factor(x)
        within = np.einsum("...ab,cd->...acbd", residual(a), eye_r)
        across = np.einsum("...ec,...ed,ab->...acbd", a, a, eye_n)
        mixed = np.einsum("...ad,...bc->...acbd", a, a)
        return (within + across + mixed).reshape(*x.shape, n * rank)

    def hvp(x: Array, v: Array) -> Array:
        a, b = factor(x), factor(v)
        product = (b @ transpose(a) + a @ transpose(b)) @ a + residual(a) @ b
        return product.reshape(*product.shape[:-2], n * rank)

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # D^3 f(V, V, V) = 6 tr(X V^T V V^T), and a symmetric form is largest where its arguments are equal (Banach).
        return 6 * (np.linalg.matrix_norm(factor(x), ord=2) + radius)

    reach = 1.2 * math.sqrt(max(float(np.abs(lam).max()), 1e-12))
    best = np.sort(np.maximum(lam, 0.0))[::-1][:rank]  # the best approximation X X^T that there is
    return Landscape(
        name="matrix_factorization",
        manifold=Euclidean(n * rank, (-reach, reach)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        symmetry=FactorRotation(rank, 2 * reach),
        confining=True,
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth(
            _counts(lam, rank),
            minimum_value=0.25 * float((lam**2).sum() - (best**2).sum()),
            source="subsets of eigenvectors (Baldi & Hornik 1989)",
        ),
    )


@register
def deep_linear(
    singular_values: tuple[float, ...] = _STRENGTHS,
    widths: tuple[int, ...] = (4,),
    data: str = "",
    samples: int = 0,
) -> Landscape:
    """A linear network of any depth that learns a linear map: a plateau for each singular value.

    f = |W_L ... W_1 - A|^2 / 2, A diagonal with the given singular values, `widths` the hidden layers (Saxe, McClelland
    & Ganguli, arXiv:1312.6120, 2014). Or, with `data` as `mlp` takes it, half the mean squared error of the network on
    that data. No minimum is bad, and the lowest value is half the sum of squares of the singular values left out
    (Kawaguchi, NeurIPS 2016). With one hidden layer (W_1, W_2) and (G W_1, W_2 G^-1) are the same point; then, for
    different singular values, all critical points are known. With more, they form continuous families, and each point
    of one counts.
    """
    for width in widths:
        require_at_least("every width in widths", width, 1)
    if data:
        _require_default("singular_values", singular_values, _STRENGTHS, data)
        inputs, targets, rest = _regression(data, samples)
    else:
        inputs, targets, rest = np.eye(len(singular_values)), np.diag(np.array(singular_values)), 0.0
    return _linear_network("deep_linear", inputs, targets, widths, scale=1.0, rest=rest)


@register
def linear_autoencoder(
    eigenvalues: tuple[float, ...] = _COVARIANCE, rank: int = 2, data: str = "", samples: int = 0
) -> Landscape:
    """A linear autoencoder: its critical points are the sets of principal components.

    f(W_1, W_2) = mean of |x - W_2 W_1 x|^2 over data with covariance diag(eigenvalues), or over the inputs of `data`,
    as `mlp` takes it; W_1 is (rank, n). Each set of at most `rank` principal components is critical, at the sum of the
    variances left out; only the largest give a minimum, all else are saddles (Baldi & Hornik, Neural Networks 2, 53,
    1989). (W_1, W_2) and (G W_1, W_2 G^-1) are the same point: rank^2 directions are flat for that reason.
    """
    require_at_least("rank", rank, 1)
    if data:
        _require_default("eigenvalues", eigenvalues, _COVARIANCE, data)
        points = load_data(data, samples).inputs
        root = _square_root(points.T @ points / len(points))
    else:
        if min(eigenvalues) < 0:
            raise ValueError(f"eigenvalues is {eigenvalues} but variances are not negative")
        root = np.diag(np.sqrt(np.array(eigenvalues)))
    if rank > len(root):
        raise ValueError(f"rank is {rank} but there are {len(root)} inputs")
    return _linear_network("linear_autoencoder", root, root, (rank,), scale=2.0, rest=0.0)


@register
def phase_retrieval(dim: int = 3) -> Landscape:
    """Recovering a vector from the sizes of its projections, in the limit of many: a benign landscape.

    f(x) = E[((a.x)^2 - (a.e)^2)^2] / 4 for standard normal a and e the first coordinate axis, which is (3 |x|^4 - 2
    |x|^2 - 4 x_1^2 + 3) / 4 (Sun, Qu & Wright, Found. Comput. Math. 18, 1131, 2018). Up to sign and rotation about e
    there are three critical points: the minimum e; the sphere of saddles x_1 = 0, |x|^2 = 1/3, at 2/3, of index 1; and
    the maximum 0, at 3/4.
    """
    require_at_least("dim", dim, 1)
    axis = np.eye(dim)[0]

    def gradient(x: Array) -> Array:
        return (3 * dot(x, x) - 1)[..., None] * x - 2 * axis * x

    def hessian(x: Array) -> Array:
        result = 6 * x[..., :, None] * x[..., None, :] - 2 * np.diag(axis)
        place = np.arange(dim)
        result[..., place, place] += (3 * dot(x, x) - 1)[..., None]
        return result

    def hvp(x: Array, v: Array) -> Array:
        return (3 * dot(x, x) - 1)[..., None] * v + 6 * x * dot(x, v)[..., None] - 2 * axis * v

    def value(x: Array) -> Array:
        squared = dot(x, x)
        return 0.25 * (squared * (3 * squared - 2) - 4 * x[..., 0] ** 2 + 3)

    return Landscape(
        name="phase_retrieval",
        manifold=Euclidean(dim, (-1.5, 1.5)),
        value=value,
        gradient=gradient,
        hessian=hessian,
        hvp=hvp,
        symmetry=AxisSymmetry(3.0),
        confining=True,
        hessian_lipschitz=lambda x, radius: 18 * (norm(x) + radius),  # D^3 f(v, v, v) = 18 (x.v) |v|^2
        truth=Truth({0: 1, 1: 1} if dim == 1 else {0: 1, 1: 1, dim: 1}, minimum_value=0.0, source="by hand"),
    )


def _counts(eigenvalues: Array, rank: int) -> dict[int, int] | None:
    """Critical points by index, if the eigenvalues are positive and different and the sets not too many."""
    ordered = np.sort(eigenvalues)
    if ordered[0] <= 0 or (np.diff(ordered) <= _DISTINCT * ordered[-1]).any():
        return None
    if sum(math.comb(ordered.size, size) for size in range(rank + 1)) > _MOST_SUBSETS:
        return None
    index = subset_index(eigenvalues, learnt_subsets(ordered.size, rank), rank)
    return dict(sorted(Counter(index.tolist()).items()))


def _linear_network(
    name: str, inputs: Array, targets: Array, widths: tuple[int, ...], scale: float, rest: float
) -> Landscape:
    """rest + scale/2 |inputs (W_L ... W_1)^T - targets|^2, without biases."""
    network = FeedForward(inputs, targets, widths, activation="linear", scale=scale, bias=False)
    reach = start_reach(network.sizes, bias=False)
    # The best map of rank r leaves out all but the r largest singular values of what least squares would answer.
    fitted = inputs @ np.linalg.lstsq(inputs, targets)[0]
    strengths = np.linalg.svd(fitted, compute_uv=False)
    rest_of_fit = rest + 0.5 * scale * float(((fitted - targets) ** 2).sum())
    rank = min(widths)
    counts = None
    if len(widths) == 1 and rank <= strengths.size and inputs.shape[1] == targets.shape[1] == strengths.size:
        counts = _counts(strengths, rank)
    lowest = rest_of_fit + float(left_out(0.5 * scale * strengths**2, np.arange(strengths.size) < rank))
    manifold = Euclidean(network.dim, (-reach, reach))
    slope = float(np.linalg.matrix_norm(inputs, ord=2))

    def hessian_lipschitz(x: Array, radius: Array) -> Array:
        # With P_k the k-th derivative of the product of the layers W + t V, R its residual and A^T the inputs,
        # D^3 f(V, V, V) = scale (3 <P_1 A, P_2 A> + <R, P_3 A>), and a symmetric form is largest where its arguments
        # are equal (Banach).
        layers = unpack(x, network.sizes, bias=False)
        sizes = np.stack([np.linalg.matrix_norm(w, ord=2) for w, _ in layers], axis=-1) + radius[..., None]
        first, second, third = (_derivative_bound(sizes, order) for order in (1, 2, 3))
        residual = np.linalg.matrix_norm(network.outputs(x, inputs) - targets) + slope * first * radius
        return scale * (3 * slope**2 * first * second + slope * residual * third)

    symmetry: Symmetry = Identity()
    if len(widths) == 1:
        symmetry = InvertibleLayer(network.sizes, manifold.length_scale)
    return Landscape(
        name=name,
        manifold=manifold,
        value=lambda x: network.value(x) + rest,
        gradient=network.gradient,
        hessian=network.hessian,
        hvp=network.hvp,
        linearized=network.linearized,
        symmetry=symmetry,
        hessian_lipschitz=hessian_lipschitz,
        truth=Truth(counts, minimum_value=lowest, source="subsets of modes (Baldi & Hornik 1989)"),
    )


def _derivative_bound(sizes: Array, order: int) -> Array:
    """A bound, in the Frobenius norm, of the derivative of the product of layers W + t V from their spectral norms
    (..., layers), for |V| = 1.

    It is k! times the sum over sets S of k layers of prod_S |V_i| times the others' sizes a_S, at most |a| times the
    root of the sum of prod_S |V_i|^2, which is largest, (L choose k) / L^k, where all |V_i| are equal (Maclaurin)."""
    layers = sizes.shape[-1]
    others = [np.delete(sizes, chosen, axis=-1).prod(axis=-1) for chosen in combinations(range(layers), order)]
    if not others:
        return np.zeros(sizes.shape[:-1])
    return math.factorial(order) * norm(np.stack(others, axis=-1)) * math.sqrt(len(others) / layers**order)


def _regression(data: str, samples: int) -> tuple[Array, Array, float]:
    """Inputs (p, p), targets (p, q) and a number to add that give the half mean squared error of any linear map."""
    table = load_data(data, samples)
    x, y = table.inputs, table.targets("squared_error")
    root = _square_root(x.T @ x / len(x))
    best = np.linalg.lstsq(x, y)[0]
    return root, root @ best, 0.5 * float(((x @ best - y) ** 2).mean(axis=0).sum())


def _require_default(name: str, given: tuple[float, ...], default: tuple[float, ...], data: str) -> None:
    if given != default:
        raise ValueError(f"{name} is {given} but those of data {data!r} are its own: give one or the other")


def _variances(data: str, samples: int) -> Array:
    """Of the inputs along their principal axes, largest first, without those that are zero, (n,)."""
    x = load_data(data, samples).inputs
    strengths = np.linalg.svd(x, compute_uv=False)
    strengths = strengths[strengths > strengths[0] * max(x.shape) * np.finfo(np.float64).eps]
    if not strengths.size:
        raise ValueError(f"{data} has inputs that are all zero, and so no variances")
    variances: Array = strengths**2 / len(x)
    return variances


def _square_root(matrix: Array) -> Array:
    """The symmetric root of a positive semidefinite matrix; eigenvalues that are rounding errors count as zero."""
    lam, axes = np.linalg.eigh(matrix)
    rounding = len(lam) * np.finfo(np.float64).eps * lam[-1]
    root: Array = (axes * np.sqrt(np.where(lam > rounding, lam, 0.0))) @ axes.T
    return root
