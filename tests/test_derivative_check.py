"""Derivatives beside differences: right ones pass on every manifold, a wrong entry is found and named."""

import numpy as np
import pytest

from landscape import DerivativeCheck, Landscape, check_derivatives, problem, problem_names


@pytest.mark.parametrize("name", problem_names())
def test_the_whole_zoo_passes(name):
    landscape = problem(name)
    for check in check_derivatives(landscape, landscape.starts(np.random.default_rng(0), 10)):
        assert check.holds, check.sentence()


@pytest.mark.parametrize("size", [1.001, 0.5, 1e-30])
def test_a_wrong_gradient_entry_is_named(size):
    himmelblau = problem("himmelblau")
    wrong = himmelblau.with_options(gradient=lambda x: himmelblau.gradient(x) * [1.0, size])
    x = himmelblau.starts(np.random.default_rng(0), 20)
    gradient = check_derivatives(wrong, x)[0]
    assert isinstance(gradient, DerivativeCheck)
    assert (gradient.name, gradient.entry, gradient.holds) == ("gradient", (1,), False)
    assert gradient.wrong > 15
    np.testing.assert_allclose(gradient.expected, himmelblau.gradient(gradient.point)[1], rtol=1e-6)
    np.testing.assert_allclose(gradient.given, size * himmelblau.gradient(gradient.point)[1])


def test_a_wrong_hessian_entry_is_named():
    well = problem("double_well", dim=3)

    def hessian(x):
        h = well.hessian(x)
        h[..., 0, 2] += 0.1
        return h

    gradient, hessian_check, hvp, products, symmetry = check_derivatives(
        well.with_options(hessian=hessian, hvp=well.hvp), well.starts(np.random.default_rng(0), 5)
    )
    assert gradient.holds
    assert hvp.holds
    assert (hessian_check.wrong, hessian_check.entry) == (5, (0, 2))
    assert "entry (0, 2)" in hessian_check.sentence()
    assert not products.holds
    assert (symmetry.wrong, sorted(symmetry.entry)) == (10, [0, 2])
    assert "where their mirror images give" in symmetry.sentence()


def test_a_wrong_product_is_found():
    camel = problem("six_hump_camel")
    wrong = camel.with_options(hvp=lambda x, v: camel.hvp(x, v) + 0.01 * v)
    found = check_derivatives(wrong, camel.starts(np.random.default_rng(0), 5))
    assert [check.name for check in found if not check.holds] == ["hvp", "hessian v"]


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_products_at_one_point_stand_beside_those_at_any(factor):
    camel = problem("six_hump_camel")
    landscape = camel.with_options(linearized=lambda x: lambda v: factor * camel.hvp(x, v))
    found = {check.name: check for check in check_derivatives(landscape, camel.starts(np.random.default_rng(0), 5))}
    assert [name for name, check in found.items() if not check.holds] == (["hvp_at"] if factor != 1 else [])
    assert found["hvp_at"].entries == 5 * 2 * 2
    assert len(found["hvp_at"].entry) == 2
    if factor != 1:
        assert "where the products give" in found["hvp_at"].sentence()


def test_nan_where_the_value_is_finite_is_wrong():
    bowl = Landscape.from_function(lambda x: (x**2).sum(-1), lambda x: np.where(x > 0, 2 * x, np.nan), dim=2)
    gradient = check_derivatives(bowl, [[0.5, -0.5]])[0]
    assert not gradient.holds
    assert gradient.error == np.inf


def test_derived_derivatives_pass():
    loss = Landscape.from_function(lambda x: np.cosh(x).sum(-1) + np.sin(x[..., 0] * x[..., 1]), dim=3)
    assert all(check.holds for check in check_derivatives(loss, loss.starts(np.random.default_rng(0), 10)))


def test_many_coordinates_are_sampled():
    chain = problem("xy_chain", n=500)
    checks = check_derivatives(chain, chain.starts(np.random.default_rng(0), 2))
    assert [check.name for check in checks] == ["gradient", "hvp", "hessian v", "symmetry"]
    assert all(check.holds for check in checks)
    assert checks[0].entries == 100
    wrong = chain.with_options(hessian=lambda x: chain.hessian(x) * 1.001, hvp=chain.hvp)
    found = check_derivatives(wrong, chain.starts(np.random.default_rng(0), 2))
    assert [check.name for check in found if not check.holds] == ["hessian v"]


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("steepness", [0.0, 1.0, 1e3])
def test_what_rounding_makes_of_a_vanishing_hessian_is_not_wrong(offset, steepness):
    straight = Landscape.from_function(lambda x: steepness * np.abs(x + 2).sum(-1) + offset, dim=4)
    for check in check_derivatives(straight, straight.starts(np.random.default_rng(0), 10))[-2:]:
        assert check.holds, check.sentence()


@pytest.mark.parametrize("plain", [True, False])
def test_what_differences_cannot_tell_near_a_border_is_not_wrong(plain):
    """x - log x with its own derivatives, or with none: some differences reach over 0."""
    derivatives = () if plain else (lambda x: 1 - 1 / x, lambda x: (1 / x**2)[..., None] * np.eye(10))
    border = Landscape.from_function(lambda x: (x - np.log(x)).sum(-1), *derivatives, dim=10, box=(0.0, 2.0))
    x = border.starts(np.random.default_rng(0), 50)
    x[0, 0] = 1e-4
    for check in check_derivatives(border, x):
        assert check.holds, check.sentence()
        assert check.entries > 100
    wrong = border.with_options(gradient=lambda x: 1 - 1.001 / x)
    first = check_derivatives(wrong, x)[0]
    assert first.wrong > 400


def test_points_without_a_value_are_skipped_and_refused_alone():
    root = Landscape.from_function(lambda x: np.sqrt(x).sum(-1), lambda x: 0.5 / np.sqrt(x), dim=1, box=(0.5, 2))
    assert check_derivatives(root, [[-1.0], [1.0]])[0].entries == 1
    with pytest.raises(ValueError, match="is not finite at any of the points"):
        check_derivatives(root, [[-1.0]])
