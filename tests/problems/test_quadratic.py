import numpy as np
import pytest

from landscape.problems import problem


@pytest.mark.parametrize(
    ("eigenvalues", "counts", "degenerate", "confining", "minimum"),
    [
        ((1.0, -1.0), {1: 1}, 0, False, None),
        ((1.0, 2.0, 3.0), {0: 1}, 0, True, 0.0),
        ((-1.0, -2.0), {2: 1}, 0, False, None),
        ((1.0, 0.0), {}, 1, False, 0.0),
        ((0.0, -1.0), {}, 1, False, None),
    ],
)
def test_truth_is_the_inertia(eigenvalues, counts, degenerate, confining, minimum):
    landscape = problem("quadratic", eigenvalues=eigenvalues)
    assert landscape.truth.counts == counts
    assert landscape.truth.degenerate == degenerate
    assert landscape.confining is confining
    assert landscape.truth.minimum_value == minimum
    np.testing.assert_allclose(np.linalg.eigvalsh(landscape.hessian(np.ones(len(eigenvalues)))), sorted(eigenvalues))


def test_goe_truth_is_the_index_of_the_matrix():
    for seed in range(5):
        landscape = problem("goe_quadratic", dim=6, seed=seed)
        lam = np.linalg.eigvalsh(landscape.hessian(np.zeros(6)))
        assert landscape.truth.counts == {int((lam < 0).sum()): 1}


def test_goe_variances():
    # 500 matrices of dim 30: 217,500 entries above the diagonal and 15,000 on it. The sample variance of
    # normal numbers has relative standard deviation sqrt(2 / N), 0.30 % and 1.15 %; five of them as
    # tolerance, error rate 6e-7.
    dim, origin = 30, np.zeros(30)
    matrices = np.stack([problem("goe_quadratic", dim=dim, seed=seed).hessian(origin) for seed in range(500)])
    above = matrices[:, *np.triu_indices(dim, k=1)].ravel()
    on = np.diagonal(matrices, axis1=1, axis2=2).ravel()
    assert above.var() == pytest.approx(1, rel=5 * np.sqrt(2 / above.size))
    assert on.var() == pytest.approx(2, rel=5 * np.sqrt(2 / on.size))
