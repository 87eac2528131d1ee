import numpy as np
import pytest
from scipy.optimize import minimize

from landscape.problems import problem


def test_the_worked_example():
    # Independent computation: optimum (0.7, 2), residual sum of squares 2.3, eigenvalues of the Hessian.
    landscape = problem("linear_regression")
    best = np.array([0.7, 2.0])
    assert np.abs(landscape.gradient(best)).max() < 1e-14
    assert landscape.value(best) == pytest.approx(2.3 / 4, rel=1e-14)
    assert landscape.truth.minimum_value == pytest.approx(2.3 / 4, rel=1e-14)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(landscape.hessian(best)), [0.2993902665716375, 16.70060973342836], rtol=1e-12
    )


def test_five_hundred_steps_from_zero():
    landscape = problem("linear_regression")
    w = np.zeros(2)
    for _ in range(500):
        w = w - 0.01 * landscape.gradient(w)
    np.testing.assert_allclose(w, [0.8199460313236937, 1.647344040887361], rtol=1e-12)


def test_data_of_the_user():
    x, y = np.array([0.0, 1.0, 5.0, -2.0, 3.0]), np.array([1.0, 30.0, -4.0, 2.0, 2.0])
    landscape = problem("linear_regression", x=x, y=y)
    w = np.polyfit(x, y, 1)
    assert np.abs(landscape.gradient(w)).max() < 1e-12
    assert landscape.value(w) == pytest.approx(((np.polyval(w, x) - y) ** 2).mean(), rel=1e-13)
    low, high = landscape.manifold.box
    assert ((low < w) & (w < high)).all()


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        ((1, 2), (1, 2, 3), "x has 2 numbers but y has 3"),
        ((2, 2), (1, 2), "needs at least two different numbers"),
    ],
)
def test_data_that_fix_no_line(x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("linear_regression", x=x, y=y)


def test_logistic_regression_is_convex_with_one_minimum():
    landscape = problem("logistic_regression")
    rng = np.random.default_rng(0)
    ends = [
        minimize(landscape.value, x, jac=landscape.gradient, method="BFGS", options={"gtol": 1e-9}).x
        for x in landscape.starts(rng, 5)
    ]
    np.testing.assert_allclose(ends, np.broadcast_to(ends[0], (5, 3)), atol=1e-6)
    far = rng.uniform(-20, 20, (200, 3))
    assert np.linalg.eigvalsh(landscape.hessian(far)).min() >= 0.01 - 1e-12


def test_logistic_regression_is_stable_far_away():
    landscape = problem("logistic_regression", weight_decay=0.0)
    far = np.array([[1e4, -1e4, 1e4], [-1e8, 0.0, 0.0]])
    assert np.isfinite(landscape.value(far)).all()
    assert np.isfinite(landscape.gradient(far)).all()
    assert np.isfinite(landscape.hessian(far)).all()
    assert landscape.truth is None
    assert not landscape.confining


def test_logistic_value_at_zero_is_ln_two():
    assert problem("logistic_regression").value(np.zeros(3)) == pytest.approx(np.log(2), rel=1e-15)
