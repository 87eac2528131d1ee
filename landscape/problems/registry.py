"""The registry of the zoo: a landscape by its name, with its parameters checked before any work starts."""

from __future__ import annotations

import difflib
import inspect
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np

from landscape.function import Landscape

Factory = Callable[..., Landscape]

REQUIRED = "required"

_WANTED = {int: "an integer", float: "a finite number", str: "a string"}


class ProblemParameter(NamedTuple):
    """A parameter of a problem: its name, its type in words of Python, and its default, or `REQUIRED`."""

    name: str
    type: str
    default: object


@dataclass(frozen=True)
class ProblemEntry:
    """A problem of the zoo.

    Attributes
    ----------
    name : str
        What `problem` takes; the name of the factory.
    summary : str
        One line.
    parameters : tuple of (name, type, default)
        The default is `REQUIRED` where there is none.
    factory : callable
        Makes the `Landscape`.
    """

    name: str
    summary: str
    parameters: tuple[ProblemParameter, ...]
    factory: Factory


_entries: dict[str, ProblemEntry] = {}


def register(factory: Factory) -> Factory:
    """Add a factory of landscapes to the zoo, as a decorator.

    Its name becomes the problem's name, the first line of its docstring the summary, and its signature, each
    parameter annotated with `int`, `float`, `str`, `tuple[int, ...]` or `tuple[float, ...]`, the parameters.

    Raises
    ------
    ValueError
        If another factory has the name already, or a parameter's annotation is not one of these.
    """
    name = factory.__name__
    known = _entries.get(name)
    if known is not None and known.factory.__module__ != factory.__module__:
        raise ValueError(f"problem {name!r} is registered already, by {known.factory.__module__}")
    hints = get_type_hints(factory)
    parameters = []
    for parameter in inspect.signature(factory).parameters.values():
        annotation = hints.get(parameter.name)
        if _element(annotation) not in _WANTED:
            raise ValueError(f"problem {name!r}: parameter {parameter.name} has no annotation that can be checked")
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        parameters.append(ProblemParameter(parameter.name, _type_text(annotation), default))
    summary = (inspect.getdoc(factory) or "").partition("\n")[0]
    _entries[name] = ProblemEntry(name, summary, tuple(parameters), factory)
    return factory


def problem_names() -> list[str]:
    """Names of all problems, in alphabetical order.

    Examples
    --------
    >>> import landscape
    >>> "himmelblau" in landscape.problem_names()
    True
    """
    return sorted(_entries)


def entry(name: str) -> ProblemEntry:
    """What is registered under `name`.

    Raises
    ------
    ValueError
        If there is no such problem; the message has the closest name.
    """
    try:
        return _entries[name]
    except (KeyError, TypeError):
        close = difflib.get_close_matches(str(name), _entries, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"unknown problem {name!r}; {hint}`landscape problems` lists them") from None


def problem(name: str, **parameters: Any) -> Landscape:
    """A landscape of the zoo.

    Parameters
    ----------
    name : str
        One of `problem_names()`.
    **parameters
        The problem's own parameters, as `entry(name).parameters` lists them.

    Returns
    -------
    Landscape
        With `name` and all `parameters`, defaults included.

    Raises
    ------
    ValueError
        If there is no such problem or parameter, a required one is missing, or a value is of the wrong type
        or out of range.

    Examples
    --------
    >>> problem("rastrigin", dim=3).dim
    3
    """
    known = entry(name)
    takes = ", ".join(p.name for p in known.parameters) or "none"
    for given in parameters:
        if given not in {p.name for p in known.parameters}:
            raise ValueError(f"problem {name!r} has no parameter {given!r}; it takes {takes}")
    hints = get_type_hints(known.factory)
    values: dict[str, object] = {}
    for parameter in known.parameters:
        value = parameters.get(parameter.name, parameter.default)
        if parameter.default == REQUIRED and parameter.name not in parameters:
            raise ValueError(f"problem {name!r} needs parameter {parameter.name!r} ({parameter.type})")
        values[parameter.name] = _coerce(name, parameter.name, value, hints[parameter.name])
    try:
        landscape = known.factory(**values)
    except ValueError as error:
        raise ValueError(f"problem {name!r}: {error}") from error
    return replace(landscape, name=name, parameters=values)


def require_at_least(name: str, value: float, low: float) -> None:
    """Refuse a parameter below its least value.

    Raises
    ------
    ValueError
        If `value` is below `low`.
    """
    if value < low:
        raise ValueError(f"{name} is {value} but must be at least {low}")


def _element(annotation: Any) -> Any:
    """The type of a scalar parameter, or of the elements of `tuple[type, ...]`."""
    return get_args(annotation)[0] if get_origin(annotation) is tuple else annotation


def _type_text(annotation: Any) -> str:
    return str(annotation) if get_origin(annotation) is tuple else annotation.__name__


def _coerce(problem_name: str, name: str, value: object, annotation: Any) -> object:
    """`value` as the annotated type: plain Python numbers, strings and tuples, which JSON can hold."""
    element = _element(annotation)
    if get_origin(annotation) is not tuple:
        wanted = _WANTED[element]
        converted = _scalar(value, element)
    else:
        wanted = f"a sequence of {'integers' if element is int else 'finite numbers'}"
        if isinstance(value, numbers.Real):
            items: list[object] = [value]
        elif isinstance(value, list | tuple | range) or (isinstance(value, np.ndarray) and value.ndim == 1):
            items = list(value)
        else:
            items = []
        scalars = tuple(_scalar(item, element) for item in items)
        converted = scalars if scalars and None not in scalars else None
    if converted is None:
        raise ValueError(f"problem {problem_name!r}: parameter {name} is {value!r} but must be {wanted}")
    return converted


def _scalar(value: object, kind: type) -> object | None:
    """`value` as a plain `kind`, or None: True is no number, 3.0 is an integer and 2.5 is not."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if kind is str:
        return value if isinstance(value, str) else None
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return None
    if kind is int and isinstance(value, numbers.Integral):
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        return None
    if kind is int:
        return int(number) if number.is_integer() else None
    return number
