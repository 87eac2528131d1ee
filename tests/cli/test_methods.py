"""Settings go to the method where it has such a parameter, otherwise to the problem."""

import pytest

from landscape.cli.methods import make_method, parameters_of, split
from landscape.cli.options import Asked
from landscape.descent.methods import METHODS


def test_settings_are_split():
    asked = Asked("quadratic", (("lr", 0.1), ("eigenvalues", (1, 2)), ("momentum", 0.5)), dim=3)
    parameters, rest = split(asked, "heavy-ball")
    assert parameters == {"lr": 0.1, "momentum": 0.5}
    assert rest == Asked("quadratic", (("eigenvalues", (1, 2)),), dim=3)
    assert split(asked, "armijo") == ({}, asked)
    method = make_method("heavy-ball", parameters)
    assert (method.lr, method.momentum) == (0.1, 0.5)


@pytest.mark.parametrize("value", ["fast", (1, 2)])
def test_parameters_of_methods_are_numbers(value):
    with pytest.raises(ValueError, match=r"^lr is .* but must be a number$"):
        split(Asked("himmelblau", (("lr", value),)), "adam")
    assert split(Asked("himmelblau", (("other", value),)), "adam")[0] == {}


@pytest.mark.parametrize("command", ["descend", "escape", "spectrum"])
def test_every_command_with_a_method_splits_them(run, command):
    arguments = ("himmelblau", "--method", "adam", *(["--after-steps", 1] if command == "spectrum" else []))
    for setting, words in (("lr=x", "lr is 'x' but must be a number"), ("a=1", "'himmelblau' has no parameter 'a'")):
        assert words in run(command, *arguments, "--set", setting).sentence


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("value", ["nan", "-1", "1e400", "x"])
def test_no_parameter_is_taken_that_is_out_of_range(run, method, value):
    for name in sorted(parameters_of(method)):
        assert name in run("descend", "himmelblau", "--method", method, "--set", f"{name}={value}").sentence


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"sgd"}))
def test_whole_numbers_of_any_size_are_numbers(run, method):
    """Beyond 64 bits, too."""
    for name in sorted(parameters_of(method)):
        outcome = run("descend", "himmelblau", "--method", method, "--set", f"{name}={10**26}", "--steps", 2)
        assert outcome.code in (0, 2)
        assert outcome.code == 0 or name in outcome.sentence
