"""The Hessian by layers against products with every direction, which come from another pass through the network."""

import numpy as np
import pytest

from landscape.problems import feedforward, layered_hessian
from landscape.problems.feedforward import ACTIVATIONS, LOSSES, FeedForward

RNG = np.random.default_rng(7)
INPUTS = RNG.standard_normal((13, 3))
LABELS = np.eye(2)[RNG.integers(0, 2, 13)]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (4,), (3, 5), (2, 4, 3), (3, 2, 4, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_columns_are_products_with_unit_vectors(hidden, activation, loss, bias):
    network = FeedForward(INPUTS, LABELS, hidden, activation, loss, weight_decay=0.1, bias=bias)
    x = np.random.default_rng(1).standard_normal((2, 3, network.dim))
    expected = network.hvp(x[..., None, :], np.eye(network.dim))
    hessian = network.hessian(x)
    np.testing.assert_allclose(hessian, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, -1, -2))
    assert network.hessian(x[:0]).shape == (0, 3, network.dim, network.dim)


@pytest.mark.parametrize(("sizes", "largest"), [((3, 4, 2), 25), ((8, 2, 2), 81), ((3, 4, 5, 2), 125)])
def test_no_array_is_larger_than_announced(monkeypatch, sizes, largest):
    assert layered_hessian.numbers_per_sample(sizes) == largest
    network = FeedForward(np.ones((6, sizes[0])), np.ones((6, sizes[-1])), sizes[1:-1])
    monkeypatch.setattr(feedforward, "_HESSIAN_BLOCK", 1)  # a network and a sample at a time
    seen = []
    for name in ("_outer", "_beside"):
        original = getattr(layered_hessian, name)

        def watched(a, b, c, original=original):
            seen.append(max(a.shape[-1] * b.shape[-1] * a.shape[-2], c.size))
            return original(a, b, c)

        monkeypatch.setattr(layered_hessian, name, watched)
    network.hessian(np.ones((3, network.dim)))
    assert 0 < max(seen) <= largest
