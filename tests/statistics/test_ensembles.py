"""Ensembles: each has the law that theory gives it, and keeps the Morse sum in every sample."""

import math

import numpy as np
import pytest

from landscape import (
    GOE,
    GaussianField,
    MixedSpinGlass,
    RandomLandscapes,
    Separable,
    SphericalSpinGlass,
    Wishart,
    index_statistics,
    problem,
)
from landscape.theory.goe_index import goe_index_variance

ALARM = 1e-4  # p-value below which a law is given up: the false alarm rate of each test


def measure(ensemble, dims, samples, seed=0):
    return index_statistics(ensemble, dims, samples, np.random.default_rng(seed))


def cosines(dim, seed):
    return problem("cosine_sum", dim=dim, seed=seed)


@pytest.mark.parametrize("n", [1, 4, 12, 60])
def test_the_law_of_the_goe(n):
    measured = measure(GOE(), [n], 20_000)
    assert measured.p_value[0] > ALARM
    assert measured.exact[0].sum() == pytest.approx(1, abs=1e-12)
    assert measured.verdicts == ["agrees"]
    # Variance of a variance of 20,000 narrow counts: 5 standard errors.
    assert measured.variance_index[0] == pytest.approx(goe_index_variance(n), rel=5 * math.sqrt(3 / 20_000))


@pytest.mark.parametrize(
    ("ensemble", "dim", "samples"),
    [(GaussianField(40.0), 1, 25), (GaussianField(8.0), 2, 16), (MixedSpinGlass((0.3, 0.5, 0.5)), 3, 25)],
)
def test_exhaustive_samples_have_the_exact_ratio_of_means(ensemble, dim, samples):
    counts = ensemble.counts(dim, samples, np.random.default_rng(1))
    characteristic = 0 if isinstance(ensemble, GaussianField) else 1 + (-1) ** dim
    np.testing.assert_array_equal(counts @ (-1.0) ** np.arange(dim + 1), characteristic)
    measured = measure(ensemble, [dim], samples)
    assert measured.p_value[0] > ALARM
    assert measured.minimum[0] == pytest.approx(measured.exact[0, 0], abs=0.05)


def test_mean_numbers_of_the_field():
    # The reference value 0.3675525969 per unit area in the plane; 30 samples, 4 standard errors.
    totals = GaussianField(length=10.0).counts(2, 30, np.random.default_rng(5)).sum(axis=1)
    assert totals.mean() == pytest.approx(0.3675525969 * 100, abs=4 * totals.std() / math.sqrt(30))


def test_one_degree_of_a_mixture_is_the_pure_model():
    assert MixedSpinGlass((0.0, 0.0, 1.0)).law(4) == pytest.approx(SphericalSpinGlass(3).law(4), rel=1e-12)
    assert SphericalSpinGlass(2).law(3) == pytest.approx(np.full(4, 1 / 4), rel=1e-9)


def test_wishart_without_residuals_has_minima_only():
    measured = measure(Wishart(error=0.0), [1, 5], 200)
    assert measured.minimum.tolist() == [1.0, 1.0]
    assert measured.verdicts == ["agrees", "agrees"]
    flat = measure(Wishart(ratio=2.0, error=0.0), [6], 50)
    assert flat.counts[0, 0] == 50  # zeros of a deficient rank are not negative
    free = measure(Wishart(ratio=0.5, error=50.0), [4], 4000)
    assert free.verdicts == ["no law"]
    assert free.mean_index[0] > 1.7


def test_landscapes_of_ones_own():
    own = RandomLandscapes(cosines, "cosines", starts=80)
    assert repr(own) == "RandomLandscapes(name='cosines', starts=80, rounds=12)"
    measured = measure(own, [3], 4)
    assert measured.counts[0].tolist() == [4, 12, 12, 4]
    assert measured.verdicts == ["no law"]
    with pytest.raises(ValueError, match="cosines made a landscape of 3 directions where 2 were asked for"):
        RandomLandscapes(lambda dim, seed: cosines(dim + 1, seed), "cosines").counts(2, 1, np.random.default_rng(0))


def test_a_wrong_law_is_called_so():
    class Wrong(Separable):
        def law(self, dim):
            return np.full(dim + 1, 1 / (dim + 1))

    assert measure(Wrong(), [3], 500).verdicts == ["differs"]


def test_too_many_points_are_refused():
    with pytest.raises(ValueError, match=r"a sample has about 3e\+07 critical points; at most 100000"):
        SphericalSpinGlass(3).counts(40, 1, np.random.default_rng(0))


def test_a_field_too_strong_for_the_theory_asks_for_the_number_of_searches():
    weights = (1000.0, 1e-6)
    with pytest.raises(
        ValueError, match=r"^starts, the searches a round, must be given: .* the random field is too strong"
    ):
        measure(MixedSpinGlass(weights), [2], 1)
    counts = MixedSpinGlass(weights, starts=20).counts(2, 3, np.random.default_rng(0))
    assert counts.tolist() == [[1, 0, 1]] * 3  # the least possible
