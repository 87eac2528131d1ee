"""`landscape resume`: what is missing is done, and nothing else."""

from pathlib import Path

import pytest

from landscape.study.declaration import Study
from landscape.study.run import StudyInterrupted, run_study
from landscape.study.target import Target


def test_what_is_missing_is_done(run):
    study = Study(Target("himmelblau"), starts=1100)
    with pytest.raises(StudyInterrupted):
        run_study(study, store="s.sqlite", stop=lambda: Path("s.sqlite").stat().st_size > 60_000)
    resumed = run("resume", "s.sqlite", "--json")
    assert resumed.err == "going on with s.sqlite, incomplete: 1 of 2 chunks of descent and search\n"
    assert resumed.out == run("study", "himmelblau", "--starts", 1100, "--json").out
    again = run("resume", "s.sqlite", "--retry", "--json")
    assert again.out == resumed.out
    assert again.err == "s.sqlite holds this study already; nothing is left to compute\n"


def test_what_cannot_be_resumed(run, fresh, write, own, tmp_path):
    write("notes.txt", "mine")
    assert run("resume", "notes.txt").sentence.startswith("notes.txt is not a study")
    assert run("resume", "none.sqlite").sentence == "there is no file 'none.sqlite'"
    study = Study(Target("own.py:loss", dim=2, box=((-2.0, 2.0),)), starts=30)
    with pytest.raises(StudyInterrupted):
        run_study(study, store="s.sqlite", stop=lambda: True)
    write("own.py", "def loss(x):\n    return (x**4).sum(axis=-1)\n")
    assert fresh("resume", "s.sqlite").sentence == (
        "s.sqlite holds another study: the file of own.py:loss has changed since"
    )
    (tmp_path / "own.py").unlink()
    assert fresh("resume", "s.sqlite").sentence == "there is no file 'own.py'"


def test_data_that_have_changed_are_refused(run, fresh, write):
    write("own.csv", "1,2,a\n2,1,b\n0,3,b\n")
    study = Study(Target("logistic_regression", (("data", "own.csv"),)), starts=10)
    with pytest.raises(StudyInterrupted):
        run_study(study, store="s.sqlite", stop=lambda: True)
    write("other.csv", "1,2,a\n")
    assert fresh("resume", "s.sqlite").code == 0
    write("own.csv", "1,2,a\n2,1,b\n0,3.5,b\n")
    for arguments in (
        ("resume", "s.sqlite"),
        ("network", "s.sqlite"),
        (*("study", "logistic_regression", "--set", "data=own.csv", "--starts", 10, "--store", "s.sqlite"),),
    ):
        assert fresh(*arguments).sentence == "s.sqlite holds another study: own.csv has changed since"
    assert fresh("report", "s.sqlite").code == 0


def test_data_of_a_function_of_ones_own_that_have_changed(run, fresh, write):
    write(
        "own.py",
        "from landscape import problem\n\ndef made(data):\n    return problem('logistic_regression', data=data)\n",
    )
    write("own.csv", "1,2,a\n2,1,b\n0,3,b\n")
    study = Study(Target("own.py:made", (("data", "own.csv"),)), starts=10)
    with pytest.raises(StudyInterrupted):
        run_study(study, store="s.sqlite", stop=lambda: True)
    write("own.csv", "1,2,a\n2,1,b\n0,3.5,b\n")
    assert fresh("resume", "s.sqlite").sentence == (
        "s.sqlite holds another study: the file of own.py:made or own.csv has changed since"
    )
