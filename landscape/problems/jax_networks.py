"""The loss of a feed-forward network written for JAX, which computes where JAX does: on a GPU, if there is one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from landscape.autodiff import Derivatives, jax_derivatives
from landscape.hidden_units import unpack
from landscape.problems.feedforward import FeedForward


def jax_network(network: FeedForward) -> Derivatives:
    """The value of a network's loss and its derivatives by JAX, for points (..., n).

    Raises
    ------
    ImportError
        If JAX is not installed; the message has the command that installs it.
    ValueError
        If JAX computes in float32.

    Examples
    --------
    >>> import jax, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> network = FeedForward(np.array([[0.0], [1.0]]), np.array([[1.0], [0.0]]), (2,))
    >>> x = np.linspace(-1, 1, network.dim)
    >>> bool(np.isclose(jax_network(network).value(x), network.value(x), rtol=1e-14))
    True
    """
    return jax_derivatives(_loss(network))


def _loss(network: FeedForward) -> Callable[[Any], Any]:
    """The loss at one point (n,), a JAX array."""

    def loss(x: Any) -> Any:
        jax = importlib.import_module("jax")
        activation = {
            "tanh": jax.numpy.tanh,
            "softplus": jax.nn.softplus,
            "relu": jax.nn.relu,
            "linear": lambda z: z,
        }[network.activation]
        o = network.inputs
        *hidden, last = unpack(x, network.sizes, network.bias)
        for weights, bias in hidden:
            o = activation(_affine(o, weights, bias, network.bias))
        o = _affine(o, *last, network.bias)
        if network.loss == "cross_entropy":
            each = (network.targets * (jax.scipy.special.logsumexp(o, axis=-1, keepdims=True) - o)).sum(axis=-1)
        else:
            each = 0.5 * ((o - network.targets) ** 2).sum(axis=-1)
        scale = 1 / len(network.inputs) if network.scale is None else network.scale
        return scale * each.sum() + 0.5 * network.weight_decay * (x @ x)

    return loss


def _affine(inputs: Any, weights: Any, bias: Any, biased: bool) -> Any:
    return inputs @ weights.T + bias if biased else inputs @ weights.T
