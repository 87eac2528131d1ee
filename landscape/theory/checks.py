"""Checks of arguments that the closed forms share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landscape.arrays import Array


def positive(name: str, value: npt.ArrayLike) -> Array:
    """`value` as floats, or a ValueError that names it if any is not positive and finite."""
    number = np.asarray(value, dtype=np.float64)
    if not (np.isfinite(number) & (number > 0)).all():
        raise ValueError(f"{name} is {value!r} but must be positive and finite")
    return number


def positive_integer(name: str, value: int) -> int:
    """`value` as an int, or a ValueError that names it if it is not a positive integer."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} is {value!r} but must be a positive integer")
    return int(value)
