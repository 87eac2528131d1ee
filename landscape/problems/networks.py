"""Neural networks: the loss landscape of a multilayer perceptron on small data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import as_points
from landscape.function import Landscape, Provenance, Terms
from landscape.hidden_units import HiddenUnits
from landscape.manifolds import Euclidean
from landscape.problems.data import load_data
from landscape.problems.feedforward import ACTIVATIONS, LOSSES, FeedForward
from landscape.problems.jax_networks import jax_network
from landscape.problems.registry import register, require_at_least

ENGINES = ("numpy", "jax")


@register
def mlp(
    data: str = "chebyshev3",
    widths: tuple[int, ...] = (3,),
    activation: str = "tanh",
    loss: str = "squared_error",
    weight_decay: float = 0.01,
    samples: int = 0,
    engine: str = "numpy",
) -> Landscape:
    """The training loss of a multilayer perceptron of any depth on a small data set.

    f = mean over samples of the loss + weight_decay |x|^2 / 2. The loss is half the squared distance from the target
    ('squared_error') or minus the logarithm of the softmax at the right class ('cross_entropy'). `data` names
    scikit-learn's 'iris', 'digits', 'digits_4x4', 'breast_cancer' or 'diabetes', the Chebyshev polynomial 'chebyshevK'
    of degree K on 20 points, or a file .npz or .csv; `samples` of them, 0 for all. With the squared error the classes
    of the first four are targets of zeros and a single 1; whole numbers in a file are taken as numbers, classes or
    not, so that a file of classes wants 'cross_entropy', or columns of zeros and ones. `widths` are the units of each
    hidden layer, with activation 'tanh', 'softplus' or 'relu'; outputs are linear. A point is, layer by layer, weights
    row by row, then biases. Networks that differ by the order (with tanh also the signs) of hidden units are one point;
    so are, without weight decay, rescaled relu networks and outputs shifted under a softmax. `engine` is what computes,
    on the processor 'numpy', or 'jax', which does where JAX runs, on a GPU too.

    Starts are uniform within 1 / sqrt(number of inputs) of each unit, as in PyTorch. Without weight decay the loss need
    not grow at infinity, and critical points in which units are copies of one another form continuous families
    (Fukumizu & Amari, Neural Networks 13, 317, 2000). With relu it has kinks, where a minimum can lie at which no
    gradient vanishes.
    """
    if loss not in LOSSES:
        raise ValueError(f"loss is {loss!r} but must be one of {', '.join(LOSSES)}")
    table = load_data(data, samples)
    return network_landscape(table.inputs, table.targets(loss), widths, activation, loss, weight_decay, engine)


def network_landscape(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    widths: tuple[int, ...],
    activation: str = "tanh",
    loss: str = "squared_error",
    weight_decay: float = 0.0,
    engine: str = "numpy",
) -> Landscape:
    """The problem `mlp` for arrays that are at hand.

    Parameters
    ----------
    inputs : (samples, p)
    targets : (samples, q)
        With 'cross_entropy' the probability of each class: a row with a single 1 where it is known.
    widths, activation, loss, weight_decay, engine
        As in `mlp`.

    Raises
    ------
    ImportError, ValueError
        If JAX is asked for and missing, or a shape or a name is not as expected.

    Examples
    --------
    >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> network_landscape(xor, [[0], [1], [1], [0]], widths=(2,)).dim
    9
    """
    for name, given, known in (
        ("activation", activation, ACTIVATIONS),
        ("loss", loss, LOSSES),
        ("engine", engine, ENGINES),
    ):
        if given not in known or given == "linear":
            raise ValueError(f"{name} is {given!r} but must be one of {', '.join(k for k in known if k != 'linear')}")
    for width in widths:
        require_at_least("every width in widths", width, 1)
    require_at_least("weight_decay", weight_decay, 0)
    x, y = (np.array(a, dtype=np.float64) for a in (inputs, targets))
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or x.size == 0 or y.size == 0:
        raise ValueError(f"inputs has shape {x.shape} and targets {y.shape}; expected (samples, p) and (samples, q)")
    network = FeedForward(
        as_points(x, x.shape[1], "inputs"), as_points(y, y.shape[1], "targets"), widths, activation, loss,
        weight_decay=weight_decay,
    )  # fmt: skip
    reach = start_reach(network.sizes)
    derivatives = jax_network(network) if engine == "jax" else network
    free = weight_decay == 0
    return Landscape(
        name="mlp",
        manifold=Euclidean(network.dim, (-reach, reach)),
        value=derivatives.value,
        gradient=derivatives.gradient,
        hessian=derivatives.hessian,
        hvp=derivatives.hvp,
        linearized=derivatives.linearized,
        symmetry=HiddenUnits(
            network.sizes,
            odd=ACTIVATIONS[activation].odd,
            rescaling=ACTIVATIONS[activation].homogeneous and free,
            shift=loss == "cross_entropy" and free,
        ),
        confining=not free,
        provenance=Provenance("JAX", "JAX") if engine == "jax" else Provenance(),
        terms=Terms(len(network.inputs), network.batch_gradient),
    )


def start_reach(sizes: tuple[int, ...], bias: bool = True) -> npt.NDArray[np.float64]:
    """For each parameter 1 / sqrt(inputs of its unit), (n,)."""
    before, after = np.array(sizes[:-1]), np.array(sizes[1:])
    return np.repeat(1 / np.sqrt(before), (before + bias) * after)
