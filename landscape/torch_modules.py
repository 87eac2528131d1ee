"""PyTorch's modules as landscapes: the loss over data as a function of all parameters in one vector."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array, IntArray
from landscape.autodiff import _engine


@dataclass(frozen=True, eq=False)
class ModuleLoss:
    """The loss of a module over data, for points that hold its parameters in the order of `named_parameters`.

    Attributes
    ----------
    of_one : callable
        A float64 tensor (n,) to the loss, a scalar tensor.
    gradient_of_terms : callable
        (m, n) points and (m, b) numbers of samples to the gradients of the loss on those, (m, n).
    samples : int
    start : (n,)
        The parameters that the module has.
    reach : (n,)
        For each the largest |parameter| of its tensor, 1 where that is zero: what PyTorch's layers draw from uniformly.
    """

    of_one: Callable[[Any], Any]
    gradient_of_terms: Callable[[Array, IntArray], Array]
    samples: int
    start: Array
    reach: Array


def module_loss(
    module: Any, inputs: npt.ArrayLike | Any, targets: npt.ArrayLike | Any, loss: Callable[[Any, Any], Any]
) -> ModuleLoss:
    """The loss of a copy of `module` in double precision, put in evaluation mode: no dropout, running averages as they
    are.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    ValueError
        If there are no parameters, or not as many inputs as targets.
    """
    torch = _engine("torch")
    model = copy.deepcopy(module).double().eval()
    tensors = {name: p.detach() for name, p in model.named_parameters()}
    if not tensors:
        raise ValueError(f"{type(module).__name__} has no parameters")
    x, y = (_tensor(torch, data) for data in (inputs, targets))
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"inputs has shape {tuple(x.shape)} and targets {tuple(y.shape)}; expected as many of each")
    sizes = [p.numel() for p in tensors.values()]

    def parameters(flat: Any) -> dict[str, Any]:
        pieces = torch.split(flat, sizes)
        return {name: piece.reshape(p.shape) for (name, p), piece in zip(tensors.items(), pieces, strict=True)}

    def on(flat: Any, inputs: Any, targets: Any) -> Any:
        return loss(torch.func.functional_call(model, parameters(flat), (inputs,)), targets)

    some = torch.func.vmap(torch.func.grad(on))

    def gradient_of_terms(points: Array, which: IntArray) -> Array:
        rows = torch.as_tensor(which)
        result = some(torch.tensor(points, dtype=torch.float64), x[rows], y[rows])
        return np.asarray(result.detach().numpy(), dtype=np.float64)

    largest = [max(float(p.abs().max()), 0.0) if p.numel() else 0.0 for p in tensors.values()]
    return ModuleLoss(
        of_one=lambda flat: on(flat, x, y),
        gradient_of_terms=gradient_of_terms,
        samples=len(x),
        start=np.concatenate([p.numpy().reshape(-1) for p in tensors.values()]).astype(np.float64),
        reach=np.repeat([size if size > 0 else 1.0 for size in largest], sizes),
    )


def _tensor(torch: Any, data: Any) -> Any:
    """Data as a tensor: floats in double precision, whole numbers, such as classes, as they are."""
    tensor = data.detach() if isinstance(data, torch.Tensor) else torch.as_tensor(np.asarray(data))
    return tensor.double() if tensor.is_floating_point() else tensor
