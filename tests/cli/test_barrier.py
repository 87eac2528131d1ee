"""`landscape barrier`: the lowest pass, and what is refused."""

import pytest


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
