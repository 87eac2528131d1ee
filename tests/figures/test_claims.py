import json
import math

import pytest

from landscape.figures.claims import Claim


def test_tolerance_is_absolute_and_inclusive():
    assert Claim("a", 2.5, expected=2.0, tolerance=0.5).holds
    assert not Claim("a", 2.5000001, expected=2.0, tolerance=0.5).holds
    assert Claim("count", 4, expected=4, tolerance=0).holds


def test_interval_is_closed():
    assert Claim("a", 1.0, low=1.0, high=2.0).holds
    assert not Claim("a", 2.1, low=1.0, high=2.0).holds


@pytest.mark.parametrize("measured", [math.nan, math.inf, -math.inf])
def test_a_measurement_that_is_not_finite_never_holds(measured):
    for claim in (Claim("a", measured, expected=0.0, tolerance=1e308), Claim("a", measured, low=-1e308, high=1e308)):
        assert not claim.holds
        assert claim.as_json()["measured"] is None
        assert json.loads(json.dumps(claim.as_json(), allow_nan=False))["holds"] is False


@pytest.mark.parametrize(
    "expectation",
    [
        {},
        {"expected": 1.0},
        {"tolerance": 1.0},
        {"low": 0.0},
        {"expected": 1.0, "tolerance": 0.1, "low": 0.0, "high": 1.0},
        {"expected": math.nan, "tolerance": 0.1},
        {"expected": 1.0, "tolerance": -0.1},
        {"low": 2.0, "high": 1.0},
        {"low": 0.0, "high": math.inf},
    ],
)
def test_a_claim_without_a_clear_expectation_is_refused(expectation):
    with pytest.raises(ValueError, match="claim 'a'"):
        Claim("a", 1.0, **expectation)


def test_json_has_everything():
    record = Claim("text", 1, expected=1, tolerance=0, source="here").as_json()
    assert record == {
        "text": "text",
        "measured": 1.0,
        "expected": 1.0,
        "tolerance": 0.0,
        "low": None,
        "high": None,
        "source": "here",
        "holds": True,
    }
