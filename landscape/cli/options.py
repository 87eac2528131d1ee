"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from landscape.study.target import Target, Value

F = TypeVar("F", bound=Callable[..., Any])


class Setting(click.ParamType):
    """KEY=VALUE, where the value is a number, a word, or a comma-separated tuple of them."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Value]:
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not (key and equals and text):
            self.fail(f"{value!r} is not of the form key=value", param, ctx)
        parts = [_scalar(part.strip()) for part in text.split(",") if part.strip()]
        return key.strip(), tuple(parts) if "," in text else _scalar(text.strip())


class Box(click.ParamType):
    """LOW:HIGH, or one such range a coordinate, comma-separated."""

    name = "low:high"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[float, float], ...]:
        if isinstance(value, tuple):
            return value
        ranges = []
        for part in value.split(","):
            try:
                low, high = (float(end) for end in part.split(":"))
            except ValueError:
                self.fail(f"{part!r} is not of the form LOW:HIGH", param, ctx)
            if not low < high:
                self.fail(f"{part!r} has a low end that is not below its high end", param, ctx)
            ranges.append((low, high))
        return tuple(ranges)


class Indices(click.ParamType):
    """Comma-separated whole numbers of at least 0."""

    name = "k1,k2,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdecimal() for part in parts):
            self.fail(f"{value!r} is not a list of comma-separated indices such as 0,1", param, ctx)
        return tuple(int(part) for part in parts)


class Point(click.ParamType):
    """Comma-separated coordinates."""

    name = "x1,x2,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of comma-separated numbers", param, ctx)


def _scalar(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _each_once(
    ctx: click.Context, param: click.Parameter, settings: tuple[tuple[str, Value], ...]
) -> tuple[tuple[str, Value], ...]:
    keys = [key for key, _ in settings]
    for key in keys:
        if keys.count(key) > 1:
            raise click.BadParameter(f"{key} is given {keys.count(key)} times", ctx, param)
    return settings


def target_options(command: F) -> F:
    """PROBLEM, --set, --dim and --box."""
    for decorator in (
        click.option(
            "--box", type=Box(), help="Where starts of a plain loss are drawn: one range, or one a coordinate."
        ),
        click.option("--dim", type=click.IntRange(min=1), help="Number of coordinates of a plain loss."),
        click.option(
            "--set",
            "settings",
            type=Setting(),
            multiple=True,
            callback=_each_once,
            help="Set a parameter of PROBLEM; repeatable.",
        ),
        click.argument("problem"),
    ):
        command = decorator(command)
    return command


def make_target(
    problem: str,
    settings: tuple[tuple[str, Value], ...],
    dim: int | None,
    box: tuple[tuple[float, float], ...] | None,
) -> Target:
    """What PROBLEM and its options name."""
    # The JAX of a user's file must compute in double precision; a setting of the user's own comes first.
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    return Target(problem, tuple(sorted(settings, key=lambda setting: setting[0])), dim, box)
