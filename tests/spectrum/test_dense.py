"""The tangent system: Riemannian derivatives in a basis, with the zero modes of a symmetry set apart."""

import numpy as np
import pytest

from landscape import Euclidean, Landscape, Product, Sphere, Torus, problem
from landscape.arrays import matvec, transpose
from landscape.spectrum.dense import tangent_system


def second_derivative_along_geodesics(landscape, x, basis, h=1e-3):
    """The Riemannian Hessian of f on the unit sphere from values of f on great circles, by polarisation."""

    def along(v):
        length = np.linalg.norm(v)
        t = h * np.arange(-3, 4)[:, None]
        f = landscape.value(np.cos(t) * x + np.sin(t) * v / length)
        return length**2 * f @ np.array([2, -27, 270, -490, 270, -27, 2]) / (180 * h**2)

    d = basis.shape[1]
    result = np.empty((d, d))
    for i in range(d):
        for j in range(d):
            result[i, j] = (along(basis[:, i] + basis[:, j]) - along(basis[:, i] - basis[:, j]) if i != j else 0) / 4
        result[i, i] = along(basis[:, i])
    return result


@pytest.mark.parametrize(("p", "n"), [(2, 3), (3, 2), (3, 4), (4, 3)])
def test_the_hessian_on_a_sphere_is_the_second_derivative_along_great_circles(p, n):
    landscape = problem("spherical_spin_glass", p=p, n=n, seed=2)
    x = landscape.starts(np.random.default_rng(0), 4)
    system = tangent_system(landscape, x)
    assert system.hessian.shape == (4, n - 1, n - 1)
    for k in range(4):
        expected = second_derivative_along_geodesics(landscape, x[k], system.basis[k])
        np.testing.assert_allclose(system.hessian[k], expected, atol=1e-7)
        np.testing.assert_allclose(system.gradient[k], system.basis[k].T @ landscape.gradient(x[k]), atol=1e-12)


def test_a_linear_function_on_a_sphere_has_no_ambient_hessian_but_a_riemannian_one():
    # f = a.x on a sphere of radius r: the Hessian is -(a.x / r^2) times the identity.
    a, r = np.array([1.0, -2.0, 2.0]), 2.5
    landscape = Landscape.from_function(
        lambda x: x @ a, lambda x: np.broadcast_to(a, x.shape), lambda x: np.zeros((*x.shape, 3)), manifold=Sphere(3, r)
    )
    x = landscape.starts(np.random.default_rng(1), 6)
    expected = -(x @ a / r**2)[:, None, None] * np.eye(2)
    np.testing.assert_allclose(tangent_system(landscape, x).hessian, expected, atol=1e-13)


@pytest.mark.parametrize("name", ["himmelblau", "xy_chain", "phi4"])
def test_flat_space_needs_no_change(name):
    landscape = problem(name)
    x = landscape.starts(np.random.default_rng(0), 3)
    system = tangent_system(landscape, x)
    np.testing.assert_array_equal(system.gradient, landscape.gradient(x))
    np.testing.assert_array_equal(system.hessian, landscape.hessian(x))
    np.testing.assert_array_equal(system.orbit_dimension, 0)
    np.testing.assert_array_equal(system.lifted_hessian(), system.hessian)


def test_tangent_vectors_keep_their_length_and_are_tangent():
    manifold = Product((Sphere(3, 2.0), Torus((1.0,)), Euclidean(2)))
    landscape = Landscape.from_function(lambda x: (x**2).sum(-1), lambda x: 2 * x, manifold=manifold)
    rng = np.random.default_rng(2)
    x = landscape.starts(rng, 5)
    v = rng.standard_normal((5, manifold.intrinsic_dim))
    ambient = tangent_system(landscape, x).ambient(v)
    np.testing.assert_allclose(np.linalg.norm(ambient, axis=1), np.linalg.norm(v, axis=1), rtol=1e-12)
    np.testing.assert_allclose(manifold.project(x, ambient), ambient, atol=1e-12)


@pytest.mark.parametrize("atoms", [2, 3, 4])
def test_zero_modes_are_projected_out_even_where_nothing_is_critical(atoms):
    landscape = problem("lennard_jones", atoms=atoms)
    x = landscape.starts(np.random.default_rng(3), 4)
    system = tangent_system(landscape, x)
    expected_modes = 5 if atoms == 2 else 6
    np.testing.assert_array_equal(system.orbit_dimension, expected_modes)
    scale = np.abs(landscape.hessian(x)).max()
    assert np.abs(system.hessian @ system.zero_modes).max() < 1e-12 * scale
    across = np.eye(3 * atoms) - system.zero_modes @ np.swapaxes(system.zero_modes, 1, 2)
    np.testing.assert_allclose(system.hessian, across @ landscape.hessian(x) @ across, atol=1e-12 * scale)
    np.testing.assert_allclose(system.hessian, np.swapaxes(system.hessian, 1, 2), atol=1e-12 * scale)


def test_lifted_zero_modes_stand_above_every_other_eigenvalue():
    landscape = problem("lennard_jones", atoms=5)
    x = landscape.starts(np.random.default_rng(4), 10)
    system = tangent_system(landscape, x)
    lifted = np.linalg.eigvalsh(system.lifted_hessian())
    plain = np.linalg.eigvalsh(system.hessian)
    assert (lifted[:, -6] > 1.5 * np.abs(lifted[:, :-6]).max(axis=1)).all()
    for low, full in zip(lifted[:, :-6], plain, strict=True):
        np.testing.assert_allclose(np.sort([*low, *[0.0] * 6]), full, atol=1e-10 * np.abs(full).max())


def test_an_orbit_of_a_line_of_atoms_has_five_dimensions():
    landscape = problem("lennard_jones", atoms=3)
    line = np.array([-1.1, 0, 0, 0, 0, 0, 1.1, 0, 0]) + np.tile([0.3, -0.2, 5.0], 3)
    bent = line + np.array([0, 0, 0, 0, 0.2, 0, 0, 0, 0])
    np.testing.assert_array_equal(tangent_system(landscape, np.stack([line, bent])).orbit_dimension, [5, 6])


def test_the_scale_bounds_the_spectrum():
    landscape = problem("spherical_spin_glass", n=6, seed=1)
    system = tangent_system(landscape, landscape.starts(np.random.default_rng(0), 20))
    assert (np.abs(np.linalg.eigvalsh(system.hessian)).max(axis=1) <= system.scale * (1 + 1e-12)).all()


def test_derivatives_that_are_not_finite_are_seen():
    landscape = Landscape.from_function(
        lambda x: x.sum(-1),
        lambda x: np.where(x > 0.5, np.nan, 1.0),
        lambda x: np.where(x < -0.5, np.inf, 1.0)[..., None] * np.eye(2),
        dim=2,
    )
    with np.errstate(invalid="ignore"):
        system = tangent_system(landscape, np.array([[0.0, 0.0], [0.7, 0.0], [0.0, -0.7]]))
    assert system.finite.tolist() == [True, False, False]


def test_a_known_gradient_is_not_taken_again():
    himmelblau = problem("himmelblau")
    x = himmelblau.starts(np.random.default_rng(0), 3)
    silent = himmelblau.with_options(gradient=None)
    np.testing.assert_array_equal(
        tangent_system(silent, x, himmelblau.gradient(x)).gradient, tangent_system(himmelblau, x).gradient
    )


def test_some_of_the_points():
    landscape = problem("lennard_jones", atoms=4)
    x = landscape.starts(np.random.default_rng(0), 6)
    rows = np.array([4, 1])
    some, alone = tangent_system(landscape, x)[rows], tangent_system(landscape, x[rows])
    np.testing.assert_allclose(some.lifted_hessian(), alone.lifted_hessian(), rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(some.orbit_dimension, alone.orbit_dimension)
    np.testing.assert_allclose(some.ambient(some.gradient), alone.ambient(alone.gradient), rtol=1e-12)


def test_solvers_meet_harmless_numbers_where_derivatives_are_not_finite():
    landscape = Landscape.from_function(
        lambda x: x.sum(-1),
        lambda x: np.where(x > 0.5, np.nan, 1.0),
        lambda x: np.where(x < -0.5, np.inf, 3.0)[..., None] * np.eye(2),
        dim=2,
    )
    with np.errstate(invalid="ignore"):
        system = tangent_system(landscape, np.array([[0.0, 0.0], [0.7, 0.0], [0.0, -0.7]]))
    usable = system.made_finite()
    assert usable.finite.all()
    np.testing.assert_array_equal(usable.hessian, [3 * np.eye(2), np.eye(2), np.eye(2)])
    np.testing.assert_array_equal(usable.gradient, [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    "parameters",
    [
        {"name": "lennard_jones", "atoms": 5},
        {"name": "linear_autoencoder"},
        {"name": "matrix_factorization"},
        {"name": "thomson", "charges": 4},
    ],
    ids=lambda p: p["name"],
)
def test_what_the_projection_takes_away_can_be_put_back(parameters):
    landscape = problem(**parameters)
    x = landscape.starts(np.random.default_rng(0), 5)
    system = tangent_system(landscape, x)
    gradient = landscape.gradient(x)
    whole = landscape.manifold.tangent_hessian(x, gradient, landscape.hessian(x))
    some = np.array([True, False, True, True, False])
    tolerance = 1e-12 * np.abs(whole).max()
    assert np.abs(system.hessian - whole).max() > 1e3 * tolerance
    np.testing.assert_allclose(system.unprojected(some).hessian[some], whole[some], atol=tolerance)
    np.testing.assert_array_equal(system.unprojected(some).hessian[~some], system.hessian[~some])
    expected = landscape.riemannian_hvp(x, landscape.riemannian_gradient(x))
    np.testing.assert_allclose(system.ambient(system.slope), expected, atol=1e-12 * np.abs(expected).max())


def test_only_motions_that_are_no_isometries_change_the_gradients_norm():
    for name, changes in [("linear_autoencoder", True), ("matrix_factorization", False), ("lennard_jones", False)]:
        landscape = problem(name)
        x = landscape.starts(np.random.default_rng(0), 50)
        system = tangent_system(landscape, x)
        along = matvec(transpose(system.zero_modes), system.slope)
        assert (np.abs(along).max() > 1e-9 * np.abs(system.slope).max()) == changes
        assert changes or not system.confined.any()
