"""`landscape compare`: two saved studies of one landscape."""

from __future__ import annotations

from pathlib import Path

import click

from landscape.cli.console import number, percent, print_json, print_table
from landscape.cli.options import json_option
from landscape.study.comparison import as_json, compare, overlap
from landscape.study.report import kind_name
from landscape.study.result import StudyResult, open_study

_ROWS = 20


@click.command("compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
def command(first: Path, second: Path, json_output: bool) -> None:
    """Tell how the studies saved in FIRST and SECOND differ: in what was declared, and in what was found."""
    found = compare(open_study(first), open_study(second))
    report = as_json(found)
    if json_output:
        print_json(report)
        return
    one, other = found.one, found.other
    differs = found.difference.replace(" there", " in the first").replace(" here", " in the second")
    click.echo(f"{one.study.target.name}: {differs or 'the same declaration'}")
    for which, study in (("first", one), ("second", other)):
        if study.unfinished is not None:
            click.echo(f"The {which} is {study.unfinished.sentence()}")
    if report["identical"]:
        click.echo("The results are the same to the last bit")
    counts = one.points.count_by_index(), other.points.count_by_index()
    print_table(
        ["index", "first", "second"],
        [[str(k), *(str(count.get(k, 0)) for count in counts)] for k in sorted({*counts[0], *counts[1]})],
    )
    click.echo(f"In both: {report['in_both']}, whose values differ by at most {found.largest_value_gap:.1e}")
    _print_lacking("first", one, found.only_one.tolist())
    _print_lacking("second", other, found.only_other.tolist())
    if found.basins:
        rows = [
            [str(row), str(twin), *(" to ".join(map(percent, v)) for v in (a, b)), "" if overlap(a, b) else "differ"]
            for row, twin, a, b in found.basins[:_ROWS]
        ]
        print_table(["descends to point of the first", "of the second", "95% interval", "95% interval", ""], rows)


def _print_lacking(which: str, study: StudyResult, rows: list[int]) -> None:
    if not rows:
        return
    click.echo(f"Only in the {which}: {len(rows)}")
    points = study.points
    shown = [
        [str(row), kind_name(points, row), str(points.index[row]), number(points.value[row], 9), str(points.found[row])]
        for row in rows[:_ROWS]
    ]
    print_table(["point", "kind", "index", "value", "found"], shown)
