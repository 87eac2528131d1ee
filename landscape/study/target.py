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
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from landscape.arrays import Array
from landscape.autodiff import BatchFunction
from landscape.function import Landscape
from landscape.manifolds import Euclidean
from landscape.problems import problem
from landscape.study.faults import FaultLog, current_log, tolerated

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
        """SHA-256 of the file that the user's function was loaded from; None for the zoo, or where there is no file."""
        return _load(self)[2]

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
        return problem(target.name, **dict(target.parameters)), "", None
    digest = _digest(target.name)
    with redirect_stdout(sys.stderr):  # standard output is for results: what the user's code prints goes past it
        landscape, note = _load_own(target)
    records_itself = target.dim is not None and landscape.provenance.hessian == "finite differences"
    return _guarded(landscape, target.name, records_itself), note, digest or _digest(target.name)


def _digest(name: str) -> str | None:
    where = name.rpartition(":")[0]
    module = None if where.endswith(".py") else sys.modules.get(where)
    file = where if module is None else getattr(module, "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file and Path(file).is_file() else None


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
        raise ValueError(f"{target.name} raised {_described_error(error)}") from error
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
        raise ValueError(f"{os.fspath(path)} could not be imported: {_described_error(error)}") from error
    return module


def _load_module(name: str) -> ModuleType:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ValueError(f"module {name!r} could not be imported: {_described_error(error)}") from error


def _from_loss(loss: Any, target: Target) -> tuple[Landscape, str]:
    """A plain loss, for NumPy, JAX or PyTorch, for one point or for a batch: whichever it turns out to be."""
    if isinstance(loss, Landscape) or not callable(loss):
        raise ValueError(f"{target.name} is {_described(loss)}, not a loss: it takes no --dim")
    if target.parameters:
        raise ValueError(f"{target.name} with --dim is a plain loss and takes no --set")
    assert target.dim is not None
    manifold = Euclidean(target.dim, _corners(target))
    size = 4 + (target.dim == 4)  # a batch as long as a point would hide a transposed result
    points = _good_points(loss, manifold.sample(np.random.default_rng(0), _PROBES), size)
    engine, single, error = _call_once(loss, points[0])
    written = "one point"
    if single is None or single.shape != ():
        of_one = _of_batch_of_one(loss)
        other, alone, _ = _call_once(of_one, points[0])
        if other != "NumPy" and alone is not None and alone.shape == ():
            engine, loss, written = other, of_one, "a batch (m, n)"
    elif engine == "JAX" and _values(loss, points, size) is not None:
        written = "a batch (..., n)"
    if engine != "NumPy":
        return _from_autodiff(loss, engine, manifold, target.name), (
            f"{target.name}: {engine}, written for {written}; derivatives by {engine}"
        )
    value, written = _numpy_values(loss, points, single, error, target.name)
    with tolerated():  # what is wrong at some points is told when it is met in the study
        landscape = Landscape.from_function(_recorded(value), manifold=manifold, name=target.name)
    by = landscape.provenance
    return landscape, f"{target.name}: NumPy, written for {written}; gradient by {by.gradient}, Hessian by {by.hessian}"


def _good_points(loss: Callable[[Any], Any], points: Array, size: int) -> Array:
    """The first points at which a loss does not raise, if there are so many; otherwise simply the first."""
    good: list[Array] = []
    for point in points:
        if any(_call_once(form, point)[1] is not None for form in (loss, _of_batch_of_one(loss))):
            good.append(point)
        elif len(good) == 0 and point is points[4]:
            break  # it seems to raise everywhere
        if len(good) == size:
            return np.array(good)
    return points[:size]


def _recorded(value: BatchFunction) -> BatchFunction:
    """A plain loss that is not a number at the points that raise, where faults are tolerated, and that logs both."""

    def call(x: Array) -> Array:
        log = current_log()
        if log is None:
            return value(x)
        return _tolerant(value, (x,), 0, log)

    return call


def _from_autodiff(loss: Callable[[Any], Any], engine: str, manifold: Euclidean, name: str) -> Landscape:
    make = {"JAX": Landscape.from_jax, "PyTorch": Landscape.from_torch}[engine]
    try:
        return make(loss, manifold=manifold, name=name)
    except (ValueError, ImportError):
        raise
    except Exception as error:
        raise ValueError(f"{name} cannot be traced by {engine}: {_described_error(error)}") from error


def _numpy_values(
    loss: Callable[[Any], Any], points: Array, single: Array | None, error: Exception | None, name: str
) -> tuple[BatchFunction, str]:
    """A NumPy loss as a batched function, and what it is written for.

    A loss of one point that only indexes and computes takes a batch with its coordinates first as well; if it gives the
    same values it is called so, because a loop over points is a hundred times slower."""
    batched = _values(loss, points, len(points))
    if single is None or single.shape != ():
        if batched is not None:
            return _on_batches(loss), "a batch (m, n)"
        if single is None:
            raise ValueError(f"{name} raised {_described_error(error)} for a point of shape {points.shape[1:]}")
        raise ValueError(
            f"{name} returned shape {single.shape} for one point of shape {points.shape[1:]}, expected one number"
        )
    alone = np.array([_number(loss, point, name) for point in points])
    if _agree(batched, alone):
        return _on_batches(loss), "a batch (..., n)"
    if _agree(_values(loss, np.ascontiguousarray(points.T), len(points)), alone):
        return _on_coordinates(loss), "one point, and good for many with their coordinates first"
    return _on_each_point(loss), "one point"


def _agree(batched: Array | None, alone: Array) -> bool:
    return batched is not None and np.allclose(batched, alone, rtol=1e-9, atol=0, equal_nan=True)


def _corners(target: Target) -> tuple[Any, Any]:
    box = target.box or ((-1.0, 1.0),)
    if len(box) == 1:
        return box[0]
    if len(box) != target.dim:
        raise ValueError(f"--box has {len(box)} ranges but --dim is {target.dim}; give one range, or one a coordinate")
    low, high = np.array(box).T
    return low, high


def _call_once(loss: Callable[[Any], Any], point: Array) -> tuple[str, Array | None, Exception | None]:
    """Which engine a loss is written for, and its value at one point, or the error that it raised."""
    failure: Exception | None = None
    conversions: list[Callable[[Array], Any]] = [lambda x: x]
    if "torch" in sys.modules:
        conversions.append(sys.modules["torch"].as_tensor)
    for convert in conversions:
        try:
            with np.errstate(all="ignore"):
                result = loss(convert(point.copy()))
        except Exception as error:
            failure = failure or error
            continue
        owner = type(result).__module__.partition(".")[0]
        if owner in ("jax", "jaxlib"):
            return "JAX", np.asarray(result), None
        if owner == "torch":
            return "PyTorch", result.detach().numpy(), None
        try:
            return "NumPy", np.asarray(result, dtype=np.float64), None
        except (TypeError, ValueError) as error:
            failure = failure or error
    return "NumPy", None, failure


def _number(loss: Callable[[Any], Any], point: Array, name: str) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(loss(point.copy()))
    except Exception as error:
        raise ValueError(f"{name} raised {_described_error(error)} at x = {point.tolist()}") from error


def _values(loss: Callable[[Any], Any], points: Array, size: int) -> Array | None:
    """Values (size,) from one call with many points, or None if the loss does not take them."""
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(loss(points.copy()), dtype=np.float64)
    except Exception:
        return None
    return result if result.shape == (size,) else None


def _of_batch_of_one(loss: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        return loss(x[None])[0]

    return value


# Each hands the loss a copy, because a loss may compute in place.


def _on_batches(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        points = x.reshape(-1, x.shape[-1]).copy()
        return np.asarray(loss(points)).reshape(x.shape[:-1])

    return value


def _on_coordinates(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        coordinates = x.reshape(-1, x.shape[-1]).T.copy()
        return np.asarray(loss(coordinates)).reshape(x.shape[:-1])

    return value


def _on_each_point(loss: Callable[[Any], Any]) -> BatchFunction:
    def value(x: Array) -> Array:
        points = x.reshape(-1, x.shape[-1]).copy()
        return np.array([loss(point) for point in points]).reshape(x.shape[:-1])

    return value


def _guarded(landscape: Landscape, name: str, records_itself: bool) -> Landscape:
    """A landscape of the user's own whose prints go to stderr. Its errors are `ValueError`s that name it; where faults
    are tolerated, it is not a number at the points that raise."""

    def guard(function: Callable[..., Array], derivative: int) -> Callable[..., Array]:
        def call(*arrays: Array) -> Array:
            log = None if records_itself else current_log()
            if log is not None:
                return _tolerant(function, arrays, derivative, log)
            try:
                with redirect_stdout(sys.stderr):
                    return function(*arrays)
            except Exception as error:
                raise ValueError(
                    f"{name} raised {_described_error(error)} for points of shape {arrays[0].shape}"
                ) from error

        return call

    return replace(
        landscape,
        value=guard(landscape.value, 0),
        gradient=guard(landscape.gradient, 1),
        hessian=guard(landscape.hessian, 2),
        hvp=guard(landscape.hvp, 1),
    )


def _tolerant(function: Callable[..., Array], arrays: tuple[Array, ...], derivative: int, log: FaultLog) -> Array:
    """What a function gives for points (..., n), not a number at those that raise: these are found by halving. The log
    is told of them, and of where else it is not a number."""
    x = np.asarray(arrays[0])
    n = x.shape[-1]
    try:
        with redirect_stdout(sys.stderr):
            result = function(*arrays)
        _note_where_nan(x.reshape(-1, n), result, log)
        return result
    except Exception:
        pass
    flat = [np.asarray(array).reshape(-1, n) for array in arrays]
    result = np.full((len(flat[0]),) + (n,) * derivative, np.nan, np.result_type(x.dtype, np.float64))
    stack = [slice(0, len(result))]
    while stack:
        part = stack.pop()
        try:
            with redirect_stdout(sys.stderr):
                result[part] = function(*(array[part] for array in flat))
        except Exception as error:
            if part.stop - part.start == 1:
                log.note(f"raised {type(error).__name__}", flat[0][part], str(error).partition("\n")[0])
            elif part.stop > part.start:
                middle = (part.start + part.stop) // 2
                stack += [slice(middle, part.stop), slice(part.start, middle)]  # the first half is next
        else:
            _note_where_nan(flat[0][part], result[part], log)
    return result.reshape(x.shape[:-1] + (n,) * derivative)


def _note_where_nan(points: Array, result: Array, log: FaultLog) -> None:
    bad = np.isnan(result)
    if bad.any():
        log.note("was not a number", points[bad.reshape(len(points), -1).any(axis=1)])


def _described_error(error: Exception | None) -> str:
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"{type(value).__name__}" + (f" of shape {tuple(shape)}" if shape is not None else "")
