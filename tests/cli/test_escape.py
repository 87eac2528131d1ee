"""`landscape escape`: how descent leaves every saddle, and where it goes from there."""

import pytest

KEYS = {
    "index",
    "value",
    "most_negative_eigenvalue",
    "starts",
    "escaped",
    "median_steps",
    "predicted_median_steps",
    "destinations",
}


def test_the_saddles_of_himmelblau(run):
    report = run("escape", "himmelblau", "--starts", 100, "--json").json
    assert report["problem"] == "himmelblau"
    saddles = report["saddles"]
    values = [13.3119262704, 67.7191500875, 104.015162918, 178.337239202]
    assert [s["value"] for s in saddles] == pytest.approx(values)
    for saddle in saddles:
        assert saddle.keys() >= KEYS
        assert (saddle["index"], saddle["starts"], saddle["escaped"]) == (1, 100, 100)
        assert saddle["most_negative_eigenvalue"] < 0
        assert saddle["median_steps"] == pytest.approx(saddle["predicted_median_steps"], abs=1)
        early, median, late = saddle["quantiles"]
        assert median["steps"] == saddle["median_steps"]
        assert median["low"] <= median["steps"] <= median["high"]
        assert early["steps"] < median["steps"] < late["steps"]
        ends = saddle["destinations"]
        assert len(ends) == 2
        assert sum(end["fraction"] for end in ends) == pytest.approx(1)
        assert ends[0]["fraction"] >= ends[1]["fraction"]
        for end in ends:
            assert end.keys() >= {"value", "kind", "fraction", "low", "high"}
            assert end["kind"] == "minimum"
            assert end["low"] < end["fraction"] < end["high"]
            # A uniform ball has as many starts on either side: an exact interval of 99.999 % about one half.
            assert 0.28 < end["fraction"] < 0.72


def test_an_index_of_ones_own_choice_includes_maxima(run):
    report = run("escape", "himmelblau", "--index", 2, "--starts", 40, "--json").json
    (top,) = report["saddles"]
    assert (top["index"], top["kind"]) == (2, "maximum")
    assert top["value"] == pytest.approx(181.616521523)
    ring = run("escape", "xy_chain", "--index", 1, "--starts", 20, "--json").json
    assert [s["index"] for s in ring["saddles"]] == [1] * 10


def test_perturbed_descent_and_its_parameters(run):
    report = run(
        *("escape", "octopus", "--set", "dim=2", "--set", "wait=20", "--set", "lr=0.2", "--starts", 60, "--json"),
        *("--method", "perturbed-gradient-descent", "--radius", 0.5),
    ).json
    assert {s["index"] for s in report["saddles"]} == {1}
    for saddle in report["saddles"]:
        assert saddle["method"].startswith("PerturbedGradientDescent(lr=0.2")
        assert "wait=20" in saddle["method"]
        assert (saddle["radius"], saddle["escaped"]) == (0.5, 60)
        assert {end["kind"] for end in saddle["destinations"]} == {"minimum"}


def test_without_a_learning_rate_each_saddle_has_its_own(run):
    saddles = run("escape", "himmelblau", "--starts", 5, "--json").json["saddles"]
    assert len({s["method"] for s in saddles}) == 4
    quick = ("escape", "himmelblau", "--starts", 5, "--search-starts", 200, "--json")
    fixed = run(*quick, "--set", "lr=0.001").json["saddles"]
    assert {s["method"] for s in fixed} == {"GradientDescent(lr=0.001)"}
    ball = run(*quick, "--method", "heavy-ball", "--set", "momentum=0.5").json
    assert all("momentum=0.5" in s["method"] and s["escaped"] == 5 for s in ball["saddles"])


def test_escapes_that_take_too_long_are_said_to(run):
    saddles = run("escape", "himmelblau", "--starts", 30, "--steps", 5, "--json").json["saddles"]
    for saddle in saddles:
        assert (saddle["escaped"], saddle["inside"], saddle["median_steps"]) == (0, 30, None)
        assert saddle["predicted_median_steps"] > 5
        assert saddle["destinations"] == []


def test_landscapes_without_saddles(run):
    assert (
        run("escape", "quadratic", "--set", "eigenvalues=1,2", "--search-starts", 100, "--json").json["saddles"] == []
    )
    assert (
        run("escape", "quadratic", "--set", "eigenvalues=1,2", "--search-starts", 100).text
        == "quadratic: 0 saddles to leave\n"
    )
    assert "1 degenerate point" in run("escape", "monkey_saddle", "--search-starts", 100).text
    bottomless = run("escape", "quadratic", "--starts", 20, "--json").json["saddles"]
    assert [(s["escaped"], s["destinations"]) for s in bottomless] == [(20, [])]


def test_for_people(run, fresh):
    text = run("escape", "himmelblau", "--starts", 50, "--search-starts", 200).text
    assert text.startswith("himmelblau: 4 saddles to leave\n50 starts round each, balls of radius 0.1")
    for words in ("50 of 50", "median steps", "linear", "10% to 90%", "leads to", "minimum"):
        assert words in text
    assert fresh("escape", "himmelblau", "--starts", 50, "--search-starts", 200).text == text
    many = run("escape", "cosine_sum", "--set", "dim=5", "--starts", 5).text
    assert "destinations in all; --json lists them" in many.splitlines()[-1]


def test_the_seed_decides(run):
    arguments = ("escape", "six_hump_camel", "--starts", 20, "--search-starts", 200, "--json", "--seed")
    assert run(*arguments, 1).out == run(*arguments, 1).out
    assert run(*arguments, 1).out != run(*arguments, 2).out


def test_a_function_of_the_users_own(run, own):
    report = run("escape", *own, "--starts", 20, "--search-starts", 100, "--json").json
    assert [s["index"] for s in report["saddles"]] == [1, 1, 1, 1]
    assert {round(abs(v), 5) for s in report["saddles"] for end in s["destinations"] for v in end["x"]} == {1.0}
    assert run("escape", *own, "--starts", 20, "--search-starts", 100).err.startswith("own.py:loss: NumPy")


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["nonsense"], "unknown problem 'nonsense'"),
        (["himmelblau", "--index", "3"], "--index is 3 but himmelblau has only 2 directions"),
        (["himmelblau", "--index", "0"], "Invalid value for '--index'"),
        (["himmelblau", "--starts", "0"], "Invalid value for '--starts'"),
        (["himmelblau", "--radius", "0"], "Invalid value for '--radius'"),
        (["himmelblau", "--radius", "inf"], "--radius is inf but must be finite"),
        (["himmelblau", "--radius", "nan"], "--radius is nan but must be finite"),
        (["himmelblau", "--steps", "-1"], "Invalid value for '--steps'"),
        (["himmelblau", "--search-starts", "0"], "Invalid value for '--search-starts'"),
        (["himmelblau", "--seed", "-1"], "Invalid value for '--seed'"),
        (["himmelblau", "--method", "newton"], "Invalid value for '--method'"),
        (["himmelblau", "--set", "lr=fast"], "lr is 'fast' but must be a number"),
        (["himmelblau", "--set", "lr=-1"], "lr is -1 but must be a positive number"),
        (["himmelblau", "--set", "lr=1"], "lr is 1 but must be below 1 / max |eigenvalue|"),
        (["himmelblau", "--set", "momentum=0.5"], "'himmelblau' has no parameter 'momentum'"),
        (["himmelblau", "--method", "sgd"], "StochasticGradientDescent needs a landscape with terms"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(run, arguments, pattern):
    assert pattern in run("escape", *arguments, "--json").sentence


def test_more_steps_than_can_be_counted(run):
    too_many = run("escape", "himmelblau", "--steps", "99999999999999999999").sentence
    assert "99999999999999999999 is not in the range 0<=x<=9223372036854775807" in too_many
