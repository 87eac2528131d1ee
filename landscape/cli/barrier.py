"""`landscape barrier`: the lowest pass between two minima."""

from __future__ import annotations

import click

from landscape.cli.console import number, print_json, print_table
from landscape.cli.network import chart, network_options
from landscape.cli.options import Asked, json_option, target_options


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
    instead of PROBLEM: its points are connected, and none are looked for.

    \b
    landscape barrier lennard_jones 0 3 --set atoms=7
    landscape barrier study.sqlite 0 3
    """
    from landscape.network.barriers import minimax_path

    charted = chart(context, asked, target_coverage, searches, seed, quiet=json_output)
    path = minimax_path(charted.network, a, b)
    value = {node: charted.graph.nodes[node]["value"] for node in (*path.minima, *path.saddles)}
    if json_output:
        print_json(
            {
                "problem": charted.problem,
                "study": charted.study,
                "incomplete": charted.incomplete,
                "from": a,
                "to": b,
                "height": path.height,
                "barriers": list(path.barriers),
                "minima": [{"id": node, "value": value[node]} for node in path.minima],
                "saddles": [{"id": node, "value": value[node]} for node in path.saddles],
            }
        )
        return
    if charted.incomplete is not None:
        click.echo(f"{charted.study} is {charted.incomplete}")
    click.echo(
        f"Highest point of the lowest path {number(path.height, 9)}: barrier {number(path.barriers[0], 6)} from "
        f"minimum {a}, {number(path.barriers[1], 6)} from minimum {b}"
    )
    stations = [path.minima[0], *(node for pair in zip(path.saddles, path.minima[1:], strict=True) for node in pair)]
    rows = [
        ["minimum" if k % 2 == 0 else "saddle", str(node), number(value[node], 9)] for k, node in enumerate(stations)
    ]
    print_table(["station", "point", "value"], rows)
