"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from landscape.batch import MOST_STEPS
from landscape.study.target import Target, Value

F = TypeVar("F", bound=Callable[..., Any])
Settings = tuple[tuple[str, Value], ...]
Ranges = tuple[tuple[float, float], ...]


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

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Ranges:
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
        indices = tuple(int(part) for part in parts)
        if len(set(indices)) < len(indices):
            self.fail(f"{value!r} names an index twice", param, ctx)
        return indices


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


def _each_once(ctx: click.Context, param: click.Parameter, settings: Settings) -> Settings:
    keys = [key for key, _ in settings]
    for key in keys:
        if keys.count(key) > 1:
            raise click.BadParameter(f"{key} is given {keys.count(key)} times", ctx, param)
    return settings


settings_option = functools.partial(
    click.option, "--set", "settings", type=Setting(), multiple=True, callback=_each_once
)
"""--set, with the help that a command gives it."""

seed_option = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness."
)
step_count = click.IntRange(0, MOST_STEPS)
json_option = click.option("--json", "json_output", is_flag=True, help="Print one JSON object and nothing else.")
jobs_option = click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Worker processes.")
executor_option = click.option("--executor", help="Where else to work: dask://HOST:PORT, or mpi.")


def search_options(coverage_help: str) -> Callable[[F], F]:
    """--target-coverage, --searches and --seed."""

    def decorate(command: F) -> F:
        for decorator in (
            seed_option,
            click.option(
                "--searches", default=50_000, show_default=True, type=click.IntRange(min=1), help="Searches at most."
            ),
            click.option(
                "--target-coverage",
                default=0.99,
                show_default=True,
                type=click.FloatRange(0, 1, min_open=True, max_open=True),
                help=coverage_help,
            ),
        ):
            command = decorator(command)
        return command

    return decorate


@dataclass(frozen=True)
class Asked:
    """PROBLEM and its options as they were given: a problem of the zoo or a name of the user's, --set, --dim, --box."""

    problem: str
    settings: Settings = ()
    dim: int | None = None
    box: Ranges | None = None

    def target(self) -> Target:
        """What they name."""
        # The JAX of a user's file must compute in double precision; a setting of the user's own comes first.
        os.environ.setdefault("JAX_ENABLE_X64", "1")
        return Target(self.problem, tuple(sorted(self.settings, key=lambda setting: setting[0])), self.dim, self.box)


def target_options(command: F) -> F:
    """PROBLEM, --set, --dim and --box, which the command gets as one argument `asked`."""

    @functools.wraps(command)
    def call(
        *arguments: Any, problem: str, settings: Settings, dim: int | None, box: Ranges | None, **options: Any
    ) -> Any:
        return command(*arguments, asked=Asked(problem, settings, dim, box), **options)

    for decorator in (
        click.option(
            "--box", type=Box(), help="Where starts of a plain loss are drawn: one range, or one a coordinate."
        ),
        click.option("--dim", type=click.IntRange(min=1), help="Number of coordinates of a plain loss."),
        settings_option(help="Set a parameter of PROBLEM; repeatable."),
        click.argument("problem"),
    ):
        call = decorator(call)
    return call  # type: ignore[return-value]
