"""`landscape barrier`: the lowest pass, and what is refused."""

import pytest

from landscape.study.declaration import Study
from landscape.study.run import run_study
from landscape.study.target import Target


def test_the_reaction_path_of_mueller_and_brown(run):
    report = run("barrier", "muller_brown", 0, 1, "--json").json
    assert report["height"] == pytest.approx(-40.6648435087, abs=1e-6)
    assert report["barriers"] == pytest.approx([106.0346737013, 67.5018806083], abs=1e-6)
    assert [point["id"] for point in report["minima"]] == [0, 2, 1]
    assert [point["id"] for point in report["saddles"]] == [4, 3]


def test_in_words(run):
    text = run("barrier", "muller_brown", 1, 2).text
    assert "barrier 35.9178 from minimum 1, 8.51888 from minimum 2" in text
    assert [line.split()[0] for line in text.splitlines()[-3:]] == ["minimum", "saddle", "minimum"]


def test_points_of_a_study_have_the_numbers_that_network_gives_them(run):
    """Also where points are added: three starts leave minima of Himmelblau's function to be found by the flow."""
    for starts, added in ((3, True), (400, False)):
        run_study(Study(Target("himmelblau"), starts=starts, escape_starts=1), store=f"{starts}.sqlite")
        network = run("network", f"{starts}.sqlite", "--json").json
        assert (network["added_points"] > 0) == added
        value = {point["id"]: point["value"] for point in (*network["minima"], *network["saddles"])}
        report = run("barrier", f"{starts}.sqlite", 0, 3, "--json").json
        assert (report["problem"], report["study"]) == ("himmelblau", f"{starts}.sqlite")
        for point in (*report["minima"], *report["saddles"]):
            assert point["value"] == value[point["id"]]
        assert report["height"] == max(point["value"] for point in report["saddles"])


def test_a_search_is_not_asked_of_a_study(run):
    run_study(Study(Target("himmelblau"), starts=20, escape_starts=1), store="s.sqlite")
    assert run("barrier", "s.sqlite", 0, 1, "--set", "a=1").sentence == (
        "--set is for a search; the points of the study in s.sqlite are taken as they are"
    )
    assert run("barrier", "none.sqlite", 0, 1).sentence == "there is no file 'none.sqlite'"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["himmelblau", "0", "9"], "there is no minimum 9; there are 4"),
        (["himmelblau", "0", "-1"], "No such option"),
        (["himmelblau", "0", "x"], "'x' is not a valid integer range"),
        (["himmelblau", "0"], "Missing argument 'B'"),
        (["himmelbau", "0", "1"], "himmelbau"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("barrier", *arguments).sentence
