"""A study's results as one JSON object, as a table of points, and as lines to read."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from landscape.arrays import IntArray
from landscape.critical.certificate import Certificate
from landscape.critical.points import CriticalPoints, Kind
from landscape.escape.flow import FlowStatus
from landscape.network.branches import LOST
from landscape.results import finite_or_none
from landscape.study.destinations import tally
from landscape.study.known import known_points, truth_of
from landscape.study.network import summary
from landscape.study.result import StudyResult


def as_json(result: StudyResult) -> dict[str, Any]:
    """The report as values that strict JSON can write: what is not finite is None."""
    study, points, escapes = result.study, result.points, result.escapes
    counts = result.descent.count()
    known = known_points(truth_of(study), points)
    return {
        "problem": study.target.name,
        "parameters": result.parameters,
        "note": result.note,
        "dim": int(points.x.shape[1]),
        "seed": study.seed,
        "starts": study.starts,
        **points_json(points),
        "known": None if known is None else known.as_json(),
        "descent": {
            "converged": counts["converged"],
            "diverged": counts["diverged"],
            "step_limit": counts["step_limit"],
            "nonfinite": counts["non_finite"],
            "left_domain": counts["left_domain"],
            "basins": basins(result),
        },
        "escape": [
            {
                "point": int(point),
                "index": int(points.index[point]),
                "value": finite_or_none(points.value[point]),
                "starts": escapes.starts,
                "escaped": int(escapes.escaped[row]),
                "lr": finite_or_none(escapes.lr[row]),
                "radius": finite_or_none(escapes.radius[row]),
                "median_steps": finite_or_none(escapes.median_steps[row]),
                "predicted_median_steps": finite_or_none(escapes.predicted_median_steps[row]),
            }
            for row, point in enumerate(escapes.point)
        ],
        "branches": _branches(result),
        "faults": [asdict(fault) for fault in result.faults],
        "failed_chunks": [asdict(failed) for failed in result.failed],
        "incomplete": None if result.unfinished is None else asdict(result.unfinished),
    }


def _branches(result: StudyResult) -> dict[str, Any] | None:
    """What the flow from the saddles of index 1 has joined: ends are rows of the points, and after them of those that
    only the flow has led to; None for a line that arrives nowhere."""
    known, branches = summary(result), result.branches
    if known is None:
        return None
    return {
        **asdict(known),
        "added": [point_json(result.added, row) for row in range(len(result.added))],
        "edges": [
            {
                "saddle": int(branches.saddle[row]),
                "ends": [None if end == LOST else int(end) for end in branches.end[row]],
                "lengths": [finite_or_none(length) for length in branches.length[row]],
                "status": [FlowStatus(int(status)).name.lower() for status in branches.status[row]],
            }
            for row in range(len(branches))
        ],
    }


def points_json(points: CriticalPoints) -> dict[str, Any]:
    """A set of critical points as values that strict JSON can write."""
    euler = points.euler
    return {
        "critical_points": {
            "total": len(points),
            "by_index": {str(index): number for index, number in points.count_by_index().items()},
            "degenerate": len(points.degenerate),
            "flat": points.search_counts.get("flat", 0),
        },
        "euler": {"expected": euler.expected, "found": euler.found},
        "completeness": _completeness(points),
        "searches": points.search_counts,
        "points": [point_json(points, row) for row in range(len(points))],
    }


def basins(result: StudyResult) -> list[dict[str, Any]]:
    """Which fraction of all starts descended to each critical point, with exact 95 % intervals, largest first."""
    return [
        {"point": row, "value": finite_or_none(result.points.value[row]), "fraction": fraction, "interval": [low, high]}
        for row, fraction, low, high in tally(result.basin)
    ]


def destinations_json(points: CriticalPoints, basin: IntArray) -> list[dict[str, Any]]:
    """The points that runs led to, as `tally` has them, as values that JSON can write."""
    return [
        {
            "value": float(points.value[row]),
            "kind": kind_name(points, row),
            "fraction": fraction,
            "low": low,
            "high": high,
            "x": points.x[row].tolist(),
        }
        for row, fraction, low, high in tally(basin)
    ]


def as_csv(result: StudyResult) -> str:
    """The critical points as comma-separated values, one line a point."""
    points = result.points
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    coordinates = [f"x{i}" for i in range(points.x.shape[1])]
    spectrum = [f"eigenvalue{i}" for i in range(points.eigenvalues.shape[1])]
    writer.writerow(["index", "kind", "value", "gradient_norm", "nullity", "found", *coordinates, *spectrum])
    for row in range(len(points)):
        writer.writerow(
            [
                points.index[row],
                kind_name(points, row),
                repr(float(points.value[row])),
                repr(float(points.gradient_norm[row])),
                points.nullity[row],
                points.found[row],
                *(repr(float(v)) for v in points.x[row]),
                *(repr(float(v)) for v in points.eigenvalues[row]),
            ]
        )
    return buffer.getvalue()


def kind_name(points: CriticalPoints, row: int) -> str:
    """The kind of a point in words: 'minimum', 'saddle', 'maximum', 'degenerate' or 'not critical'."""
    return Kind(int(points.kind[row])).name.lower().replace("_", " ")


def point_json(points: CriticalPoints, row: int) -> dict[str, Any]:
    """One critical point as values that strict JSON can write."""
    return {
        "index": int(points.index[row]),
        "kind": kind_name(points, row),
        "nullity": int(points.nullity[row]),
        "value": finite_or_none(points.value[row]),
        "gradient_norm": finite_or_none(points.gradient_norm[row]),
        "eigenvalues": [finite_or_none(v) for v in points.spectrum(row)],
        "found": int(points.found[row]),
        "method": str(points.method[row]) or None,
        "start": [finite_or_none(v) for v in points.start[row]],
        "orbit_size": int(points.orbit_size[row]) or None,
        "certificate": {
            "kind": Certificate(int(points.certificate[row])).name.lower(),
            "radius": finite_or_none(points.certified_radius[row]),
        },
        "x": [finite_or_none(v) for v in points.x[row]],
    }


def _completeness(points: CriticalPoints) -> dict[str, Any]:
    """What is known of the points that are missing."""
    known = points.completeness
    return {
        "violated_morse_inequalities": None if known.violated is None else list(known.violated),
        "winding": None if known.winding is None else asdict(known.winding),
        "solution_bound": known.solution_bound,
        "coverage": {
            str(index): {
                name: value if isinstance(value, int) else finite_or_none(value)
                for name, value in asdict(estimate).items()
            }
            for index, estimate in known.coverage.items()
        },
        "sentences": known.sentences(),
    }
