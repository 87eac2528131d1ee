"""What a spectrum costs: extreme eigenvalues and density from products, dense Hessians in batches, and others' tools.

    OPENBLAS_NUM_THREADS=1 python benchmarks/spectrum.py [--small]

A tanh network with 10,000 parameters on 1,000 samples: its ten largest and smallest eigenvalues, and the density from
ten probes with a hundred Lanczos steps each; then the dense Hessians and all eigenvalues of a hundred points of a
network with 500 parameters, beside one point at a time. curvlinops (with SciPy's eigsh on its linear operator, as its
documentation shows), PyHessian and hessian-eigenthings are compared where they are installed
(pip install curvlinops-for-pytorch pyhessian hessian-eigenthings), on the same network in PyTorch, in double precision,
at the same point. All are judged by the eigenvalues of the dense Hessian (some minutes): they must agree to 1e-6 of the
largest, and a tool that does not with its first settings is given more steps, of which only the last try counts.
Process time on one thread.
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.sparse.linalg import eigsh

from landscape.problems.networks import network_landscape
from landscape.spectrum.density import spectral_density
from landscape.spectrum.extreme import extreme_eigenpairs
from landscape.spectrum.operator import HessianOperator

Costs = dict[str, float]  # ours, in seconds, of each end

TOLERANCE = 1e-6
TOP, PROBES, STEPS = 10, 10, 100


def seconds(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = run()
    return time.process_time() - began, result


def report(name: str, cost: float, ours: float, note: str = "") -> None:
    ratio = "" if cost == ours else f"  {cost / ours:6.1f} x"
    print(f"  {name:34s}{cost:9.2f} s{ratio}  {note}")


def dense(points: int) -> None:
    """Hessians and eigenvalues of many points, in a batch and one by one."""
    rng = np.random.default_rng(0)
    network = network_landscape(rng.standard_normal((100, 20)), rng.standard_normal((100, 2)), (21,))
    x = network.starts(rng, points)
    together, batch = seconds(lambda: np.linalg.eigvalsh(network.hessian(x)))
    alone, single = seconds(lambda: np.stack([np.linalg.eigvalsh(network.hessian(p)) for p in x]))
    np.testing.assert_allclose(batch, single, atol=1e-12)
    print(f"dense Hessians and all eigenvalues of {points} points, {network.dim} parameters, 100 samples")
    report("landscape, in a batch", together, together)
    report("landscape, one by one", alone, together)
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print("  torch is not installed: no other tool is compared")
        return
    torch.set_num_threads(1)
    from landscape import Landscape

    model = torch.nn.Sequential(torch.nn.Linear(20, 21), torch.nn.Tanh(), torch.nn.Linear(21, 2))
    own = Landscape.from_torch_module(model, rng.standard_normal((100, 20)), rng.standard_normal((100, 2)), half)
    few = max(points // 10, 1)
    own.hessian(x[0])  # what PyTorch does on first use is not counted
    cost, _ = seconds(lambda: [np.linalg.eigvalsh(own.hessian(p)) for p in x[:few]])
    report("torch.func.hessian, one by one", cost * points / few, together, f"(from {few})")


def half(outputs: Any, targets: Any) -> Any:
    """Half the mean squared distance, as `mlp` has it."""
    return 0.5 * ((outputs - targets) ** 2).sum(dim=1).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    small = parser.parse_args().small
    rng = np.random.default_rng(0)
    inputs, width, samples = (20, 40, 100) if small else (50, 164, 1000)
    x, y = rng.standard_normal((samples, inputs)), rng.standard_normal((samples, 10))
    network = network_landscape(x, y, (width,))
    point = network.starts(rng, 1)[0]
    print(f"{network.dim} parameters, {samples} samples")
    cost, exact = seconds(lambda: np.linalg.eigvalsh(network.hessian(point)))
    report("landscape, all by the dense Hessian", cost, cost)
    operator = HessianOperator.at(network, point)
    one, _ = seconds(lambda: [operator(operator.random_directions(rng, 1)) for _ in range(20)])
    print(f"  one product {one / 20 * 1000:.1f} ms")
    cost, pairs = seconds(lambda: extreme_eigenpairs(operator, "largest", TOP, rng, TOLERANCE))
    report(f"landscape, {TOP} largest", cost, cost, error(pairs.values, exact)[1])
    low_cost, low = seconds(lambda: extreme_eigenpairs(operator, "smallest", TOP, rng, TOLERANCE))
    report(f"landscape, {TOP} smallest", low_cost, low_cost, error(-low.values, -exact)[1])
    density_cost, density = seconds(lambda: spectral_density(operator, rng, PROBES, STEPS))
    report("landscape, density", density_cost, density_cost, misplaced(density.nodes, density.weights, exact))
    costs = {"largest": cost, "smallest": low_cost}
    for peer in (curvlinops, pyhessian, eigenthings):
        try:
            peer(x, y, point, width, exact, costs, density_cost)
        except (ImportError, AttributeError) as missing:  # not installed, or a version with other names
            print(f"  {peer.__name__} is not compared: {missing}")
    dense(10 if small else 100)


def error(values: np.ndarray, exact: np.ndarray) -> tuple[float, str]:
    """How far the largest eigenvalues that a tool found are from the dense answer, in units of the largest."""
    true = np.sort(exact)[::-1][: len(values)]
    gap = float(np.abs(np.sort(values)[::-1] - true).max() / np.abs(exact).max())
    return gap, f"off by {gap:.0e} of the largest"


def misplaced(nodes: np.ndarray, weights: np.ndarray, exact: np.ndarray) -> str:
    """The distance of a density's distribution function, averaged over probes, from the true one (Kolmogorov's)."""
    order = np.argsort(nodes, axis=None)
    at, below = nodes.ravel()[order], np.cumsum(weights.ravel()[order]) / weights.sum()
    true = np.searchsorted(np.sort(exact), at, side="right") / len(exact)
    return f"distribution off by at most {np.abs(below - true).max():.2f}"


def as_module(x: np.ndarray, y: np.ndarray, point: np.ndarray, width: int) -> tuple[Any, Any, Any]:
    """The same network in PyTorch, at the same point, its loss, and the data in one batch."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], width), torch.nn.Tanh(), torch.nn.Linear(width, y.shape[1]))
    model = model.double()
    torch.nn.utils.vector_to_parameters(torch.tensor(point), model.parameters())
    loss = torch.nn.MSELoss(reduction="mean")  # the mean over outputs too: eigenvalues differ by a factor
    return model, loss, (torch.tensor(x), torch.tensor(y))


def tried(
    name: str,
    settings: Sequence[int],
    run: Callable[[int], np.ndarray],
    exact: np.ndarray,
    cost: float,
    end: str = "largest",
) -> None:
    """Run a tool with more and more steps until it agrees with the dense answer, or nothing more can be tried."""
    sign = 1 if end == "largest" else -1
    for steps in settings:
        its, values = seconds(lambda steps=steps: run(steps))
        gap, note = error(sign * values, sign * exact)
        if gap <= TOLERANCE:
            break
    label = f"{name}, {TOP} {end}"
    report(label, its, cost, f"{note}, {steps} steps" + ("" if gap <= TOLERANCE else ": does not agree"))


def curvlinops(x: Any, y: Any, point: Any, width: int, exact: np.ndarray, costs: Costs, density_cost: float) -> None:
    tool = importlib.import_module("curvlinops")
    model, loss, batch = as_module(x, y, point, width)
    parameters = list(model.parameters())
    linear = tool.HessianLinearOperator(model, loss, parameters, [batch], check_deterministic=False)
    matrix = linear.to_scipy() if hasattr(linear, "to_scipy") else linear
    scale = y.shape[1] / 2

    for end, which in (("largest", "LA"), ("smallest", "SA")):

        def extreme(vectors: int, which: str = which) -> np.ndarray:
            return scale * eigsh(matrix, TOP, which=which, ncv=vectors, tol=TOLERANCE, return_eigenvectors=False)

        tried("curvlinops with eigsh", [4 * TOP], extreme, exact, costs[end], end)
    v = np.random.default_rng(0).standard_normal(linear.shape[1])
    one, _ = seconds(lambda: [matrix @ v for _ in range(10)])
    products = PROBES * STEPS
    report("curvlinops, density's products", one / 10 * products, density_cost, f"{products} products, from 10")


def pyhessian(x: Any, y: Any, point: Any, width: int, exact: np.ndarray, costs: Costs, density_cost: float) -> None:
    tool = importlib.import_module("pyhessian")
    model, loss, batch = as_module(x, y, point, width)
    matrix = tool.hessian(model, loss, data=batch, cuda=False)
    scale = y.shape[1] / 2

    def largest(steps: int) -> np.ndarray:  # its tolerance is on the change of a step, much less than the error
        return scale * np.array(matrix.eigenvalues(maxIter=steps, tol=TOLERANCE / steps, top_n=TOP)[0])

    tried("PyHessian", (100, 400, 1600), largest, exact, costs["largest"])
    try:
        its, found = seconds(lambda: matrix.density(iter=STEPS, n_v=PROBES))
    except RuntimeError as removed:  # version 0.1 calls torch.eig, which PyTorch has not had since version 1.13
        print(f"  PyHessian, density: {str(removed).splitlines()[0][:60]} ...")
        return
    report("PyHessian, density", its, density_cost, misplaced(scale * np.array(found[0]), np.array(found[1]), exact))


def eigenthings(x: Any, y: Any, point: Any, width: int, exact: np.ndarray, costs: Costs, density_cost: float) -> None:
    tool = importlib.import_module("hessian_eigenthings")  # version 1.0
    model, loss, batch = as_module(x, y, point, width)
    operator = tool.HessianOperator(model, [batch], tool.supervised_loss(loss))
    scale = y.shape[1] / 2

    for end, which in (("largest", "LA"), ("smallest", "SA")):

        def extreme(steps: int, which: str = which) -> np.ndarray:
            found = tool.lanczos(
                operator, k=TOP, max_iter=steps, reorthogonalize=True, tol=TOLERANCE, which=which, seed=0
            )
            return scale * found.eigenvalues.numpy()

        settings = (20, 40, 60, 80, 120, 160, 240, 320, 480, 640)
        tried("hessian-eigenthings", settings, extreme, exact, costs[end], end)
    its, found = seconds(lambda: tool.spectral_density(operator, num_runs=PROBES, lanczos_steps=STEPS, seed=0))
    nodes, weights = scale * found.raw_eigenvalues.numpy(), found.raw_weights.numpy()
    report("hessian-eigenthings, density", its, density_cost, misplaced(nodes, weights, exact))


if __name__ == "__main__":
    main()
