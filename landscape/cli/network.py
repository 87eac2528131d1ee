"""`landscape network`: the critical points and what the saddles connect."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

from landscape.cli.console import note, number, print_json, print_table
from landscape.cli.explore import searched
from landscape.cli.files import check_output, saving
from landscape.cli.options import Asked, json_option, search_options, target_options
from landscape.critical.exploration import Exploration
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.problems import problem_names
from landscape.study.faults import tolerated
from landscape.study.result import open_study
from landscape.study.run import state_of
from landscape.study.target import Target

_ROWS = 40
_MANY = 300  # minima, beyond which basins are joined at so many levels:
_LEVELS = 60


network_options = search_options(
    "Search until, for every index, the lower end of the coverage's interval is this high."
)


@click.command("network")
@target_options
@network_options
@click.option("--graphml", type=click.Path(dir_okay=False, path_type=Path), help="Save the network in this file.")
@click.option(
    "--pele", type=click.Path(dir_okay=False, path_type=Path), help="Save minima and transition states for pele."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the disconnectivity graph in this file."
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    asked: Asked,
    target_coverage: float,
    searches: int,
    seed: int,
    graphml: Path | None,
    pele: Path | None,
    plot: Path | None,
    json_output: bool,
) -> None:
    """Look for the minima and saddles of PROBLEM, and follow the gradient flow from each saddle down both sides.

    Instead of PROBLEM the file of a saved study will do: its points are connected, and none are looked for.

    \b
    landscape network lennard_jones --set atoms=7
    landscape network muller_brown --graphml mueller_brown.graphml --plot tree.png
    landscape network study.sqlite --pele study_pele.sqlite
    """
    from landscape.network.morse import covered, morse_complex

    given = [path for path in (graphml, pele, plot) if path is not None]
    for path in given:
        if given.count(path) > 1:
            raise ValueError(f"{path} is given for two files")
    check_output(graphml, "--graphml")
    check_output(pele, "--pele")
    check_output(plot, "--plot", ".png", ".pdf", ".svg")
    charted = chart(context, asked, target_coverage, searches, seed, quiet=json_output)
    landscape, points = charted.landscape, charted.points
    if plot is not None and charted.network.number_of_nodes() == 0:
        raise ValueError(f"{asked.problem} has no known minima: there is nothing to draw")
    found = None
    if covered(landscape) and points.decided.all() and len(points) == charted.graph.number_of_nodes():
        with tolerated() if charted.study else nullcontext():  # as for the lines of the flow
            complex_ = morse_complex(landscape, points)
        found = list(complex_.betti) if complex_.sound else None
    expected = None if landscape.betti_numbers is None else [int(b) for b in landscape.betti_numbers]
    report = as_json(charted, {"found": found, "expected": expected})
    if graphml is not None:
        from landscape.network.export import write_graphml

        with saving(graphml) as draft:
            write_graphml(charted.graph, draft)
        note(f"saved in {graphml}")
    if pele is not None:
        from landscape.network.pele import write_pele

        write_pele(landscape, charted.network, pele)
        note(f"saved for pele in {pele}")
    if plot is not None:
        with saving(plot) as draft:
            remark = _draw(charted.network, draft)
        note(f"drawn in {plot}{remark}")
    if json_output:
        print_json(report)
    else:
        _print(report)


@dataclass(frozen=True, eq=False)
class Charted:
    """A landscape's critical points, the graph of all of them, and the transition network.

    `points` are those that were known before they were connected; `study` is the file that they come from, and
    `incomplete` how far it is, in words.
    """

    problem: str
    landscape: Landscape
    points: CriticalPoints
    graph: Any
    network: Any
    study: str | None = None
    incomplete: str | None = None


def chart(
    context: click.Context, asked: Asked, target_coverage: float, searches: int, seed: int, quiet: bool
) -> Charted:
    """The points of the study that PROBLEM is a file of, or those that a search finds, connected."""
    if is_study(asked.problem):
        return of_study(context, asked.problem, quiet)
    return explored(asked.target(), target_coverage, searches, seed, quiet)


def is_study(name: str) -> bool:
    """Whether PROBLEM names a file that is not Python's: there it is, or it has a suffix such as no problem has."""
    if name in problem_names() or name.endswith(".py") or ":" in Path(name).name:
        return False
    return Path(name).is_file() or Path(name).suffix != ""


def of_study(context: click.Context, file: str, quiet: bool) -> Charted:
    """The points that a study's file holds, connected; the options that a search needs are refused."""
    from landscape.network.connect import transition_network

    options = {"settings": "--set", "dim": "--dim", "box": "--box", "target_coverage": "--target-coverage"}
    options |= {"searches": "--searches", "seed": "--seed"}
    for name, option in options.items():
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None):
            raise ValueError(f"{option} is for a search; the points of the study in {file} are taken as they are")
    os.environ.setdefault("JAX_ENABLE_X64", "1")  # as for `landscape study`
    state_of(file, state_of(file)[0])  # whether its function is still the same
    result = open_study(file)
    if not quiet:
        note(result.note)
    with tolerated():  # where the function fails lines end, and are reported as lost
        graph = result.graph()
    target = result.study.target
    incomplete = None if result.unfinished is None else result.unfinished.sentence()
    network = transition_network(graph)
    return Charted(target.name, target.load(), result.points, graph, network, file, incomplete)


def explored(target: Target, target_coverage: float, searches: int, seed: int, quiet: bool) -> Charted:
    """The critical points that a search finds, of every index where the Morse complex can be had, connected."""
    from landscape.network.connect import connect, transition_network
    from landscape.network.morse import covered

    landscape = target.load()
    everything = covered(landscape) or landscape.manifold.intrinsic_dim < 2
    strategy = Exploration(target_coverage, None if everything else (0, 1), max_searches=searches)
    points = searched(target, strategy, seed, quiet)
    graph = connect(landscape, points)
    return Charted(target.name, landscape, points, graph, transition_network(graph))


def as_json(charted: Charted, betti: dict[str, list[int] | None]) -> dict[str, Any]:
    """The network as values that strict JSON can write."""
    import networkx as nx

    graph, network = charted.graph, charted.network
    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    return {
        "problem": charted.problem,
        "study": charted.study,
        "incomplete": charted.incomplete,
        "added_points": graph.number_of_nodes() - len(charted.points),
        "minima": [{"id": node, "value": data["value"]} for node, data in network.nodes(data=True)],
        "saddles": [
            {
                "id": data["saddle"],
                "value": data["value"],
                "minima": list(data["ends"]),
                "barriers": list(data["barriers"]),
            }
            for data in edges
        ],
        "lost_branches": len(graph.graph["lost"]),
        "components": nx.number_connected_components(network),
        "betti": betti,
    }


def _print(report: dict[str, Any]) -> None:
    minima, saddles = report["minima"], report["saddles"]
    value = {minimum["id"]: minimum["value"] for minimum in minima}
    if report["incomplete"] is not None:
        click.echo(f"{report['study']} is {report['incomplete']}")
    pieces = "piece" if report["components"] == 1 else "pieces"
    click.echo(f"{len(minima)} minima and {len(saddles)} saddles of index 1, in {report['components']} {pieces}")
    if report["added_points"]:
        click.echo(f"Points found only where the flow leads from the saddles: {report['added_points']}")
    if report["lost_branches"]:
        click.echo(f"{report['lost_branches']} branches of saddles arrive nowhere")
    betti = report["betti"]
    if betti["found"] is not None:
        told = "as they must be" if betti["found"] == betti["expected"] else f"expected {_list(betti['expected'])}"
        told = "; the theory does not say what to expect here" if betti["expected"] is None else f", {told}"
        click.echo(f"Betti numbers of the Morse complex {_list(betti['found'])}{told}")
    print_table(["minimum", "value"], [[str(m["id"]), number(m["value"], 9)] for m in minima[:_ROWS]])
    if len(minima) > _ROWS:
        click.echo(f"... {len(minima)} minima in all; --json lists them")
    rows = [
        [
            str(s["id"]),
            number(s["value"], 9),
            str(s["minima"][0]),
            str(s["minima"][1]),
            number(value[s["minima"][0]], 9),
            number(value[s["minima"][1]], 9),
            number(s["barriers"][0], 6),
            number(s["barriers"][1], 6),
        ]
        for s in saddles[:_ROWS]
    ]
    print_table(["saddle", "value", "minimum a", "minimum b", "value a", "value b", "barrier from a", "from b"], rows)
    if len(saddles) > _ROWS:
        click.echo(f"... {len(saddles)} saddles in all; --json lists them")


def _list(numbers: list[int] | None) -> str:
    return ", ".join(str(n) for n in numbers or [])


def _draw(network: Any, path: Path) -> str:
    """Draw the disconnectivity graph; what is not exact about it, in words."""
    from landscape.figures.style import WIDTH, figure_style, new_figure
    from landscape.figures.trees import plot_disconnectivity
    from landscape.network.tree import disconnectivity

    tree = disconnectivity(network)
    crowded = len(tree.minimum) > _MANY
    if crowded:
        tree = tree.coarse(_LEVELS)
    width = float(np.clip(len(tree.minimum) / 150, WIDTH, 13.0))
    with figure_style():
        figure = new_figure(4.6 if crowded else 3.6, width)
        ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), figure.add_subplot())
        ax.set_ylabel("value")
        figure.savefig(path)
    return f"; basins are joined at {_LEVELS} equally spaced levels" if crowded else ""
