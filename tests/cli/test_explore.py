"""`landscape explore`: what it prints, saves and refuses."""

import numpy as np
import pytest

from landscape import CriticalPoints


def test_complete_set_in_words(run):
    text = run("explore", "himmelblau").text
    assert "Critical points: 9 (4 of index 0, 4 of index 1, 1 of index 2; 0 degenerate)" in text
    assert "Morse sum 1, as it must be" in text
    assert "Index 1: found 4 points; coverage 1.000" in text


def test_json_and_file_agree(run, tmp_path):
    path = tmp_path / "points.npz"
    report = run("explore", "styblinski_tang", "--set", "dim=3", "--indices", "0,1", "--out", path, "--json").json
    assert report["critical_points"]["by_index"]["0"] == 8
    assert report["critical_points"]["by_index"]["1"] == 12
    assert sum(report["searches"].values()) >= 1000
    estimate = report["completeness"]["coverage"]["0"]
    assert (type(estimate["found"]), estimate["found"]) == (int, 8)
    assert type(estimate["coverage"]) is float
    stored = CriticalPoints.load(path)
    assert len(stored) == report["critical_points"]["total"]
    np.testing.assert_allclose(stored.value, [point["value"] for point in report["points"]])
    assert {point["method"] for point in report["points"]} <= {f"EigenvectorFollowing(index={k})" for k in range(3)}
    assert len(report["points"][0]["start"]) == 3


def test_same_seed_same_report(run):
    first, second, third = (
        run("explore", "griewank", "--searches", 1500, "--seed", seed, "--json").out for seed in (1, 1, 2)
    )
    assert first == second != third


def test_independent_explorations(run, tmp_path):
    path = tmp_path / "points.npz"
    words = ("explore", "griewank", "--searches", 300, "--indices", "0,1", "--explorations", 3)
    report = run(*words, "--out", path, "--json").json
    told = report["explorations"]
    assert told["number"] == 3
    assert [row["index"] for row in told["by_index"]] == [0, 1]
    for row in told["by_index"]:
        assert row["points"] == report["critical_points"]["by_index"][str(row["index"])]
        assert len(row["in_each"]) == 3
        assert max(row["in_each"]) < row["points"] < sum(row["in_each"])
        assert row["in_one_only"] > 0  # they are three, not one three times
        assert 0 < row["missing"]["low"] < row["missing"]["estimate"] < row["missing"]["high"]
    assert len(CriticalPoints.load(path)) == report["critical_points"]["total"]
    assert run(*words, "--jobs", 2, "--json").json == report
    assert run(*words, "--seed", 1, "--json").json["explorations"] != told
    text = run(*words).text
    first = told["by_index"][0]
    assert "Independent explorations: 3\n" in text
    assert f"  Index 0: {first['points']} points, of which each of 3 sets has " in text
    assert "  Index 2: " not in text


def test_an_index_without_a_point_in_any_exploration(run, own):
    words = (
        "explore",
        "quadratic",
        "--set",
        "eigenvalues=1,2",
        "--indices",
        "1",
        "--searches",
        20,
        "--explorations",
        2,
    )
    assert run(*words, "--json").json["explorations"]["by_index"] == [
        {"index": 1, "points": 0, "in_each": [0, 0], "in_one_only": 0, "in_two": 0, "missing": None}
    ]
    assert "  Index 1: none of the 2 sets has any\n" in run(*words).text


def test_a_function_of_ones_own(run, own):
    assert run("explore", *own, "--json").json["critical_points"]["by_index"] == {"0": 4, "1": 4, "2": 1}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--indices", "0,x"], "'0,x' is not a list of comma-separated indices such as 0,1"),
        (["--indices", "3"], "index 3 is wanted but the landscape has only 2 directions"),
        (["--target-coverage", "1"], "1.0 is not in the range 0<x<1"),
        (["--searches", "0"], "0 is not in the range x>=1"),
        (["--out", "nowhere/points.npz"], "there is no folder nowhere"),
        (["--explorations", "0"], "0 is not in the range x>=1"),
        (["--jobs", "2"], "--jobs is 2 but one exploration is one job; ask for more with --explorations"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("explore", "himmelblau", *arguments).sentence


def test_an_existing_file_is_kept(run, tmp_path):
    path = tmp_path / "points.npz"
    path.write_text("mine")
    assert "exists already" in run("explore", "himmelblau", "--out", path).sentence
    assert path.read_text() == "mine"


def test_a_long_exploration_says_how_long_before_it_starts(run, monkeypatch):
    arguments = ("explore", "himmelblau", "--searches", 300, "--json")
    short = run(*arguments)
    monkeypatch.setattr("landscape.study.duration.LONG", 0.0)
    long = run(*arguments)
    assert (short.err, long.out) == ("", short.out)
    assert long.err.startswith("the first 300 of 300 searches take up to about 0 min on 1 process: 2 coordinates, ")
    assert long.err.endswith(" s a step by the Hessian; fewer --searches would help\n")
    several = run(*arguments, "--explorations", 2)
    assert several.err.startswith(
        "the first 300 of 300 searches of each of 2 explorations take up to about 0 min on 1 "
    )
