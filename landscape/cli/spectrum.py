"""`landscape spectrum`: the eigenvalues of the Hessian at a point, also where no dense matrix fits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from landscape.arrays import Array, as_points
from landscape.cli.console import note, number, print_json, print_table
from landscape.cli.heartbeat import bar_or_heartbeat
from landscape.cli.methods import make_method, method_option, split
from landscape.cli.options import Asked, json_option, seed_option, target_options
from landscape.descent.ensemble import descend
from landscape.function import Landscape
from landscape.random import stream
from landscape.spectrum.density import Density
from landscape.spectrum.extreme import PRODUCTS
from landscape.spectrum.summary import Spectrum, hessian_spectrum
from landscape.study.destinations import require_finite_somewhere

_FLAGS = {
    "use dense=True": "use --dense",
    "hessian_spectrum(landscape, x, rng, dense=False)": "--matrix-free",
    "such as steps=20": "--lanczos-steps 20",
    "products is": "--products is",
}
_NARROW = 0.5  # an interval of the index this long, in units of the estimate, leaves the estimate worth printing


@click.command("spectrum")
@target_options
@click.option("--at", "at", type=click.Path(dir_okay=False, path_type=Path), help="A .npy file with the point.")
@click.option("--after-steps", type=click.IntRange(min=0), help="Go so many steps down from a random start.")
@method_option(default="armijo", help="How to go.")
@click.option("--top", default=10, show_default=True, type=click.IntRange(min=1), help="Eigenvalues of each end.")
@click.option("--density", is_flag=True, help="Also the density of eigenvalues.")
@click.option("--probes", default=10, show_default=True, type=click.IntRange(min=2), help="Random vectors.")
@click.option("--lanczos-steps", default=60, show_default=True, type=click.IntRange(min=2), help="Of each of them.")
@click.option(
    "--products",
    default=PRODUCTS,
    show_default=True,
    type=click.IntRange(min=1),
    help="With vectors, at most, for the eigenvalues of each end without a dense Hessian.",
)
@click.option("--dense/--matrix-free", default=None, help="By default dense up to 3000 directions.")
@seed_option
@json_option
def command(
    asked: Asked,
    at: Path | None,
    after_steps: int | None,
    method: str,
    top: int,
    density: bool,
    probes: int,
    lanczos_steps: int,
    products: int,
    dense: bool | None,
    seed: int,
    json_output: bool,
) -> None:
    """Print the eigenvalues of the Riemannian Hessian of PROBLEM at a point: the largest and the smallest, how many are
    negative, their sum and their density.

    All of them where the matrix is small; otherwise from products with vectors, with a bound on each and an interval
    for the index. An estimate within it is printed if the interval is short; it takes half of what the probes cannot
    tell from zero to be negative, which is too much where eigenvalues crowd above zero. --set goes to the method where
    it has such a parameter (lr, momentum, ...), otherwise to PROBLEM.

    \b
    landscape spectrum lennard_jones --set atoms=13
    landscape spectrum mlp --set data=digits --set widths=100 --after-steps 500 --method adam --set lr=0.003
    """
    if at is not None and after_steps is not None:
        raise ValueError("--at and --after-steps both say where; give one of them")
    parameters, asked = ({}, asked) if after_steps is None else split(asked, method)
    target, problem = asked.target(), asked.problem
    landscape = target.load()
    rng = stream(seed, {"spectrum": problem}, 0)
    if not json_output:
        note(target.note())
    where = f"at a random start, seed {seed}"
    if at is not None:
        x, where = _read_point(at, landscape), f"at {at}"
    else:
        x = landscape.starts(rng, 1)
        require_finite_somewhere(problem, landscape, [x])
        if after_steps:
            chosen = make_method(method, parameters)
            where = f"after {after_steps} steps of {method} from a random start, seed {seed}"
            with bar_or_heartbeat("steps") as progress:
                step = partial(progress, "descent")
                x = descend(landscape, x, chosen, max_steps=after_steps, tol=0.0, progress=step, rng=rng).x
        x = x[0]
    with np.errstate(all="ignore"):
        value = float(landscape.value(x))
        gradient_norm = float(np.linalg.norm(landscape.riemannian_gradient(x)))
    if not np.isfinite(value + gradient_norm):
        raise ValueError(f"{problem} or its gradient is not finite at the point")
    with _in_flags(), bar_or_heartbeat("products at most") as progress:
        spectrum = hessian_spectrum(
            landscape, x, rng, top, density, dense, probes, lanczos_steps, products=products, progress=progress
        )
    if json_output:
        print_json({"problem": problem, "seed": seed, **_as_json(spectrum, value, gradient_norm, products)})
        return
    click.echo(f"{where[0].upper()}{where[1:]}: value {value:.9g}, |gradient| {gradient_norm:.3g}")
    _print_spectrum(spectrum, density)


@contextmanager
def _in_flags() -> Iterator[None]:
    """Name the options of the command line, not the arguments of the library, in what is refused."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        for argument, flag in _FLAGS.items():
            text = text.replace(argument, flag)
        raise ValueError(text) from error


def _read_point(path: Path, landscape: Landscape) -> Array:
    """The point (n,) in a .npy file."""
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)!r}")
    try:
        with open(path, "rb") as file:
            stored = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read: expected the .npy file of an array of numbers") from error
    if not isinstance(stored, np.ndarray) or stored.dtype.kind not in "biuf":
        held = f"an array of {stored.dtype}" if isinstance(stored, np.ndarray) else "an archive"
        raise ValueError(f"{path} is the file of {held}, expected that of an array of real numbers")
    if stored.size != landscape.dim:
        raise ValueError(f"{path} has an array of shape {stored.shape} but the landscape has dim {landscape.dim}")
    return as_points(stored.reshape(-1), landscape.dim, str(path))


def _as_json(spectrum: Spectrum, value: float, gradient_norm: float, most: int) -> dict[str, Any]:
    def pairs(values: Array, residuals: Array) -> list[dict[str, float]]:
        return [{"value": float(v), "residual": float(r)} for v, r in zip(values, residuals, strict=True)]

    return {
        "dim": spectrum.dim,
        "directions": spectrum.directions,
        "method": "dense" if spectrum.exact else "matrix-free",
        "value": value,
        "gradient_norm": gradient_norm,
        "converged": spectrum.converged,
        "complete": spectrum.complete,
        "products": None if spectrum.exact else _products_json(spectrum, most),
        "largest": pairs(spectrum.largest, spectrum.largest_residual),
        "smallest": pairs(spectrum.smallest, spectrum.smallest_residual),
        "index": {
            "estimate": spectrum.index,
            "low": spectrum.index_low,
            "high": spectrum.index_high,
            "certified_at_least": spectrum.index_certified,
            "resolved": spectrum.index_resolved,
        },
        "trace": spectrum.trace,
        "trace_standard_error": spectrum.trace_error,
        "density": None if spectrum.density is None else _density_json(spectrum.density),
    }


def _products_json(spectrum: Spectrum, most: int) -> dict[str, int]:
    largest, smallest = spectrum.products
    return {"largest": largest, "smallest": smallest, "at_most": most}


def _density_json(density: Density) -> dict[str, Any]:
    arrays = ("grid", "mean", "low", "high")
    return {"width": density.width, **{name: getattr(density, name).tolist() for name in arrays}}


def _print_spectrum(spectrum: Spectrum, density: bool) -> None:
    if spectrum.exact:
        how = "all eigenvalues of the dense Hessian"
    else:
        how = "matrix-free: Hessian-vector products, no dense Hessian"
    click.echo(f"{spectrum.directions} directions; {how}")
    rows = [
        [str(k + 1), number(high), number(high_error, 2), number(low), number(low_error, 2)]
        for k, (high, high_error, low, low_error) in enumerate(_side_by_side(spectrum))
    ]
    print_table(["", "largest", "within", "smallest", "within"], rows)
    if not spectrum.converged:
        click.echo("Not all of them reached the tolerance: each has an eigenvalue within what is listed beside it,")
        click.echo("and more extreme ones may be missing; more --products come closer.")
    elif not spectrum.complete:
        click.echo(
            "The products were spent before it was known that none is missing between them, such as a second one of"
        )
        click.echo("two equal eigenvalues; more --products tell.")
    click.echo(_index_sentence(spectrum))
    click.echo(f"Trace {number(spectrum.trace)} +- {number(spectrum.trace_error, 2)}")
    if density and spectrum.density is not None:
        _print_density(spectrum.density)


def _index_sentence(spectrum: Spectrum) -> str:
    interval = f"{spectrum.index_low} to {spectrum.index_high}"
    if spectrum.index_low == spectrum.index_high:
        return f"Index {spectrum.index}"
    if spectrum.exact:
        return f"Index {interval}: some eigenvalues are zero to rounding"
    certain = f"at least {spectrum.index_certified} for certain"
    if spectrum.index_resolved:
        listed = "every negative eigenvalue is listed, unless one was missed"
        return f"Index {spectrum.index} ({listed}); 95% interval {interval} from the probes; {certain}"
    short = spectrum.index_high - spectrum.index_low <= _NARROW * spectrum.index
    estimate = f"; roughly {spectrum.index}" if short else ""
    return f"Index {interval} (95% interval from the probes){estimate}; {certain}"


def _side_by_side(spectrum: Spectrum) -> list[tuple[float | None, ...]]:
    columns = (spectrum.largest, spectrum.largest_residual, spectrum.smallest, spectrum.smallest_residual)
    longest = max(len(c) for c in columns)
    return [tuple(float(c[k]) if k < len(c) else None for c in columns) for k in range(longest)]


def _print_density(density: Density, rows: int = 16) -> None:
    """A table of the density at evenly spaced places."""
    picked = np.linspace(0, len(density.grid) - 1, rows).round().astype(int)
    columns = (density.grid, density.mean, density.low, density.high)
    click.echo(
        f"\nDensity, each eigenvalue a Gaussian of width {density.width:.3g}; --json has all {len(density.grid)} points"
    )
    print_table(
        ["eigenvalue", "density", "95% low", "high"], [[number(float(c[k]), 4) for c in columns] for k in picked]
    )
