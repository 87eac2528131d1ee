"""The two ways to a spectrum agree, and what is called certain is."""

import resource

import numpy as np
import pytest

from landscape import Euclidean, Landscape, Spectrum, find_critical_points, hessian_spectrum, problem

CASES = [
    ("mlp", {"data": "chebyshev3", "widths": (14,)}),
    ("mlp", {"data": "chebyshev3", "widths": (14,), "activation": "relu", "weight_decay": 0.0}),
    ("spherical_spin_glass", {"n": 50}),
    ("lennard_jones", {"atoms": 13}),
    ("matrix_factorization", {"eigenvalues": tuple(np.arange(20.0, 0, -1)), "rank": 2}),
]


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_products_and_matrix_agree(name, parameters):
    landscape = problem(name, **parameters)
    rng = np.random.default_rng(0)
    x = landscape.starts(rng, 1)[0]
    dense = hessian_spectrum(landscape, x, rng, top=4, dense=True)
    free = hessian_spectrum(landscape, x, rng, top=4, dense=False)
    assert dense.exact
    assert not free.exact
    assert free.directions == dense.directions == len(dense.eigenvalues)
    for end in ("largest", "smallest"):
        gap = np.abs(getattr(free, end) - getattr(dense, end))
        assert (gap <= getattr(free, f"{end}_residual") + getattr(dense, f"{end}_residual")).all()
    assert free.index_certified <= dense.index
    assert free.index_low <= dense.index <= free.index_high
    assert abs(free.trace - dense.trace) < 6 * free.trace_error
    assert dense.density is free.density is None


def test_the_index_of_saddles_is_resolved_by_the_smallest_eigenvalues():
    landscape = problem("spherical_spin_glass", n=12)
    rng = np.random.default_rng(1)
    points = find_critical_points(landscape, landscape.starts(rng, 300))
    saddles = points[(points.index >= 1) & (points.index <= 3)][:8]
    for x, index in zip(saddles.x, saddles.index, strict=True):
        free = hessian_spectrum(landscape, x, rng, top=4, dense=False)
        assert free.index_resolved
        assert free.index == free.index_certified == index
        assert free.index_low <= index <= free.index_high


def test_copies_of_an_eigenvalue_are_all_found():
    """One start vector sees one direction of each eigenspace; starts off it see the others."""
    landscape = problem("quadratic", eigenvalues=(-1.0,) * 3 + tuple(np.linspace(1, 2, 60)))
    for seed in range(20):
        free = hessian_spectrum(landscape, np.zeros(63), np.random.default_rng(seed), top=5, dense=False)
        assert free.complete
        assert free.index_resolved
        assert free.index == free.index_certified == 3
        assert free.index_low <= 3 <= free.index_high


def test_an_index_is_not_resolved_while_copies_may_be_missing():
    """Twenty products find one of two copies and the positive eigenvalue after them, both to the tolerance."""
    landscape = problem("quadratic", eigenvalues=(-1.0, -1.0, 0.5, *np.linspace(1, 2, 400)))
    free = hessian_spectrum(landscape, np.zeros(403), np.random.default_rng(0), 2, dense=False, products=20)
    np.testing.assert_allclose(free.smallest, [-1, 0.5], atol=1e-6)
    assert free.products == (20, 20)
    assert not free.complete
    assert not free.index_resolved
    enough = hessian_spectrum(landscape, np.zeros(403), np.random.default_rng(0), 2, dense=False)
    np.testing.assert_allclose(enough.smallest, [-1, -1], atol=1e-6)


@pytest.mark.parametrize("negative", [0, 1, 60, 199, 200])
def test_ritz_values_of_the_probes_bound_the_index_on_both_sides(negative):
    """Cauchy's interlacing: 3 pairs of each end are asked for, a space of 40 dimensions certifies more."""
    lam = np.concatenate([np.linspace(-2, -0.5, negative), np.linspace(0.5, 1, 200 - negative)])
    landscape = problem("quadratic", eigenvalues=tuple(lam))
    for seed in range(5):
        free = hessian_spectrum(landscape, np.zeros(200), np.random.default_rng(seed), 3, dense=False, steps=40)
        assert free.index_certified <= free.index_low <= negative <= free.index_high
        assert free.index_low <= free.index <= free.index_high
        if negative == 60:
            assert free.index_certified > 3
            assert free.index_high <= 200 - 10


def test_zero_eigenvalues_leave_the_index_open():
    flat = problem("quadratic", eigenvalues=(-1.0, 0.0, 0.0, 3.0))
    spectrum = hessian_spectrum(flat, np.zeros(4), np.random.default_rng(0), top=1)
    assert (spectrum.index_low, spectrum.index_high) == (1, 3)
    assert not spectrum.index_resolved


def test_the_same_seed_gives_the_same_spectrum():
    landscape = problem("mlp", widths=(20,))
    x = landscape.starts(np.random.default_rng(0), 1)[0]
    a, b = (hessian_spectrum(landscape, x, np.random.default_rng(7), 3, True, dense=False) for _ in range(2))
    np.testing.assert_array_equal(a.largest, b.largest)
    np.testing.assert_array_equal(a.density.mean, b.density.mean)
    assert a.trace == b.trace


@pytest.mark.slow
def test_a_million_parameters_in_bounded_memory():
    n = 10**6
    lam = np.concatenate([[-2.0, -1.0], np.linspace(1.0, 3.0, n - 4), [9.0, 10.0]])
    landscape = _diagonal(lam)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spectrum = hessian_spectrum(landscape, np.zeros(n), np.random.default_rng(0), top=2, probes=4, steps=20)
    assert isinstance(spectrum, Spectrum)
    np.testing.assert_allclose(spectrum.largest, [10, 9], atol=1e-5)
    np.testing.assert_allclose(spectrum.smallest, [-2, -1], atol=1e-5)
    assert spectrum.index_certified == 2
    assert abs(spectrum.trace - lam.sum()) < 6 * spectrum.trace_error
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 3e9


def _diagonal(lam):
    return Landscape(
        "diagonal",
        Euclidean(len(lam)),
        value=lambda x: 0.5 * (lam * x * x).sum(axis=-1),
        gradient=lambda x: lam * x,
        hessian=lambda x: np.diag(lam),
        hvp=lambda x, v: lam * v,
    )


@pytest.mark.parametrize(
    ("x", "top", "sentence"),
    [
        (np.zeros(3), 1, "x has shape"),
        (np.zeros((1, 2)), 1, "one point, of shape"),
        (np.zeros(2), 0, "top is 0 but must be at least 1"),
        ([np.nan, 0.0], 1, "not finite"),
    ],
)
def test_bad_input_is_refused(x, top, sentence):
    with pytest.raises(ValueError, match=sentence):
        hessian_spectrum(problem("himmelblau"), x, np.random.default_rng(0), top)
