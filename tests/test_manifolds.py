"""Every manifold against the same laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import expm

from landscape.arrays import dot, matvec, norm, transpose
from landscape.manifolds import Euclidean, Product, Sphere, Torus

MANIFOLDS = {
    "line": Euclidean(1),
    "box": Euclidean(3, ([-1.0, 0.0, 2.0], [1.0, 5.0, 2.5])),
    "circle": Sphere(2),
    "sphere": Sphere(3, radius=2.0),
    "hypersphere": Sphere(6, radius=0.3),
    "angle": Torus((2 * np.pi,)),
    "torus": Torus((1.0, 2 * np.pi, 7.0)),
    "sphere x torus": Product((Sphere(3, radius=1.5), Torus((2.0, 3.0)))),
    "line x sphere x circle": Product((Euclidean(2), Sphere(4), Sphere(2, radius=3.0))),
    "nested": Product((Product((Sphere(3), Euclidean(1))), Torus((1.0,)))),
    "spheres": Product((Sphere(3),) * 4),
    "runs": Product((Sphere(3), Sphere(3), Torus((2.0,)), Torus((3.0,)), Torus((3.0,)), Sphere(3))),
}
EULER = {
    "line": 1,
    "box": 1,
    "circle": 0,
    "sphere": 2,
    "hypersphere": 0,
    "angle": 0,
    "torus": 0,
    "sphere x torus": 0,
    "line x sphere x circle": 0,
    "nested": 0,
    "spheres": 16,
    "runs": 0,
}

every_manifold = pytest.mark.parametrize("manifold", MANIFOLDS.values(), ids=MANIFOLDS.keys())
seeds = st.integers(0, 2**32 - 1)


def sample(manifold, seed, size=5):
    """Points and tangent vectors of length of order 1 at them."""
    rng = np.random.default_rng(seed)
    x = manifold.sample(rng, size)
    return x, manifold.project(x, rng.normal(size=x.shape)), rng


def cubic(rng, n):
    """A random cubic function with its ambient derivatives."""
    a = rng.normal(size=(n, n, n))
    a = sum(np.transpose(a, p) for p in itertools.permutations(range(3))) / 6
    b, c = rng.normal(size=(n, n)), rng.normal(size=n)
    b = b + b.T

    def value(x):
        return np.einsum("ijk,...i,...j,...k->...", a, x, x, x) + dot(x, matvec(b, x)) + x @ c

    def gradient(x):
        return 3 * np.einsum("ijk,...j,...k->...i", a, x, x) + 2 * matvec(b, x) + c

    def hessian(x):
        return 6 * np.einsum("ijk,...k->...ij", a, x) + 2 * b

    return value, gradient, hessian


@every_manifold
@given(seed=seeds)
def test_projection_is_idempotent_and_symmetric(manifold, seed):
    x, v, rng = sample(manifold, seed)
    u, w = rng.normal(size=(2, *x.shape))
    np.testing.assert_allclose(manifold.project(x, v), v, atol=1e-13)
    np.testing.assert_allclose(dot(manifold.project(x, u), w), dot(u, manifold.project(x, w)), atol=1e-12)


@every_manifold
@given(seed=seeds)
def test_tangent_basis_is_orthonormal_and_tangent(manifold, seed):
    x, v, rng = sample(manifold, seed)
    basis = manifold.tangent_basis(x)
    d = manifold.intrinsic_dim
    assert basis.shape == (*x.shape, d)
    np.testing.assert_allclose(transpose(basis) @ basis - np.eye(d), 0, atol=1e-13)
    u = matvec(basis, rng.normal(size=(len(x), d)))
    np.testing.assert_allclose(manifold.project(x, u), u, atol=1e-13)
    # It spans the whole tangent space.
    np.testing.assert_allclose(matvec(basis, matvec(transpose(basis), v)), v, atol=1e-12)


@every_manifold
@given(seed=seeds, length=st.floats(0, 10))
def test_retraction_stays_on_the_manifold(manifold, seed, length):
    x, v, _ = sample(manifold, seed)
    y = manifold.retract(x, length * v)
    np.testing.assert_allclose(manifold.normalize(y), y, atol=1e-12)
    assert (manifold.distance(manifold.retract(x, 0 * v), x) < 1e-14 * manifold.length_scale).all()


@every_manifold
@given(seed=seeds)
def test_retraction_is_a_geodesic_to_second_order(manifold, seed):
    x, v, _ = sample(manifold, seed)
    v = v * (min(manifold.length_scale, 1.0) / norm(v))[:, None]
    h = 1e-3
    forward, backward = manifold.retract(x, h * v), manifold.retract(x, -h * v)
    # First order: the ambient speed is |v|, measured by the embedding because coordinates of a torus wrap.
    speed = norm(manifold.embed(forward) - manifold.embed(backward)) / (2 * h)
    np.testing.assert_allclose(speed, norm(v), rtol=10 * h)
    # Second order: acceleration has no tangential part, so that there and back are equally far and add up.
    there, back = manifold.distance(x, forward), manifold.distance(x, backward)
    across = manifold.distance(forward, backward)
    np.testing.assert_allclose(there, h * norm(v), rtol=1e2 * h**2)
    np.testing.assert_allclose(there, back, rtol=1e-9)
    np.testing.assert_allclose(across, there + back, rtol=1e-9)


@pytest.mark.parametrize("manifold", [Sphere(2), Sphere(3, 2.0), Sphere(6, 0.3)])
@given(seed=seeds)
def test_retraction_on_a_sphere_agrees_with_the_exponential_map(manifold, seed):
    x, v, _ = sample(manifold, seed)
    v = v / norm(v)[:, None]
    errors = []
    for h in (1e-1, 1e-2):
        t = h
        arc = np.cos(t) * x + np.sin(t) * manifold.radius * v
        errors.append(norm(manifold.retract(x, h * manifold.radius * v) - arc) / manifold.radius)
    assert (errors[1] < 1.1e-3 * errors[0]).all()  # the error is of third order


@every_manifold
@given(seed=seeds)
def test_distance_is_a_metric(manifold, seed):
    rng = np.random.default_rng(seed)
    x, y, z = (manifold.sample(rng, 6) for _ in range(3))
    xy, yz, xz = manifold.distance(x, y), manifold.distance(y, z), manifold.distance(x, z)
    assert xy.shape == (6,)
    assert (xy > 0).all()
    np.testing.assert_array_equal(manifold.distance(x, x), 0)
    np.testing.assert_allclose(manifold.distance(y, x), xy, rtol=1e-14)
    assert (xz <= (xy + yz) * (1 + 1e-12)).all()


@every_manifold
@given(seed=seeds)
def test_embedding_never_lengthens_and_keeps_small_distances(manifold, seed):
    x, v, rng = sample(manifold, seed)
    y = manifold.sample(rng, 5)
    chord = norm(manifold.embed(x) - manifold.embed(y))
    assert (chord <= manifold.distance(x, y) * (1 + 1e-12) + 1e-13).all()
    near = manifold.retract(x, 1e-4 * manifold.length_scale * v / norm(v)[:, None])
    np.testing.assert_allclose(norm(manifold.embed(x) - manifold.embed(near)), manifold.distance(x, near), rtol=1e-5)


@given(seed=seeds, n=st.integers(2, 6))
def test_sphere_distance_is_invariant_under_rotation(seed, n):
    rng = np.random.default_rng(seed)
    sphere = Sphere(n, radius=1.7)
    x, y = sphere.sample(rng, 4), sphere.sample(rng, 4)
    a = rng.normal(size=(n, n))
    rotation = expm(a - a.T)
    np.testing.assert_allclose(
        sphere.distance(x @ rotation.T, y @ rotation.T), sphere.distance(x, y), rtol=1e-10, atol=1e-13
    )


@given(gap=st.floats(1e-12, 1e-3))
def test_sphere_distance_keeps_its_digits_for_near_and_antipodal_points(gap):
    sphere = Sphere(2)
    x, near = np.array([1.0, 0.0]), np.array([np.cos(gap), np.sin(gap)])
    assert sphere.distance(x, near) == pytest.approx(gap, rel=1e-9)
    assert np.pi - sphere.distance(x, -near) == pytest.approx(gap, rel=1e-9, abs=1e-15)


@given(seed=seeds, shift=st.integers(-3, 3))
def test_torus_distance_and_embedding_ignore_whole_periods_and_shifts(seed, shift):
    torus = MANIFOLDS["torus"]
    rng = np.random.default_rng(seed)
    x, y = torus.sample(rng, 4), torus.sample(rng, 4)
    periods = np.asarray(torus.periods)
    np.testing.assert_allclose(torus.distance(x + shift * periods, y), torus.distance(x, y), atol=1e-12)
    np.testing.assert_allclose(torus.embed(x + shift * periods), torus.embed(x), atol=1e-12)
    c = rng.normal(size=3)
    np.testing.assert_allclose(torus.distance(x + c, y + c), torus.distance(x, y), atol=1e-12)
    assert (torus.distance(x, y) <= norm(periods / 2) + 1e-12).all()


@given(x=st.floats(-1e3, 1e3))
def test_torus_representative_lies_within_one_period(x):
    torus = Torus((2 * np.pi,))
    y = torus.normalize(np.array([x]))
    assert 0 <= y[0] < 2 * np.pi
    assert torus.distance(np.array([x]), y) < 1e-9


def test_torus_representative_of_a_tiny_negative_angle():
    assert Torus((2 * np.pi,)).normalize(np.array([-1e-20]))[0] == 0.0


@every_manifold
@given(seed=seeds)
def test_riemannian_hessian_is_the_second_difference_along_retractions(manifold, seed):
    x, v, rng = sample(manifold, seed)
    v = v * (min(manifold.length_scale, 1.0) / norm(v))[:, None]
    value, gradient, hessian = cubic(rng, manifold.dim)
    if isinstance(manifold, Euclidean | Sphere):
        along = manifold.retract
    else:
        # A cubic is not periodic, so that the point must not wrap: torus retractions without the wrapping.
        def along(x, v):
            y = manifold.retract(x, v)
            return x + _unwrapped(manifold, y - x)

    h = 1e-3
    second = (value(along(x, h * v)) - 2 * value(x) + value(along(x, -h * v))) / h**2
    first = (value(along(x, h * v)) - value(along(x, -h * v))) / (2 * h)
    g, H = gradient(x), hessian(x)
    coordinates = matvec(transpose(manifold.tangent_basis(x)), v)
    tangent = manifold.tangent_hessian(x, g, H)
    scale = 1 + norm(g) * norm(v) + norm(v) ** 2 * np.linalg.norm(H, axis=(1, 2))
    d = manifold.intrinsic_dim
    assert tangent.shape == (len(x), d, d)
    np.testing.assert_allclose(tangent, transpose(tangent), atol=1e-12 * scale.max())
    assert (np.abs(dot(coordinates, matvec(tangent, coordinates)) - second) < 1e-4 * scale).all()
    assert (np.abs(dot(manifold.project(x, g), v) - first) < 1e-4 * scale).all()


def _unwrapped(manifold, step):
    """The shortest of the steps that differ by whole periods."""
    if isinstance(manifold, Torus):
        return step - np.asarray(manifold.periods) * np.round(step / np.asarray(manifold.periods))
    if not isinstance(manifold, Product):
        return step
    ends = np.cumsum([f.dim for f in manifold.factors])[:-1]
    parts = np.split(step, ends, axis=-1)
    return np.concatenate([_unwrapped(f, p) for f, p in zip(manifold.factors, parts, strict=True)], axis=-1)


def test_riemannian_hessian_of_a_height_on_the_sphere():
    # f = x_3 has a maximum at the north pole: the ambient Hessian is zero, the curvature term is everything.
    x, g = np.array([0.0, 0.0, 2.0]), np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(Sphere(3, 2.0).tangent_hessian(x, g, np.zeros((3, 3))), -np.eye(2) / 2)


@every_manifold
def test_euler_characteristic_and_dimensions(manifold, request):
    name = request.node.callspec.id
    assert manifold.euler_characteristic == EULER[name]
    basis = manifold.tangent_basis(manifold.sample(np.random.default_rng(0), 1))
    assert basis.shape == (1, manifold.dim, manifold.intrinsic_dim)


def test_euler_characteristic_of_spheres_and_their_products():
    assert [Sphere(n).euler_characteristic for n in range(2, 7)] == [0, 2, 0, 2, 0]
    assert Product((Sphere(3), Sphere(5))).euler_characteristic == 4
    assert Product((Sphere(3), Euclidean(2))).euler_characteristic == 2
    assert Product((Sphere(3), Sphere(5))).compact
    assert not Product((Sphere(3), Euclidean(2))).compact


@every_manifold
def test_samples_are_uniform(manifold):
    # Kolmogorov-Smirnov on every coordinate, 59 tests at level 1e-5: a false alarm once in 1700 seeds.
    x = manifold.sample(np.random.default_rng(11), 4000)
    assert x.shape == (4000, manifold.dim)
    np.testing.assert_allclose(manifold.normalize(x), x, atol=1e-14)
    for coordinate, law in zip(x.T, _laws(manifold), strict=True):
        assert stats.kstest(coordinate, law).pvalue > 1e-5


def _laws(manifold):
    """Marginal law of each coordinate of a uniform sample."""
    if isinstance(manifold, Euclidean):
        return [stats.uniform(low, high - low).cdf for low, high in zip(*manifold.box, strict=True)]
    if isinstance(manifold, Torus):
        return [stats.uniform(0, period).cdf for period in manifold.periods]
    if isinstance(manifold, Sphere):
        # (1 + x / radius) / 2 has a beta law with both parameters (n - 1) / 2.
        a = (manifold.n - 1) / 2
        return [lambda x, r=manifold.radius: stats.beta(a, a).cdf((1 + x / r) / 2)] * manifold.n
    return [law for factor in manifold.factors for law in _laws(factor)]


@pytest.mark.parametrize("name", ["spheres", "runs", "line x sphere x circle", "nested"])
@given(seed=seeds)
def test_a_product_does_with_each_factor_what_the_factor_does(name, seed):
    product = MANIFOLDS[name]
    x, v, rng = sample(product, seed)
    y = product.retract(x, v)
    hessian = rng.normal(size=(len(x), product.dim, product.dim))
    gradient = rng.normal(size=x.shape)
    basis, tangent = product.tangent_basis(x), product.tangent_hessian(x, gradient, hessian)
    squared, n, d = np.zeros(len(x)), 0, 0
    for f in product.factors:
        part, block = slice(n, n + f.dim), slice(d, d + f.intrinsic_dim)
        p, q, w, g = x[:, part], y[:, part], v[:, part], gradient[:, part]
        np.testing.assert_allclose(q, f.retract(p, w), rtol=1e-14)
        np.testing.assert_allclose(product.project(x, gradient)[:, part], f.project(p, g), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(basis[:, part, block], f.tangent_basis(p), atol=1e-15)
        expected = f.tangent_hessian(p, g, hessian[:, part, part])
        np.testing.assert_allclose(tangent[:, block, block], expected, atol=1e-13)
        product_hvp = product.riemannian_hvp(x, gradient, v, gradient)[:, part]
        np.testing.assert_allclose(product_hvp, f.riemannian_hvp(p, g, w, g), rtol=1e-12, atol=1e-12)
        squared += f.distance(p, q) ** 2
        n, d = n + f.dim, d + f.intrinsic_dim
    np.testing.assert_allclose(product.distance(x, y), np.sqrt(squared), rtol=1e-13)
    assert (basis != 0).sum() <= len(x) * sum(f.dim * f.intrinsic_dim for f in product.factors)


@every_manifold
@pytest.mark.parametrize("lead", [(), (0,), (2, 3)])
def test_any_leading_axes(manifold, lead):
    n, d = manifold.dim, manifold.intrinsic_dim
    x = manifold.sample(np.random.default_rng(0), int(np.prod(lead))).reshape(*lead, n)
    x.flags.writeable = False
    for y in (manifold.normalize(x), manifold.project(x, x), manifold.retract(x, 0 * x)):
        assert y.shape == x.shape
    assert manifold.distance(x, x).shape == lead
    assert manifold.tangent_basis(x).shape == (*lead, n, d)
    assert manifold.tangent_hessian(x, x, np.zeros((*lead, n, n))).shape == (*lead, d, d)
    assert manifold.embed(x).shape[:-1] == lead


def test_equal_manifolds_are_equal_and_hash_alike():
    assert Euclidean(2, (0, 1)) == Euclidean(2, ([0, 0], [1, 1]))
    assert Euclidean(2, (0, 1)) != Euclidean(2, (0, 2))
    assert len({Euclidean(2), Euclidean(2), Sphere(2), Sphere(2), Torus((1, 2)), Torus([1.0, 2.0])}) == 3
    assert Product((Euclidean(2), Sphere(3))) == Product((Euclidean(2), Sphere(3)))


def test_a_box_is_not_changed_through_the_callers_array():
    low = np.zeros(2)
    manifold = Euclidean(2, (low, np.ones(2)))
    low[0] = 0.9
    assert manifold.box[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Euclidean(0), "must be at least 1"),
        (lambda: Euclidean(2, (1, 0)), "below its high"),
        (lambda: Euclidean(2, (0, np.inf)), "finite"),
        (lambda: Euclidean(2, ([0, 0, 0], 1)), r"corner of shape \(3,\)"),
        (lambda: Sphere(1), "at least 2"),
        (lambda: Sphere(3, 0.0), "radius is"),
        (lambda: Torus(()), "periods"),
        (lambda: Torus((1.0, -1.0)), "periods"),
        (lambda: Product(()), "at least one factor"),
    ],
)
def test_impossible_manifolds_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_box_is_as_wide_as_a_number_can_be_and_no_wider():
    largest = np.finfo(np.float64).max
    with pytest.raises(ValueError, match=r"^box is \[-1e\+308\] to \[1e\+308\], too wide for a number to hold$"):
        Euclidean(1, (-1e308, 1e308))
    points = Euclidean(1, (-largest / 2, largest / 2)).sample(np.random.default_rng(0), 10)
    assert np.isfinite(points).all()


def test_a_large_box_is_printed_in_a_line():
    text = repr(Euclidean(5000, (-np.linspace(1, 2, 5000), np.linspace(1, 3, 5000))))
    assert text == "Euclidean(n=5000, box within -2 to 3)"


@every_manifold
def test_huge_coordinates_are_brought_back_and_others_beside_them_are_untouched(manifold):
    if not manifold.compact:
        return
    x, _, _ = sample(manifold, 3)
    far = np.array([1.0, 1e200, 1.0, 1e307, 1.0])[:, None]
    with np.errstate(over="ignore"):
        back = manifold.normalize(far * x)
    assert manifold.distance(back, manifold.normalize(back)).max() < 1e-12
    np.testing.assert_array_equal(back[::2], manifold.normalize(x[::2]))


@pytest.mark.parametrize("radius", [1.0, 3.0])
def test_a_huge_vector_keeps_its_direction(radius):
    sphere = Sphere(3, radius)
    with np.errstate(over="ignore"):
        back = sphere.normalize(np.array([[3e300, 0.0, 4e300], [3.0, 0.0, 4.0]]))
    np.testing.assert_allclose(back, np.tile([0.6 * radius, 0.0, 0.8 * radius], (2, 1)), rtol=1e-15)
