"""The command line. Commands are loaded when they are called, so that `--help` answers at once."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

import click

_COMMANDS = {
    "problems": "List the zoo of landscapes, or show one of them.",
    "descend": "Show where gradient descent ends, from many starts.",
    "escape": "Show how descent leaves every saddle, and where it goes from there.",
    "explore": "Look for the critical points of every index until none seems to be missing.",
    "index": "Measure how the index of critical points is distributed, against dimension.",
    "network": "Show which minima the saddles connect, and the barriers between them.",
    "barrier": "Find the lowest pass between two minima.",
    "study": "Run the whole chain: starts, descent, critical points, escape.",
    "resume": "Go on with a study that was interrupted.",
    "report": "Print what a saved study found.",
    "compare": "Tell how two saved studies differ.",
    "classify": "Tell what a point is: minimum, maximum, saddle of which index.",
    "check": "Compare a function's derivatives with differences, entry by entry.",
    "spectrum": "Eigenvalues of the Hessian at a point, also where no dense matrix fits.",
    "figures": "Regenerate figures from data and check their claims.",
}


class InputError(click.ClickException):
    """Bad input: one sentence, exit status 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        click.echo(f"landscape: {self.message}", err=True)


class LazyGroup(click.Group):
    """A group whose commands live in modules of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"landscape.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            return super().parse_args(ctx, args)  # Click answers with the help text
        with _one_sentence():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _one_sentence():
            return super().invoke(ctx)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn errors that the input causes into one sentence."""
    try:
        yield
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "landscape"
        raise InputError(f"{error.format_message().rstrip('.')}; see `{path} --help`") from error
    except (ValueError, ArithmeticError, ImportError) as error:
        raise InputError(" ".join(str(error).split())) from error
    except MemoryError as error:
        detail = " ".join(str(error).split())
        raise InputError(f"there is not enough memory{detail and ': '}{detail}") from error
    except BrokenPipeError:
        raise  # nobody reads the output any more, which Click knows how to end
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        raise InputError(f"{where}{error.strerror or error}") from error
    except BrokenExecutor as error:
        raise click.ClickException("a worker process died and took its work along; nothing was saved") from error
    except KeyboardInterrupt:
        click.echo("landscape: interrupted; nothing was saved", err=True)
        sys.exit(130)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="landscape")
def main() -> None:
    """Map a smooth function: where descent goes, where the gradient vanishes, what each critical point is.

    PROBLEM is a name of the zoo (see `landscape problems`) or your own: path/to/file.py:NAME or package.module:NAME,
    where NAME is a Landscape, a function that returns one, or a plain loss, with --dim N and --box LOW:HIGH.
    """
