"""What the user wants studied: a problem of the zoo, or a function of their own, by name."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import math
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from landscape.arrays import Array
from landscape.autodiff import BatchFunction
from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems import problem
from landscape.study.faults import FAILURES, current_log, described_error, tolerant, tolerated
from landscape.study.losses import call_once, good_points, numpy_values, of_batch_of_one, values_of_many

Value = int | float | str | tuple[int | float | str, ...]


_PROBES = 64


@dataclass(frozen=True)
class Target:
    """Names a landscape so that any process can build it.

    Parameters
    ----------
    name : str
        A problem of the zoo, `path/to/file.py:name` or `package.module:name`.
    parameters : tuple of (str, value)
        For the problem's factory, or the user's.
    dim : int, optional
        Number of coordinates of a plain loss.
    box : tuple of (low, high), optional
        Where its starts are drawn: one range for all coordinates, or one each.

    Raises
    ------
    ValueError
        If a parameter is not finite.
    """

    name: str
    parameters: tuple[tuple[str, Value], ...] = ()
    dim: int | None = None
    box: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        for key, value in self.parameters:
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, float) and not math.isfinite(number):
                    raise ValueError(f"parameter {key} is {number} but must be finite")

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own, not the zoo's."""
        return ":" in self.name or self.name.endswith(".py")

    def load(self) -> Landscape:
        """The landscape; made once in a process.

        Raises
        ------
        ValueError
            If it cannot be made, in one sentence that says why.
        """
        return _load(self)[0]

    def source_digest(self) -> str | None:
        """SHA-256 of the file that the user's function was loaded from, of the `data_files`, or of the digests of them
        all; None where there is no file."""
        return _load(self)[2]

    def data_files(self) -> tuple[str, ...]:
        """Files that parameters name, as the user's own data."""
        values = [value for _, given in self.parameters for value in (given if isinstance(given, tuple) else (given,))]
        return tuple(v for v in values if isinstance(v, str) and Path(v).suffix and Path(v).is_file())

    def note(self) -> str:
        """How the user's function was understood, in words; empty for the zoo."""
        return _load(self)[1]


@lru_cache(maxsize=8)
def _load(target: Target) -> tuple[Landscape, str, str | None]:
    if not target.is_own:
        if target.dim is not None or target.box is not None:
            raise ValueError(
                f"--dim and --box are for a loss of your own; problem {target.name!r} takes its parameters by --set"
            )
        data = _digest_of(target.data_files())
        return problem(target.name, **dict(target.parameters)), "", data
    digest = _digest(target)
    with redirect_stdout(sys.stderr):  # standard output is for results: what the user's code prints goes past it
        try:
            landscape, note = _load_own(target)
        except SystemExit as error:
            raise ValueError(f"{target.name} raised {described_error(error)}") from error
    records_itself = target.dim is not None and landscape.provenance.hessian == "finite differences"
    return _guarded(landscape, target.name, records_itself), note, digest or _digest(target)


def _digest(target: Target) -> str | None:
    where = target.name.rpartition(":")[0]
    module = None if where.endswith(".py") else sys.modules.get(where)
    file = where if module is None else getattr(module, "__file__", None)
    return _digest_of((file, *target.data_files())) if file and Path(file).is_file() else None


def _digest_of(files: tuple[str, ...]) -> str | None:
    digests = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files]
    if len(digests) < 2:
        return digests[0] if digests else None
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _load_own(target: Target) -> tuple[Landscape, str]:
    found = _find(target.name)
    if target.dim is not None:
        return _from_loss(found, target)
    if isinstance(found, Landscape):
        _refuse_box(target)
        if target.parameters:
            raise ValueError(f"{target.name} is a Landscape already and takes no --set")
        return found, f"{target.name} is a Landscape"
    if not callable(found):
        raise ValueError(
            f"{target.name} is {_described(found)}; expected a Landscape, a function that returns one, or a loss"
        )
    return _from_factory(found, target)


def _refuse_box(target: Target) -> None:
    if target.box is not None:
        raise ValueError(f"--box is for a plain loss with --dim; {target.name} brings its own starts")


def _from_factory(factory: Callable[..., Any], target: Target) -> tuple[Landscape, str]:
    try:
        inspect.signature(factory).bind(**dict(target.parameters))
    except TypeError as error:
        raise ValueError(
            f"{target.name} cannot be called with these --set parameters ({error}); a plain loss needs --dim N"
        ) from error
    try:
        made = factory(**dict(target.parameters))
    except Exception as error:
        raise ValueError(f"{target.name} raised {described_error(error)}") from error
    if not isinstance(made, Landscape):
        raise ValueError(f"{target.name} returned {_described(made)}, expected a Landscape; a plain loss needs --dim N")
    _refuse_box(target)
    return made, f"{target.name} returned a Landscape"


def _find(name: str) -> Any:
    """The object that `path/to/file.py:name` or `package.module:name` names."""
    where, _, attribute = name.rpartition(":")
    if not where:
        where, attribute = name, ""
    module = _load_file(Path(where)) if where.endswith(".py") else _load_module(where)
    public = [key for key, value in vars(module).items() if not key.startswith("_") and callable(value)]
    own = [key for key in public if getattr(vars(module)[key], "__module__", None) == module.__name__]
    if not attribute:
        raise ValueError(f"{name} does not say which function; write {where}:NAME, it has {', '.join(own) or 'none'}")
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise ValueError(f"{where} has no {attribute!r}; it has {', '.join(own) or 'no functions'}") from None


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"there is no file {os.fspath(path)!r}")
    name = f"landscape_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{os.fspath(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    folder = os.fspath(path.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)  # so that the file can import its neighbours
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(f"{os.fspath(path)} could not be imported: {described_error(error)}") from error
    return module


def _load_module(name: str) -> ModuleType:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ValueError(f"module {name!r} could not be imported: {described_error(error)}") from error


def _from_loss(loss: Any, target: Target) -> tuple[Landscape, str]:
    """A plain loss, for NumPy, JAX or PyTorch, for one point or for a batch: whichever it turns out to be."""
    if isinstance(loss, Landscape) or not callable(loss):
        raise ValueError(f"{target.name} is {_described(loss)}, not a loss: it takes no --dim")
    if target.parameters:
        raise ValueError(f"{target.name} with --dim is a plain loss and takes no --set")
    assert target.dim is not None
    manifold = Euclidean(target.dim, _corners(target))
    size = 4 + (target.dim == 4)  # a batch as long as a point would hide a transposed result
    points = good_points(loss, manifold.sample(np.random.default_rng(0), _PROBES), size)
    engine, single, error = call_once(loss, points[0])
    written = "one point"
    if single is None or single.shape != ():
        of_one = of_batch_of_one(loss)
        other, alone, _ = call_once(of_one, points[0])
        if other != "NumPy" and alone is not None and alone.shape == ():
            engine, loss, written = other, of_one, "a batch (m, n)"
    elif engine == "JAX" and values_of_many(loss, points, size) is not None:
        written = "a batch (..., n)"
    if engine != "NumPy":
        return _from_autodiff(loss, engine, manifold, target.name), (
            f"{target.name}: {engine}, written for {written}; derivatives by {engine}"
        )
    value, written = numpy_values(loss, points, single, error, target.name)
    with tolerated():  # what is wrong at some points is told when it is met in the study
        landscape = Landscape.from_function(_recorded(value), manifold=manifold, name=target.name)
    by = landscape.provenance
    return landscape, f"{target.name}: NumPy, written for {written}; gradient by {by.gradient}, Hessian by {by.hessian}"


def _recorded(value: BatchFunction) -> BatchFunction:
    """A plain loss that is not a number at the points that raise, where faults are tolerated, and that logs both."""

    def call(x: Array) -> Array:
        log = current_log()
        if log is None:
            return value(x)
        return tolerant(value, (x,), 0, log)

    return call


def _from_autodiff(loss: Callable[[Any], Any], engine: str, manifold: Euclidean, name: str) -> Landscape:
    make = {"JAX": Landscape.from_jax, "PyTorch": Landscape.from_torch}[engine]
    try:
        return make(loss, manifold=manifold, name=name)
    except (ValueError, ImportError):
        raise
    except Exception as error:
        raise ValueError(f"{name} cannot be traced by {engine}: {described_error(error)}") from error


def _corners(target: Target) -> tuple[Any, Any]:
    box = target.box or ((-1.0, 1.0),)
    if len(box) == 1:
        return box[0]
    if len(box) != target.dim:
        raise ValueError(f"--box has {len(box)} ranges but --dim is {target.dim}; give one range, or one a coordinate")
    low, high = np.array(box).T
    return low, high


def _guarded(landscape: Landscape, name: str, records_itself: bool) -> Landscape:
    """A landscape of the user's own whose prints go to stderr. Its errors are `ValueError`s that name it; where faults
    are tolerated, it is not a number at the points that raise."""

    def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arrays: Array) -> Any:
            try:
                with redirect_stdout(sys.stderr):
                    return function(*arrays)
            except FAILURES as error:
                raise ValueError(
                    f"{name} raised {described_error(error)} for points of shape {arrays[0].shape}"
                ) from error

        return call

    def guard(function: Callable[..., Array], derivative: int) -> Callable[..., Array]:
        def call(*arrays: Array) -> Array:
            log = None if records_itself else current_log()
            return spoken(function)(*arrays) if log is None else tolerant(function, arrays, derivative, log)

        return call

    hvp = guard(landscape.hvp, 1)

    def linearized(x: Array) -> BatchFunction:
        tolerates = not records_itself and current_log() is not None
        return partial(hvp, x) if tolerates else spoken(spoken(landscape.hvp_at)(x))

    return replace(
        landscape,
        value=guard(landscape.value, 0),
        gradient=guard(landscape.gradient, 1),
        hessian=guard(landscape.hessian, 2),
        hvp=hvp,
        linearized=None if landscape.linearized is None else linearized,
    )


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"{type(value).__name__}" + (f" of shape {tuple(shape)}" if shape is not None else "")
