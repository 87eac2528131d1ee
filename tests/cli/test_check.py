"""`landscape check`: right derivatives pass, a wrong one is named with exit status 1."""

import pytest

WRONG = """
import numpy as np
from landscape import Landscape

bowl = Landscape.from_function(
    lambda x: (x**2).sum(axis=-1), lambda x: 2 * x * np.array([1.0, 1.5]), dim=2, name="bowl"
)
"""


def test_right_derivatives_pass(run):
    text = run("check", "muller_brown").text
    assert "gradient" in text
    assert "wrong; the worst" not in text


def test_a_wrong_one_is_named(run, write):
    write("wrong.py", WRONG)
    outcome = run("check", "wrong.py:bowl", "--points", 3)
    assert outcome.code == 1
    assert "gradient: 3 of 6 entries are wrong; the worst is entry (1)" in outcome.out


def test_json(run, write):
    report = run("check", "spherical_spin_glass", "--set", "n=5", "--json").json
    assert [check["name"] for check in report["checks"]] == ["gradient", "hessian", "hvp", "hessian v", "symmetry"]
    assert all(check["holds"] for check in report["checks"])
    assert len(report["checks"][0]["point"]) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.py:loss",), "nowhere.py"),
        (("himmelblau", "--points", "0"), "0 is not in the range x>=1"),
        (("himmelblau", "--set", "dim=3"), "has no parameter 'dim'"),
    ],
)
def test_bad_input_is_one_sentence(run, arguments, sentence):
    assert sentence in run("check", *arguments).sentence
