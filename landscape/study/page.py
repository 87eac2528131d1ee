"""A study's report as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import html
import json
import re
import shlex
from dataclasses import fields
from importlib.resources import files
from typing import Any

from landscape.study.connections import connections
from landscape.study.report import as_json
from landscape.study.result import StudyResult

_BASIN_POINTS = 5000  # starts drawn at most


def as_html(result: StudyResult) -> str:
    """The page: summary, a table of the points to sort and to filter, spectra, index against value, escape times, the
    network and the disconnectivity graph, the basins where there are two coordinates, and how to reproduce it. A point
    that the mouse is over is marked in the table and in all plots."""
    report = as_json(result)
    if result.points.x.shape[1] == 2:
        part = slice(0, _BASIN_POINTS)
        report["basin_map"] = [
            [float(x), float(y), int(row)]
            for (x, y), row in zip(result.descent.start[part], result.basin[part], strict=True)
        ]
    report["connections"] = connections(result)
    report["reproduce"] = {"command": command_line(result), "versions": result.versions}
    parts = {
        "TITLE": html.escape(result.study.target.name),
        "STYLE": _file("page.css"),
        "SCRIPT": _file("page.js"),
        # Within a script element only '<' could end it.
        "DATA": json.dumps(report, allow_nan=False).replace("<", "\\u003c"),
    }
    # In one go: what is filled in may itself hold such a mark.
    return re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _file("page.html"))


def command_line(result: StudyResult) -> str:
    """The command that gives this study."""
    study, target = result.study, result.study.target
    words: list[Any] = ["landscape", "study", target.name]
    for key, value in target.parameters:
        text = ",".join(map(str, value)) + "," * (len(value) == 1) if isinstance(value, tuple) else str(value)
        words += ["--set", f"{key}={text}"]
    if target.dim is not None:
        words += ["--dim", target.dim]
    if target.box is not None:
        words.append("--box=" + ",".join(f"{low!r}:{high!r}" for low, high in target.box))
    words += ["--starts", study.starts, "--seed", study.seed]
    for limit in fields(study):
        if limit.name.endswith(("_steps", "_starts")) and getattr(study, limit.name) != limit.default:
            words += [f"--{limit.name.replace('_', '-')}", getattr(study, limit.name)]
    if not study.network:
        words.append("--no-network")
    return " ".join(shlex.quote(str(word)) for word in words)


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
