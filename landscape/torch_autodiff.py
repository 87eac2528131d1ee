"""Derivatives of a PyTorch loss by `torch.func`, for many points at once.

No `vmap` is nested in another: there the rules of some layers are wrong, without a message (LayerNorm's second
derivatives in PyTorch 2.13). A Hessian is made from its products with the basis vectors, one `vmap` over all pairs of a
point and a vector, and its symmetry, which nothing enforces, is checked before it is handed on.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from landscape.arrays import Array
from landscape.autodiff import BatchFunction, Derivatives, _engine, _flat_batch

BLOCK_BYTES = 2**27  # of intermediate results held at once: blocks much smaller or larger are slower
_COPIES = 4  # of what a loss keeps for its backward pass: about what its second derivative takes
_ASYMMETRY = 0.4  # a power of the machine precision: 5e-7 in double precision, 2e-3 in single

_log = logging.getLogger(__name__)

_REFUSED = {  # what PyTorch says, and what that means to who wrote the loss; one point at a time would be as wrong
    "random operation": (
        "the loss draws random numbers, as dropout in training does, but a landscape has one value at each point"
    ),
    "you're calling .item()": (
        "the loss takes a number out of a tensor, by .item() or float(), and with it goes its derivative; "
        "leave it a tensor, or write .detach() if a constant is meant"
    ),
    "data pointer of Tensor": "the loss makes a NumPy array of a tensor, and with it goes the derivative",
    "leaf Variable that requires grad": "the loss writes into its argument; let it write into a copy, x.clone()",
}


def torch_derivatives(loss: Callable[[Any], Any], device: Any = None) -> Derivatives:
    """A PyTorch loss of one point, a float64 tensor of shape (n,), as batched NumPy functions (`torch.func`).

    Parameters
    ----------
    loss : callable
    device : torch.device or str, optional
        Where the points are put and all is computed; PyTorch's default if left out.

    Raises
    ------
    ImportError
        If PyTorch is not installed; the message has the command that installs it.
    ValueError
        When called, if PyTorch cannot compute the loss or a derivative of it, or its Hessian is not symmetric.
    """
    made = TorchLoss(loss, device)
    value, gradient, hessian, hvp = map(made.on_arrays, (made.value, made.gradient, made.hessian, made.hvp))
    return Derivatives(value, gradient, hessian, hvp, made.linearized)


class _Cost(NamedTuple):
    """Bytes that one evaluation of a loss keeps for its backward pass, and the coarsest precision among them."""

    kept: int
    precision: float


class TorchLoss:
    """A PyTorch loss of one point, a float64 tensor (n,) to a scalar, and its derivatives for tensors (m, n)."""

    def __init__(self, loss: Callable[[Any], Any], device: Any = None) -> None:
        self._torch = torch = _engine("torch")
        self._loss = loss
        self._device = device
        self._cost: _Cost | None = None
        self._one_by_one: set[Callable[..., Any]] = set()
        self._gradient = gradient = torch.func.grad(loss)

        def product(x: Any, v: Any) -> Any:
            # Not in forward mode, which fails for losses as common as `mse_loss`.
            return torch.func.grad(lambda z: (gradient(z) * v).sum())(x)

        self.value = self.batched(loss)
        self.gradient = self.batched(gradient)
        self.hvp = self.batched(product)

    def batched(self, of_one: Callable[..., Any]) -> Callable[..., Any]:
        """A function of one point, and maybe of more tensors, as one of many of each, along the first axis.

        Points that PyTorch cannot take together, because a layer has no rule for that, say, are taken one by one.
        """
        torch = self._torch
        together = torch.func.vmap(of_one)

        def in_turn(*tensors: Any) -> Any:
            return torch.stack([of_one(*one) for one in zip(*tensors, strict=True)]).detach()

        def block(*tensors: Any) -> Any:
            if of_one in self._one_by_one:
                return self._attempt(in_turn, *tensors)
            try:
                with plain_attention():
                    return together(*tensors).detach()
            except Exception as error:
                if any(words in str(error) for words in _REFUSED):
                    raise ValueError(_sentence(error)) from error
                result = self._attempt(in_turn, *tensors)
                if not torch.allclose(result, self._attempt(in_turn, *tensors), equal_nan=True):
                    raise ValueError(_REFUSED["random operation"]) from error
                if not self._one_by_one:
                    _log.warning(
                        "PyTorch cannot take this loss at several points at once (%s): they are taken one by one, "
                        "which is slower",
                        first_sentence(error),
                    )
                self._one_by_one.add(of_one)
                return result

        def call(*tensors: Any) -> Any:
            size = self._together(tensors[0])
            return torch.cat([block(*some) for some in zip(*(t.split(size) for t in tensors), strict=True)])

        return call

    def hessian(self, x: Any) -> Any:
        """(m, n) to (m, n, n)."""
        torch = self._torch
        m, n = x.shape
        basis = torch.eye(n, dtype=x.dtype, device=x.device)
        blocks = torch.arange(m * n, device=x.device).split(self._together(x))
        rows = torch.cat([self.hvp(x[pairs // n], basis[pairs % n]) for pairs in blocks])
        return self._symmetric(rows.reshape(m, n, n), self._known_cost(x).precision ** _ASYMMETRY)

    def linearized(self, x: Array) -> BatchFunction:
        """The product with the Hessian at one point (n,), as a function of arrays (..., n): the gradient's graph is
        made once. Vectors are taken one by one: the graph's rules are those for one point."""
        torch = self._torch
        _, pull_back = self._attempt(torch.func.vjp, self._gradient, self._tensor(x))

        def product(v: Any) -> Any:
            return torch.stack([self._attempt(pull_back, one)[0] for one in v]).detach()

        return self.on_arrays(product)

    def on_arrays(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """A function of tensors (m, n), ... as one of arrays (..., n), ..."""

        def call(*arrays: Array) -> Array:
            # torch.func.vmap cannot map over an empty axis: a point of zeros stands in.
            filled = (a if len(a) else np.zeros((1, *a.shape[1:])) for a in arrays)
            result = function(*map(self._tensor, filled))
            return np.array(result.cpu().numpy(), dtype=np.float64)[: len(arrays[0])]

        return _flat_batch(call)

    def _tensor(self, a: Array) -> Any:
        return self._torch.tensor(a, dtype=self._torch.float64, device=self._device)

    def _symmetric(self, matrices: Any, tolerance: float) -> Any:
        """The symmetric parts of Hessians (m, n, n), which must be them but for rounding."""
        transposed = matrices.transpose(1, 2)
        # Where a loss is as good as flat its Hessian is all rounding, which need not be symmetric.
        scale = matrices.abs().amax(dim=(1, 2)).clamp(min=tolerance)
        asymmetry = (matrices - transposed).abs().amax(dim=(1, 2)) / scale
        wrong = asymmetry > tolerance
        if bool(wrong.any()):
            worst = float(asymmetry[wrong].max())
            raise ValueError(
                f"PyTorch {self._torch.__version__} gives a Hessian that is not symmetric, by {worst:.1e} of its "
                "largest entry: the rule that it has for one of the loss's operations is wrong, or the loss has no "
                "second derivative there; write that operation out in simpler ones"
            )
        return 0.5 * (matrices + transposed)

    def _together(self, x: Any) -> int:
        """How many of the points (m, n) are taken at once."""
        return max(1, BLOCK_BYTES // (_COPIES * max(self._known_cost(x).kept, x.element_size() * x.shape[1])))

    def _known_cost(self, x: Any) -> _Cost:
        """Measured at the first of the points (m, n), once: it is about the same at all."""
        if self._cost is None:
            self._cost = self._attempt(self._measured, x[0])
        return self._cost

    def _measured(self, x: Any) -> _Cost:
        torch = self._torch
        sizes, precisions = [0], [torch.finfo(x.dtype).eps]

        def keep(tensor: Any) -> Any:
            sizes.append(tensor.numel() * tensor.element_size())
            if tensor.is_floating_point():
                precisions.append(torch.finfo(tensor.dtype).eps)
            return tensor

        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            self._loss(x.clone().requires_grad_().clone())  # no leaf, into which nothing may be written
        return _Cost(sum(sizes), max(precisions))

    def _attempt(self, function: Callable[..., Any], *tensors: Any) -> Any:
        """A call whose errors are one sentence each."""
        try:
            with plain_attention():
                return function(*tensors)
        except Exception as error:
            raise ValueError(_sentence(error)) from error


@contextmanager
def plain_attention() -> Iterator[None]:
    """PyTorch's attention in elementary operations: its fused ones have no second derivative or no rule for batches."""
    attention, heads = (importlib.import_module(f"torch.{name}") for name in ("nn.attention", "backends.mha"))
    fused = heads.get_fastpath_enabled()
    heads.set_fastpath_enabled(False)
    try:
        with attention.sdpa_kernel(attention.SDPBackend.MATH):
            yield
    finally:
        heads.set_fastpath_enabled(fused)


def _sentence(error: Exception) -> str:
    meaning = next((meaning for words, meaning in _REFUSED.items() if words in str(error)), None)
    return meaning or f"PyTorch cannot compute the loss or its derivatives: {first_sentence(error)}"


def first_sentence(error: Exception) -> str:
    """What an error says, without advice."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(". ")[0].removesuffix(".")
