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
from landscape.torch_autodiff import TorchLoss, first_sentence, plain_attention


@dataclass(frozen=True, eq=False)
class ModuleLoss:
    """The loss of a module over data, for points that hold its trainable parameters in the order of `named_parameters`.

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
    device : torch.device
        Where the parameters are, and all is computed.
    """

    of_one: Callable[[Any], Any]
    gradient_of_terms: Callable[[Array, IntArray], Array]
    samples: int
    start: Array
    reach: Array
    device: Any


def module_loss(
    module: Any, inputs: npt.ArrayLike | Any, targets: npt.ArrayLike | Any, loss: Callable[[Any, Any], Any]
) -> ModuleLoss:
    """The loss of a copy of `module` in double precision, put in evaluation mode: no dropout, running averages as they
    are.

    A parameter that does not require a gradient stays as it is, and tied ones are one. All is computed where the
    parameters are, on a GPU if they are there.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    ValueError
        If there are no parameters to vary, not as many inputs as targets, some of those are not finite, or the module
        or the loss cannot take them.
    """
    torch = _engine("torch")
    if not isinstance(module, torch.nn.Module):
        raise ValueError(f"module is {type(module).__name__}, expected a torch.nn.Module; a loss goes to from_torch")
    kind = type(module).__name__
    model = copy.deepcopy(module).double().eval()
    if not list(model.parameters()):
        raise ValueError(f"{kind} has no parameters")
    tensors = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    if not tensors:
        raise ValueError(f"{kind} has no parameters to vary: none has requires_grad")
    device = next(iter(tensors.values())).device
    x, y = (_tensor(torch, data).to(device) for data in (inputs, targets))
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"inputs has shape {tuple(x.shape)} and targets {tuple(y.shape)}; expected as many of each")
    for name, data in (("inputs", x), ("targets", y)):
        bad = ~torch.isfinite(data).reshape(len(data), -1).all(dim=1)
        if bad.any():
            raise ValueError(f"{name} has numbers that are not finite, in {int(bad.sum())} of {len(data)} samples")
    _check(torch, kind, model, x, y, loss)
    sizes = [p.numel() for p in tensors.values()]

    def parameters(flat: Any) -> dict[str, Any]:
        pieces = torch.split(flat, sizes)
        return {name: piece.reshape(p.shape) for (name, p), piece in zip(tensors.items(), pieces, strict=True)}

    def on(flat: Any, inputs: Any, targets: Any) -> Any:
        return loss(torch.func.functional_call(model, parameters(flat), (inputs,)), targets)

    def of_one(flat: Any) -> Any:
        return on(flat, x, y)

    some = TorchLoss(of_one, device).batched(torch.func.grad(on))

    def gradient_of_terms(points: Array, which: IntArray) -> Array:
        rows = torch.as_tensor(which, device=device)
        result = some(torch.tensor(points, dtype=torch.float64, device=device), x[rows], y[rows])
        return np.array(result.cpu().numpy(), dtype=np.float64)

    largest = [max(float(p.abs().max()), 0.0) if p.numel() else 0.0 for p in tensors.values()]
    return ModuleLoss(
        of_one=of_one,
        gradient_of_terms=gradient_of_terms,
        samples=len(x),
        start=np.concatenate([p.cpu().numpy().reshape(-1) for p in tensors.values()]).astype(np.float64),
        reach=np.repeat([size if size > 0 else 1.0 for size in largest], sizes),
        device=device,
    )


def _check(torch: Any, kind: str, model: Any, x: Any, y: Any, loss: Callable[[Any, Any], Any]) -> None:
    """Take the loss once, so that what does not fit is told in the words of who called."""
    taken = f"inputs of shape {tuple(x.shape)} and type {x.dtype}"
    with torch.no_grad(), plain_attention():
        try:
            outputs = model(x)
        except Exception as error:
            raise ValueError(f"{kind} cannot take {taken}: {first_sentence(error)}") from error
        made = f"outputs of shape {tuple(outputs.shape)}" if isinstance(outputs, torch.Tensor) else "the outputs"
        taken = f"{made} and targets of shape {tuple(y.shape)} and type {y.dtype}"
        try:
            result = loss(outputs, y)
        except Exception as error:
            raise ValueError(f"loss cannot take {taken}: {first_sentence(error)}") from error
    shape = tuple(result.shape) if isinstance(result, torch.Tensor) else None
    if shape != ():
        came = f"a tensor of shape {shape}" if shape is not None else type(result).__name__
        raise ValueError(f"loss returned {came} for {taken}, expected a scalar tensor, such as a mean over the samples")


def _tensor(torch: Any, data: Any) -> Any:
    """Data as a tensor: floats in double precision, whole numbers, such as classes, as they are."""
    tensor = data.detach() if isinstance(data, torch.Tensor) else torch.as_tensor(np.asarray(data))
    return tensor.double() if tensor.is_floating_point() else tensor
