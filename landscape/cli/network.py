"""`landscape network`: the critical points and what the saddles connect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from landscape.cli.console import note, number, print_json, print_table, progress_bar
from landscape.cli.options import make_target, target_options
from landscape.critical.exploration import Exploration, explore
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.random import stream
from landscape.study.destinations import require_finite_somewhere
from landscape.study.store import check_writable
from landscape.study.target import Target, Value

F = TypeVar("F", bound=Callable[..., Any])

_ROWS = 40


def search_options(command: F) -> F:
    """--target-coverage, --searches and --seed."""
    for decorator in (
        click.option(
            "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all randomness."
        ),
        click.option(
            "--searches", default=50_000, show_default=True, type=click.IntRange(min=1), help="Searches at most."
        ),
        click.option(
            "--target-coverage",
            default=0.99,
            show_default=True,
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            help="Search until, for every index, the lower end of the coverage's interval is this high.",
        ),
    ):
        command = decorator(command)
    return command


@click.command("network")
@target_options
@search_options
@click.option("--graphml", type=click.Path(dir_okay=False, path_type=Path), help="Save the network in this file.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the disconnectivity graph in this file."
)
@click.option("--json", "json_output", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    problem: str,
    settings: tuple[tuple[str, Value], ...],
    dim: int | None,
    box: tuple[tuple[float, float], ...] | None,
    target_coverage: float,
    searches: int,
    seed: int,
    graphml: Path | None,
    plot: Path | None,
    json_output: bool,
) -> None:
    """Look for the minima and saddles of PROBLEM, and follow the gradient flow from each saddle down both sides.

    \b
    landscape network lennard_jones --set atoms=7
    landscape network muller_brown --graphml mueller_brown.graphml --plot tree.png
    """
    from landscape.network.morse import covered, morse_complex

    for path in (graphml, plot):
        if path is not None:
            check_writable(path)
    if plot is not None and plot.suffix not in (".png", ".pdf", ".svg"):
        raise ValueError(f"--plot is {plot} but must end in .png, .pdf or .svg")
    target = make_target(problem, settings, dim, box)
    landscape, points, graph, network = explored(target, target_coverage, searches, seed, quiet=json_output)
    found = None
    if covered(landscape) and points.decided.all():
        complex_ = morse_complex(landscape, points)
        found = list(complex_.betti) if complex_.sound else None
    expected = None if landscape.betti_numbers is None else [int(b) for b in landscape.betti_numbers]
    report = as_json(problem, graph, network, {"found": found, "expected": expected})
    if graphml is not None:
        from landscape.network.export import write_graphml

        write_graphml(graph, graphml)
        note(f"saved in {graphml}")
    if plot is not None:
        _draw(network, plot)
        note(f"drawn in {plot}")
    if json_output:
        print_json(report)
    else:
        _print(report)


def explored(
    target: Target, target_coverage: float, searches: int, seed: int, quiet: bool
) -> tuple[Landscape, CriticalPoints, Any, Any]:
    """The landscape, its critical points, of every index where the Morse complex can be had, the graph of all of them,
    and the transition network."""
    from landscape.network.connect import connect, transition_network
    from landscape.network.morse import covered

    landscape = target.load()
    rng = stream(seed, {"explore": target.name}, 0)
    require_finite_somewhere(target.name, landscape, [landscape.starts(rng, 1000)])
    if not quiet:
        note(target.note())
    everything = covered(landscape) or landscape.manifold.intrinsic_dim < 2
    strategy = Exploration(target_coverage, None if everything else (0, 1), max_searches=searches)
    with progress_bar() as progress:

        def look(done: int, known: CriticalPoints) -> None:
            if progress is not None:
                progress("searches", done, searches)

        points = explore(landscape, rng, strategy, look)
    graph = connect(landscape, points)
    return landscape, points, graph, transition_network(graph)


def as_json(problem: str, graph: Any, network: Any, betti: dict[str, list[int] | None]) -> dict[str, Any]:
    """The network as values that strict JSON can write."""
    import networkx as nx

    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    return {
        "problem": problem,
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
    pieces = "piece" if report["components"] == 1 else "pieces"
    click.echo(f"{len(minima)} minima and {len(saddles)} saddles of index 1, in {report['components']} {pieces}")
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


def _draw(network: Any, path: Path) -> None:
    from landscape.figures.style import figure_style, new_figure
    from landscape.figures.trees import plot_disconnectivity
    from landscape.network.tree import disconnectivity

    tree = disconnectivity(network)
    with figure_style():
        figure = new_figure(3.6)
        ax = plot_disconnectivity(tree.level, tree.parent, tree.layout(), figure.add_subplot())
        ax.set_ylabel("value")
        figure.savefig(path)
