"""`landscape classify`: the kind of a point, its eigenvalues, and where Newton's method leads from one that is none."""

import pytest

from landscape.problems import problem


def test_a_minimum(run):
    text = run("classify", "himmelblau", "--at", "3,2").text
    assert text.startswith("minimum\n")
    assert "25.715729, 82.284271" in text
    assert "Newton's method" not in text
    report = run("classify", "himmelblau", "--at", "3,2", "--json").json
    assert (report["problem"], report["kind"], report["index"], report["nullity"]) == ("himmelblau", "minimum", 0, 0)
    assert report["eigenvalues"] == pytest.approx([54 - 20 * 2**0.5, 54 + 20 * 2**0.5])
    assert report["nearby"] is None


@pytest.mark.parametrize("index", [1, 2])
def test_saddles_have_their_index(run, index):
    # at 0 in a double well, 1 elsewhere: one unstable direction for each zero
    at = ",".join(["0"] * index + ["1"] * (3 - index))
    settings = ("double_well", "--set", "dim=3", "--at", at)
    assert run("classify", *settings).text.startswith(f"saddle of index {index}\n")
    report = run("classify", *settings, "--json").json
    assert (report["kind"], report["index"]) == ("saddle", index)
    assert sum(v < 0 for v in report["eigenvalues"]) == index


def test_a_maximum(run):
    assert run("classify", "double_well", "--at", "0,0", "--json").json["kind"] == "maximum"


def test_a_degenerate_point(run):
    assert run("classify", "monkey_saddle", "--at", "0,0").text.startswith("degenerate: index 0, nullity 2\n")


def test_a_point_that_is_not_critical_leads_to_one_nearby(run):
    text = run("classify", "himmelblau", "--at", "2.9,2.1").text
    assert text.startswith("not critical\n")
    assert "leads from there to a critical point at distance 0.141421:\nminimum\n" in text
    report = run("classify", "himmelblau", "--at", "2.9,2.1", "--json").json
    assert report["kind"] == "not critical"
    assert report["nearby"]["kind"] == "minimum"
    assert report["nearby"]["x"] == pytest.approx([3, 2], abs=1e-12)


def test_coordinates_may_be_negative(run):
    report = run("classify", "himmelblau", "--at", "-3,-3", "--json").json
    assert report["nearby"]["x"] == pytest.approx([-3.779310253, -3.283185991], abs=1e-8)


def test_a_function_of_the_users_own(run, own):
    outcome = run("classify", *own, "--at", "0,1")
    assert outcome.text.startswith("saddle of index 1\n")
    assert outcome.err.startswith("own.py:loss: NumPy")
    outcome = run("classify", *own, "--at", "0,1", "--json")
    assert outcome.json["index"] == 1
    assert outcome.json["eigenvalues"] == pytest.approx([-4, 8], rel=1e-5)


def test_rigid_motions_are_no_eigenvalues(run):
    bond = 2 ** (1 / 6)
    at = f"0,0,0,{bond!r},0,0,{bond / 2!r},{bond * 3**0.5 / 2!r},0"
    report = run("classify", "lennard_jones", "--set", "atoms=3", "--at", at, "--json").json
    assert report["kind"] == "minimum"
    assert report["value"] == pytest.approx(-3)
    assert len(report["eigenvalues"]) == 3
    assert min(report["eigenvalues"]) > 1


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["himmelblau", "--at", "1"], "--at has 1 coordinates but himmelblau has 2"),
        (["himmelblau", "--at", "1,2,3"], "--at has 3 coordinates but himmelblau has 2"),
        (["himmelblau", "--at", "1,x"], "'1,x' is not a list of comma-separated numbers"),
        (["himmelblau", "--at", ""], "is not a list of comma-separated numbers"),
        (["himmelblau", "--at", "nan,1"], "not finite"),
        (["himmelblau", "--at", "inf,1"], "not finite"),
        (["nonsense", "--at", "1"], "unknown problem 'nonsense'"),
        (["lennard_jones", "--set", "atoms=2", "--at", "0,0,0,0,0,0"], "are not finite at"),
        (["spherical_spin_glass", "--at", ",".join("0" * problem("spherical_spin_glass").dim)], "are not finite at"),
    ],
)
def test_points_that_cannot_be_classified(run, arguments, pattern):
    assert pattern in run("classify", *arguments).sentence
    assert pattern in run("classify", *arguments, "--json").sentence


def test_a_fresh_process(fresh):
    assert fresh("classify", "himmelblau", "--at", "3,2").text.startswith("minimum\n")
    assert fresh("classify", "himmelblau", "--at", "3").sentence == "--at has 1 coordinates but himmelblau has 2"
