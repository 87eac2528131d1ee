"""Pickled arrays of numbers, read without running what a pickle asks for.

A pickle is a program: it names functions and calls them. Here every name stands for itself, every call is written down
and none is made, and what is written down must be one of NumPy's two ways to describe an array.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from typing import Any

import numpy as np

from landscape.arrays import Array

_NUMBER = re.compile(r"[fiu][1248]")
_RECONSTRUCT = {f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")}
_FROM_BUFFER = {f"numpy.{core}.numeric._frombuffer" for core in ("core", "_core")}


def pickled(x: Array) -> bytes:
    """An array as a pickle that every NumPy of the last decades reads."""
    # NumPy 2 renamed its innermost package; the old name, which comes first in the pickle, is understood by all.
    return pickle.dumps(x, protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray", 1)


def unpickled(content: bytes) -> Array:
    """The array of numbers in a pickle, as double precision; nothing that the pickle names is imported or called.

    Raises
    ------
    ValueError
        If it holds anything else, or is damaged; the sentence goes on from the name of what is read.

    Examples
    --------
    >>> import numpy as np
    >>> unpickled(pickled(np.array([0.5, 2.0]))).tolist()
    [0.5, 2.0]
    """
    try:
        made = _Reader(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a damaged pickle can fail in any way
        raise ValueError(f"is not a whole pickle: {type(error).__name__}") from None
    try:
        return _array(made)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise ValueError("is not a pickled array of numbers") from None


class _Name:
    """Something that a pickle would import."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> _Call:
        return _Call(self.name, arguments)


class _Call:
    """A call that a pickle asks for, and the state that it gives to the result."""

    __slots__ = ("arguments", "name", "state")

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.name, self.arguments, self.state = name, arguments, ()

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _Name(f"{module}.{name}")


def _array(made: Any) -> Array:
    if made.name in _FROM_BUFFER:
        raw, dtype, shape, order = made.arguments
    elif made.name in _RECONSTRUCT and made.arguments[0].name == "numpy.ndarray":
        _, shape, dtype, by_column, raw = made.state
        order = "F" if by_column else "C"
    else:
        raise ValueError
    numbers = np.frombuffer(_raw(raw), dtype=_dtype(dtype))
    if not all(type(size) is int and size >= 0 for size in shape) or math.prod(shape) != numbers.size:
        raise ValueError
    return numbers.reshape(shape, order=order).astype(np.float64)


def _dtype(made: Any) -> np.dtype[Any]:
    """A type of plain numbers, and of nothing else."""
    code, order = made.arguments[0], made.state[1]
    if made.name != "numpy.dtype" or not _NUMBER.fullmatch(code) or order not in ("<", ">", "=", "|"):
        raise ValueError
    return np.dtype(order + code)


def _raw(made: Any) -> bytes:
    """The array's bytes, which Python 2 wrote as text, and Python 3 for Python 2 as text to be encoded."""
    if isinstance(made, _Call) and made.name == "_codecs.encode" and made.arguments[1:] == ("latin1",):
        made = made.arguments[0]
    if isinstance(made, str):
        return made.encode("latin1")
    if isinstance(made, bytes | bytearray):
        return bytes(made)
    raise TypeError
