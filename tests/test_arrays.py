"""Batched linear algebra and the checks at the door."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from landscape.arrays import (
    as_batch,
    as_points,
    dot,
    matvec,
    norm,
    spectral_radius_bound,
    symmetrize,
    transpose,
)

FINITE = st.floats(-1e6, 1e6)


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=4, max_side=4), elements=FINITE))
def test_dot_and_norm_work_along_the_last_axis(v):
    np.testing.assert_allclose(dot(v, v), (v * v).sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(norm(v), np.linalg.norm(v, axis=-1), rtol=1e-12)


@given(
    lead=array_shapes(min_dims=0, max_dims=2, max_side=3),
    m=st.integers(1, 4),
    n=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_matvec_is_the_matrix_product_of_every_member(lead, m, n, seed):
    rng = np.random.default_rng(seed)
    matrix, v = rng.normal(size=(*lead, m, n)), rng.normal(size=(*lead, n))
    np.testing.assert_allclose(matvec(matrix, v), np.einsum("...ij,...j->...i", matrix, v), atol=1e-13)
    assert matvec(matrix, v).shape == (*lead, m)


@given(arrays(np.float64, (3, 4, 4), elements=FINITE))
def test_symmetrize_gives_a_symmetric_matrix_with_the_same_quadratic_form(matrix):
    s = symmetrize(matrix)
    np.testing.assert_array_equal(s, transpose(s))
    v = np.arange(4.0)
    np.testing.assert_allclose(v @ s @ v, v @ matrix @ v, rtol=1e-9, atol=1e-6)


@given(arrays(np.float64, (3, 5, 5), elements=FINITE))
def test_spectral_radius_bound_bounds(matrix):
    s = symmetrize(matrix)
    largest = np.abs(np.linalg.eigvalsh(s)).max(axis=-1)
    assert (largest <= spectral_radius_bound(s) * (1 + 1e-9) + 1e-9).all()
    np.testing.assert_allclose(spectral_radius_bound(np.diag([1.0, -3.0])), 3.0)


def test_spectral_radius_bound_of_an_empty_matrix_is_zero():
    assert spectral_radius_bound(np.zeros((2, 0, 0))).tolist() == [0.0, 0.0]


def test_as_points_takes_anything_of_the_right_length():
    assert as_points([1, 2], 2, "x").dtype == np.float64
    assert as_points(np.zeros((0, 2)), 2, "x").shape == (0, 2)
    assert as_points(np.zeros((4, 3, 2), dtype=np.float32), 2, "x").shape == (4, 3, 2)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((10, 3)), r"^starts has shape \(10, 3\) but the landscape has dim 2$"),
        (1.0, r"^starts has shape \(\) but"),
        ([[1.0, np.nan]], r"^starts has coordinates that are not finite$"),
        ([1.0, np.inf], r"^starts has coordinates that are not finite$"),
        ([[1.0, 2.0], [3.0]], r"^starts must be numbers of shape \(\.\.\., 2\)"),
        (["a", "b"], r"^starts must be numbers"),
    ],
)
def test_as_points_names_what_is_wrong(x, message):
    with pytest.raises(ValueError, match=message):
        as_points(x, 2, "starts")


@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (0,), (2, 0)])
def test_as_batch_has_two_axes(lead):
    assert as_batch(np.zeros((*lead, 2)), 2, "x").shape == (int(np.prod(lead)), 2)


def test_dot_and_norm_keep_the_precision():
    for precision in (np.float32, np.float64):
        v = np.ones((5, 3), dtype=precision)
        assert dot(v, v).dtype == norm(v).dtype == precision
