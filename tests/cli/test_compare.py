"""`landscape compare`: two saved studies, in words and as JSON."""


def test_two_studies(run):
    run("study", "himmelblau", "--starts", 60, "--store", "a.sqlite")
    run("study", "himmelblau", "--starts", 30, "--seed", 4, "--store", "b.sqlite")
    same = run("compare", "a.sqlite", "a.sqlite")
    assert same.text.startswith("himmelblau: the same declaration\nThe results are the same to the last bit\n")
    outcome = run("compare", "a.sqlite", "b.sqlite")
    assert outcome.text.startswith(
        "himmelblau: starts is 60 in the first and 30 in the second; seed is 0 in the first and 4 in the second\n"
    )
    assert "In both: 9, whose values differ by at most" in outcome.text
    report = run("compare", "a.sqlite", "b.sqlite", "--json").json
    assert report["by_index"] == [{"0": 4, "1": 4, "2": 1}] * 2
    assert report["identical"] is False


def test_what_cannot_be_compared(run, write):
    write("notes.txt", "mine")
    run("study", "himmelblau", "--starts", 20, "--store", "a.sqlite")
    run("study", "monkey_saddle", "--starts", 20, "--store", "b.sqlite")
    assert run("compare", "a.sqlite", "b.sqlite").sentence.startswith("these are studies of different landscapes: ")
    assert run("compare", "a.sqlite", "notes.txt").sentence.startswith("notes.txt is not a study")
