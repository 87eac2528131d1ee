"""A PyTorch module's loss is the landscape that NumPy's own network has."""

import sys

import numpy as np
import pytest

from landscape import (
    GradientDescent,
    Landscape,
    StochasticGradientDescent,
    check_derivatives,
    descend,
    hessian_spectrum,
)
from landscape.problems.networks import network_landscape
from landscape.torch_modules import module_loss

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # more only get in the way of so small losses
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((12, 3)), RNG.integers(0, 4, 12)


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Dropout(), torch.nn.Tanh(), torch.nn.Linear(5, 4))


def both():
    loss = torch.nn.functional.cross_entropy
    mine = Landscape.from_torch_module(module(), X, Y, loss)
    return mine, network_landscape(X, np.eye(4)[Y], (5,), "tanh", "cross_entropy")


def test_it_is_the_network_written_by_hand():
    mine, theirs = both()
    assert mine.dim == theirs.dim == 44
    x, v = mine.starts(RNG, 4), RNG.standard_normal((4, 44))
    for name in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(getattr(mine, name)(x), getattr(theirs, name)(x), atol=1e-13)
    np.testing.assert_allclose(mine.hvp(x, v), theirs.hvp(x, v), atol=1e-13)
    which = RNG.integers(0, 12, (4, 3))
    np.testing.assert_allclose(mine.terms.gradient(x, which), theirs.terms.gradient(x, which), atol=1e-13)
    assert mine.name == "Sequential"
    assert mine.provenance.hessian == "PyTorch"


def test_the_module_is_left_alone_and_its_parameters_are_a_point():
    own = module()
    before = [p.clone() for p in own.parameters()]
    start = module_loss(own, X, Y, torch.nn.functional.cross_entropy).start
    landscape = Landscape.from_torch_module(own, torch.tensor(X), torch.tensor(Y), torch.nn.functional.cross_entropy)
    own.eval()
    expected = torch.nn.functional.cross_entropy(own.double()(torch.tensor(X)), torch.tensor(Y)).item()
    assert landscape.value(start) == pytest.approx(expected, rel=1e-12)
    assert all((a == b).all() for a, b in zip(before, own.parameters(), strict=True))
    assert (np.abs(start) <= np.asarray(landscape.manifold.box[1])).all()


def test_descent_and_spectrum_take_it():
    mine, _ = both()
    start = mine.starts(np.random.default_rng(1), 3)
    descent = descend(mine, start, GradientDescent(lr=0.5), max_steps=50)
    assert (descent.value < mine.value(start)).all()
    noisy = descend(mine, start, StochasticGradientDescent(lr=0.1, batch_size=4), 5, rng=np.random.default_rng(2))
    assert np.isfinite(noisy.value).all()
    assert hessian_spectrum(mine, descent.x[0], np.random.default_rng(3), top=2).exact


@pytest.mark.parametrize("name", ["mse_loss", "smooth_l1_loss", "cross_entropy"])
def test_derivatives_of_common_losses(name):
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    targets = Y % 2 if name == "cross_entropy" else X[:, 1:]
    landscape = Landscape.from_torch_module(net, X, targets, getattr(torch.nn.functional, name))
    for check in check_derivatives(landscape, landscape.starts(np.random.default_rng(0), 3)):
        assert check.holds, check.sentence()


class Tied(torch.nn.Module):
    """Two layers with one matrix."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 3)
        self.second = torch.nn.Linear(3, 3)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Linear(1, 4)
        self.attend = torch.nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        h = self.embed(x[..., None])
        return self.attend(h, h, h, need_weights=False)[0].mean(dim=2)


LAYERS = {
    "LayerNorm": lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 3)),
    "LayerNorm on data": lambda: torch.nn.Sequential(torch.nn.LayerNorm(3), torch.nn.Linear(3, 3)),
    "GroupNorm": lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GroupNorm(1, 4), torch.nn.Linear(4, 3)),
    "BatchNorm1d": lambda: torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 3)),
    "Embedding": lambda: torch.nn.Sequential(torch.nn.Embedding(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3)),
    "tied": Tied,
    "attention": Attention,
}


@pytest.mark.parametrize("layer", LAYERS)
def test_derivatives_of_common_layers(layer):
    torch.manual_seed(2)
    inputs = np.arange(12) % 4 if layer == "Embedding" else X
    landscape = Landscape.from_torch_module(LAYERS[layer](), inputs, Y % 3, torch.nn.functional.cross_entropy)
    x = landscape.starts(np.random.default_rng(0), 2)
    for check in check_derivatives(landscape, x):
        assert check.holds, check.sentence()
    np.testing.assert_allclose(landscape.hvp_at(x[0])(x), landscape.hvp(x[0], x), rtol=1e-10, atol=1e-12)


def test_frozen_parameters_are_no_coordinates_and_tied_ones_are_one():
    own, loss = module(), torch.nn.functional.cross_entropy
    own[0].weight.requires_grad_(False)
    free, some = Landscape.from_torch_module(module(), X, Y, loss), Landscape.from_torch_module(own, X, Y, loss)
    assert some.dim == free.dim - 15
    rest = some.starts(np.random.default_rng(0), 3)
    whole = np.hstack([np.broadcast_to(own[0].weight.numpy().reshape(-1), (3, 15)), rest])
    np.testing.assert_allclose(some.gradient(rest), free.gradient(whole)[:, 15:], atol=1e-14)
    assert Landscape.from_torch_module(Tied(), X, Y % 3, loss).dim == 9 + 3 + 3
    with pytest.raises(ValueError, match="Linear has no parameters to vary"):
        Landscape.from_torch_module(torch.nn.Linear(3, 4).requires_grad_(False), X, Y, loss)


def test_a_layer_without_a_batching_rule_is_taken_point_by_point(caplog):
    torch.manual_seed(3)
    series = RNG.standard_normal((5, 3, 2))
    landscape = Landscape.from_torch_module(
        torch.nn.LSTM(2, 1, batch_first=True), series, series[..., :1], lambda out, y: ((out[0] - y) ** 2).mean()
    )
    assert "Batching rule not implemented for aten::lstm" in caplog.text
    x = landscape.starts(np.random.default_rng(0), 2)
    for check in check_derivatives(landscape, x):
        assert check.holds, check.sentence()
    np.testing.assert_allclose(landscape.hvp_at(x[0])(x), landscape.hvp(x[0], x), rtol=1e-10, atol=1e-12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_module_on_a_gpu_is_the_one_on_the_processor():
    loss = torch.nn.functional.cross_entropy
    here, there = (Landscape.from_torch_module(module().to(d), X, Y, loss) for d in ("cpu", "cuda"))
    x = here.starts(np.random.default_rng(0), 3)
    for name in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(getattr(there, name)(x), getattr(here, name)(x), atol=1e-12)
    np.testing.assert_allclose(there.hvp_at(x[0])(x), here.hvp(x[0], x), atol=1e-12)
    which = np.arange(6).reshape(3, 2)
    np.testing.assert_allclose(there.terms.gradient(x, which), here.terms.gradient(x, which), atol=1e-12)


@pytest.mark.parametrize(
    ("inputs", "loss", "sentence"),
    [
        (X[:, :2], torch.nn.functional.cross_entropy, r"Sequential cannot take inputs of shape \(12, 2\)"),
        (X, torch.nn.functional.mse_loss, r"loss cannot take outputs of shape \(12, 4\) and targets of shape \(12,\)"),
        (X, lambda out, y: out, r"loss returned a tensor of shape \(12, 4\)"),
        (X, lambda out, y: 1.0, "loss returned float"),
        (X, lambda out, y: torch.nn.functional.dropout(out).mean(), "the loss draws random numbers"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(inputs, loss, sentence):
    with pytest.raises(ValueError, match=sentence) as told:
        Landscape.from_torch_module(module(), inputs, Y, loss)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_data_that_are_not_finite_are_refused(bad):
    inputs, targets = X.copy(), RNG.standard_normal((12, 4))
    inputs[3, 1] = inputs[3, 2] = inputs[7, 0] = bad
    with pytest.raises(ValueError, match=r"^inputs has numbers that are not finite, in 2 of 12 samples$"):
        Landscape.from_torch_module(module(), inputs, targets, torch.nn.functional.mse_loss)
    targets[0, 0] = bad
    with pytest.raises(ValueError, match=r"^targets has numbers that are not finite, in 1 of 12 samples$"):
        Landscape.from_torch_module(module(), X, targets, torch.nn.functional.mse_loss)


def test_it_is_printed_in_a_few_lines():
    assert len(repr(both()[0])) < 1500


def test_bad_input_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="Tanh has no parameters"):
        Landscape.from_torch_module(torch.nn.Tanh(), X, Y, torch.nn.functional.cross_entropy)
    with pytest.raises(ValueError, match="inputs has shape"):
        Landscape.from_torch_module(module(), X[:5], Y, torch.nn.functional.cross_entropy)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install 'landscape\[torch\]'"):
        Landscape.from_torch_module(None, X, Y, None)
