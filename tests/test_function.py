"""The `Landscape`: a function enters in one line, with whatever derivatives it has."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.critical.certificate import Certificate
from landscape.critical.find import find_critical_points
from landscape.function import Landscape, Provenance
from landscape.manifolds import Euclidean, Product, Sphere, Torus
from landscape.particles import ParticleSymmetry
from landscape.problems import problem
from landscape.symmetry import SignFlip

LEADS = [(), (0,), (4,), (2, 3), (2, 0)]
NO_TORCH_NOISE = "ignore:.*torch.jit.*:DeprecationWarning"  # PyTorch warns of its own internals on first use


def value(x):
    return np.sin(x).sum(axis=-1) + x[..., 0] ** 2 * x[..., 1]


def gradient(x):
    g = np.cos(x)
    g[..., 0] += 2 * x[..., 0] * x[..., 1]
    g[..., 1] += x[..., 0] ** 2
    return g


def hessian(x):
    h = -np.sin(x)[..., None] * np.eye(x.shape[-1])
    h[..., 0, 0] += 2 * x[..., 1]
    h[..., 0, 1] += 2 * x[..., 0]
    h[..., 1, 0] += 2 * x[..., 0]
    return h


@pytest.fixture
def jax64():
    """JAX, where there is one, in float64, and as it was afterwards."""
    try:
        import jax
    except ImportError:
        yield None
        return
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


def with_all():
    return Landscape.from_function(value, gradient, hessian, dim=3)


def with_gradient():
    return Landscape.from_function(value, gradient, dim=3)


def with_value():
    return Landscape.from_function(value, dim=3)


def point_by_point():
    return Landscape.from_function(value, gradient, hessian, dim=3, vectorized=False)


def from_jax():
    jnp = pytest.importorskip("jax.numpy")
    return Landscape.from_jax(lambda x: jnp.sin(x).sum() + x[0] ** 2 * x[1], 3)


def from_torch():
    torch = pytest.importorskip("torch")
    return Landscape.from_torch(lambda x: torch.sin(x).sum() + x[0] ** 2 * x[1], 3)


# Each way in, with the relative error of its gradient and of its Hessian.
WAYS_IN = {
    with_all: (1e-15, 1e-15),
    with_gradient: (1e-15, 1e-9),
    with_value: (1e-9, 1e-6),
    point_by_point: (1e-15, 1e-15),
    from_jax: (1e-14, 1e-14),
    from_torch: (1e-14, 1e-14),
}
every_way = pytest.mark.parametrize("make", WAYS_IN)
quiet = pytest.mark.filterwarnings(NO_TORCH_NOISE)


@quiet
@every_way
@pytest.mark.parametrize("lead", LEADS)
def test_derivatives_on_any_leading_axes(make, lead, jax64):
    landscape = make()
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(2, *lead, 3))
    x.flags.writeable = v.flags.writeable = False  # nothing may write to a caller's array
    gradient_error, hessian_error = WAYS_IN[make]
    g, h, hv = landscape.gradient(x), landscape.hessian(x), landscape.hvp(x, v)
    assert landscape.value(x).shape == lead
    assert g.shape == hv.shape == (*lead, 3)
    assert h.shape == (*lead, 3, 3)
    np.testing.assert_allclose(landscape.value(x), value(x), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(g, gradient(x), rtol=0, atol=10 * gradient_error)
    np.testing.assert_allclose(h, hessian(x), rtol=0, atol=10 * hessian_error)
    np.testing.assert_allclose(hv, np.einsum("...ij,...j->...i", hessian(x), v), atol=30 * hessian_error)
    for result in (landscape.value(x), g, h, hv):
        assert result.dtype == np.float64


@quiet
@every_way
def test_the_caller_may_write_to_results_but_not_through_them(make, jax64):
    landscape = make()
    x = np.random.default_rng(1).normal(size=(4, 3))
    before = x.copy()
    for result in (landscape.gradient(x), landscape.hessian(x)):
        result += 1.0
    np.testing.assert_array_equal(x, before)


def test_a_function_that_returns_its_argument_does_not_alias_it():
    landscape = Landscape.from_function(lambda x: 0.5 * (x**2).sum(axis=-1), lambda x: x, dim=2)
    x = np.ones((3, 2))
    g = landscape.gradient(x)
    g *= 2
    assert (x == 1).all()


def test_a_constant_hessian_may_be_a_broadcast_view():
    identity = np.eye(2)
    landscape = Landscape.from_function(
        lambda x: 0.5 * (x**2).sum(axis=-1),
        lambda x: x,
        lambda x: np.broadcast_to(identity, (*x.shape, 2)),
        dim=2,
    )
    h = landscape.hessian(np.ones((3, 2)))
    h *= 2
    np.testing.assert_array_equal(identity, np.eye(2))


@quiet
def test_provenance_is_said(jax64):
    said = {make: (make().provenance.gradient, make().provenance.hessian) for make in WAYS_IN}
    assert said == {
        with_all: ("exact", "exact"),
        with_gradient: ("exact", "finite differences"),
        with_value: ("complex step", "finite differences"),
        point_by_point: ("exact", "exact"),
        from_jax: ("JAX", "JAX"),
        from_torch: ("PyTorch", "PyTorch"),
    }


def test_provenance_orders_accuracies():
    differences = "finite differences"
    errors = [Provenance().relative_error, Provenance("exact", differences).relative_error]
    errors.append(Provenance(differences, differences).relative_error)
    assert errors == sorted(errors)
    assert errors[0] == Provenance("JAX", "JAX").relative_error == np.finfo(float).eps
    assert errors[-1] < 1e-7


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.sampled_from([0.1, 1.0, 30.0]))
def test_finite_differences_are_good_to_seven_digits_at_any_scale(point, scale):
    x = scale * np.array(point)
    landscape = Landscape.from_function(
        lambda x: np.exp(np.sin(x / scale)).sum(axis=-1) * np.cos(x[..., 0] / scale),
        dim=4,
        box=(-scale, scale),
    )
    u = x / scale
    expected = np.exp(np.sin(u)) * np.cos(u) * np.cos(u[0])
    expected[0] -= np.exp(np.sin(u)).sum() * np.sin(u[0])
    difference = np.abs(scale * landscape.gradient(x) - expected).max()
    assert difference < 1e-7 * np.linalg.norm(expected)


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_finite_difference_hessians(point):
    x = np.array(point)
    scale = np.linalg.norm(hessian(x)) + 1
    assert np.abs(with_gradient().hessian(x) - hessian(x)).max() < 1e-9 * scale
    assert np.abs(with_value().hessian(x) - hessian(x)).max() < 1e-6 * scale


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ((lambda x: x[0] ** 2 + x[1],), r"^value returned shape \(2,\).*expected \(5,\).*vectorized=False"),
        ((lambda x: x**2,), r"^value returned shape \(5, 2\)"),
        ((lambda x: x.sum(axis=-1), lambda x: x.sum(axis=-1)), r"^gradient returned shape \(5,\)"),
        ((lambda x: x.sum(axis=-1), lambda x: x, lambda x: np.eye(2)), r"^hessian returned shape \(2, 2\)"),
    ],
)
def test_wrong_shapes_are_refused_at_once(functions, message):
    with pytest.raises(ValueError, match=message):
        Landscape.from_function(*functions, dim=2)


def test_a_transposed_result_is_noticed_in_five_dimensions():
    with pytest.raises(ValueError, match="value returned"):
        Landscape.from_function(lambda x: x.sum(axis=0), dim=5)


@pytest.mark.parametrize("make", [from_jax, from_torch])
def test_autodiff_needs_a_scalar(make, jax64):
    enter = Landscape.from_jax if make is from_jax else Landscape.from_torch
    make()  # skips where the engine is missing
    with pytest.raises(ValueError, match=r"value returned shape .* one point to a scalar"):
        enter(lambda x: x * 2.0, 3)


def test_jax_in_float32_is_refused_with_the_switch():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ValueError, match=r'jax\.config\.update\("jax_enable_x64", True\)'):
            Landscape.from_jax(lambda x: (x**2).sum(), 2)
    finally:
        jax.config.update("jax_enable_x64", before)


@quiet
def test_torch_losses_in_float32_come_back_as_float64():
    pytest.importorskip("torch")
    landscape = Landscape.from_torch(lambda x: (x.float() ** 2).sum(), 2)
    assert landscape.value(np.ones((3, 2))).dtype == np.float64


@pytest.mark.parametrize(("name", "enter"), [("jax", Landscape.from_jax), ("torch", Landscape.from_torch)])
def test_a_missing_engine_is_named_with_its_command(monkeypatch, name, enter):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"pip install 'landscape\[{name}\]'"):
        enter(lambda x: x.sum(), 2)


def test_shrinking_batches_compile_jax_a_few_times(jax64):
    jnp = pytest.importorskip("jax.numpy")
    traces = []

    def loss(x):
        traces.append(1)
        return jnp.sum(x**2)

    landscape = Landscape.from_jax(loss, 2)
    traces.clear()
    for size in range(1, 34):
        np.testing.assert_allclose(landscape.value(np.ones((size, 2))), 2.0)
    assert len(traces) <= 7  # 1, 2, 4, ..., 64


def test_manifold_and_dim():
    sphere = Sphere(3)
    landscape = Landscape.from_function(value, manifold=sphere)
    assert landscape.dim == 3
    assert landscape.manifold is sphere
    with pytest.raises(ValueError, match="dim is 4 but the manifold has 3"):
        Landscape.from_function(value, manifold=sphere, dim=4)
    with pytest.raises(ValueError, match="needs dim"):
        Landscape.from_function(value)


def test_riemannian_derivatives_come_from_the_manifold():
    landscape = Landscape.from_function(value, gradient, hessian, manifold=Sphere(3))
    x = landscape.starts(np.random.default_rng(0), 6)
    np.testing.assert_allclose((landscape.riemannian_gradient(x) * x).sum(axis=-1), 0, atol=1e-14)
    assert landscape.tangent_hessian(x).shape == (6, 2, 2)


def test_starts_domain_and_names():
    landscape = Landscape.from_function(value, dim=2, box=([0, 1], [1, 3]))
    x = landscape.starts(np.random.default_rng(0), 100)
    assert x.shape == (100, 2)
    assert (x.min(axis=0) >= [0, 1]).all()
    assert (x.max(axis=0) <= [1, 3]).all()
    assert landscape.name == "value"
    assert landscape.inside(x).all()
    half = landscape.with_options(
        name="half", domain=lambda x: x[..., 0] > 0.5, sampler=lambda rng, n: np.zeros((n, 2))
    )
    assert half.name == "half"
    assert half.inside(x).tolist() == (x[:, 0] > 0.5).tolist()
    assert (half.starts(np.random.default_rng(0), 3) == 0).all()


@quiet
@every_way
@pytest.mark.parametrize("lead", LEADS)
def test_products_at_one_point_are_those_at_any(make, lead, jax64):
    landscape, rng = make(), np.random.default_rng(8)
    v = rng.normal(size=(*lead, 3))
    v.flags.writeable = False
    for x in rng.normal(size=(2, 3)):
        product = landscape.hvp_at(x)
        for _ in range(2):
            again = product(v)
            assert again.shape == v.shape
            assert again.dtype == np.float64
            np.testing.assert_allclose(again, landscape.hvp(x, v), rtol=1e-12, atol=1e-13)


def test_products_are_those_at_the_point_as_it_was():
    for landscape in (with_all(), problem("mlp", widths=(2,))):
        x, v = landscape.starts(np.random.default_rng(9), 2)
        product = landscape.hvp_at(x)
        before = product(v)
        x *= 2
        np.testing.assert_array_equal(product(v), before)
        with pytest.raises(ValueError, match=rf"x has shape \(1, {landscape.dim}\) but one point, of shape"):
            landscape.hvp_at(x[None])


def test_a_new_hessian_brings_a_new_product():
    landscape = with_all().with_options(linearized=lambda x: lambda v: v @ hessian(x))
    x, v = np.ones((2, 3)), np.ones((2, 3))
    doubled = landscape.with_options(hessian=lambda x: 2 * hessian(x))
    np.testing.assert_allclose(doubled.hvp(x, v), 2 * landscape.hvp(x, v))
    np.testing.assert_allclose(doubled.hvp_at(x[0])(v), 2 * landscape.hvp_at(x[0])(v))


@pytest.mark.parametrize(
    ("manifold", "symmetry", "confining", "expected"),
    [
        (Euclidean(9), None, False, None),
        (Euclidean(9), None, True, 1),
        (Euclidean(9), SignFlip(), True, 1),
        (Euclidean(9), ParticleSymmetry(3), True, None),
        (Sphere(9), None, False, 2),
        (Sphere(9), SignFlip(), False, 2),
        (Torus((1.0,) * 9), SignFlip(), False, 0),
        (Product((Sphere(3), Sphere(6))), SignFlip(), False, 0),
    ],
)
def test_euler_characteristic(manifold, symmetry, confining, expected):
    landscape = Landscape.from_function(value, manifold=manifold, confining=confining)
    if symmetry is not None:
        landscape = landscape.with_options(symmetry=symmetry)
    assert landscape.euler_characteristic == expected


def test_what_is_known_of_a_function_is_not_said_of_another():
    """Rigorous certificates would be false, and points beyond the bound of their number found."""
    well = problem("double_well", dim=1)
    wave = well.with_options(
        value=lambda x: -np.cos(20 * x).sum(-1) / 400,
        gradient=lambda x: np.sin(20 * x) / 20,
        hessian=lambda x: np.cos(20 * x)[..., None],
    )
    points = find_critical_points(wave, wave.starts(np.random.default_rng(0), 200))
    assert len(points) > 3
    assert (points.certificate != Certificate.RIGOROUS).all()
    assert points.completeness.solution_bound is None
    for change in ({"gradient": well.gradient}, {"hessian": well.hessian}, {"manifold": Torus((4.0,))}):
        assert well.with_options(**change).hessian_lipschitz is None
    assert well.with_options(manifold=Torus((4.0,))).truth is None
    assert well.with_options(gradient=well.gradient).truth is well.truth
    assert well.with_options(name="other").hessian_lipschitz is well.hessian_lipschitz
