"""A PyTorch module's loss is the landscape that NumPy's own network has."""

import sys

import numpy as np
import pytest

from landscape import GradientDescent, Landscape, StochasticGradientDescent, descend, hessian_spectrum
from landscape.problems.networks import network_landscape
from landscape.torch_modules import module_loss

torch = pytest.importorskip("torch")
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


def test_bad_input_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="Tanh has no parameters"):
        Landscape.from_torch_module(torch.nn.Tanh(), X, Y, torch.nn.functional.cross_entropy)
    with pytest.raises(ValueError, match="inputs has shape"):
        Landscape.from_torch_module(module(), X[:5], Y, torch.nn.functional.cross_entropy)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"pip install 'landscape\[torch\]'"):
        Landscape.from_torch_module(None, X, Y, None)
