"""The index against dimension: exact laws within exact intervals, whoever does the work."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from landscape import GOE, IndexStatistics, Separable, SphericalSpinGlass, index_statistics
from landscape.parallel import make_executor
from landscape.theory.goe import goe_probability_minimum
from landscape.theory.independent import independent_index_probability

# P(all eigenvalues positive) of the GOE: closed forms of independent reference values.
GOE_MINIMUM = {
    1: 0.5,
    2: (2 - math.sqrt(2)) / 4,
    3: (math.pi - 2 * math.sqrt(2)) / (4 * math.pi),
    4: 0.00245670925978622,
}
# P(index = k), from the closed forms: n = 2 and 3 by symmetry.
GOE_INDEX = {
    2: [GOE_MINIMUM[2], 1 - 2 * GOE_MINIMUM[2], GOE_MINIMUM[2]],
    3: [GOE_MINIMUM[3], 0.5 - GOE_MINIMUM[3], 0.5 - GOE_MINIMUM[3], GOE_MINIMUM[3]],
}


def measure(ensemble, dims, samples, seed=0, **options):
    return index_statistics(ensemble, dims, samples, np.random.default_rng(seed), **options)


def test_the_goe_has_its_law_within_exact_intervals():
    # Four intervals of 99.99 %: a false alarm for at most 4 in 10,000 seeds.
    measured = measure(GOE(), [1, 2, 3, 4], [20_000, 50_000, 100_000, 200_000], confidence=0.9999)
    for row, n in enumerate([1, 2, 3, 4]):
        assert measured.low[row] < GOE_MINIMUM[n] < measured.high[row]
        assert goe_probability_minimum(n) == pytest.approx(GOE_MINIMUM[n], rel=1e-12)
    # The separable law 2^-n is far outside where the two differ.
    assert (measured.high[1:] < 0.5 ** np.array([2, 3, 4])).all()


@pytest.mark.parametrize("n", [2, 3])
def test_every_index_of_the_goe(n):
    # Chi-square at level 1e-4.
    measured = measure(GOE(), [n], 50_000, seed=1)
    expected = np.array(GOE_INDEX[n]) * 50_000
    assert stats.chisquare(measured.counts[0], expected).pvalue > 1e-4


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_goes_index_is_narrow(n):
    # Exact variances from independent reference values, at 5 standard errors; a binomial index would have n / 4.
    size = 20_000
    measured = measure(GOE(), [n], size, seed=2)
    k = np.arange(n + 1)
    mean = measured.mean_index[0]
    variance = measured.counts[0] @ (k - mean) ** 2 / size
    exact = {10: 0.473571961, 20: 0.546431321}.get(n)
    assert mean == pytest.approx(n / 2, abs=5 * np.sqrt(variance / size))
    if exact is not None:
        assert variance == pytest.approx(exact, rel=5 * np.sqrt(2.5 / size))
    assert variance < n / 4


def test_separable_landscapes_have_the_binomial_law():
    # Chi-square at level 1e-4, and an interval of 99.99 %.
    n = 4
    measured = measure(Separable(), [n], 8000, confidence=0.9999)
    expected = independent_index_probability(n, np.arange(n + 1)) * 8000
    np.testing.assert_allclose(expected / 8000, [math.comb(n, k) / 2**n for k in range(n + 1)])
    assert stats.chisquare(measured.counts[0], expected).pvalue > 1e-4
    assert measured.low[0] < 2.0**-n < measured.high[0]


# Mean number of critical points of the pure 3-spin on the sphere in R^N by index: spin_glass_counts.json of the
# reference values (Auffinger, Ben Arous & Cerny's formula, in multiple precision).
SPIN_GLASS = {
    2: [2.645751311064621, 2.6457513110646196],
    3: [3.138089935299426, 4.2761798705988365, 3.138089935299426],
    4: [3.5795244615076696, 5.815592439007488, 5.81559243900749, 3.579524461507671],
    5: [3.999812016114985, 7.374228552359198, 8.748833072488422, 7.3742285523592015, 3.9998120161149933],
}


@pytest.mark.slow
@pytest.mark.parametrize(("n", "samples"), [(2, 200), (3, 150), (4, 100), (5, 60)])
def test_the_cubic_spin_glass_has_its_mean_counts(n, samples):
    # 4 standard errors: a false alarm for about 6 in 100,000 seeds and index.
    counts = SphericalSpinGlass(p=3).counts(n - 1, samples, np.random.default_rng(100 + n))
    assert counts.shape == (samples, n)
    error = counts.std(axis=0, ddof=1) / np.sqrt(samples)
    assert (np.abs(counts.mean(axis=0) - SPIN_GLASS[n]) < 4 * error).all()
    morse = counts @ (-1.0) ** np.arange(n)
    np.testing.assert_array_equal(morse, 1 + (-1) ** (n - 1))
    np.testing.assert_array_equal(counts, counts[:, ::-1])


def test_the_quadratic_spin_glass_has_two_points_of_each_index():
    counts = SphericalSpinGlass(p=2).counts(3, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(counts, 2)


def test_the_answer_does_not_depend_on_who_does_the_work():
    ensembles = [GOE(), Separable(starts=50), SphericalSpinGlass(starts=20, rounds=2)]
    serial = [measure(e, [1, 3], 20, seed=5) for e in ensembles]
    with make_executor(2) as executor:
        parallel = [measure(e, [1, 3], 20, seed=5, executor=executor) for e in ensembles]
    for one, other in zip(serial, parallel, strict=True):
        for name in ("dim", "samples", "counts", "minimum", "low", "high"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not np.array_equal(measure(GOE(), [1, 3], 20, seed=6).counts, serial[0].counts)


def test_a_dimension_has_the_same_samples_whatever_else_is_measured():
    together = measure(GOE(), [2, 3, 4], [40, 50, 60])
    alone = measure(GOE(), [3], 50)
    np.testing.assert_array_equal(together.counts[1][:4], alone.counts[0])


def test_rows_counts_and_table():
    measured = measure(GOE(), [3, 1], [30, 10])
    assert isinstance(measured, IndexStatistics)
    assert measured.dim.tolist() == [3, 1]
    assert measured.samples.tolist() == [30, 10]
    assert measured.counts.shape == (2, 4)
    assert measured.points.tolist() == [30, 10]
    assert measured.counts[1, 2:].tolist() == [0, 0]
    np.testing.assert_allclose(measured.minimum, measured.counts[:, 0] / measured.points)
    assert repr(measured).splitlines()[0] == "GOE()"
    assert len(repr(measured).splitlines()) == 4
    assert (measured.low <= measured.minimum).all()
    assert (measured.minimum <= measured.high).all()


def test_progress_counts_chunks():
    seen = []
    measure(GOE(), [2, 3], [3, 100], progress=seen.append)
    assert seen == list(range(1, 3 + 16 + 1))


@dataclass(frozen=True)
class Always:
    """An ensemble of one's own: every sample a single critical point, of index `index`."""

    index: int = 0
    independent = True

    def counts(self, dim, samples, rng):
        counts = np.zeros((samples, dim + 1), dtype=np.int64)
        counts[:, self.index] = 1
        return counts


def test_an_ensemble_of_ones_own_needs_one_method():
    measured = measure(Always(), [2], 100)
    assert measured.minimum.tolist() == [1.0]
    assert measured.high.tolist() == [1.0]
    assert measured.low[0] == pytest.approx(0.025 ** (1 / 100))
    assert measure(Always(1), [2], 100).mean_index.tolist() == [1.0]


@pytest.mark.parametrize(
    ("dims", "samples", "message"),
    [
        ([1, 2], [10], "^n_samples has 1 entries but dims has 2$"),
        ([0], 10, r"^dims \[0\] and n_samples \[10\] must all be at least 1$"),
        ([1], 0, r"^dims \[1\] and n_samples \[0\] must all be at least 1$"),
        ([], 10, r"^dims \[\] and"),
        ([2, 3, 2], 10, r"^dims \[2, 3, 2\] must differ"),
    ],
)
def test_bad_arguments_are_named(dims, samples, message):
    with pytest.raises(ValueError, match=message):
        measure(GOE(), dims, samples)
