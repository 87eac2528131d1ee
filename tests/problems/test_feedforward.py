"""Networks: derivatives against the complex step of the definition and against JAX, and memory that stays bounded."""

from itertools import pairwise

import numpy as np
import pytest

from landscape.problems import feedforward
from landscape.problems.feedforward import ACTIVATIONS, LOSSES, FeedForward

RNG = np.random.default_rng(20240)
INPUTS = RNG.standard_normal((11, 3))
LABELS = np.eye(2)[RNG.integers(0, 2, 11)]

every_network = [
    pytest.param(activation, loss, hidden, bias, id=f"{activation} {loss} {hidden} {bias}")
    for activation in ACTIVATIONS
    for loss in LOSSES
    for hidden, bias in (((4,), True), ((3, 2), True), ((2, 3, 2), False), ((), True))
]
networks = pytest.mark.parametrize(("activation", "loss", "hidden", "bias"), every_network)


def make(activation, loss, hidden, bias):
    return FeedForward(INPUTS, LABELS, hidden, activation, loss, weight_decay=0.03, bias=bias)


def plain_loss(network, x, np=np):
    """The loss of one network from its definition; for complex parameters and for JAX too."""
    phi = {
        "tanh": np.tanh,
        "softplus": lambda z: np.log(1 + np.exp(z)),
        "relu": lambda z: z * (z.real > 0),
        "linear": lambda z: z,
    }[network.activation]
    out, start = network.inputs, 0
    for depth, (before, after) in enumerate(pairwise(network.sizes)):
        weights = x[start : start + before * after].reshape(after, before)
        start += before * after
        out = out @ weights.T
        if network.bias:
            out = out + x[start : start + after]
            start += after
        if depth < len(network.hidden):
            out = phi(out)
    if network.loss == "squared_error":
        loss = ((out - network.targets) ** 2).sum(axis=1) / 2
    else:
        loss = np.log(np.exp(out).sum(axis=1)) - (network.targets * out).sum(axis=1)
    return loss.mean() + network.weight_decay * (x * x).sum() / 2


@networks
def test_value_and_gradient_against_the_complex_step_of_the_definition(activation, loss, hidden, bias):
    network = make(activation, loss, hidden, bias)
    x = np.random.default_rng(1).standard_normal((3, network.dim))
    expected = [plain_loss(network, point) for point in x]
    np.testing.assert_allclose(network.value(x), expected, rtol=1e-13)
    gradient = [
        [plain_loss(network, point + 1e-30j * axis).imag / 1e-30 for axis in np.eye(network.dim)] for point in x
    ]
    np.testing.assert_allclose(network.gradient(x), gradient, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("activation", "hidden", "bias"),
    [("tanh", (3, 2), True), ("softplus", (4,), True), ("relu", (3, 2), True), ("linear", (2, 3), False)],
)
def test_products_and_hessian_against_jax(activation, loss, hidden, bias):
    jax = pytest.importorskip("jax")
    network = make(activation, loss, hidden, bias)
    x, v = np.random.default_rng(2).standard_normal((2, network.dim))
    with jax.enable_x64(True):
        compiled = jax.jit(jax.hessian(lambda point: plain_loss(network, point, jax.numpy)))
        hessian = np.asarray(compiled(jax.numpy.asarray(x)))
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(network.hessian(x), hessian, rtol=0, atol=1e-13 * scale)
    np.testing.assert_allclose(network.hvp(x, v), hessian @ v, rtol=0, atol=1e-12 * scale)


@networks
@pytest.mark.parametrize("block", [20, 1000])
def test_what_is_kept_for_a_point_changes_no_bit_of_products(monkeypatch, activation, loss, hidden, bias, block):
    monkeypatch.setattr(feedforward, "_BLOCK", block)
    network = make(activation, loss, hidden, bias)
    x, *v = np.random.default_rng(8).standard_normal((7, network.dim))
    product = network.linearized(x)
    for directions in (np.array(v), v[0], np.reshape(v, (2, 3, -1)), np.empty((0, network.dim))):
        np.testing.assert_array_equal(product(directions), network.hvp(x, directions))


def test_nothing_is_kept_of_too_many_samples(monkeypatch):
    network = make("tanh", "squared_error", (4,), True)
    x, v = np.random.default_rng(9).standard_normal((2, network.dim))
    passes, made = FeedForward._passes, []
    monkeypatch.setattr(FeedForward, "_passes", lambda self, *a: made.append(len(a[1])) or passes(self, *a))
    product = network.linearized(x)
    product(v), product(v)
    assert sum(made) == 11
    assert (
        sum(a.size for part in passes(network, x[None], INPUTS, LABELS)[1:] for a in part) / 11
        <= feedforward._KEPT_ARRAYS * 9
    )
    monkeypatch.setattr(feedforward, "_KEPT", 11 * 9 * feedforward._KEPT_ARRAYS - 1)
    product = network.linearized(x)
    product(v), product(v)
    assert sum(made) == 3 * 11


@pytest.mark.parametrize("block", [1, 40, 1000])
@pytest.mark.parametrize("loss", LOSSES)
def test_blocks_change_nothing_but_rounding(monkeypatch, block, loss):
    network = make("tanh", loss, (4,), True)
    x, v = np.random.default_rng(3).standard_normal((2, 6, network.dim))
    whole = [network.value(x), network.gradient(x), network.hessian(x), network.hvp(x, v), network.hvp(x[0], v)]
    monkeypatch.setattr(feedforward, "_BLOCK", block)
    monkeypatch.setattr(feedforward, "_HESSIAN_BLOCK", block)
    largest = 0
    forward = FeedForward._forward

    def watched(self, layers, inputs):
        nonlocal largest
        into, out = forward(self, layers, inputs)
        largest = max(largest, *(a.size for a in out))
        return into, out

    monkeypatch.setattr(FeedForward, "_forward", watched)
    in_blocks = [network.value(x), network.gradient(x), network.hessian(x), network.hvp(x, v), network.hvp(x[0], v)]
    for a, b in zip(in_blocks, whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert largest <= max(block, sum(network.sizes))


def test_hessians_that_do_not_fit_are_refused_with_what_to_do(monkeypatch):
    network = FeedForward(INPUTS, LABELS, (5000,))
    monkeypatch.setattr(feedforward, "available_memory", lambda: 8 * 2**30)
    sentence = (
        r"Hessians of 2 networks with 30002 parameters take 14\.4 GB, more than half of the 8\.59 GB of free memory; "
        r"use products, landscape\.hvp\(x, v\), and searches .* GradientNormMinimization\(\) or Dimer\(\)"
    )
    with pytest.raises(ValueError, match=sentence):
        network.hessian(np.zeros((2, network.dim)))
    assert network.hvp(np.zeros(network.dim), np.ones(network.dim)).shape == (30002,)


def test_gradients_of_all_samples_average_to_the_gradient():
    network = make("tanh", "cross_entropy", (4,), True)
    x = np.random.default_rng(4).standard_normal((5, network.dim))
    each = [network.batch_gradient(x, np.full((5, 1), sample)) for sample in range(len(INPUTS))]
    np.testing.assert_allclose(np.mean(each, axis=0), network.gradient(x), rtol=1e-12, atol=1e-14)
    pairs = np.random.default_rng(5).integers(0, len(INPUTS), (5, 2))
    expected = [(each[a][k] + each[b][k]) / 2 for k, (a, b) in enumerate(pairs)]
    np.testing.assert_allclose(network.batch_gradient(x, pairs), expected, rtol=1e-12, atol=1e-14)


def test_cross_entropy_is_finite_for_outputs_of_any_size():
    network = FeedForward(INPUTS, LABELS, (), loss="cross_entropy")
    x = 1e5 * np.random.default_rng(6).standard_normal((20, network.dim))
    assert np.isfinite(network.value(x)).all()
    assert np.isfinite(network.gradient(x)).all()
    assert np.isfinite(network.hessian(x)).all()


def test_outputs_are_what_the_loss_is_made_of():
    network = FeedForward(INPUTS, LABELS, (4,))
    x = np.random.default_rng(7).standard_normal((3, network.dim))
    outputs = network.outputs(x, INPUTS)
    assert outputs.shape == (3, 11, 2)
    np.testing.assert_allclose(network.value(x), ((outputs - LABELS) ** 2).sum(axis=-1).mean(axis=-1) / 2, rtol=1e-13)
