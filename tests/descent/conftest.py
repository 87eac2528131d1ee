"""PyTorch's and Optax's optimizers on the library's landscapes, to compare with."""

import warnings

import numpy as np
import pytest


@pytest.fixture
def pytorch_path():
    """(landscape, start, steps, name, options) to the positions of `torch.optim.<name>`, (steps + 1, n), given our
    gradients, so that the update rule alone is compared."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch = pytest.importorskip("torch")

    def path(landscape, start, steps, name, **options):
        p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, name)([p], **options)
        positions = [np.array(start)]
        for _ in range(steps):
            p.grad = torch.from_numpy(landscape.gradient(positions[-1]))
            optimizer.step()
            positions.append(p.detach().numpy().copy())
        return np.stack(positions)

    return path


@pytest.fixture
def optax_path():
    """(landscape, start, steps, name, options) to the positions of `optax.<name>`, likewise."""
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")

    def path(landscape, start, steps, name, **options):
        with jax.enable_x64(True):
            rule = getattr(optax, name)(**options)
            update = jax.jit(rule.update)
            positions = [np.array(start)]
            state = rule.init(jax.numpy.asarray(start))
            for _ in range(steps):
                change, state = update(jax.numpy.asarray(landscape.gradient(positions[-1])), state)
                positions.append(positions[-1] + np.asarray(change))
        return np.stack(positions)

    return path
