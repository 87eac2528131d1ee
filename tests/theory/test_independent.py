"""The binomial law of the index."""

import numpy as np
import pytest

from landscape.theory.independent import independent_index_log_probability, independent_index_probability


def test_published_probabilities_of_a_minimum():
    # Reference values: the separable landscape.
    n = np.array([1, 2, 3, 4, 5, 8, 10])
    published = [0.5, 0.25, 0.125, 0.0625, 0.03125, 3.90625e-3, 9.765625e-4]
    np.testing.assert_allclose(independent_index_probability(n, 0), published, rtol=1e-13)


@pytest.mark.parametrize("n", [0, 1, 2, 7, 30])
def test_is_a_symmetric_law_with_mean_and_variance_of_fair_coins(n):
    k = np.arange(n + 1)
    law = independent_index_probability(n, k)
    assert law.sum() == pytest.approx(1)
    np.testing.assert_allclose(law, law[::-1], rtol=1e-12)
    assert (law * k).sum() == pytest.approx(n / 2)
    assert (law * (k - n / 2) ** 2).sum() == pytest.approx(n / 4)


def test_broadcasts_and_survives_where_the_probability_underflows():
    assert independent_index_probability(np.array([[2], [3]]), np.array([0, 1])).shape == (2, 2)
    assert independent_index_log_probability(5000, 5000) == pytest.approx(-5000 * np.log(2))


@pytest.mark.parametrize(
    ("n", "k", "name"), [(2, 3, "k"), (2, -1, "k"), (2.5, 1, "n"), (np.nan, 0, "n"), (3, 0.5, "k")]
)
def test_bad_counts_are_refused(n, k, name):
    with pytest.raises(ValueError, match=f"^{name} is"):
        independent_index_probability(n, k)
