"""PyTorch's derivatives: wrong ones are refused in a sentence, what cannot be batched is done point by point."""

import numpy as np
import pytest

from landscape import Landscape
from landscape.torch_autodiff import TorchLoss, torch_derivatives

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # more only get in the way of so small losses
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")

X = np.random.default_rng(0).uniform(0.2, 1, (3, 2))


def branching(x):
    return (x**2).sum() if x[0] > 0 else x.sum()


def filled(x):
    squares = torch.zeros(2, dtype=x.dtype)
    squares[0], squares[1] = x[0] ** 2, x[1] ** 2
    return squares.sum()


def masked(x):
    return (x[x > 0] ** 2).sum()


@pytest.mark.parametrize("loss", [branching, filled, masked])
def test_what_cannot_be_batched_is_done_point_by_point(loss, caplog):
    made = torch_derivatives(loss)
    np.testing.assert_allclose(made.value(X), (X**2).sum(axis=1), rtol=1e-14)
    assert caplog.text.count("they are taken one by one") == 1
    np.testing.assert_allclose(made.gradient(X), 2 * X, rtol=1e-14)
    np.testing.assert_allclose(made.hessian(X), np.broadcast_to(2 * np.eye(2), (3, 2, 2)), atol=1e-14)
    np.testing.assert_allclose(made.hvp(X, X), 2 * X, rtol=1e-14)
    assert len(caplog.records) == 1


def argument(x):
    x[0] = x[1] ** 2
    return x.sum()


def shaken(x):
    squares = torch.zeros(2, dtype=x.dtype)
    squares[0] = x[0] * torch.rand(())
    return squares.sum()


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (lambda x: (x * torch.rand(2)).sum(), "the loss draws random numbers"),
        (shaken, "the loss draws random numbers"),
        (lambda x: x.sum() * x[0].item(), "takes a number out of a tensor"),
        (lambda x: torch.tensor((x.detach().numpy() ** 2).sum()), "makes a NumPy array of a tensor"),
        (lambda x: (torch.ones(3, 3, dtype=x.dtype) @ x).sum(), "PyTorch cannot compute the loss .*: size mismatch"),
        (lambda x: 3.0, "PyTorch cannot compute the loss .*: expected Tensor"),
        (torch.nn.Linear(2, 1), "Linear is a module, .* Landscape.from_torch_module"),
    ],
)
def test_losses_that_are_none_are_refused_when_they_are_made(loss, sentence):
    with pytest.raises(ValueError, match=sentence) as told:
        Landscape.from_torch(loss, 2)
    assert "\n" not in str(told.value)


def test_a_module_of_one_point_is_a_loss():
    net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0)).double()
    energy = torch.nn.Sequential(net, torch.nn.Softplus(), torch.nn.Unflatten(0, (1, 1)), torch.nn.Flatten(0))
    with pytest.raises(ValueError, match="Sequential is a module"):  # one number, but in an axis of its own
        Landscape.from_torch(energy, 2)

    class Energy(torch.nn.Module):
        def forward(self, x):
            return (x**2).sum()

    np.testing.assert_allclose(Landscape.from_torch(Energy(), 2).gradient(X), 2 * X)


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (argument, "writes into its argument"),
        (lambda x: torch.cdist(x[None], torch.ones(1, 2, dtype=x.dtype)).sum(), "_cdist_backward' is not implemented"),
    ],
)
def test_derivatives_that_there_are_not_are_refused(loss, sentence):
    with pytest.raises(ValueError, match=sentence):
        torch_derivatives(loss).hvp(X, X)


class Twisted(torch.autograd.Function):
    """The sum of squares, with a second derivative that is wrong."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return 2 * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, g):
        return torch.stack([2 * g[0] + 1e-4 * g[1], 2 * g[1]])


class Squares(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return (x**2).sum()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * Twisted.apply(ctx.saved_tensors[0])


def test_a_hessian_that_is_not_symmetric_is_refused():
    made = torch_derivatives(Squares.apply)
    np.testing.assert_allclose(made.gradient(X), 2 * X, rtol=1e-14)
    with pytest.raises(ValueError, match=r"a Hessian that is not symmetric, by 5\.0e-05 of its largest entry"):
        made.hessian(X)


@pytest.mark.parametrize("size", [1.0, 30.0, 100.0])
def test_rounding_is_not_taken_for_asymmetry(size):
    data, labels = torch.tensor(np.random.default_rng(1).standard_normal((30, 4))), torch.arange(30) % 3

    def loss(z):  # at large sizes saturated, its Hessian a small difference of large numbers
        hidden = torch.tanh(data @ z[:20].reshape(4, 5))
        return torch.nn.functional.cross_entropy(hidden @ z[20:].reshape(5, 3), labels)

    x = np.random.default_rng(2).uniform(-size, size, (50, 35))
    for made in (torch_derivatives(loss), torch_derivatives(lambda z: loss(z.float().double()))):
        h = made.hessian(x)
        np.testing.assert_array_equal(h, h.transpose(0, 2, 1))


def test_blocks_change_nothing(monkeypatch):
    def loss(x):
        return (torch.sin(x).sum() + x[0] * x[1]) ** 2

    whole = torch_derivatives(loss)
    x = np.random.default_rng(0).standard_normal((7, 3))
    expected = whole.value(x), whole.gradient(x), whole.hessian(x), whole.hvp(x, x)
    monkeypatch.setattr("landscape.torch_autodiff.BLOCK_BYTES", 700)
    parts = torch_derivatives(loss)
    assert TorchLoss(loss)._together(torch.tensor(x)) < 7
    for a, b in zip(expected, (parts.value(x), parts.gradient(x), parts.hessian(x), parts.hvp(x, x)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)
    assert whole.hessian(x[:0]).shape == (0, 3, 3)


def test_points_go_where_they_are_told_to():
    seen = []
    Landscape.from_torch(lambda x: (seen.append(x.device.type), (x**2).sum())[1], 2, device="cpu")
    assert set(seen) == {"cpu"}
