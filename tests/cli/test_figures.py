"""`landscape figures`: the list, and names that are not on it."""

import importlib.util

import pytest

registry = pytest.importorskip("landscape.figures.registry")


def test_the_list_has_every_figure_and_its_title(run, tmp_path):
    names = registry.experiment_names()
    missing = [name for name in names if importlib.util.find_spec(f"landscape.experiments.{name}") is None]
    if missing:
        pytest.skip(f"not there yet: {', '.join(missing)}")
    lines = run("figures", "--list").text.splitlines()
    assert [line.split()[0] for line in lines] == list(names)
    assert all(len(line.split()) > 1 for line in lines)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_there_is_refused_before_any_work(run, tmp_path):
    name = registry.experiment_names()[0]
    assert "'nonsense'" in run("figures", name, "nonsense").sentence
    assert list(tmp_path.iterdir()) == []
