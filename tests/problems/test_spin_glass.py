from itertools import permutations

import numpy as np
import pytest

from landscape.arrays import dot
from landscape.problems import problem, spin_glass


@pytest.mark.parametrize(("p", "n"), [(2, 5), (3, 4), (4, 3), (5, 2)])
def test_it_is_the_sum_over_raw_couplings(p, n):
    couplings = np.random.default_rng(3).standard_normal((n,) * p)
    landscape = problem("spherical_spin_glass", p=p, n=n, seed=3)
    x = landscape.starts(np.random.default_rng(0), 4)
    for point in x:
        f = couplings
        for _ in range(p):
            f = f @ point
        assert landscape.value(point) == pytest.approx(float(f), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("p", "n"), [(2, 6), (3, 10), (4, 4), (6, 3)])
def test_euler_homogeneity(p, n):
    landscape = problem("spherical_spin_glass", p=p, n=n, seed=1)
    x = np.random.default_rng(1).standard_normal((20, n))
    f, g, h = landscape.value(x), landscape.gradient(x), landscape.hessian(x)
    np.testing.assert_allclose(dot(x, g), p * f, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose((h @ x[..., None])[..., 0], (p - 1) * g, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(landscape.value(-x), (-1) ** p * f, rtol=1e-12, atol=1e-12)


def test_symmetric_part_is_the_mean_over_permutations():
    tensor = np.random.default_rng(0).standard_normal((3, 3, 3, 3))
    mean = sum(np.transpose(tensor, axes) for axes in permutations(range(4))) / 24
    np.testing.assert_allclose(spin_glass._symmetric_part(tensor), mean, atol=1e-14)


def test_blocks_do_not_change_the_result(monkeypatch):
    landscape = problem("spherical_spin_glass", p=4, n=3)
    x = landscape.starts(np.random.default_rng(0), 50)
    whole = [landscape.value(x), landscape.gradient(x), landscape.hessian(x)]
    monkeypatch.setattr(spin_glass, "_BLOCK", 200)  # seven points a block
    for one, other in zip(whole, [landscape.value(x), landscape.gradient(x), landscape.hessian(x)], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_two_spins_are_an_eigenvalue_problem():
    n = 6
    landscape = problem("spherical_spin_glass", p=2, n=n, seed=4)
    couplings = np.random.default_rng(4).standard_normal((n, n))
    lam, vectors = np.linalg.eigh((couplings + couplings.T) / 2)
    x = np.concatenate([vectors.T, -vectors.T])
    assert np.abs(landscape.riemannian_gradient(x)).max() < 1e-13
    index = (np.linalg.eigvalsh(landscape.tangent_hessian(x)) < 0).sum(axis=1)
    np.testing.assert_array_equal(index, np.tile(np.arange(n), 2))
    assert landscape.truth.counts == dict.fromkeys(range(n), 2)
    assert landscape.truth.minimum_value == pytest.approx(lam[0], rel=1e-12)


def test_covariance_is_a_power_of_the_overlap():
    # f(x) f(y) has mean (x.y)^3; 4,000 draws, standard error of the mean at most sqrt(2 / 4000) = 0.022, five
    # of them.
    x, y = np.array([1.0, 0.0]), np.array([0.6, 0.8])
    values = np.array([problem("spherical_spin_glass", n=2, seed=s).value(np.stack([x, y])) for s in range(4000)])
    assert (values[:, 0] ** 2).mean() == pytest.approx(1, abs=0.11)
    assert values.prod(axis=1).mean() == pytest.approx(0.6**3, abs=0.11)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"p": 1}, "p is 1 but must be at least 2"),
        ({"n": 1}, "n is 1 but must be at least 2"),
        ({"p": 4, "n": 100}, r"p is 4 and n is 100, which makes 100\^4 couplings; at most 5e\+07 fit"),
        ({"p": 400, "n": 1000}, "couplings"),
    ],
)
def test_sizes_out_of_range(parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("spherical_spin_glass", **parameters)
