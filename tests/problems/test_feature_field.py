import math

import numpy as np
import pytest

from landscape.critical.find import find_critical_points
from landscape.problems import problem
from landscape.problems.feature_field import feature_field


def test_covariance_of_one_draw_is_off_by_what_it_says():
    # cos(w.r) has the mean exp(-r^2 / 2) and the variance (1 + exp(-2 r^2)) / 2 - exp(-r^2); in 200 dimensions the
    # distances in different directions are nearly independent, so that 300 of them tell it to 4 %.
    r = np.array([0.5, 1.0, 2.0, 4.0])
    error = feature_field(200, 400, 0).covariance_error(r, np.random.default_rng(0), directions=300)
    np.testing.assert_allclose(error, np.sqrt(((1 + np.exp(-2 * r**2)) / 2 - np.exp(-(r**2))) / 400), rtol=0.2)


def test_moments_over_many_draws():
    # 4,000 fields: a variance is known to sqrt(2 / 4000) = 0.022 of itself; five of them.
    x = np.array([[0.3, -1.0], [0.8, 0.2]])
    fields = [feature_field(2, 50, seed) for seed in range(4000)]
    value = np.array([f.value(x) for f in fields])
    hessian = np.array([f.hessian(x[0]) for f in fields])
    assert (value**2).mean(axis=0) == pytest.approx([1, 1], abs=0.11)
    assert (value[:, 0] * value[:, 1]).mean() == pytest.approx(math.exp(-(0.5**2 + 1.2**2) / 2), abs=0.11)
    assert (hessian[:, 0, 0] ** 2).mean() == pytest.approx(3, abs=0.45)  # 15 / 50 more of the fourth moment
    assert (hessian[:, 0, 1] ** 2).mean() == pytest.approx(1, abs=0.15)


def test_the_parabola_is_added():
    landscape = problem("random_feature_field", dim=3, strength=0.7, features=40, seed=5)
    field, mu = feature_field(3, 40, 5), 0.7 * math.sqrt(3)
    x, v = np.random.default_rng(0).standard_normal((2, 6, 3))
    np.testing.assert_allclose(landscape.value(x) - field.value(x), mu / 2 * (x**2).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(landscape.hessian(x) - field.hessian(x), np.tile(mu * np.eye(3), (6, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(landscape.hvp(x, v), np.einsum("mij,mj->mi", landscape.hessian(x), v), atol=1e-12)
    assert landscape.euler_characteristic == 1


def test_a_steep_parabola_leaves_one_minimum_in_many_dimensions():
    # Far above the threshold: the least curvature of the field, about -2 sqrt(n), is less than mu = 4 sqrt(n).
    landscape = problem("random_feature_field", dim=30, strength=4.0, features=1000)
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 40))
    assert points.count_by_index() == {0: 1}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"dim": 0}, "dim is 0 but must be at least 1"),
        ({"strength": -1.0}, "strength is -1.0 but must be positive"),
        ({"features": 0}, "features is 0 but must be at least 1"),
    ],
)
def test_parameters_out_of_range(parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("random_feature_field", **parameters)
