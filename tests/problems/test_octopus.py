"""The octopus against its definition piece by piece, its seams, and its critical points."""

import itertools
import math

import numpy as np
import pytest

from landscape import Kind, classify, descend, find_critical_points, problem
from landscape.descent.gradient_descent import GradientDescent
from landscape.problems.octopus import Octopus

PARAMETERS = [(1.0, 1.0, math.e), (3.0, 0.5, 4.0), (0.7, 2.0, 0.3)]


def reference(y, L, gamma, tau):
    """Du et al. 2017 at one point with all coordinates positive, written as the paper has it; takes complex steps."""
    n = len(y)
    nu = (13 * gamma + 37 * L) * tau**2 / 6
    i = next((j for j in range(n) if y[j].real <= 2 * tau), n)
    total = sum(L * (y[j] - 4 * tau) ** 2 for j in range(i)) - i * nu
    if i == n:
        return total
    a, b = y[i] - tau, y[i] - 2 * tau
    if y[i].real <= tau:
        return total - gamma * y[i] ** 2 + sum(L * y[j] ** 2 for j in range(i + 1, n))
    g1 = -gamma * y[i] ** 2 + (10 * gamma - 14 * L) * a**3 / (3 * tau) + (5 * L - 3 * gamma) * a**4 / (2 * tau**2)
    s = L + gamma
    g2 = -gamma - 10 * s * b**3 / tau**3 - 15 * s * b**4 / tau**4 - 6 * s * b**5 / tau**5
    following = g2 * y[i + 1] ** 2 if i + 1 < n else 0.0
    return total + g1 + following + sum(L * y[j] ** 2 for j in range(i + 2, n))


def points(rng, size, n, tau):
    """Points of the domain in every arm and on both sides of its seam, of either sign."""
    arm = rng.integers(0, n + 1, size)[:, None]
    place = np.arange(n)
    y = np.where(place < arm, rng.uniform(2, 6, (size, n)), rng.uniform(0, 1, (size, n)))
    y = np.where(place == arm, rng.uniform(0, 2, (size, n)), y)
    return tau * y * rng.choice([-1, 1], (size, n))


@pytest.mark.parametrize(("L", "gamma", "tau"), PARAMETERS)
def test_value_and_gradient_are_those_of_the_definition(L, gamma, tau):
    landscape = problem("octopus", dim=4, L=L, gamma=gamma, tau=tau)
    x = points(np.random.default_rng(0), 400, 4, tau)
    y, sign = np.abs(x), np.sign(x)
    assert landscape.inside(x).all()
    value = np.array([reference(point, L, gamma, tau) for point in y])
    step = 1e-30j * np.eye(4)
    slope = np.array([[reference(point + h, L, gamma, tau).imag / 1e-30 for h in step] for point in y])
    np.testing.assert_allclose(landscape.value(x), value, rtol=1e-12, atol=1e-11 * np.abs(value).max())
    np.testing.assert_allclose(landscape.gradient(x), sign * slope, rtol=1e-10, atol=1e-11 * np.abs(slope).max())


@pytest.mark.parametrize(("L", "gamma", "tau"), PARAMETERS)
def test_hessian_is_the_derivative_of_the_gradient(L, gamma, tau):
    landscape = problem("octopus", dim=4, L=L, gamma=gamma, tau=tau)
    x = points(np.random.default_rng(1), 300, 4, tau)
    h = 1e-5 * tau
    x = x[(np.abs(np.abs(x)[..., None] - tau * np.array([1, 2])) > 2 * h).all(axis=(1, 2))]  # off the seams
    differences = np.stack(
        [(landscape.gradient(x + h * e) - landscape.gradient(x - h * e)) / (2 * h) for e in np.eye(4)], axis=-1
    )
    hessian = landscape.hessian(x)
    np.testing.assert_allclose(hessian, differences, atol=1e-7 * np.abs(hessian).max())
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, 1, 2))
    v = np.random.default_rng(2).standard_normal(x.shape)
    np.testing.assert_allclose(
        landscape.hvp(x, v), (hessian @ v[..., None])[..., 0], atol=1e-12 * np.abs(hessian).max()
    )


@pytest.mark.parametrize(("L", "gamma", "tau"), PARAMETERS)
@pytest.mark.parametrize("seam", [1, 2])
def test_value_gradient_and_hessian_are_continuous_at_the_seams(L, gamma, tau, seam):
    landscape = problem("octopus", dim=5, L=L, gamma=gamma, tau=tau)
    x = points(np.random.default_rng(3), 200, 5, tau)
    arm = np.random.default_rng(4).integers(0, 5, 200)
    place = np.arange(5)
    x = np.where(place < arm[:, None], np.sign(x) * np.maximum(np.abs(x), 2.5 * tau), np.clip(x, -tau, tau) / 2)
    sides = []
    for offset in (-1e-9, 1e-9):
        y = x.copy()
        y[np.arange(200), arm] = (seam + offset) * tau
        assert landscape.inside(y).all()
        sides.append((landscape.value(y), landscape.gradient(y), landscape.hessian(y)))
    for below, above in zip(*sides, strict=True):
        np.testing.assert_allclose(below, above, atol=1e-6 * np.abs(above).max())


def test_reflections_change_nothing():
    landscape = problem("octopus", dim=3)
    x = points(np.random.default_rng(5), 100, 3, math.e)
    for signs in itertools.product([1.0, -1.0], repeat=3):
        np.testing.assert_array_equal(landscape.value(x * signs), landscape.value(x))
        np.testing.assert_array_equal(landscape.gradient(x * signs), landscape.gradient(x) * signs)


@pytest.mark.parametrize(("L", "gamma", "tau"), PARAMETERS)
def test_critical_points(L, gamma, tau):
    d = 4
    landscape = problem("octopus", dim=d, L=L, gamma=gamma, tau=tau)
    x = np.array(
        [
            [4 * tau * s for s in signs] + [0.0] * (d - passed)
            for passed in range(d + 1)
            for signs in itertools.product([1, -1], repeat=passed)
        ]
    )
    found = classify(landscape, x)
    passed = (x != 0).sum(axis=1)
    np.testing.assert_array_equal(found.index, passed < d)
    np.testing.assert_array_equal(found.kind == Kind.MINIMUM, passed == d)
    np.testing.assert_allclose(found.eigenvalues[passed < d, 0], -2 * gamma, rtol=1e-12)
    np.testing.assert_allclose(found.eigenvalues[:, 1:], 2 * L, rtol=1e-12)
    np.testing.assert_allclose(found.value, -passed * (13 * gamma + 37 * L) * tau**2 / 6, rtol=1e-12, atol=1e-12)
    assert landscape.truth.counts == {0: int((passed == d).sum()), 1: int((passed < d).sum())}
    assert landscape.truth.minimum_value == pytest.approx(found.value.min())


def test_searches_from_every_arm_find_no_other_critical_point():
    landscape = problem("octopus", dim=2)
    found = find_critical_points(landscape, points(np.random.default_rng(6), 2000, 2, math.e))
    inside = found[landscape.inside(found.x)]
    assert inside.count_by_index() == {0: 4, 1: 3}


def test_the_domain_is_the_octopus():
    inside = problem("octopus", dim=3, tau=1.0).inside
    assert inside(np.array([[0.5, 0.9, -1.0], [2.0, 1.0, 0.0], [-2.1, 1.9, 1.0], [5.0, 5.0, 1.5]])).all()
    assert not inside(np.array([[0.5, 1.1, 0.0], [2.0, 0.0, 1.1], [-2.1, 2.0, 1.5], [1.0, 5.0, 5.0]])).any()
    assert Octopus(tau=1.0).passed(np.array([[0.5, 3.0], [-2.1, 2.0], [3.0, -3.0]])).tolist() == [0, 1, 2]


def test_descent_multiplies_every_coordinate_by_its_own_factor_even_where_it_has_underflowed():
    """In logarithms the step of gradient descent goes on below the smallest float."""
    arms = Octopus()
    x = np.array([[3.0, 1e-3, -0.4], [11.0, 4.0, 1e-2]])
    stepped = descend(problem("octopus", dim=3), x, GradientDescent(0.1), max_steps=1, tol=0).x
    logarithm = np.log(np.abs(x)) + np.log1p(-0.1 * arms.ratio(np.abs(x)))
    np.testing.assert_allclose(np.exp(logarithm) * np.sign(x), stepped, rtol=1e-14)
    assert arms.ratio(np.zeros(3)).tolist() == [-2.0, 2.0, 2.0]


def test_the_papers_starts():
    landscape = problem("octopus", dim=6)
    starts = landscape.starts(np.random.default_rng(0), 1000)
    assert landscape.inside(starts).all()
    assert 0.99 < np.abs(starts).max() <= 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dim": 0}, "^problem 'octopus': dim is 0 but must be at least 1$"),
        ({"L": 0.0}, "^problem 'octopus': L is 0.0 but must be positive$"),
        ({"gamma": -1.0}, "^problem 'octopus': gamma is -1.0 but must be positive$"),
        ({"tau": 0.0}, "^problem 'octopus': tau is 0.0 but must be positive$"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        problem("octopus", **parameters)
