import numpy as np
import pytest

from landscape.problems import problem


def refine(landscape, x):
    """Newton's method from points near critical ones."""
    for _ in range(20):
        x = x - np.linalg.solve(landscape.hessian(x), landscape.gradient(x)[..., None])[..., 0]
    return x


@pytest.mark.parametrize("dim", [2, 3, 4, 7, 12])
def test_the_global_minimum(dim):
    landscape = problem("rosenbrock", dim=dim)
    ones = np.ones(dim)
    assert landscape.value(ones) == 0
    assert not landscape.gradient(ones).any()
    assert np.linalg.eigvalsh(landscape.hessian(ones)).min() > 0


def chain(first, dim):
    """The points where all of the gradient but its last component vanishes: x_1 (m,) gives (m, dim)."""
    x = [first, first**2 - (1 - first) / (200 * first)]
    for _ in range(dim - 2):
        before, here = x[-2:]
        x.append(here**2 + (200 * (here - before**2) - 2 * (1 - here)) / (400 * here))
    return np.stack(x, axis=-1)


@pytest.mark.parametrize("dim", [3, 4, 5, 6])
def test_counts_by_the_recursion_in_the_first_coordinate(dim):
    # Every critical point is a root, in x_1, of the last component; poles change sign too and fail Newton's
    # check.
    landscape = problem("rosenbrock", dim=dim)
    first = np.linspace(-1.5, 1.5, 400_002)
    with np.errstate(all="ignore"):
        x = chain(first, dim)
        last = x[:, -1] - x[:, -2] ** 2
    crossing = np.nonzero(np.sign(last[1:]) * np.sign(last[:-1]) < 0)[0]
    crossing = crossing[np.abs(x[crossing]).max(axis=1) < 3]
    points = refine(landscape, x[crossing])
    stayed = np.abs(points - x[crossing]).max(axis=1) < 1e-2
    points = np.unique(np.round(points[stayed], 8), axis=0)
    index = (np.linalg.eigvalsh(landscape.hessian(points)) < 0).sum(axis=1)
    assert {k: int((index == k).sum()) for k in set(index.tolist())} == landscape.truth.counts


@pytest.mark.parametrize(("dim", "height"), [(4, 3.7014), (7, 3.9836), (8, 3.9859), (11, 3.9866)])
def test_the_second_minimum_sits_near_minus_one(dim, height):
    # Heights from dim 7 on, to four digits, from an independent Levenberg-Marquardt search from 4,000 starts.
    landscape = problem("rosenbrock", dim=dim)
    start = np.array([-0.7757, 0.6131, 0.3821, 0.1460]) if dim == 4 else np.r_[-1.0, np.ones(dim - 1)]
    point = refine(landscape, start)
    assert np.abs(landscape.gradient(point)).max() < 1e-9
    assert np.linalg.eigvalsh(landscape.hessian(point)).min() > 0
    assert landscape.value(point) == pytest.approx(height, abs=5e-5)
    assert landscape.truth.counts == {0: 2, 1: 1}


def test_truth_only_where_it_is_known():
    assert problem("rosenbrock", dim=12).truth.counts == {0: 2, 1: 2, 2: 1}
    assert problem("rosenbrock", dim=13).truth.counts is None
    with pytest.raises(ValueError, match="problem 'rosenbrock': dim is 1 but must be at least 2"):
        problem("rosenbrock", dim=1)


def test_agrees_with_scipy():
    from scipy.optimize import rosen, rosen_der, rosen_hess

    landscape = problem("rosenbrock", dim=6)
    for x in np.random.default_rng(0).uniform(-2, 2, (10, 6)):
        assert landscape.value(x) == pytest.approx(rosen(x), rel=1e-13)
        np.testing.assert_allclose(landscape.gradient(x), rosen_der(x), rtol=1e-11, atol=1e-10)
        np.testing.assert_allclose(landscape.hessian(x), rosen_hess(x), rtol=1e-12)
