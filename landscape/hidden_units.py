"""The symmetry of a feed-forward network: hidden units without names.

A point is the network's parameters: layer by layer the weights, row by row, then the biases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from landscape.arrays import Array, IntArray, norm, transpose
from landscape.manifolds import Manifold

Layer = tuple[Array, Array]  # weights (..., out, in) and biases (..., out)

_SAME_UNIT = 1e-6  # units nearer than this, in units of the length scale, are copies of one another
_NO_WEIGHT = 1e-6  # a rescaled unit whose weights are smaller stays where it is
_MOST_SWEEPS = 50
_LARGEST_ORBIT = 2.0**62


def number_of_parameters(sizes: Sequence[int], bias: bool = True) -> int:
    """Weights, and biases, between layers of the given sizes, the inputs' first."""
    return sum((before + bias) * after for before, after in pairwise(sizes))


def unpack(x: Array, sizes: Sequence[int], bias: bool = True) -> list[Layer]:
    """Points (..., n) as each layer's weights (..., out, in) and biases (..., out), or (..., 0): views.

    Examples
    --------
    >>> [(w.shape, b.shape) for w, b in unpack(np.zeros((5, 16)), (3, 3, 1))]
    [((5, 3, 3), (5, 3)), ((5, 1, 3), (5, 1))]
    """
    wanted = number_of_parameters(sizes, bias)
    if x.shape[-1] != wanted:
        raise ValueError(
            f"a network of sizes {tuple(sizes)} has {wanted} parameters but the points have {x.shape[-1]} coordinates"
        )
    layers, start = [], 0
    for before, after in pairwise(sizes):
        end = start + before * after
        weights = x[..., start:end].reshape(*x.shape[:-1], after, before)
        start = end + after * bias
        layers.append((weights, x[..., end:start]))
    return layers


def pack(layers: Sequence[Layer]) -> Array:
    """The points (..., n) that `unpack` takes apart."""
    return np.concatenate([part for w, b in layers for part in (_entries(w), b)], axis=-1)


def _entries(matrix: Array) -> Array:
    """Matrices (..., p, q) row by row, (..., p q)."""
    return matrix.reshape(*matrix.shape[:-2], matrix.shape[-2] * matrix.shape[-1])


@dataclass(frozen=True)
class HiddenUnits:
    """Networks that compute the same function because their hidden units only changed places, or signs, or scales.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden units of each layer, outputs.
    odd : bool
        The activation is odd: the signs of all that goes into a unit and all that comes out of it can be flipped
        together. Permutations and flips are all the symmetry that a tanh network with one hidden layer has (Sussmann,
        Neural Networks 5, 589, 1992).
    rescaling : bool
        The activation is positively homogeneous, as ReLU is: what goes into a unit can be multiplied by a > 0 and what
        comes out divided by it. That group has no invariant metric: orbits come arbitrarily near to each other, so
        that points are compared by their *balanced* representatives, in which each unit's weights in and out have
        equal norms (the smallest of the orbit).
    shift : bool
        The loss does not change when all outputs grow by one number, as with softmax: the output layer can be shifted.

    Notes
    -----
    With one hidden layer the best alignment is an assignment problem and found exactly. With more, layers are aligned
    in turn, each given its neighbours, until nothing improves (Ainsworth, Hayase & Srinivasa, arXiv:2209.04836, 2022);
    the result is an upper bound, exact for copies of a network whose units of a layer can be told apart by the
    absolute values of their own weights.
    """

    sizes: tuple[int, ...]
    odd: bool = False
    rescaling: bool = False
    shift: bool = False

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return self.sizes[1:-1]

    def fingerprint(self, manifold: Manifold, x: Array) -> Array:
        """Weights sorted over the units they belong to, without signs if the activation is odd, (..., n)."""
        layers = unpack(self._representative(x), self.sizes)
        parts: list[Array] = []
        for depth, (w, b) in enumerate(layers):
            first, last = depth == 0, depth == len(layers) - 1
            size = np.abs if self.odd else np.asarray
            if last:
                parts += [_entries(w if first else np.sort(size(w), axis=-1)), b]
            else:
                rows = _entries(np.sort(size(w), axis=-2))
                parts += [rows if first else np.sort(rows, axis=-1), np.sort(size(b), axis=-1)]
        return np.concatenate(parts, axis=-1)

    def distance(self, manifold: Manifold, x: Array, y: Array, within: float = np.inf) -> Array:
        """Distance after the best alignment of hidden units, between representatives."""
        x, y = np.broadcast_arrays(self._representative(x), self._representative(y))
        lead = x.shape[:-1]
        x, y = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
        result = norm(x - y)
        # Sorting brings no two numbers farther apart: where fingerprints differ, so do the networks.
        gap = norm(self.fingerprint(manifold, x) - self.fingerprint(manifold, y))
        for k in np.flatnonzero((gap <= within) & (result > 0)):
            result[k] = min(result[k], self._aligned_distance(x[k], y[k]))
        return result.reshape(lead)

    def zero_modes(self, x: Array) -> Array:
        """Rescalings of every hidden unit and shifts of the output layer, (..., n, k)."""
        layers = unpack(x, self.sizes)
        modes: list[Array] = []
        if self.rescaling:
            for depth, units in enumerate(self.hidden):
                mode = np.zeros((units, *x.shape))
                tangent = unpack(mode, self.sizes)
                (w, b), (out, _) = layers[depth], layers[depth + 1]
                for unit in range(units):
                    tangent[depth][0][unit, ..., unit, :] = w[..., unit, :]
                    tangent[depth][1][unit, ..., unit] = b[..., unit]
                    tangent[depth + 1][0][unit, ..., :, unit] = -out[..., :, unit]
                modes += list(mode)
        if self.shift:
            mode = np.zeros((self.sizes[-2] + 1, *x.shape))
            w, b = unpack(mode, self.sizes)[-1]
            for unit in range(self.sizes[-2]):
                w[unit, ..., :, unit] = 1.0
            b[-1] = 1.0
            modes += list(mode)
        if not modes:
            return np.zeros((*x.shape, 0))
        return orthonormal_columns(np.stack(modes, axis=-1), _NO_WEIGHT)

    def orbit_size(self, manifold: Manifold, x: Array) -> IntArray | None:
        """Distinct points of each orbit: hidden units that are copies, or zero, make it smaller.

        None for more than one hidden layer as well, and where the group has more elements than an integer can hold.
        """
        if self.rescaling or self.shift or len(self.hidden) > 1:
            return None
        if not self.hidden:
            return np.ones(x.shape[:-1], dtype=np.int64)
        units = self.hidden[0]
        if math.factorial(units) * 2.0 ** (units * self.odd) > _LARGEST_ORBIT:
            return None
        vectors = _units(unpack(x, self.sizes), 0)
        near = _SAME_UNIT * manifold.length_scale
        gaps = norm(vectors[..., :, None, :] - vectors[..., None, :, :])
        if self.odd:
            gaps = np.minimum(gaps, norm(vectors[..., :, None, :] + vectors[..., None, :, :]))
        # The k-th copy of a unit divides the orbit by k: by m! for a unit with m copies.
        copies = np.tril(gaps <= near).sum(axis=-1).prod(axis=-1)
        flips = 2 ** (norm(vectors) > near).sum(axis=-1) if self.odd else 1
        return np.asarray(math.factorial(units) // copies * flips, dtype=np.int64)

    def symmetrize(self, x: Array, rng: np.random.Generator) -> Array:
        """Networks (m, n) in which one unit of a hidden layer is a copy of another or, where signs or scales of units
        are free, silent: larger networks have the critical points of smaller ones there (Fukumizu & Amari, Neural
        Networks 13, 317, 2000)."""
        least = 0 if self.odd or self.rescaling else 1  # places between a unit and the one it copies; 0 is silence
        choices = [layer for layer, units in enumerate(self.hidden) if units > least]
        if not choices:
            return x
        layers = [(w.copy(), b.copy()) for w, b in unpack(x, self.sizes)]
        chosen = rng.choice(choices, len(x))
        for layer in choices:
            rows = np.flatnonzero(chosen == layer)
            units = self.hidden[layer]
            unit, away = rng.integers(units, size=len(rows)), rng.integers(least, units, size=len(rows))
            other, kept = (unit + away) % units, away > 0
            (w, b), (out, _) = layers[layer], layers[layer + 1]
            w[rows, unit] = w[rows, other] * kept[:, None]
            b[rows, unit] = b[rows, other] * kept
            out[rows, :, unit] = out[rows, :, other] * kept[:, None]
        return pack(layers)

    def _representative(self, x: Array) -> Array:
        """The point of the orbit's continuous part that stands for it: the one of smallest norm, (..., n)."""
        if not (self.shift or self.rescaling):
            return x
        layers = [(w.copy(), b.copy()) for w, b in unpack(x, self.sizes)]
        if self.shift:
            w, b = layers[-1]
            w -= w.mean(axis=-2, keepdims=True)
            b -= b.mean(axis=-1, keepdims=True)
        if self.rescaling:
            _balance(layers)
        return pack(layers)

    def _aligned_distance(self, x: Array, y: Array) -> float:
        """Distance of two networks (n,) after aligning the second with the first, layer by layer."""
        first = unpack(x, self.sizes)
        second = [(w.copy(), b.copy()) for w, b in unpack(y, self.sizes)]
        depths = range(len(self.hidden))
        for depth in depths:
            # What goes out to a layer that is not aligned yet is known up to its order and signs.
            self._align(first, second, depth, sort_outgoing=depth + 1 < len(self.hidden))
        best = float(norm(pack(first) - pack(second)))
        for _ in range(_MOST_SWEEPS if len(self.hidden) > 1 else 0):
            for depth in depths:
                self._align(first, second, depth, sort_outgoing=False)
            now = float(norm(pack(first) - pack(second)))
            if not now < best:
                break
            best = now
        return best

    def _align(self, first: list[Layer], second: list[Layer], depth: int, sort_outgoing: bool) -> None:
        """Give the units of one hidden layer of `second` the places and signs that bring them nearest to `first`'s."""
        incoming = self.sizes[depth] + 1
        a, b = _units(first, depth), _units(second, depth)
        cost = np.zeros((len(a), len(b)))
        if sort_outgoing:
            size = np.abs if self.odd else np.asarray
            outgoing = [np.sort(size(units[:, incoming:]), axis=-1) for units in (a, b)]
            cost -= 2 * outgoing[0] @ outgoing[1].T
            a, b = a[:, :incoming], b[:, :incoming]
        overlap = a @ b.T
        cost -= 2 * (np.abs(overlap) if self.odd else overlap)
        # Squared lengths add the same to every permutation, and are left out.
        order = linear_sum_assignment(cost)[1]
        sign = np.where(overlap[np.arange(len(a)), order] < 0, -1.0, 1.0) if self.odd else np.ones(len(a))
        (w, bias), (out, out_bias) = second[depth], second[depth + 1]
        second[depth] = (sign[:, None] * w[order], sign * bias[order])
        second[depth + 1] = (out[:, order] * sign, out_bias)


def orthonormal_columns(modes: Array, least: float) -> Array:
    """Orthonormal columns that span those of `modes` (..., n, k), zeros where they span fewer than k dimensions.

    A combination of modes with coefficients of norm 1 counts only if it is longer than `least`: at a point that the
    group leaves alone the modes vanish, and next to it, where a search ends, they are nothing but rounding."""
    moments, axes = np.linalg.eigh(transpose(modes) @ modes)
    kept = moments > least**2
    length = np.sqrt(np.where(kept, moments, 1.0))
    return (modes @ axes) * (kept / length)[..., None, :]


def _units(layers: Sequence[Layer], depth: int) -> Array:
    """For each unit of a hidden layer its weights in, its bias and its weights out, (..., units, in + 1 + out)."""
    (w, b), (out, _) = layers[depth], layers[depth + 1]
    return np.concatenate([w, b[..., None], transpose(out)], axis=-1)


def _balance(layers: list[Layer]) -> None:
    """Scale hidden units so that weights in and out have equal norms, in place; layer by layer until it holds."""
    for _ in range(_MOST_SWEEPS):
        worst = 0.0
        for (w, b), (out, _) in pairwise(layers):
            into, from_ = np.hypot(norm(w), np.abs(b)), norm(transpose(out))
            alive = (into > 0) & (from_ > 0)  # a unit without effect goes to zero
            scale = np.sqrt(np.where(alive, from_, 0.0) / np.where(into > 0, into, 1.0))
            back = np.where(alive, 1 / np.where(alive, scale, 1.0), 0.0)
            w *= scale[..., None]
            b *= scale
            out *= back[..., None, :]
            worst = max(worst, float(np.abs(np.log(scale, where=alive, out=np.zeros_like(scale))).max(initial=0.0)))
        if worst < 1e-14:
            break
