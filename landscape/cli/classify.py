"""`landscape classify`: what a point is."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from landscape.cli.console import note, print_json
from landscape.cli.options import Asked, Point, json_option, target_options
from landscape.critical.classify import classify
from landscape.critical.find import find_critical_points
from landscape.critical.points import CriticalPoints, Kind
from landscape.study.report import kind_name, point_json


@click.command("classify")
@target_options
@click.option("--at", "at", type=Point(), required=True, help="Coordinates of the point.")
@json_option
def command(
    asked: Asked,
    at: tuple[float, ...],
    json_output: bool,
) -> None:
    """Tell what the point --at of PROBLEM is; if it is not critical, also which critical point Newton finds from it.

    \b
    landscape classify himmelblau --at "3,2"
    landscape classify my_loss.py:loss --dim 2 --at "0,0"
    """
    target = asked.target()
    landscape = target.load()
    if len(at) != landscape.dim:
        raise ValueError(f"--at has {len(at)} coordinates but {asked.problem} has {landscape.dim}")
    with np.errstate(all="ignore"):
        point = classify(landscape, np.array(at))
    if not np.isfinite(point.eigenvalues).all():
        raise ValueError(f"{asked.problem} or its derivatives are not finite at {list(at)}")
    nearby: CriticalPoints | None = None
    if point.kind[0] == Kind.NOT_CRITICAL:
        found = find_critical_points(landscape, np.array(at))
        nearby = found if len(found) else None
    if json_output:
        report: dict[str, Any] = {"problem": asked.problem, **point_json(point, 0)}
        report["nearby"] = None if nearby is None else point_json(nearby, 0)
        print_json(report)
        return
    note(target.note())
    _print_point(point)
    if nearby is not None:
        distance = float(landscape.manifold.distance(point.x[0], nearby.x[0]))
        click.echo(f"\nNewton's method leads from there to a critical point at distance {distance:.6g}:")
        _print_point(nearby)


def _print_point(point: CriticalPoints) -> None:
    kind = kind_name(point, 0)
    detail = {
        Kind.SADDLE: f" of index {point.index[0]}",
        Kind.DEGENERATE: f": index {point.index[0]}, nullity {point.nullity[0]}",
    }.get(Kind(int(point.kind[0])), "")
    click.echo(f"{kind}{detail}")
    click.echo(f"  x             {', '.join(f'{v:.10g}' for v in point.x[0])}")
    click.echo(f"  value         {point.value[0]:.12g}")
    click.echo(f"  |gradient|    {point.gradient_norm[0]:.3g}")
    click.echo(f"  Newton step   {point.newton_step[0]:.3g}")
    click.echo(f"  eigenvalues   {', '.join(f'{v:.8g}' for v in point.spectrum(0))}")
    click.echo(f"  each to       {point.eigenvalue_error[0]:.2g}")
