"""The exact Hessian of a feed-forward network, for a batch of networks at once.

Second derivatives are back-propagated sample by sample as far as what goes into the units (Bishop, Neural Computation
4, 494, 1992); each pair of layers then gets its block from one matrix product over all samples. That is samples * n^2
multiplications in large products, where products with every direction take several times as many on small arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.arrays import Array, IntArray, symmetrize, transpose


@dataclass(frozen=True, eq=False)
class Passes:
    """What a pass through m networks and back leaves behind, for s samples.

    Attributes
    ----------
    weights : (m, units, inputs) of each layer
    entering : (m, s, inputs) or (s, inputs) of each layer
        What it is given; a column of ones is the bias's.
    slopes, bends : (m, s, units) of each hidden layer
        First and second derivative of the activation.
    delta : (m, s, units) of each layer
        Derivative of the loss by what goes into the units.
    curvature : (m, s, outputs, outputs)
        Second derivative of the loss by the outputs; axes of the same for all have length 1.
    """

    weights: Sequence[Array]
    entering: Sequence[Array]
    slopes: Sequence[Array]
    bends: Sequence[Array]
    delta: Sequence[Array]
    curvature: Array


def numbers_per_sample(sizes: Sequence[int]) -> int:
    """In the largest array of `layered_hessian`, for a network with so many units in each layer, the inputs first."""
    widest, widest_hidden = max(sizes) + 1, max(sizes[1:])
    return max(widest**2, widest_hidden ** (2 if len(sizes) < 4 else 3))


def layered_hessian(passes: Passes, places: Sequence[IntArray]) -> Array:
    """The sum over samples of the second derivatives by all parameters, (m, n, n).

    With z_k what goes into layer k and a_k what enters it, the derivative of the loss f by the layer's weights is
    (df / dz_k) a_k^T, and

        d2f / dW_l dW_k = (d2f / dz_l dz_k) a_l a_k^T + (df / dz_l) (da_l / dz_k) a_k^T,    l >= k,

    without the last term for l = k.

    Parameters
    ----------
    passes : Passes
    places : (units, inputs) of each layer
        Where its weights, and with a column of ones its biases, are among the n parameters.
    """
    second, through = _by_units(passes)
    n = sum(place.size for place in places)
    result = np.empty((len(passes.delta[-1]), n, n))
    for low, entering in enumerate(passes.entering):
        _put(result, places[low], places[low], _outer(entering, entering, second[low]))
        moved: Array = np.zeros(
            (0, 0, 0, 0)
        )  # the derivative of what enters the layer `high` by what goes into the units of `low`
        for high in range(low + 1, len(passes.weights)):
            if high == low + 1:
                block = _outer(passes.entering[high], entering, through[high] * passes.slopes[low][..., None, :])
                same = np.arange(passes.slopes[low].shape[-1])
                block[:, :, same, same] += _beside(passes.delta[high], passes.slopes[low], entering)
            else:
                weights = passes.weights[high - 1][:, None]
                into = weights * passes.slopes[low][..., None, :] if high == low + 2 else weights @ moved
                moved = passes.slopes[high - 1][..., None] * into
                block = _outer(passes.entering[high], entering, through[high] @ moved)
                before, units = moved.shape[2:]
                spread = _beside(passes.delta[high], moved.reshape(*moved.shape[:2], before * units), entering)
                block[:, :, :before] += spread.reshape(*spread.shape[:2], before, units, entering.shape[-1])
            _put(result, places[high], places[low], block)
    return result


def _by_units(passes: Passes) -> tuple[list[Array], list[Array]]:
    """For each layer second derivatives by what goes into its units, (m, s, units, units), and those times its weights,
    (m, s, units, inputs), nothing for the first."""
    second, through = [passes.curvature], [np.zeros(0)]
    for depth in range(len(passes.weights) - 1, 0, -1):
        weights, slope = passes.weights[depth], passes.slopes[depth - 1]
        image = _times(second[0], weights)
        inner = _times(np.ascontiguousarray(transpose(image)), weights) * slope[..., None] * slope[..., None, :]
        units = np.arange(slope.shape[-1])
        inner[..., units, units] += passes.bends[depth - 1] * (passes.delta[depth] @ weights)
        second.insert(0, inner)
        through.insert(1, image)
    return second, through


def _times(a: Array, weights: Array) -> Array:
    """Matrices (m, s, p, q) times (m, q, r) as one product for each m."""
    m, s, p, q = a.shape
    product = a.reshape(m, s * p, q) @ weights
    return product.reshape(len(product), s, p, weights.shape[-1])


def _outer(a: Array, b: Array, h: Array) -> Array:
    """The sum over samples of h_pq a_i b_j, (m, p, i, q, j), for h (m, s, p, q), or (m, 1, p, q)."""
    entries, (p, q) = a.shape[-1] * b.shape[-1], h.shape[2:]
    products = (a[..., :, None] * b[..., None, :]).reshape(*np.broadcast_shapes(a.shape[:-1], b.shape[:-1]), entries)
    if h.shape[1] == 1:
        products = products.sum(axis=-2, keepdims=True)
    total = transpose(products) @ h.reshape(*h.shape[:2], p * q)
    return total.reshape(len(total), a.shape[-1], b.shape[-1], p, q).transpose(0, 3, 1, 4, 2)


def _beside(delta: Array, moved: Array, entering: Array) -> Array:
    """The sum over samples of delta_p moved_q a_i, (m, p, q, i)."""
    p, q = delta.shape[-1], moved.shape[-1]
    products = (delta[..., :, None] * moved[..., None, :]).reshape(*delta.shape[:2], p * q)
    total = transpose(entering) @ products
    return total.reshape(len(total), entering.shape[-1], p, q).transpose(0, 2, 3, 1)


def _put(result: Array, rows: IntArray, columns: IntArray, block: Array) -> None:
    """The block (m, p, i, q, j) of two layers, and its mirror image, into Hessians (m, n, n)."""
    matrix = block.reshape(len(block), rows.size, columns.size)
    first, second = rows.ravel(), columns.ravel()
    if rows is columns:
        result[:, first[:, None], first] = symmetrize(matrix)
    else:
        result[:, first[:, None], second] = matrix
        result[:, second[:, None], first] = transpose(matrix)
