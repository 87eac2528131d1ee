"""A report says what the study found: the keys that readers rely on, strict JSON, and every digit."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from landscape.critical.points import Kind
from landscape.study.declaration import Study
from landscape.study.report import as_csv, as_json, basins, kind_name
from landscape.study.run import run_study
from landscape.study.target import Target


def strict(value):
    """What a reader of strict JSON gets."""
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.fixture(scope="module")
def cluster():
    return run_study(Study(Target("lennard_jones", (("atoms", 4),)), starts=60, escape_starts=10))


def test_the_keys_that_readers_rely_on(himmelblau):
    report = strict(as_json(himmelblau))
    assert {key: report[key] for key in ("problem", "dim", "seed", "starts")} == {
        "problem": "himmelblau",
        "dim": 2,
        "seed": 0,
        "starts": 2100,
    }
    found = {"total": 9, "by_index": {"0": 4, "1": 4, "2": 1}, "degenerate": 0, "flat": 0}
    assert found.items() <= report["critical_points"].items()
    assert report["euler"] == {"expected": 1, "found": 1}
    assert len(report["points"]) == 9
    for point in report["points"]:
        assert {"index", "kind", "value", "gradient_norm", "eigenvalues", "x"} <= set(point)
    assert {"converged", "diverged", "step_limit", "nonfinite", "basins"} <= set(report["descent"])
    assert report["descent"]["converged"] == 2100
    for basin in report["descent"]["basins"]:
        assert {"value", "fraction", "interval"} <= set(basin)
    assert len(report["escape"]) == 4
    for escape in report["escape"]:
        assert {"index", "value", "median_steps", "predicted_median_steps"} <= set(escape)
        assert escape["index"] == 1


def test_numbers_are_the_studys_own_to_the_last_digit(himmelblau):
    report, points = strict(as_json(himmelblau)), himmelblau.points
    np.testing.assert_array_equal([p["x"] for p in report["points"]], points.x)
    np.testing.assert_array_equal([p["value"] for p in report["points"]], points.value)
    np.testing.assert_array_equal([p["eigenvalues"] for p in report["points"]], points.eigenvalues)
    np.testing.assert_array_equal([p["index"] for p in report["points"]], points.index)
    np.testing.assert_array_equal([e["value"] for e in report["escape"]], points.value[himmelblau.escapes.point])


def test_statuses_add_up_to_the_starts():
    report = as_json(run_study(Study(Target("rosenbrock"), starts=30, descent_steps=5)))
    statuses = ("converged", "diverged", "step_limit", "nonfinite", "left_domain")
    assert sum(report["descent"][status] for status in statuses) == 30
    assert report["descent"]["step_limit"] > 0


def test_basins_are_fractions_of_all_starts_with_exact_intervals(himmelblau):
    part = replace(himmelblau, basin=np.array([3] * 5 + [1] * 12 + [-1] * 3))
    found = basins(part)
    assert [(b["point"], b["fraction"]) for b in found] == [(1, 0.6), (3, 0.25)]
    for basin, count in zip(found, (12, 5), strict=True):
        low, high = basin["interval"]
        assert stats.binom.sf(count - 1, 20, low) == pytest.approx(0.025)
        assert stats.binom.cdf(count, 20, high) == pytest.approx(0.025)
        assert basin["value"] == himmelblau.points.value[basin["point"]]
    assert basins(replace(himmelblau, basin=np.full(20, -1))) == []


def test_edges_are_rows_of_the_points(himmelblau):
    report, lines = strict(as_json(himmelblau)), himmelblau.branches
    network = report["branches"]
    assert {key: network[key] for key in network if key != "edges"} == {
        "minima": 4,
        "saddles": 4,
        "pieces": 1,
        "lost_lines": 0,
        "added_points": 0,
        "added": [],
    }
    np.testing.assert_array_equal([edge["saddle"] for edge in network["edges"]], lines.saddle)
    np.testing.assert_array_equal([edge["ends"] for edge in network["edges"]], lines.end)
    np.testing.assert_array_equal([edge["lengths"] for edge in network["edges"]], lines.length)
    assert {status for edge in network["edges"] for status in edge["status"]} == {"arrived"}
    lost = replace(lines, end=np.where(lines.end == lines.end[0, 0], -1, lines.end), length=np.full((4, 2), np.nan))
    network = strict(as_json(replace(himmelblau, branches=lost)))["branches"]
    assert network["edges"][0]["ends"][0] is None
    assert network["edges"][0]["lengths"] == [None, None]
    assert network["lost_lines"] == sum(edge["ends"].count(None) for edge in network["edges"]) == 2
    assert (network["saddles"], network["pieces"]) == (2, 2)
    unfollowed = replace(himmelblau, study=replace(himmelblau.study, network=False))
    assert strict(as_json(unfollowed))["branches"] is None


def test_what_is_not_finite_is_null(himmelblau):
    infinite = np.full(4, np.inf)
    escapes = replace(himmelblau.escapes, median_steps=infinite, predicted_median_steps=-infinite)
    points = replace(himmelblau.points, value=np.full(9, np.nan), eigenvalues=np.full((9, 2), np.nan))
    report = strict(as_json(replace(himmelblau, escapes=escapes, points=points)))
    assert {e["median_steps"] for e in report["escape"]} == {None}
    assert {e["predicted_median_steps"] for e in report["escape"]} == {None}
    assert {p["value"] for p in report["points"]} == {None}
    assert report["points"][0]["eigenvalues"] == [None, None]
    assert report["descent"]["basins"][0]["value"] is None


def test_nothing_found_is_a_report_too(himmelblau):
    nothing = replace(
        himmelblau,
        points=himmelblau.points[:0],
        escapes=himmelblau.escapes[:0],
        branches=himmelblau.branches[:0],
        basin=np.full(2100, -1),
    )
    report = strict(as_json(nothing))
    assert report["critical_points"]["total"] == 0
    assert report["critical_points"]["by_index"] == {}
    assert report["points"] == report["escape"] == report["descent"]["basins"] == []
    assert len(as_csv(nothing).splitlines()) == 1


def test_a_degenerate_point_is_counted_apart():
    report = strict(as_json(run_study(Study(Target("monkey_saddle"), starts=20))))
    assert report["critical_points"] == {"total": 1, "by_index": {}, "degenerate": 1, "flat": 0}
    assert report["euler"] == {"expected": None, "found": 0}
    assert report["points"][0]["kind"] == "degenerate"
    assert report["points"][0]["nullity"] == 2


def test_rigid_motions_are_no_eigenvalues(cluster):
    report = strict(as_json(cluster))
    assert report["critical_points"]["by_index"]["0"] == 1
    assert report["euler"] == {"expected": 67, "found": 67}
    for row, point in enumerate(report["points"]):
        zeros = int(cluster.points.orbit_dimension[row])
        assert zeros in (5, 6)  # a straight line of atoms turns into itself about its axis
        assert len(point["eigenvalues"]) == 12 - zeros
        assert min(np.abs(point["eigenvalues"])) > 1e-3
        assert point["nullity"] == 0
        assert sum(v < 0 for v in point["eigenvalues"]) == point["index"]
    assert report["points"][0]["value"] == pytest.approx(-6, abs=1e-12)  # the tetrahedron: six touching pairs


def test_csv_has_every_point_to_the_last_digit(cluster):
    points = cluster.points
    rows = list(csv.DictReader(io.StringIO(as_csv(cluster))))
    assert len(rows) == len(points)

    def column(name):
        return np.array([float(row[name]) for row in rows])

    for name in ("index", "value", "gradient_norm", "nullity", "found"):
        np.testing.assert_array_equal(column(name), getattr(points, name), err_msg=name)
    np.testing.assert_array_equal(np.stack([column(f"x{i}") for i in range(12)], axis=1), points.x)
    eigenvalues = np.stack([column(f"eigenvalue{i}") for i in range(12)], axis=1)
    np.testing.assert_array_equal(eigenvalues, points.eigenvalues)
    assert [row["kind"] for row in rows] == [kind_name(points, k) for k in range(len(points))]


def test_kinds_in_words(himmelblau):
    kinds = replace(himmelblau.points[: len(Kind)], kind=np.array(list(Kind)))
    assert [kind_name(kinds, k) for k in range(len(Kind))] == [
        "not critical",
        "minimum",
        "saddle",
        "maximum",
        "degenerate",
    ]
