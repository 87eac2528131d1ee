import numpy as np
import pytest

from landscape.arrays import dot
from landscape.problems import problem


def test_one_degree_alone_is_the_pure_model():
    # Of homogeneous degree 3: Euler's relation, and odd.
    landscape = problem("mixed_spin_glass", weights=(0.0, 0.0, 2.0), n=5, seed=1)
    x = np.random.default_rng(0).standard_normal((10, 5))
    np.testing.assert_allclose(dot(x, landscape.gradient(x)), 3 * landscape.value(x), rtol=1e-10)
    np.testing.assert_allclose(landscape.value(-x), -landscape.value(x), rtol=1e-10)


def test_covariance_is_a_polynomial_of_the_overlap():
    # 4,000 draws; the standard error of a mean product is at most sqrt(2) nu(1) / sqrt(4000) = 0.034; five of them.
    weights = (0.3, 0.7, 0.5)
    x = np.array([[1.0, 0.0], [0.6, 0.8]])
    values = np.array([problem("mixed_spin_glass", weights=weights, n=2, seed=s).value(x) for s in range(4000)])
    assert (values[:, 0] ** 2).mean() == pytest.approx(1.5, abs=0.17)
    overlap = 0.6
    assert values.prod(axis=1).mean() == pytest.approx(0.3 * overlap + 0.7 * overlap**2 + 0.5 * overlap**3, abs=0.17)


def test_parts_are_independent():
    # f(x) f(-x) has mean nu(-1) = sum of (-1)^p weights_p; parts that share couplings would add cross terms.
    x = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    values = np.array([problem("mixed_spin_glass", weights=(0, 1, 1), n=3, seed=s).value(x) for s in range(4000)])
    even, odd = values.sum(axis=1) / 2, (values[:, 0] - values[:, 1]) / 2
    assert abs(np.corrcoef(even, odd)[0, 1]) < 5 / np.sqrt(4000)


def test_a_linear_function_has_two_critical_points():
    # A weak quadratic part beside the field: the field wins. The bound of Nie & Ranestad is not exceeded.
    from landscape import explore

    landscape = problem("mixed_spin_glass", weights=(1.0, 1e-4), n=4, seed=0)
    points = explore(landscape, np.random.default_rng(0))
    assert points.count_by_index() == {0: 1, 3: 1}
    assert landscape.solution_bound == 8


def test_the_bound_on_the_hessians_change_holds():
    landscape = problem("mixed_spin_glass", weights=(0.5, 0.5, 0.5), n=4, seed=2)
    rng = np.random.default_rng(0)
    x = landscape.starts(rng, 200)
    step = 1e-3 * landscape.manifold.project(x, rng.standard_normal(x.shape))
    y = landscape.manifold.retract(x, step)
    gap = np.abs(
        np.linalg.eigvalsh(landscape.tangent_hessian(y)) - np.linalg.eigvalsh(landscape.tangent_hessian(x))
    ).max(axis=1)
    length = landscape.manifold.distance(x, y)
    assert (gap <= landscape.hessian_lipschitz(x, length) * length).all()


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0), (1.0, -1.0)])
def test_weights_out_of_range(weights):
    with pytest.raises(ValueError, match="must be at least 0, and one of degree 2 or more positive"):
        problem("mixed_spin_glass", weights=weights)
