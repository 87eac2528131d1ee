"""Feed-forward networks: the loss over a data set with exact derivatives, for a batch of networks at once.

The gradient is back-propagation, Hessian-vector products are Pearlmutter's R-operator (Neural Computation 6, 147,
1994): every quantity of the two passes, and R{.}, its derivative along a direction in the space of parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from landscape.arrays import Array, IntArray, dot, transpose
from landscape.batch import parts
from landscape.hidden_units import Layer, number_of_parameters, pack, unpack
from landscape.memory import available_memory, gigabytes
from landscape.problems.layered_hessian import Passes, layered_hessian, numbers_per_sample

_BLOCK = 2**17  # activations of a block of networks and samples: 1 MB an array, which stays in the cache
_KEPT = 2**24  # numbers of the passes that are kept between products
_KEPT_ARRAYS = 4  # as long as all activations
_HESSIAN_BLOCK = 2**20  # numbers in the largest array of a Hessian's block: fewer samples make thin matrix products


@dataclass(frozen=True)
class Activation:
    """A function of one number, elementwise.

    Attributes
    ----------
    value, first, second : callable
        phi(z), and from z and phi(z) the first and second derivatives.
    odd, homogeneous : bool
        phi(-z) = -phi(z); phi(a z) = a phi(z) for a > 0.
    """

    value: Callable[[Array], Array]
    first: Callable[[Array, Array], Array]
    second: Callable[[Array, Array], Array]
    odd: bool = False
    homogeneous: bool = False


ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda z, a: 1 - a * a, lambda z, a: 2 * a * (a * a - 1), odd=True),
    "softplus": Activation(lambda z: np.logaddexp(0.0, z), lambda z, a: expit(z), lambda z, a: expit(z) * expit(-z)),
    # ReLU is smooth only where no unit is at its kink: there its second derivative is zero.
    "relu": Activation(
        lambda z: np.maximum(z, 0.0),
        lambda z, a: (z > 0).astype(np.float64),
        lambda z, a: np.zeros_like(z),
        homogeneous=True,
    ),
    "linear": Activation(lambda z: z, lambda z, a: np.ones_like(z), lambda z, a: np.zeros_like(z)),
}


@dataclass(frozen=True)
class Loss:
    """What outputs o (..., samples, q) cost beside targets y (samples, q).

    Attributes
    ----------
    value : callable
        (o, y) to the loss of each sample, (..., samples).
    slope : callable
        (o, y) to its derivative by the outputs, (..., samples, q).
    curvature : callable
        (o, r) to its second derivative times r, (..., samples, q).
    """

    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]
    curvature: Callable[[Array, Array], Array]


def _exponentials(o: Array) -> tuple[Array, Array, Array]:
    """m = max o (..., samples, 1), exp(o - m), and the sum of those (..., samples, 1)."""
    # A reduction over the few outputs of a sample is slow in NumPy: the largest is found output by output.
    largest = reduce(np.maximum, np.moveaxis(o, -1, 0))[..., None]
    e = np.exp(o - largest)
    return largest, e, e @ np.ones((o.shape[-1], 1))


def _softmax(o: Array) -> Array:
    _, e, total = _exponentials(o)
    return e / total


def _cross_entropy(o: Array, y: Array) -> Array:
    largest, _, total = _exponentials(o)
    return dot(y, largest + np.log(total) - o)


def _softmax_curvature(o: Array, r: Array) -> Array:
    p = _softmax(o)
    return p * (r - dot(p, r)[..., None])


LOSSES = {
    "squared_error": Loss(lambda o, y: 0.5 * dot(o - y, o - y), lambda o, y: o - y, lambda o, r: r),
    "cross_entropy": Loss(_cross_entropy, lambda o, y: _softmax(o) - y, _softmax_curvature),
}


class _Passes(NamedTuple):
    """What a Hessian-vector product needs of the networks themselves, for some samples.

    Attributes
    ----------
    weights : list of (..., units, units before)
    out : list of (..., samples, units)
        The inputs and what comes out of each layer.
    slopes, bends : list of (..., samples, units)
        Of each hidden layer: phi'(z), and phi''(z) times the loss's derivative by what comes out.
    delta : list of (..., samples, units)
        The loss's derivative by what goes into each layer.
    """

    weights: list[Array]
    out: list[Array]
    slopes: list[Array]
    bends: list[Array]
    delta: list[Array]


@dataclass(frozen=True, eq=False)
class FeedForward:
    """scale * (sum of the loss over samples) + weight_decay |x|^2 / 2, for points x of shape (..., n).

    Parameters
    ----------
    inputs, targets : (samples, p), (samples, q)
    hidden : tuple of int
        Units of each hidden layer; none for a linear map.
    activation, loss : str
        Keys of `ACTIVATIONS` and `LOSSES`.
    scale : float, optional
        One over the number of samples if left out: the mean.
    weight_decay : float
    bias : bool
        Whether units have biases.
    """

    inputs: Array
    targets: Array
    hidden: tuple[int, ...]
    activation: str = "tanh"
    loss: str = "squared_error"
    scale: float | None = None
    weight_decay: float = 0.0
    bias: bool = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden units of each layer, outputs."""
        return (self.inputs.shape[1], *self.hidden, self.targets.shape[1])

    @property
    def dim(self) -> int:
        """Number of parameters n."""
        return number_of_parameters(self.sizes, self.bias)

    def outputs(self, x: Array, inputs: Array) -> Array:
        """What the networks `x` (..., n) answer to `inputs` (samples, p), (..., samples, q)."""
        return self._forward(unpack(x, self.sizes, self.bias), inputs)[1][-1]

    def value(self, x: Array) -> Array:
        flat = x.reshape(-1, x.shape[-1])
        loss = self._in_blocks(self._value, flat).reshape(x.shape[:-1])
        return loss + 0.5 * self.weight_decay * dot(x, x)

    def gradient(self, x: Array) -> Array:
        flat = x.reshape(-1, x.shape[-1])
        return self._in_blocks(self._gradient, flat).reshape(x.shape) + self.weight_decay * x

    def batch_gradient(self, x: Array, which: IntArray) -> Array:
        """For each of the networks `x` (m, n) the gradient of the mean loss on its own samples `which` (m, b)."""
        total = self._gradient(x, self.inputs[which], self.targets[which])
        return total / which.shape[1] + self.weight_decay * x

    def hvp(self, x: Array, v: Array) -> Array:
        shape = np.broadcast_shapes(x.shape, v.shape)
        directions = np.broadcast_to(v, shape).reshape(-1, shape[-1])
        # One network and many directions: its own two passes are made once.
        flat = x[None] if x.ndim == 1 else np.broadcast_to(x, shape).reshape(-1, shape[-1])
        return self._in_blocks(self._product, flat, directions).reshape(shape) + self.weight_decay * v

    def linearized(self, x: Array) -> Callable[[Array], Array]:
        """v (..., n) to the product with the Hessian at one point `x` (n,), whose own two passes are kept if there are
        not too many samples for that."""
        if _KEPT_ARRAYS * sum(self.sizes) * len(self.inputs) > _KEPT:
            return partial(self.hvp, x)
        blocks = parts(len(self.inputs), sum(self.sizes), _BLOCK)
        kept = [self._passes(x[None], self.inputs[rows], self.targets[rows]) for rows in blocks]

        def product(v: Array) -> Array:
            directions = v.reshape(-1, v.shape[-1])
            several = parts(len(directions), self._activations(), _BLOCK)
            sums = [reduce(np.add, (self._along(passes, directions[rows]) for passes in kept)) for rows in several]
            return np.concatenate(sums).reshape(v.shape) * self._scale + self.weight_decay * v

        return product

    def hessian(self, x: Array) -> Array:
        """All second derivatives, (..., n, n).

        Raises
        ------
        ValueError
            If the matrices do not fit in half of the free memory.
        """
        flat, n = x.reshape(-1, x.shape[-1]), x.shape[-1]
        room, needed = available_memory(), 8.0 * len(flat) * n * n
        if room is not None and needed > 0.5 * room:
            raise ValueError(
                f"Hessians of {len(flat)} networks with {n} parameters take {gigabytes(needed)}, more than half of the "
                f"{gigabytes(room)} of free memory; use products, landscape.hvp(x, v), and searches that need nothing "
                "else, such as GradientNormMinimization() or Dimer()"
            )
        each = numbers_per_sample(self.sizes)
        together = max(each * min(len(self.inputs), max(_HESSIAN_BLOCK // each, 1)), n * n)
        result = np.empty((len(flat), n, n))
        for rows in parts(len(flat), together, _HESSIAN_BLOCK):
            result[rows] = self._over_samples(self._second, flat[rows], entries=each, budget=_HESSIAN_BLOCK)
        place = np.arange(n)
        result[:, place, place] += self.weight_decay
        return result.reshape(*x.shape, n)

    @property
    def _scale(self) -> float:
        return 1 / len(self.inputs) if self.scale is None else self.scale

    def _activations(self) -> int:
        """Numbers of one network in a block of samples."""
        return min(sum(self.sizes) * len(self.inputs), _BLOCK)

    def _in_blocks(self, function: Callable[..., Array], *points: Array) -> Array:
        """`_over_samples` for points (m, n), or (1, n) for all of them, in blocks that bound the memory."""
        blocks = parts(max(map(len, points)), self._activations(), _BLOCK)
        results = [self._over_samples(function, *(p if len(p) == 1 else p[rows] for p in points)) for rows in blocks]
        return results[0] if len(results) == 1 else np.concatenate(results)

    def _over_samples(
        self, function: Callable[..., Array], *points: Array, entries: int = 0, budget: int | None = None
    ) -> Array:
        """`scale` times the sum of `function` over all samples, a block of them at a time, of as many as have `budget`
        numbers if each has `entries`, or activations."""
        blocks = parts(len(self.inputs), entries or sum(self.sizes), budget or _BLOCK)
        total = reduce(np.add, (function(*points, self.inputs[rows], self.targets[rows]) for rows in blocks))
        return total * self._scale

    def _forward(self, layers: list[Layer], inputs: Array) -> tuple[list[Array], list[Array]]:
        """What goes into the units of each layer and, from the inputs on, what comes out, (..., samples, units)."""
        phi = ACTIVATIONS[self.activation].value
        into: list[Array] = []
        out = [inputs]
        for weights, biases in layers:
            into.append(out[-1] @ transpose(weights))
            if self.bias:
                into[-1] += biases[..., None, :]
            out.append(phi(into[-1]) if len(into) < len(layers) else into[-1])
        return into, out

    def _bias_gradient(self, delta: Array) -> Array:
        return np.ones(delta.shape[-2]) @ delta if self.bias else delta[..., 0, :0]

    def _value(self, x: Array, inputs: Array, targets: Array) -> Array:
        outputs = self._forward(unpack(x, self.sizes, self.bias), inputs)[1][-1]
        return LOSSES[self.loss].value(outputs, targets).sum(axis=-1)

    def _gradient(self, x: Array, inputs: Array, targets: Array) -> Array:
        layers = unpack(x, self.sizes, self.bias)
        into, out = self._forward(layers, inputs)
        first = ACTIVATIONS[self.activation].first
        delta = LOSSES[self.loss].slope(out[-1], targets)
        gradient: list[Layer] = []
        for depth in reversed(range(len(layers))):
            gradient.append((transpose(delta) @ out[depth], self._bias_gradient(delta)))
            if depth:
                delta = (delta @ layers[depth][0]) * first(into[depth - 1], out[depth])
        return pack(gradient[::-1])

    def _product(self, x: Array, v: Array, inputs: Array, targets: Array) -> Array:
        return self._along(self._passes(x, inputs, targets), v)

    def _passes(self, x: Array, inputs: Array, targets: Array) -> _Passes:
        layers = unpack(x, self.sizes, self.bias)
        activation, loss = ACTIVATIONS[self.activation], LOSSES[self.loss]
        into, out = self._forward(layers, inputs)
        slopes = [activation.first(z, a) for z, a in zip(into[:-1], out[1:-1], strict=True)]
        delta = [loss.slope(out[-1], targets)]
        bends: list[Array] = []
        for depth in range(len(slopes), 0, -1):
            back = delta[0] @ layers[depth][0]
            bends.insert(0, back * activation.second(into[depth - 1], out[depth]))
            delta.insert(0, back * slopes[depth - 1])
        return _Passes([weights for weights, _ in layers], out, slopes, bends, delta)

    def _along(self, passes: _Passes, v: Array) -> Array:
        """R{gradient} along directions `v`. Sums are formed in place: fresh arrays cost as much as the products."""
        weights, out, slopes, bends, delta = passes
        along = unpack(v, self.sizes, self.bias)
        r_into: list[Array] = []
        r_out: list[Array] = []  # of hidden layers
        for depth, (vw, vb) in enumerate(along):
            r_into.append(out[depth] @ transpose(vw))
            if self.bias:
                r_into[-1] += vb[..., None, :]
            if depth:
                r_into[-1] += r_out[-1] @ transpose(weights[depth])
            if depth < len(slopes):
                r_out.append(slopes[depth] * r_into[-1])
        r_delta = LOSSES[self.loss].curvature(out[-1], r_into[-1])
        product: list[Layer] = []
        for depth in range(len(slopes), -1, -1):
            r_weights = transpose(r_delta) @ out[depth]
            if depth:
                r_weights += transpose(delta[depth]) @ r_out[depth - 1]
            product.append((r_weights, self._bias_gradient(r_delta)))
            if depth:
                r_delta = r_delta @ weights[depth]
                r_delta += delta[depth] @ along[depth][0]
                r_delta *= slopes[depth - 1]
                r_into[depth - 1] *= bends[depth - 1]
                r_delta += r_into[depth - 1]
        return pack(product[::-1])

    def _second(self, x: Array, inputs: Array, targets: Array) -> Array:
        layers = unpack(x, self.sizes, self.bias)
        into, out = self._forward(layers, inputs)
        activation, loss = ACTIVATIONS[self.activation], LOSSES[self.loss]
        hidden = list(zip(into[:-1], out[1:-1], strict=True))
        slopes = [activation.first(z, a) for z, a in hidden]
        delta = [loss.slope(out[-1], targets)]
        for depth in range(len(hidden), 0, -1):
            delta.insert(0, (delta[0] @ layers[depth][0]) * slopes[depth - 1])
        curvature = loss.curvature(out[-1][..., None, :], np.eye(targets.shape[-1]))
        ones = np.ones((len(inputs), int(self.bias)))
        passes = Passes(
            weights=[weights for weights, _ in layers],
            entering=[
                np.concatenate([a, np.broadcast_to(ones, (*a.shape[:-1], ones.shape[-1]))], -1) for a in out[:-1]
            ],
            slopes=slopes,
            bends=[activation.second(z, a) for z, a in hidden],
            delta=delta,
            curvature=curvature.reshape((1,) * (4 - curvature.ndim) + curvature.shape),
        )
        columns = unpack(np.arange(self.dim, dtype=np.float64), self.sizes, self.bias)
        places = [np.concatenate([w, b.reshape(len(w), -1)], axis=1).astype(np.int64) for w, b in columns]
        return layered_hessian(passes, places)
