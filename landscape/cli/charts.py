"""The networks that `network` and `barrier` tell of: of a search, of a study's points, or read from a file."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from landscape.cli.console import note
from landscape.cli.explore import searched
from landscape.cli.options import Asked
from landscape.critical.exploration import Exploration
from landscape.critical.points import CriticalPoints
from landscape.function import Landscape
from landscape.problems import problem_names
from landscape.study.faults import tolerated
from landscape.study.report import points_json
from landscape.study.result import open_study
from landscape.study.run import state_of
from landscape.study.target import Target

_INDICES = (0, 1)  # of the points that a network is made of
_SQLITE = b"SQLite format 3"
_REASONS = 3  # that a sentence tells
_OF_ONE_POINT = re.compile(r"the (saddle|[a-z]+ point) \d+")


@dataclass(frozen=True, eq=False)
class Charted:
    """A landscape's critical points, the graph of all of them, and the transition network.

    `points` are those that were known before they were connected; `study` is the file that they come from, and
    `incomplete` how far it is, in words. A network that was read from another file, `source`, has neither landscape nor
    points, and one of PATHSAMPLE or pele no other graph. `aim` is the coverage that a search was to reach.
    """

    problem: str
    landscape: Landscape | None
    points: CriticalPoints | None
    graph: Any
    network: Any
    study: str | None = None
    incomplete: str | None = None
    source: str | None = None
    aim: float | None = None

    @property
    def degenerate(self) -> int:
        """How many points are degenerate."""
        return sum(data.get("kind") == "degenerate" for _, data in self.graph.nodes(data=True))

    def left_out(self) -> list[tuple[int, str]]:
        """The saddles of index 1 that are no edge of the network, and why."""
        told = self.graph.graph.get("left_out")
        if told is not None:
            return [(int(saddle), str(reason)) for saddle, reason in told]
        if not self.graph.is_directed():
            return []
        drawn = {data["saddle"] for *_, data in self.network.edges(data=True)}
        lost = {saddle for saddle, _ in self.graph.graph.get("lost", ())}
        return [
            (node, "a line arrives nowhere" if node in lost else "a line ends at no minimum")
            for node, data in self.graph.nodes(data=True)
            if data.get("index") == 1 and data.get("kind") != "degenerate" and node not in drawn
        ]

    def left_out_json(self) -> list[dict[str, Any]]:
        """The same as values that JSON can write."""
        value = dict(self.graph.nodes(data="value"))
        return [{"id": saddle, "value": value.get(saddle), "reason": reason} for saddle, reason in self.left_out()]

    def coverage(self) -> dict[str, Any] | None:
        """What the searches' statistics tell of the minima and saddles that are missing, as JSON has it."""
        if self.points is None:
            return None
        known = points_json(self.points)["completeness"]
        return {
            "target": self.aim,
            "reached": self.reached,
            "searches": self.searches,
            "by_index": {key: value for key, value in known["coverage"].items() if int(key) in _INDICES},
            "sentences": self.sentences(),
        }

    @property
    def searches(self) -> int:
        return 0 if self.points is None else sum(self.points.search_counts.values())

    @property
    def added(self) -> int:
        """How many points no search found, but the lines from saddles."""
        return 0 if self.points is None else self.graph.number_of_nodes() - len(self.points)

    @property
    def reached(self) -> bool | None:
        """Whether the coverage of minima and saddles is as high as it was to be, and the flow leads to no others; None
        where no search was asked for."""
        reached = self._reached(_INDICES)
        return reached and self.added == 0

    def _reached(self, indices: Sequence[int]) -> bool | None:
        if self.points is None or self.aim is None:
            return None
        known = self.points.completeness.coverage
        seen = [known[index] for index in indices if index in known]
        return bool(seen) and all(estimate.coverage_low >= self.aim for estimate in seen)

    def why_incomplete(self) -> str | None:
        """Why the points, of every index, are not known to be all that there are; None if nothing speaks against it."""
        if self.points is None:
            return None
        known, euler = self.points.completeness, self.points.completeness.euler
        if self.added:
            return f"{self._added_in_words()}: others may be missing"
        if euler.holds is False:
            return f"the Morse sum is {euler.found} where a complete set gives {euler.expected}: points are missing"
        if known.found != known.solution_bound and self._reached(list(known.coverage)) is False:
            return f"{self._not_reached()}: points may be missing"
        return None

    def sentences(self) -> list[str]:
        """How complete the minima and saddles are, in words."""
        if self.points is None:
            return []
        lines = self.points.completeness.sentences(_INDICES)
        if self.added:
            lines.append(f"{self._added_in_words()}: searches miss more than their coverage says")
        if self._reached(_INDICES) is False:
            lines.append(self._not_reached())
        return lines

    def _added_in_words(self) -> str:
        return f"{counted(self.added, 'point was', 'points were')} found only where the flow leads from saddles"

    def _not_reached(self) -> str:
        return f"target coverage {self.aim:g} not reached after {counted(self.searches, 'search', 'searches')}"


def chart(
    context: click.Context, asked: Asked, target_coverage: float, searches: int, seed: int, quiet: bool
) -> Charted:
    """The points of the study that PROBLEM is a file of, or those that a search finds, connected; or the network that
    PROBLEM is a file of."""
    if not is_file(asked.problem):
        return explored(asked.target(), target_coverage, searches, seed, quiet)
    read = reader_of(asked.problem)
    _refuse_search(context, asked.problem, "network" if read else "study")
    return of_study(asked.problem, quiet) if read is None else of_file(asked.problem, read)


def is_file(name: str) -> bool:
    """Whether PROBLEM names a file that is not Python's, or a folder of PATHSAMPLE's files: there it is, or it has a
    suffix such as no problem has."""
    if name in problem_names() or name.endswith(".py") or ":" in Path(name).name:
        return False
    return Path(name).is_file() or Path(name).suffix != "" or (Path(name) / "min.data").is_file()


def reader_of(name: str) -> Callable[[str], Any] | None:
    """What reads a network from a file, by what the file begins with; None for a study, and for what is nothing."""
    from landscape.network.export import read_graphml, read_json
    from landscape.network.pathsample import read_pathsample
    from landscape.network.pele import read_pele

    path = Path(name)
    if path.is_dir():
        return read_pathsample
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            start = file.read(100).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror or error}") from error
    if start.startswith(_SQLITE):
        return read_pele if _is_peles(path) else None
    return read_json if start.startswith((b"{", b"[")) else read_graphml if start.startswith(b"<") else None


def _is_peles(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tbl_minima'").fetchone() is not None
    except sqlite3.Error:
        return False  # whoever reads it as a study says what is wrong


def _refuse_search(context: click.Context, file: str, what: str) -> None:
    """Refuse the options that only a search needs."""
    options = {"settings": "--set", "dim": "--dim", "box": "--box", "target_coverage": "--target-coverage"}
    options |= {"searches": "--searches", "seed": "--seed"}
    for name, option in options.items():
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None):
            raise ValueError(f"{option} is for a search; the points of the {what} in {file} are taken as they are")


def of_file(file: str, read: Callable[[str], Any]) -> Charted:
    """The network in a file: one that `connect` made, or one of transitions."""
    from landscape.network.connect import transition_network
    from landscape.network.transitions import require_numbered_saddles, require_transitions

    graph = read(file)
    try:
        network = transition_network(graph) if graph.is_directed() else graph
        require_transitions(network)
        require_numbered_saddles(network)
        charted = Charted(str(graph.graph.get("problem") or file), None, None, graph, network, source=file)
        charted.left_out()
    except (TypeError, ValueError) as error:  # the graph's own lists, of lines that are lost, may be anything
        raise ValueError(f"{file} is no network of critical points: {error}") from error
    return charted


def of_study(file: str, quiet: bool) -> Charted:
    """The points that a study's file holds, connected."""
    from landscape.network.connect import transition_network

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
    strategy = Exploration(target_coverage, None if everything else _INDICES, max_searches=searches)
    points = searched(target, strategy, seed, quiet)
    graph = connect(landscape, points)
    return Charted(target.name, landscape, points, graph, transition_network(graph), aim=target_coverage)


def counted(number: int, one: str, many: str) -> str:
    """As in '1 minimum' and '2 minima'."""
    return f"{number} {one if number == 1 else many}"


def why_left_out(reasons: Sequence[str]) -> str:
    """How many saddles are left out, and why, in one sentence."""
    kinds = Counter(_OF_ONE_POINT.sub(r"a \1", reason) for reason in reasons) if len(reasons) > 1 else Counter(reasons)
    number, groups = len(reasons), sorted(kinds.items(), key=lambda group: (-group[1], group[0]))
    told = f"{counted(number, 'saddle', 'saddles')} of index 1 {'is' if number == 1 else 'are'} left out"
    if len(groups) == 1:
        return f"{told}{'' if number == 1 else ', each'} because {groups[0][0]}"
    parts = [f"{'1' if count == 1 else f'each of {count}'} because {reason}" for reason, count in groups[:_REASONS]]
    rest = sum(count for _, count in groups[_REASONS:])
    return f"{told}: {'; '.join([*parts, *([f'{rest} for other reasons, which --json lists'] if rest else [])])}"
