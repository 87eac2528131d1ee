"""`landscape network`: the critical points and what the saddles connect."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import click

from landscape.cli.charts import Charted, chart, counted, why_left_out
from landscape.cli.console import note, number, print_json, print_table
from landscape.cli.files import check_output, saving, saving_in
from landscape.cli.options import Asked, json_option, search_options, target_options
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.study.faults import tolerated
from landscape.study.store import check_writable

_ROWS = 40

network_options = search_options(
    "Search until, for every index, the lower end of the coverage's interval is this high."
)


@click.command("network")
@target_options
@network_options
@click.option("--graphml", type=click.Path(dir_okay=False, path_type=Path), help="Save the network in this file.")
@click.option(
    "--network-json", type=click.Path(dir_okay=False, path_type=Path), help="Save it as JSON, nodes and links, for D3."
)
@click.option(
    "--pele", type=click.Path(dir_okay=False, path_type=Path), help="Save minima and transition states for pele."
)
@click.option(
    "--pathsample",
    type=click.Path(file_okay=False, path_type=Path),
    help="Save them as min.data and ts.data in this folder.",
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
    network_json: Path | None,
    pele: Path | None,
    pathsample: Path | None,
    plot: Path | None,
    json_output: bool,
) -> None:
    """Look for the minima and saddles of PROBLEM, and follow the gradient flow from each saddle down both sides.

    Instead of PROBLEM the file of a saved study will do: its points are connected, and none are looked for. So will a
    network that was saved before, a database of pele, or a folder with PATHSAMPLE's min.data.

    \b
    landscape network lennard_jones --set atoms=7
    landscape network muller_brown --graphml mueller_brown.graphml --plot tree.png
    landscape network study.sqlite --pele study_pele.sqlite
    landscape network pele.sqlite --pathsample folder
    """
    _check_outputs(graphml, network_json, pele, pathsample, plot)
    charted = chart(context, asked, target_coverage, searches, seed, quiet=json_output)
    if plot is not None and charted.network.number_of_nodes() == 0:
        raise ValueError(f"{asked.problem} has no known minima: there is nothing to draw")
    report = as_json(charted)
    _save(charted, graphml, network_json, pele, pathsample, plot)
    if json_output:
        print_json(report)
    else:
        _print(report)


def _check_outputs(
    graphml: Path | None, network_json: Path | None, pele: Path | None, pathsample: Path | None, plot: Path | None
) -> None:
    """Refuse files that cannot be written, before any work."""
    given = [path for path in (graphml, network_json, pele, pathsample, plot) if path is not None]
    for path in given:
        if given.count(path) > 1:
            raise ValueError(f"{path} is given for two files")
    check_output(graphml, "--graphml")
    check_output(network_json, "--network-json")
    check_output(pele, "--pele")
    check_output(plot, "--plot", ".png", ".pdf", ".svg")
    if pathsample is not None:
        for path in (pathsample / "min.data", pathsample / "ts.data") if pathsample.is_dir() else (pathsample,):
            check_writable(path)


def _save(
    charted: Charted,
    graphml: Path | None,
    network_json: Path | None,
    pele: Path | None,
    pathsample: Path | None,
    plot: Path | None,
) -> None:
    """Write the files that were asked for: all of them, or none."""
    from landscape.network.export import write_graphml, write_json
    from landscape.network.pathsample import write_pathsample
    from landscape.network.pele import write_pele

    notes = []
    with ExitStack() as drafts:
        for path, write in ((graphml, write_graphml), (network_json, write_json)):
            if path is not None:
                write(charted.graph, drafts.enter_context(saving(path)))
                notes.append(f"saved in {path}")
        if pele is not None:
            write_pele(charted.landscape, charted.network, drafts.enter_context(saving(pele)))
            notes.append(f"saved for pele in {pele}")
        if pathsample is not None:
            write_pathsample(charted.landscape, charted.network, drafts.enter_context(saving_in(pathsample)))
            notes.append(f"saved for PATHSAMPLE in {pathsample}")
        if plot is not None:
            remark = _draw(charted.network, drafts.enter_context(saving(plot)))
            notes.append(f"drawn in {plot}{remark}")
    for told in notes:
        note(told)


def _betti(charted: Charted) -> dict[str, Any]:
    """Betti numbers of the Morse complex, what theory expects, and why there are none."""
    from landscape.network.morse import morse_complex

    landscape, points = charted.landscape, charted.points
    if landscape is None or points is None:
        return {"found": None, "expected": None, "why_not": "the landscape itself is not known"}
    expected = None if landscape.betti_numbers is None else [int(b) for b in landscape.betti_numbers]
    found, why = None, _why_no_complex(charted, landscape, points)
    if why is None:
        with tolerated() if charted.study else nullcontext():  # as for the lines of the flow
            complex_ = morse_complex(landscape, points)
        why = None if complex_.sound else _lost_lines(charted.graph) or complex_.flaw
        found = list(complex_.betti) if why is None else None
    return {"found": found, "expected": expected, "why_not": why}


def _why_no_complex(charted: Charted, landscape: Landscape, points: CriticalPoints) -> str | None:
    """Why there is no Morse complex of these points, or none worth making; None if there is."""
    from landscape.network.morse import covered

    if not covered(landscape):
        return "lines of the flow are counted in at most four dimensions, where there is no symmetry"
    undecided = int((~points.decided).sum())
    if undecided:
        return f"{counted(undecided, 'point is', 'points are')} degenerate or not critical"
    return charted.why_incomplete()


def _lost_lines(graph: Any) -> str | None:
    """How many lines of saddles arrive nowhere, and why; None if all arrive."""
    reasons = graph.graph["why_lost"]
    if not reasons:
        return None
    lines = counted(len(reasons), "line from a saddle arrives", "lines from saddles arrive")
    return f"{lines} nowhere: {'; '.join(sorted(set(reasons)))}"


def as_json(charted: Charted) -> dict[str, Any]:
    """The network as values that strict JSON can write."""
    import networkx as nx

    graph, network = charted.graph, charted.network
    edges = sorted((data for *_, data in network.edges(data=True)), key=lambda data: data["saddle"])
    return {
        "problem": charted.problem,
        "study": charted.study,
        "incomplete": charted.incomplete,
        "source": charted.source,
        "coverage": charted.coverage(),
        "added_points": charted.added,
        "minima": [{"id": node, "value": data["value"]} for node, data in network.nodes(data=True)],
        "saddles": [
            {
                "id": data["saddle"],
                "value": data["value"],
                "minima": list(data["ends"]),
                "barriers": list(data["barriers"]),
                **({"destinations": data["destinations"]} if "destinations" in data else {}),
            }
            for data in edges
        ],
        "degenerate": charted.degenerate,
        "left_out": charted.left_out_json(),
        "lost_branches": len(graph.graph.get("lost", ())),
        "components": nx.number_connected_components(network),
        "betti": _betti(charted),
    }


def _print(report: dict[str, Any]) -> None:
    if report["incomplete"] is not None:
        click.echo(f"{report['study']} is {report['incomplete']}")
    minima = counted(len(report["minima"]), "minimum", "minima")
    saddles = counted(len(report["saddles"]), "saddle", "saddles")
    click.echo(f"{minima} and {saddles} of index 1, in {counted(report['components'], 'piece', 'pieces')}")
    for sentence in report["coverage"]["sentences"] if report["coverage"] else ():
        click.echo(f"  {sentence}")
    _print_doubts(report)
    click.echo(_betti_sentence(report["betti"]))
    _print_minima(report["minima"])
    _print_saddles(report)


def _print_doubts(report: dict[str, Any]) -> None:
    """What is odd about the points and lines."""
    if report["degenerate"]:
        click.echo(counted(report["degenerate"], "degenerate point", "degenerate points"))
    split = sum("destinations" in saddle for saddle in report["saddles"])
    if split:
        lead = counted(split, "saddle leads", "saddles lead")
        click.echo(f"{lead} to another saddle, and so to several minima: told are the lowest, --json has the shares")
    if report["left_out"]:
        click.echo(why_left_out([saddle["reason"] for saddle in report["left_out"]]))
    if report["lost_branches"]:
        branches = counted(report["lost_branches"], "branch of a saddle ends", "branches of saddles end")
        click.echo(f"{branches} at no critical point")


def _betti_sentence(betti: dict[str, Any]) -> str:
    found, expected = betti["found"], betti["expected"]
    if found is None:
        return f"No Betti numbers: {betti['why_not']}"
    told = ", as they must be" if found == expected else f", expected {_list(expected)}"
    told = "; the theory does not say what to expect here" if expected is None else told
    return f"Betti numbers of the Morse complex {_list(found)}{told}"


def _print_minima(minima: list[dict[str, Any]]) -> None:
    print_table(["minimum", "value"], [[str(m["id"]), number(m["value"], 9)] for m in minima[:_ROWS]])
    if len(minima) > _ROWS:
        click.echo(f"... {len(minima)} minima in all; --json lists them")


def _print_saddles(report: dict[str, Any]) -> None:
    """Each with its two minima, and what must be climbed from them."""
    saddles = report["saddles"]
    value = {minimum["id"]: minimum["value"] for minimum in report["minima"]}
    rows = [
        [
            str(saddle["id"]),
            number(saddle["value"], 9),
            *(str(end) for end in saddle["minima"]),
            *(number(value[end], 9) for end in saddle["minima"]),
            *(number(barrier, 6) for barrier in saddle["barriers"]),
        ]
        for saddle in saddles[:_ROWS]
    ]
    print_table(["saddle", "value", "minimum a", "minimum b", "value a", "value b", "barrier from a", "from b"], rows)
    if len(saddles) > _ROWS:
        click.echo(f"... {len(saddles)} saddles in all; --json lists them")


def _list(numbers: list[int] | None) -> str:
    return ", ".join(str(n) for n in numbers or [])


def _draw(network: Any, path: Path) -> str:
    """Draw the disconnectivity graph; what is not exact about it, in words."""
    from landscape.figures.style import figure_style
    from landscape.figures.trees import disconnectivity_figure, readable
    from landscape.network.tree import disconnectivity

    whole = disconnectivity(network)
    tree, levels = readable(whole)
    with figure_style():
        disconnectivity_figure(tree).savefig(path)
    return "" if tree is whole else f"; basins are joined at {levels} equally spaced levels"
