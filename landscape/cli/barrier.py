"""`landscape barrier`: the lowest pass between two minima."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from landscape.cli.charts import Charted, chart, counted, why_left_out
from landscape.cli.console import number, print_json, print_table
from landscape.cli.network import network_options
from landscape.cli.options import Asked, json_option, target_options

if TYPE_CHECKING:  # NetworkX is loaded when the command runs
    from landscape.network.barriers import MinimaxPath


@click.command("barrier")
@target_options
@click.argument("a", type=click.IntRange(min=0))
@click.argument("b", type=click.IntRange(min=0))
@network_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    asked: Asked,
    a: int,
    b: int,
    target_coverage: float,
    searches: int,
    seed: int,
    json_output: bool,
) -> None:
    """Find the path from minimum number A to minimum number B of PROBLEM whose highest saddle is lowest.

    `landscape network PROBLEM` numbers the minima, from the lowest up. For both, the file of a saved study will do
    instead of PROBLEM: its points are connected, and none are looked for. So will a network that was saved before, a
    database of pele, or a folder with PATHSAMPLE's min.data.

    A saddle that was not found can only make the true pass lower: the height is an upper bound.

    \b
    landscape barrier lennard_jones 0 3 --set atoms=7
    landscape barrier study.sqlite 0 3
    """
    from landscape.network.barriers import minimax_path

    charted = chart(context, asked, target_coverage, searches, seed, quiet=json_output)
    try:
        path = minimax_path(charted.network, a, b)
    except ValueError as error:
        doubt = f"; {charted.sentences()[-1]}" if charted.reached is False else ""
        raise ValueError(f"{error}{doubt}") from error
    report = _as_json(charted, path)
    if json_output:
        print_json(report)
    else:
        _print(charted, path, report)


def _as_json(charted: Charted, path: MinimaxPath) -> dict[str, Any]:
    """The path as values that strict JSON can write."""
    value = dict(charted.network.nodes(data="value"))
    return {
        "problem": charted.problem,
        "study": charted.study,
        "incomplete": charted.incomplete,
        "source": charted.source,
        "coverage": charted.coverage(),
        "added_points": charted.added,
        "degenerate": charted.degenerate,
        "left_out": charted.left_out_json(),
        "from": path.minima[0],
        "to": path.minima[-1],
        "height": path.height,
        "barriers": list(path.barriers),
        "minima": [{"id": node, "value": value[node]} for node in path.minima],
        "saddles": [{"id": node, "value": top} for node, top in zip(path.saddles, path.heights, strict=True)],
    }


def _print(charted: Charted, path: MinimaxPath, report: dict[str, Any]) -> None:
    if charted.incomplete is not None:
        click.echo(f"{charted.study} is {charted.incomplete}")
    click.echo(
        f"Highest point of the lowest path {number(path.height, 9)}: barrier {number(path.barriers[0], 6)} from "
        f"minimum {report['from']}, {number(path.barriers[1], 6)} from minimum {report['to']}"
    )
    if path.saddles:
        click.echo("The height is an upper bound: a saddle that is missing can only make it lower")
    for doubt in charted.sentences():
        click.echo(f"  {doubt}")
    if report["degenerate"]:
        click.echo(f"  {counted(report['degenerate'], 'degenerate point', 'degenerate points')}")
    if report["left_out"]:
        click.echo(f"  {why_left_out([saddle['reason'] for saddle in report['left_out']])}")
    minima, saddles = (
        [[kind, str(point["id"]), number(point["value"], 9)] for point in report[points]]
        for kind, points in (("minimum", "minima"), ("saddle", "saddles"))
    )
    stations = [minima[0], *chain.from_iterable(zip(saddles, minima[1:], strict=True))]
    print_table(["station", "point", "value"], stations)
