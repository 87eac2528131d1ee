"""Thick restarts: the extreme pairs with all their copies, bounds of what is unfinished, spaces that end early."""

import numpy as np
import pytest

from landscape import problem
from landscape.spectrum import thick_restart
from landscape.spectrum.dense import tangent_system
from landscape.spectrum.density import lanczos_quadrature
from landscape.spectrum.extreme import rayleigh_ritz
from landscape.spectrum.operator import HessianOperator
from landscape.spectrum.thick_restart import thick_restart_lanczos


def operator_of(eigenvalues):
    return HessianOperator.at(problem("quadratic", eigenvalues=tuple(eigenvalues)), np.zeros(len(eigenvalues)))


def extreme_of_matrix(landscape, x, end, count):
    """The extreme eigenvalues of the dense Hessian, off the zero modes."""
    system = tangent_system(landscape, landscape.manifold.normalize(x)[None])
    values = np.linalg.eigvalsh(system.lifted_hessian()[0])
    values = values[: len(values) - system.orbit_dimension[0]]
    return values[::-1][:count] if end == "largest" else values[:count]


@pytest.fixture
def few_vectors(monkeypatch):
    """Memory for 20 vectors, so that there are restarts."""
    monkeypatch.setattr(thick_restart, "_MOST_VECTORS", 20)


@pytest.mark.parametrize("end", ["largest", "smallest"])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("quadratic", {"eigenvalues": tuple(np.linspace(1, 8, 300) ** 2)}),  # zeros off the tangent space come first
        ("spherical_spin_glass", {"n": 60}),
        ("lennard_jones", {"atoms": 13}),
    ],
)
def test_restarts_find_the_extreme_pairs(few_vectors, name, parameters, end):
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(0)
    operator = HessianOperator.at(landscape, landscape.starts(rng, 1)[0])
    told = []
    found = thick_restart_lanczos(operator, end, 3, rng, 1e-9, 3000, lambda done, most: told.append((done, most)))
    assert found.converged
    assert found.complete
    assert 0 < told[-1][0] == found.products < told[-1][1] == 3000
    np.testing.assert_allclose(found.vectors @ found.vectors.T, np.eye(3), atol=1e-12)
    pairs = rayleigh_ritz(operator, found.vectors, end)
    ends = [extreme_of_matrix(landscape, operator.x, which, 3) for which in ("largest", "smallest")]
    radius, exact = np.abs(ends).max(), ends[end == "smallest"]
    assert 0.9 * radius < found.radius < (1 + 1e-12) * radius
    assert (pairs.residuals <= 2e-9 * radius).all()
    np.testing.assert_allclose(pairs.values, exact, atol=1e-12 * radius)


def test_a_spent_budget_leaves_bounded_pairs(few_vectors):
    """Eigenvalues that crowd at the end: each pair has one within its residual, and none is below its rank's."""
    lam = np.concatenate([1 + 1e-5 * np.arange(400), [5.0]])
    operator, rng = operator_of(lam), np.random.default_rng(1)
    found = thick_restart_lanczos(operator, "smallest", 4, rng, 2e-11, 45)
    pairs = rayleigh_ritz(operator, found.vectors, "smallest")
    assert not found.converged
    assert not found.complete
    assert found.products == 45
    assert len(pairs.values) == 4
    assert (np.abs(pairs.values[:, None] - lam).min(axis=1) <= pairs.residuals).all()
    assert (lam[:4] <= pairs.values + 1e-12).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("end", ["largest", "smallest"])
def test_every_copy_of_a_multiple_eigenvalue_is_found(end, seed):
    """Four copies of the extreme eigenvalue and five of the next; the tolerance ends a search before rounding shows
    a second copy."""
    lam = np.concatenate([[-2.0] * 4, [-1.0] * 5, np.linspace(0, 3, 391)])
    operator = operator_of(lam if end == "smallest" else -lam)
    found = thick_restart_lanczos(operator, end, 9, np.random.default_rng(seed), 3e-6, 3000)
    assert found.converged
    assert found.complete
    values = rayleigh_ritz(operator, found.vectors, end).values
    np.testing.assert_allclose(np.abs(values), [2.0] * 4 + [1.0] * 5, atol=1e-9)


def test_copies_from_idle_units_are_found():
    """Hidden units that do nothing have equal blocks in the Hessian: here six of ten."""
    landscape = problem("mlp", data="chebyshev3", widths=(10,), weight_decay=0.05)
    x = landscape.starts(np.random.default_rng(0), 1)[0]
    x[[*range(4, 10), *range(14, 20), *range(24, 30)]] = 0.0  # w, b and v of the units 4 to 9
    exact = extreme_of_matrix(landscape, x, "smallest", 12)
    assert (np.diff(exact) < 1e-12).sum() >= 5
    operator = HessianOperator.at(landscape, x)
    found = thick_restart_lanczos(operator, "smallest", 12, np.random.default_rng(1), 5e-6, 2000)
    assert found.complete
    np.testing.assert_allclose(rayleigh_ritz(operator, found.vectors, "smallest").values, exact, atol=1e-8)


def test_what_the_search_for_copies_takes_is_counted_and_bounded(monkeypatch):
    lam = np.concatenate([[-1.0] * 3, np.linspace(1, 2, 400)])
    operator, multiplied = operator_of(lam), []
    product = HessianOperator._product
    monkeypatch.setattr(HessianOperator, "_product", lambda self, v: multiplied.append(len(v)) or product(self, v))
    found = thick_restart_lanczos(operator, "smallest", 2, np.random.default_rng(2), 5e-7, 2000)
    assert found.complete
    assert found.products == sum(multiplied)
    less = thick_restart_lanczos(operator, "smallest", 2, np.random.default_rng(2), 5e-7, found.products - 1)
    assert not less.complete
    assert less.products == found.products - 1


def test_rounding_off_the_range_does_not_grow_into_an_eigenvalue():
    """The zero of a symmetry, below all eigenvalues, is none of the spectrum, though the iteration goes through all of
    its 39 directions."""
    landscape = problem("matrix_factorization", eigenvalues=tuple(np.arange(20.0, 0, -1)), rank=2)
    x = landscape.starts(np.random.default_rng(0), 1)[0]
    operator, rng = HessianOperator.at(landscape, x), np.random.default_rng(1)
    exact = extreme_of_matrix(landscape, x, "smallest", 4)
    assert exact[0] > 100
    found = thick_restart_lanczos(operator, "smallest", 4, rng, 1e-9, 2000)
    assert found.complete
    np.testing.assert_allclose(rayleigh_ritz(operator, found.vectors, "smallest").values, exact, atol=1e-8)
    nodes, weights = lanczos_quadrature(operator, operator.random_directions(rng, 3), operator.rank)
    np.testing.assert_allclose(nodes[weights > 1e-12].min(), exact[0], atol=1e-8)


def test_an_invariant_space_is_left_for_another():
    """Two distinct eigenvalues: each Krylov space has two dimensions, and copies are found one after another."""
    operator = operator_of([-1.0] * 3 + [2.0] * 57)
    found = thick_restart_lanczos(operator, "smallest", 2, np.random.default_rng(3), 5e-10, 500)
    assert found.converged
    np.testing.assert_allclose(rayleigh_ritz(operator, found.vectors, "smallest").values, -1.0, atol=1e-12)


@pytest.mark.parametrize("end", ["largest", "smallest"])
@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
@pytest.mark.parametrize("few", [(), (1.0,), (1.0, -1.0), (1.0, 1e-8, -1e-14)])
def test_what_is_left_of_an_invariant_space_is_rounding_in_units_of_the_spectrum(few, scale, end):
    """Nearly all eigenvalues are zero: what the first images leave over is no direction to go on along."""
    lam = scale * np.array([*few, *[0.0] * 200])
    found = thick_restart_lanczos(operator_of(lam), end, 3, np.random.default_rng(4), 1e-10, 2000)
    assert found.complete
    values = rayleigh_ritz(operator_of(lam), found.vectors, end).values
    exact = np.sort(lam)[::-1][:3] if end == "largest" else np.sort(lam)[:3]
    np.testing.assert_allclose(values, exact, atol=1e-12 * scale)


def test_vectors_that_cannot_fit_are_refused(monkeypatch):
    monkeypatch.setattr("landscape.memory.available_memory", lambda: 8 * 300 * 20)
    with pytest.raises(ValueError, match=r"vectors takes .* GB but .* GB are free; ask for fewer"):
        thick_restart_lanczos(operator_of(np.arange(300.0)), "largest", 5, np.random.default_rng(0), 3e-12, 50)
