"""What a search finds is not what there is."""

import numpy as np
import pytest

from landscape import Newton, SamplingBias, exhaust, problem, sampling_bias, search
from landscape.critical.eigenvector_following import EigenvectorFollowing


def test_every_method_beside_the_truth():
    landscape = problem("spherical_spin_glass", n=6, seed=1)
    rng = np.random.default_rng(0)
    points = exhaust(landscape, rng, 800)
    bias = sampling_bias(landscape, points, landscape.starts(rng, 400), [Newton(), EigenvectorFollowing(1)])
    assert isinstance(bias, SamplingBias)
    assert bias.methods == ["Newton", "EigenvectorFollowing", "GradientDescent"]
    shares = bias.shares()
    np.testing.assert_allclose(shares[0], np.bincount(points.index) / len(points))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares[2, 1] == 1.0
    assert shares[3, 0] == 1.0
    np.testing.assert_array_equal(bias.hits.sum(axis=0) + bias.missed, 400)
    # Newton's method can get stuck; where it did converge, it did so at one of all points.
    starts = landscape.starts(np.random.default_rng(1), 400)
    again = sampling_bias(landscape, points, starts)
    assert again.hits[:, 0].sum() == len(search(landscape, starts, Newton()).converged())
    assert "all points" in repr(bias)


def test_congruent_basins_are_found_alike():
    # In a sum of cosines each of 8 points has the same chance; chi-square at level 1e-4.
    from scipy import stats

    landscape = problem("cosine_sum", dim=3)
    rng = np.random.default_rng(3)
    points = exhaust(landscape, rng, 200)
    bias = sampling_bias(landscape, points, landscape.starts(rng, 2000))
    assert len(points) == 8
    assert stats.chisquare(bias.hits[:, 0]).pvalue > 1e-4
    assert bias.missed[0] == pytest.approx(0, abs=5)
