"""The trace: unbiased, with a standard error that is one, and exact where it can be."""

import numpy as np
import pytest
from scipy.stats import norm

from landscape import problem
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.trace import estimate_trace


@pytest.mark.parametrize(
    ("name", "parameters"), [("mlp", {"widths": (20,)}), ("spherical_spin_glass", {"n": 40}), ("lennard_jones", {})]
)
def test_unbiased_with_an_honest_standard_error(name, parameters):
    """300 repeats: the mean of (estimate - trace) / its own spread is normal; one false alarm in ten thousand."""
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(0)
    operator = HessianOperator.at(landscape, landscape.starts(rng, 1)[0])
    exact = np.trace(operator(np.eye(operator.dim)))
    estimates = np.array([estimate_trace(operator, rng, 30) for _ in range(300)])
    error = estimates[:, 0] - exact
    assert abs(error.mean()) < norm.isf(5e-5) * error.std(ddof=1) / np.sqrt(300)
    assert 0.75 < np.sqrt((estimates[:, 1] ** 2).mean()) / error.std(ddof=1) < 1.35


def test_exact_for_few_directions_and_for_low_rank():
    operator = HessianOperator.at(problem("quadratic", eigenvalues=(-1.0, 2.0, 5.0)), np.zeros(3))
    trace, error = estimate_trace(operator, np.random.default_rng(1))
    assert trace == pytest.approx(6, abs=1e-13)
    assert error < 1e-12
    low_rank = (3.0, -1.0, 4.0) + (0.0,) * 97
    operator = HessianOperator.at(problem("quadratic", eigenvalues=low_rank), np.zeros(100))
    trace, error = estimate_trace(operator, np.random.default_rng(1), 12)
    assert trace == pytest.approx(6, abs=1e-11)
    assert error < 1e-11


def test_too_few_products():
    operator = HessianOperator.at(problem("quadratic", eigenvalues=(1.0, 2.0)), np.zeros(2))
    with pytest.raises(ValueError, match="products is 5 but must be at least 6"):
        estimate_trace(operator, np.random.default_rng(0), 5)
