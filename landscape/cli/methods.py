"""The descent method that a command is asked for, and which of the --set parameters are the method's."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

import click

from landscape.cli.options import Asked
from landscape.descent.method import DescentMethod
from landscape.descent.methods import METHODS

method_option = partial(click.option, "--method", type=click.Choice(sorted(METHODS)), show_default=True)
"""--method, with the default and the help that a command gives it."""


def split(asked: Asked, method: str) -> tuple[dict[str, float], Asked]:
    """The settings that are parameters of a method of `METHODS`, and what is asked for without them."""
    own = parameters_of(method)
    parameters = {}
    for key, value in asked.settings:
        if key in own:
            if not isinstance(value, int | float):
                raise ValueError(f"{key} is {value!r} but must be a number")
            parameters[key] = value
    return parameters, replace(asked, settings=tuple(s for s in asked.settings if s[0] not in own))


def make_method(method: str, parameters: dict[str, float]) -> DescentMethod:
    """The method of that name in `METHODS`."""
    made: DescentMethod = METHODS[method](**parameters)
    return made


def parameters_of(method: str) -> set[str]:
    """Names of a method's parameters."""
    return {f.name for f in fields(METHODS[method])}
