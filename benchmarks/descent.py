"""How much the ensemble costs beside the same loop by hand: 10,000 descents of 1,000 steps in 2 and in 100 dimensions.

Every contender takes the same steps from the same starts. Repeats are interleaved, so that a slow moment of the machine
hits all of them alike, and what is printed is the median of process times. Loops over starts are run on a few of them
and extrapolated. JAX is compared where it is installed, after each contender was compiled. Run it with

    python benchmarks/descent.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.optimize import minimize

import landscape

MEMBERS, STEPS = 10_000, 1_000
LR = 0.001  # so small that no gradient becomes exactly zero, which would let a run leave early and flatter the ensemble
SAMPLE = 10  # starts of a loop over starts

Run = Callable[[np.ndarray], np.ndarray]


@dataclass
class Contender:
    """A way to go down, and from how many of the starts it is timed."""

    run: Run
    members: int = MEMBERS


def ensemble(function: landscape.Landscape, tol: float) -> Run:
    """The library, with all its statuses."""
    method = landscape.GradientDescent(LR)

    def run(x: np.ndarray) -> np.ndarray:
        runs = landscape.descend(function, x, method, STEPS, tol=tol)
        if tol == 0 and not (runs.steps == STEPS).all():
            raise SystemExit("some runs of the ensemble left early: the comparison would not be of equal work")
        return runs.x

    return run


def himmelblau_array(x: np.ndarray) -> np.ndarray:
    """By hand on an (m, 2) array, as one would write it down."""
    x = x.copy()
    for _ in range(STEPS):
        a, b = x[:, 0], x[:, 1]
        u, v = a**2 + b - 11, a + b**2 - 7
        x = x - LR * np.stack([4 * a * u + 2 * v, 2 * u + 4 * b * v], axis=1)
    return x


def himmelblau_columns(x: np.ndarray) -> np.ndarray:
    """By hand on two contiguous arrays."""
    a, b = x[:, 0].copy(), x[:, 1].copy()
    for _ in range(STEPS):
        u, v = a * a + b - 11, a + b * b - 7
        a, b = a - LR * (4 * a * u + 2 * v), b - LR * (2 * u + 4 * b * v)
    return np.stack([a, b], axis=1)


def himmelblau_inlined(x: np.ndarray) -> np.ndarray:
    """A Python loop over starts, the gradient written into it."""
    ends = np.empty_like(x)
    for k, start in enumerate(x):
        p = start.copy()
        for _ in range(STEPS):
            u, v = p[0] ** 2 + p[1] - 11, p[0] + p[1] ** 2 - 7
            p = p - LR * np.array([4 * p[0] * u + 2 * v, 2 * u + 4 * p[1] * v])
        ends[k] = p
    return ends


def loop_over_starts(gradient: Callable[[np.ndarray], np.ndarray]) -> Run:
    """A Python loop over starts that calls a gradient and looks at its norm."""

    def run(x: np.ndarray) -> np.ndarray:
        ends = np.empty_like(x)
        for k, start in enumerate(x):
            p = start
            for _ in range(STEPS):
                g = gradient(p)
                if np.linalg.norm(g) <= 0:
                    break
                p = p - LR * g
            ends[k] = p
        return ends

    return run


def loop_over_steps(gradient: Callable[[np.ndarray], np.ndarray]) -> Run:
    """A loop over steps of all starts at once, by hand."""

    def run(x: np.ndarray) -> np.ndarray:
        for _ in range(STEPS):
            x = x - LR * gradient(x)
        return x

    return run


def race(title: str, contenders: dict[str, Contender], x: np.ndarray, repeats: int) -> dict[str, float]:
    """Print and return the median process time of each contender, for all starts."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    reference: np.ndarray | None = None
    for _ in range(repeats):
        for name, contender in contenders.items():
            began = time.process_time()
            ends = contender.run(x[: contender.members])
            times[name].append((time.process_time() - began) * MEMBERS / contender.members)
            reference = ends if reference is None else reference
            if not np.allclose(ends, reference[: contender.members], atol=1e-5):
                raise SystemExit(f"{name} did not end where the others did")
    median = {name: statistics.median(t) for name, t in times.items()}
    print(f"\n{title}, median of {repeats} process times")
    for name, t in median.items():
        members = contenders[name].members
        note = f"  (extrapolated from {members} starts)" if members < MEMBERS else ""
        print(f"  {name:46s} {t:10.3f} s{note}")
    return median


def ratios(median: dict[str, float], ours: list[str], others: list[str]) -> None:
    for one in ours:
        for other in others:
            ratio = median[one] / median[other]
            shown = f"{ratio:.2f}" if ratio > 0.1 else f"{ratio:.3g}, {1 / ratio:.0f} times as fast"
            print(f"  {one} / {other}: {shown}")


def in_the_plane(repeats: int) -> None:
    himmelblau = landscape.problem("himmelblau")
    contenders = {
        "ensemble, tol = 0": Contender(ensemble(himmelblau, 0.0)),
        "ensemble, tol = 1e-6": Contender(ensemble(himmelblau, 1e-6)),
        "by hand, (m, 2) array": Contender(himmelblau_array),
        "by hand, two arrays": Contender(himmelblau_columns),
        "loop over starts, gradient written in": Contender(himmelblau_inlined, SAMPLE),
        "loop over starts, gradient called": Contender(loop_over_starts(himmelblau.gradient), SAMPLE),
    }
    x = himmelblau.starts(np.random.default_rng(0), MEMBERS)
    title = f"{MEMBERS} descents of {STEPS} steps on himmelblau"
    ratios(race(title, contenders, x, repeats), list(contenders)[:2], list(contenders)[2:])


def to_the_bottom(repeats: int) -> None:
    """From the starts to a gradient of 1e-6, by whatever steps."""
    himmelblau = landscape.problem("himmelblau")
    x = himmelblau.starts(np.random.default_rng(0), MEMBERS)
    some = 200
    times: dict[str, list[float]] = {
        "ensemble, lr = 0.01": [],
        "ensemble, Armijo": [],
        "SciPy's BFGS, start by start": [],
    }
    for _ in range(repeats):
        for name, method in (
            ("ensemble, lr = 0.01", landscape.GradientDescent(0.01)),
            ("ensemble, Armijo", landscape.ArmijoGradientDescent()),
        ):
            began = time.process_time()
            runs = landscape.descend(himmelblau, x, method, 10_000, tol=1e-6)
            times[name].append(time.process_time() - began)
            if not (runs.gradient_norm <= 1e-6).all():
                raise SystemExit(f"{name} did not converge everywhere")
        began = time.process_time()
        for start in x[:some]:
            minimize(himmelblau.value, start, jac=himmelblau.gradient, method="BFGS", options={"gtol": 1e-6})
        times["SciPy's BFGS, start by start"].append((time.process_time() - began) * MEMBERS / some)
    median = {name: statistics.median(t) for name, t in times.items()}
    print(f"\n{MEMBERS} starts on himmelblau to a gradient of 1e-6, median of {repeats} process times")
    for name, t in median.items():
        print(f"  {name:46s} {t:10.3f} s" + (f"  (extrapolated from {some} starts)" if "BFGS" in name else ""))
    ratios(median, list(median)[:2], list(median)[2:])


def in_a_hundred_dimensions(repeats: int) -> None:
    function = landscape.problem("styblinski_tang", dim=100)
    contenders = {
        "ensemble, tol = 0": Contender(ensemble(function, 0.0)),
        "ensemble, tol = 1e-6": Contender(ensemble(function, 1e-6)),
        "by hand, (m, 100) array": Contender(loop_over_steps(function.gradient)),
        "loop over starts, gradient called": Contender(loop_over_starts(function.gradient), SAMPLE),
    }
    x = function.starts(np.random.default_rng(0), MEMBERS)
    title = f"{MEMBERS} descents of {STEPS} steps on styblinski_tang, dim = 100"
    ratios(race(title, contenders, x, repeats), list(contenders)[:2], list(contenders)[2:])


def compiled(repeats: int) -> None:
    try:
        import jax
    except ImportError:
        print("\nJAX is not installed: the compiled descents are left out")
        return
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    matrix = np.random.default_rng(1).standard_normal((30, 30))
    matrix = jnp.asarray(matrix @ matrix.T / 30)
    losses = {
        "himmelblau": (lambda p: (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2, 2, 6.0),
        "styblinski_tang, dim = 100": (lambda p: 0.5 * (p**4 - 16 * p**2 + 5 * p).sum(), 100, 4.0),
        "a quadratic form, dim = 30": (lambda p: 0.5 * p @ (matrix @ p), 30, 1.0),
    }
    for name, (loss, dim, half) in losses.items():
        function = landscape.Landscape.from_jax(loss, dim, box=(-half, half))
        gradient = jax.grad(loss)

        def descent(x, gradient=gradient):
            return jax.lax.fori_loop(0, STEPS, lambda _, x: x - LR * gradient(x), x)

        def descent_to_tolerance(x, gradient=gradient):
            def going(state):
                number, _, g = state
                return (number < STEPS) & (g @ g > 1e-12)

            def step(state):
                number, x, g = state
                x = x - LR * g
                return number + 1, x, gradient(x)

            return jax.lax.while_loop(going, step, (0, x, gradient(x)))[1]

        by_hand, with_tolerance = (jax.jit(jax.vmap(f)) for f in (descent, descent_to_tolerance))
        contenders = {
            "ensemble, tol = 0": Contender(ensemble(function, 0.0)),
            "ensemble, tol = 1e-6": Contender(ensemble(function, 1e-6)),
            "by hand, jit(vmap(fori_loop))": Contender(lambda x, f=by_hand: np.asarray(f(x))),
            "by hand, jit(vmap(while_loop)) to 1e-6": Contender(lambda x, f=with_tolerance: np.asarray(f(x))),
            "by hand, a Python loop of compiled gradients": Contender(loop_over_steps(function.gradient)),
        }
        x = function.starts(np.random.default_rng(0), MEMBERS)
        print(f"\nfirst calls on {name}, with compilation")
        for key in list(contenders)[:4]:
            began = time.perf_counter()
            contenders[key].run(x)
            print(f"  {key:46s} {time.perf_counter() - began:10.3f} s")
        title = f"{MEMBERS} descents of {STEPS} steps on {name}, in JAX"
        ratios(race(title, contenders, x, repeats), list(contenders)[:2], list(contenders)[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = max(3, parser.parse_args().repeats)
    in_the_plane(repeats)
    to_the_bottom(repeats)
    in_a_hundred_dimensions(repeats)
    compiled(repeats)


if __name__ == "__main__":
    main()
