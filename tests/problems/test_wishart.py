import numpy as np
import pytest

from landscape.problems import problem
from landscape.problems.wishart import wishart_plus_wigner
from landscape.theory.free_probability import index_fraction


def test_moments():
    # E tr H / n = 1 for any error; E tr H^2 / n = 1 + (n + 1) / m + 2 error (1 + 1 / n); 4,000 draws, five errors.
    n, ratio, error = 6, 0.5, 0.3
    matrix = wishart_plus_wigner(n, ratio, error, 4000, np.random.default_rng(0))
    first = np.trace(matrix, axis1=1, axis2=2) / n
    second = (matrix**2).sum(axis=(1, 2)) / n
    m = n / ratio
    for measured, expected in ((first, 1.0), (second, 1 + (n + 1) / m + 2 * error * (1 + 1 / n))):
        assert measured.mean() == pytest.approx(expected, abs=5 * measured.std() / np.sqrt(4000))


def test_index_fraction_of_a_large_matrix():
    # Free probability, for n to infinity; at n = 400 the index is within a few of n alpha.
    lam = np.linalg.eigvalsh(wishart_plus_wigner(400, 0.25, 0.2, 1, np.random.default_rng(1))[0])
    assert (lam < 0).mean() == pytest.approx(float(index_fraction(0.2, 0.25)), abs=0.01)


def test_without_an_error_there_is_only_a_minimum():
    landscape = problem("wishart_quadratic", error=0.0)
    assert landscape.truth.counts == {0: 1}
    deficient = problem("wishart_quadratic", error=0.0, ratio=2.0)
    assert deficient.truth.counts == {}
    assert deficient.truth.degenerate == 1


@pytest.mark.parametrize(("parameters", "word"), [({"ratio": 0.0}, "ratio"), ({"error": -1.0}, "error")])
def test_parameters_out_of_range(parameters, word):
    with pytest.raises(ValueError, match=f"{word} is"):
        problem("wishart_quadratic", **parameters)


def test_a_ratio_for_which_no_matrix_is_wide_enough():
    with pytest.raises(ValueError, match=r"ratio is 1e-308 but must be at least 2\.2e-16 in dim 2$"):
        problem("wishart_quadratic", dim=2, ratio=1e-308)
