"""Escape from every saddle: times and destinations together."""

import numpy as np
import pytest
from scipy import stats

from landscape import EscapeSurvey, HeavyBall, Kind, destinations_of, escape_survey, find_critical_points, problem


def saddles_of(landscape, size=400):
    return find_critical_points(landscape, landscape.starts(np.random.default_rng(0), size)).saddles


def test_himmelblau():
    """Both ends of each unstable manifold are reached, as destinations_of has them, by about half of the starts each
    (binomial test at level 1e-5)."""
    himmelblau = problem("himmelblau")
    saddles = saddles_of(himmelblau)
    survey = escape_survey(himmelblau, saddles, 200, np.random.default_rng(1))
    assert isinstance(survey, EscapeSurvey)
    assert survey.end.shape == (4, 200)
    assert (survey.points.kind == Kind.MINIMUM).all()
    where = destinations_of(himmelblau, saddles)
    for row, times in enumerate(survey.times):
        assert times.escaped == 200
        assert times.radius == pytest.approx(0.01 * himmelblau.diagonal)
        assert times.lr == pytest.approx(0.5 / np.abs(saddles.eigenvalues[row]).max())
        ends, counts = np.unique(survey.end[row], return_counts=True)
        expected = np.sort(where.points.value[where.of(row)])
        np.testing.assert_allclose(np.sort(survey.points.value[ends]), expected, atol=1e-12)
        assert stats.binomtest(int(counts[0]), 200, 0.5).pvalue > 1e-5


def test_runs_that_do_not_get_out_lead_nowhere():
    himmelblau = problem("himmelblau")
    survey = escape_survey(himmelblau, saddles_of(himmelblau), 20, np.random.default_rng(1), max_steps=20)
    escaped = np.array([np.isfinite(t.steps) for t in survey.times])
    assert 0 < escaped.sum() < 80
    np.testing.assert_array_equal(survey.end >= 0, escaped)


def test_another_method_and_radius():
    camel = problem("six_hump_camel")
    seen = []
    survey = escape_survey(
        camel,
        saddles_of(camel),
        10,
        np.random.default_rng(2),
        radius=0.05,
        method=lambda steepest: HeavyBall(0.1 / steepest, 0.9),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert all(t.method.startswith("HeavyBall(") and t.radius == 0.05 for t in survey.times)
    assert seen == [(k, 7) for k in range(1, 8)]
    assert (survey.end >= 0).all()


def test_no_saddles_no_escapes():
    bowl = problem("quadratic", eigenvalues=(1.0, 2.0))
    survey = escape_survey(bowl, saddles_of(bowl), 10, np.random.default_rng(0))
    assert survey.times == []
    assert survey.end.shape == (0, 10)
