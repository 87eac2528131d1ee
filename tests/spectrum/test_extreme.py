"""Eigenpairs of both ends: every residual bound holds, and interlacing does."""

import numpy as np
import pytest

from landscape import problem
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.extreme import extreme_eigenpairs, rayleigh_ritz
from landscape.spectrum.operator import HessianOperator

CASES = [
    ("quadratic", {"eigenvalues": tuple(np.linspace(-3, 8, 60))}),
    ("quadratic", {"eigenvalues": tuple(np.linspace(1, 8, 60))}),  # zeros of the projection would come first
    ("spherical_spin_glass", {"n": 40}),
    ("lennard_jones", {"atoms": 13}),
    ("mlp", {"widths": (12,), "weight_decay": 0.0}),
]


def spectrum(landscape, x):
    """All eigenvalues, off the zero modes, and the operator."""
    system = tangent_system(landscape, landscape.manifold.normalize(x)[None])
    values = np.linalg.eigvalsh(system.lifted_hessian()[0])
    return values[: len(values) - system.orbit_dimension[0]], HessianOperator.at(landscape, x)


@pytest.mark.parametrize(("name", "parameters"), CASES)
@pytest.mark.parametrize("end", ["largest", "smallest"])
def test_bounds_hold_and_pairs_are_the_extreme_ones(name, parameters, end):
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(2)
    values, operator = spectrum(landscape, landscape.starts(rng, 1)[0])
    pairs = extreme_eigenpairs(operator, end, 6, rng, tolerance=1e-9)
    assert pairs.converged
    assert pairs.complete
    exact = values[::-1][:6] if end == "largest" else values[:6]
    assert (np.abs(pairs.values - exact) <= pairs.residuals).all()
    assert (pairs.residuals <= 4e-9 * np.abs(values).max()).all()
    np.testing.assert_allclose(pairs.vectors @ pairs.vectors.T, np.eye(6), atol=1e-12)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_any_vectors_bound_the_spectrum(name, parameters):
    """Ritz values of a random space: an eigenvalue within each residual, and Cauchy's interlacing at both ends."""
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(3)
    values, operator = spectrum(landscape, landscape.starts(rng, 1)[0])
    slack = operator.rounding(np.abs(values).max())
    vectors = operator.random_directions(rng, 5)
    low, high = rayleigh_ritz(operator, vectors, "smallest"), rayleigh_ritz(operator, vectors, "largest")
    assert (np.abs(low.values[:, None] - values).min(axis=1) <= low.residuals).all()
    assert (values[:5] <= low.values + slack).all()
    assert (values[::-1][:5] >= high.values - slack).all()


def test_what_has_not_converged_is_said_and_still_bounded():
    landscape = problem("quadratic", eigenvalues=tuple(np.concatenate([[1.0], 2 + 1e-4 * np.arange(400)])))
    rng = np.random.default_rng(4)
    values, operator = spectrum(landscape, np.zeros(401))
    pairs = extreme_eigenpairs(operator, "smallest", 5, rng, tolerance=1e-12, products=25)
    assert not pairs.converged
    assert not pairs.complete
    assert len(pairs.values) == 5
    assert pairs.products == 25
    assert all(np.abs(values - v).min() <= r for v, r in zip(pairs.values, pairs.residuals, strict=True))


@pytest.mark.parametrize(
    ("end", "count", "sentence"),
    [("top", 1, "end is 'top' but must be"), ("largest", 0, "0 eigenpairs of 6"), ("largest", 3, "use dense=True")],
)
def test_requests_that_make_no_sense(end, count, sentence):
    operator = HessianOperator.at(problem("quadratic", eigenvalues=(1.0,) * 6), np.zeros(6))
    with pytest.raises(ValueError, match=sentence):
        extreme_eigenpairs(operator, end, count, np.random.default_rng(0))


def test_a_budget_for_fewer_products_than_pairs():
    operator = HessianOperator.at(problem("quadratic", eigenvalues=(1.0,) * 6), np.zeros(6))
    with pytest.raises(ValueError, match="products is 1 but must be at least the number of eigenpairs, 2"):
        extreme_eigenpairs(operator, "largest", 2, np.random.default_rng(0), products=1)


def test_products_of_another_shape_are_refused():
    bowl = problem("quadratic", eigenvalues=(1.0,) * 6).with_options(linearized=lambda x: lambda v: v[0])
    operator = HessianOperator.at(bowl, np.zeros(6))
    with pytest.raises(
        ValueError, match=r"a Hessian-vector product of quadratic has shape \(6,\) for vectors of shape"
    ):
        operator(np.ones((2, 6)))
