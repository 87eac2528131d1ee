"""`landscape problems`: the zoo, and each entry with its parameters and known truth."""

import pytest

from landscape.problems import entry, problem_names

ZOO = {
    *("himmelblau", "six_hump_camel", "muller_brown", "rastrigin", "styblinski_tang", "rosenbrock", "double_well"),
    *("monkey_saddle", "quadratic", "linear_regression", "logistic_regression", "goe_quadratic"),
    *("spherical_spin_glass", "lennard_jones", "phi4", "xy_chain"),
}


def test_the_list_has_all_of_them(run, fresh):
    text = run("problems").text
    listed = {line.split()[0] for line in text.splitlines() if line[0] != " "}
    assert listed == set(problem_names())
    assert listed >= ZOO
    assert fresh("problems").text == text


@pytest.mark.parametrize("name", problem_names())
def test_each_entry_shows_its_parameters_and_truth(run, name):
    text = run("problems", name).text
    assert text.startswith(entry(name).summary)
    for parameter in entry(name).parameters:
        assert any(line.split()[:1] == [parameter.name] for line in text.splitlines())
    assert "With the defaults: " in text
    assert "critical points" in text.lower()


def test_known_truth_is_told(run):
    assert "Known critical points: 4 of index 0, 4 of index 1, 1 of index 2." in run("problems", "himmelblau").text
    assert "Degenerate critical points: 1." in run("problems", "monkey_saddle").text


def test_defaults_are_shown_as_set_takes_them(run):
    for line in run("problems").text.splitlines():
        for setting in line.split("--set ")[1:]:
            _, equals, value = setting.strip().partition("=")
            assert equals
            assert "(" not in value
    shown = next(line for line in run("problems").text.splitlines() if "shape=" in line)
    setting = shown.split("shape=")[1].split()[0]
    report = run("study", "phi4", "--set", f"shape={setting}", "--starts", 1, "--json").json
    assert report["parameters"]["shape"] == list(entry("phi4").parameters[0].default)


def test_a_name_that_is_not_there(run, fresh):
    assert "did you mean 'himmelblau'?" in run("problems", "himmelblaw").sentence
    assert fresh("problems", "zzz").sentence == "unknown problem 'zzz'; `landscape problems` lists them"
