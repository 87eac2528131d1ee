"""From starts to classified points: published counts and values, and invariance under whatever should not matter."""

import math

import numpy as np
import pytest

from landscape import (
    EigenvectorFollowing,
    Euclidean,
    Kind,
    Landscape,
    Newton,
    SearchStatus,
    SignFlip,
    find_critical_points,
    problem,
    search,
)
from landscape.critical.find import collect


def find(landscape, size, seed=0, **options):
    return find_critical_points(landscape, landscape.starts(np.random.default_rng(seed), size), **options)


def changed(landscape, turn=None, shift=0.0, x_scale=1.0, f_scale=1.0):
    """g(y) = f_scale f(turn^T (y - shift) / x_scale), with its box and starts carried along."""
    n = landscape.dim
    turn = np.eye(n) if turn is None else turn
    low, high = landscape.manifold.box
    reach = x_scale * (np.asarray(high) - np.asarray(low)) / 2
    middle = x_scale * turn @ ((np.asarray(high) + np.asarray(low)) / 2) + shift

    def back(y):
        return (y - shift) @ turn / x_scale

    return Landscape.from_function(
        lambda y: f_scale * landscape.value(back(y)),
        lambda y: f_scale / x_scale * landscape.gradient(back(y)) @ turn.T,
        lambda y: f_scale / x_scale**2 * turn @ landscape.hessian(back(y)) @ turn.T,
        manifold=Euclidean(n, (middle - reach, middle + reach)),
        confining=landscape.confining,
    ).with_options(
        sampler=lambda rng, size: x_scale * landscape.starts(rng, size) @ turn.T + shift,
        domain=None if landscape.domain is None else lambda y: landscape.domain(back(y)),
    )


# Published or exhaustive counts by index: independent reference values.
COUNTS = [
    ("himmelblau", {}, 300, [4, 4, 1]),
    ("six_hump_camel", {}, 300, [6, 7, 2]),
    ("muller_brown", {}, 500, [3, 2]),
    ("rastrigin", {"dim": 2}, 20_000, [121, 220, 100]),
    ("styblinski_tang", {"dim": 4}, 2000, [16, 32, 24, 8, 1]),
    ("double_well", {"dim": 3}, 500, [8, 12, 6, 1]),
    ("xy_chain", {"n": 3}, 200, [1, 3, 2]),
    ("xy_chain", {"n": 5}, 1000, [3, 10, 10, 5, 2]),
    ("xy_chain", {"n": 7}, 20_000, [3, 14, 21, 35, 42, 21, 4]),
    ("phi4", {"shape": (2,), "coupling": 0.0}, 200, [4, 4, 1]),
    ("linear_regression", {}, 20, [1]),
]


@pytest.mark.parametrize(("name", "parameters", "size", "counts"), COUNTS, ids=lambda v: str(v)[:30])
def test_every_point_of_every_index(name, parameters, size, counts):
    landscape = problem(name, **parameters)
    points = find(landscape, size)
    assert points.count_by_index() == dict(enumerate(counts))
    assert points.euler.holds
    assert sum((-1) ** k * c for k, c in enumerate(counts)) == points.euler.expected
    assert sum(points.search_counts.values()) == size
    assert points.found.sum() == points.search_counts["converged"]
    slope = np.abs(points.eigenvalues).max(axis=1)
    assert (points.gradient_norm < 1e-9 * slope * landscape.manifold.length_scale).all()


def test_muller_brown_values():
    points = find(problem("muller_brown"), 500)
    # Reference values: a widely copied page gives the second saddle as -46.62, which is wrong.
    np.testing.assert_allclose(
        points.value, [-146.69951721, -108.166724117, -80.7678181297, -72.2489401123, -40.6648435087], atol=1e-8
    )
    positions = [
        (-0.558223634633, 1.4417258418),
        (0.623499404931, 0.0280377585287),
        (-0.0500108229982, 0.466694104872),
        (0.212486582001, 0.292988325107),
        (-0.822001558733, 0.624312802815),
    ]
    np.testing.assert_allclose(points.x, positions, atol=1e-9)


def test_himmelblau_values():
    points = find(problem("himmelblau"), 300)
    np.testing.assert_allclose(points.minima.value, 0, atol=1e-20)
    np.testing.assert_allclose(
        points.saddles.value, [13.3119262704, 67.7191500875, 104.015162918, 178.337239202], rtol=1e-10
    )
    np.testing.assert_allclose(points.maxima.value, [181.616521523], rtol=1e-10)


def test_the_xy_ring_has_winding_states_and_saddles_between_them():
    points = find(problem("xy_chain", n=5), 1000)
    # E_q = N (1 - cos(2 pi q / N)); saddles q -> q + 1: (N - 1)(1 - cos a) + 1 + cos a, a = (2 q + 1) pi / (N - 2).
    winding = 5 * (1 - np.cos(2 * np.pi / 5))
    np.testing.assert_allclose(points.minima.value, [0, winding, winding], atol=1e-12)
    np.testing.assert_allclose(points[points.index == 1].value, np.full(10, 3.5), rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_the_quadratic_spin_glass_has_two_points_of_each_index(n):
    glass = problem("spherical_spin_glass", p=2, n=n, seed=n)
    points = find(glass, 300)
    assert points.count_by_index() == dict.fromkeys(range(n), 2)
    assert points.euler.holds
    halved = find(glass.with_options(symmetry=SignFlip()), 300)
    assert halved.count_by_index() == dict.fromkeys(range(n), 1)
    assert halved.euler.found == points.euler.found
    lam = np.linalg.eigvalsh(glass.hessian(points.x[0]) / 2)
    np.testing.assert_allclose(points.value, np.repeat(lam, 2), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_cubic_spin_glass_obeys_morse_theory_on_spheres_of_both_parities(n, seed):
    points = find(problem("spherical_spin_glass", p=3, n=n, seed=seed), 500)
    assert points.euler.expected == (2 if n % 2 else 0)
    assert points.euler.holds
    # f(-x) = -f(x): for each point of index k one of index n - 1 - k; at most 2^n - 1 pairs (Cartwright & Sturmfels).
    counts = points.count_by_index()
    assert all(counts[k] == counts[n - 1 - k] for k in counts)
    np.testing.assert_allclose(np.sort(points.value), -np.sort(points.value)[::-1], rtol=1e-9)
    assert len(points) <= 2 * (2**n - 1)


# Energies modulo permutation, rotation and reflection, by index: independent reference values (exhaustive
# searches, saturated; counts as in Doye & Wales, J. Chem. Phys. 116, 3777, 2002).
LENNARD_JONES = {
    2: {0: [-1.0]},
    3: {0: [-3.0], 2: [-2.031124]},
    4: {0: [-6.0], 1: [-5.073421], 2: [-4.48062, -4.076813], 3: [-3.221918], 4: [-3.065136]},
    5: {
        0: [-9.103852],
        1: [-8.48062, -8.197888],
        2: [-7.853505, -7.530267, -7.178024, -7.125245, -6.211736],
        3: [-7.400821, -6.558974, -6.253606, -6.187228, -6.155762, -5.535242],
        4: [-5.593385, -5.555556, -5.403967, -5.158481, -5.114925, -5.053479],
        5: [-4.638492, -4.265487],
        6: [-4.099658],
    },
}


@pytest.mark.parametrize(
    ("atoms", "size"), [(2, 30), (3, 100), (4, 800), pytest.param(5, 3000, marks=pytest.mark.slow)]
)
def test_lennard_jones_clusters_complete(atoms, size):
    points = find(problem("lennard_jones", atoms=atoms), size)
    truth = LENNARD_JONES[atoms]
    assert points.count_by_index() == {index: len(energies) for index, energies in truth.items()}
    np.testing.assert_allclose(points.value, np.concatenate(list(truth.values())), atol=1.1e-6)
    assert (points.nullity == 0).all()
    assert set(points.orbit_dimension) <= {5, 6}
    linear = points.orbit_dimension == 5
    assert linear.sum() == (1 if atoms > 1 else 0)  # a chain: the stationary point of the highest index
    assert points.index[linear].tolist() == [max(truth)]


def test_degenerate_points_are_one_category_and_nothing_is_decided_for_them():
    monkey = find(problem("monkey_saddle"), 200)
    assert (len(monkey), monkey.nullity.tolist(), monkey.kind.tolist()) == (1, [2], [Kind.DEGENERATE])
    assert monkey.count_by_index() == {}
    np.testing.assert_allclose(monkey.x, 0, atol=1e-5)


def test_a_line_of_minima_is_degenerate_all_along():
    points = find(problem("quadratic", eigenvalues=(1.0, 0.0)), 30)
    assert (points.kind == Kind.DEGENERATE).all()
    assert (points.nullity == 1).all()
    assert (points.index == 0).all()
    np.testing.assert_allclose(points.x[:, 0], 0, atol=1e-12)


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "muller_brown", "monkey_saddle"])
@pytest.mark.parametrize("angle", [0.3, 2.0])
def test_rotation_changes_nothing(name, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landscape = problem(name)
    plain, turned = find(landscape, 400), find(changed(landscape, turn=turn), 400)
    assert turned.count_by_index() == plain.count_by_index()
    assert turned.nullity.tolist() == plain.nullity.tolist()
    np.testing.assert_allclose(turned.value, plain.value, rtol=1e-9, atol=1e-12)
    assert turned.search_counts["converged"] == pytest.approx(plain.search_counts["converged"], abs=10)


def test_rotation_in_many_dimensions():
    landscape = problem("styblinski_tang", dim=4)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    points = find(changed(landscape, turn=turn), 3000)
    assert points.count_by_index() == {k: math.comb(4, k) * 2 ** (4 - k) for k in range(5)}


@pytest.mark.parametrize("name", ["himmelblau", "muller_brown", "rastrigin", "monkey_saddle"])
@pytest.mark.parametrize("shift", [10.0, -1e3])
def test_translation_changes_nothing(name, shift):
    landscape = problem(name)
    size = 4000 if name == "rastrigin" else 400
    plain, moved = find(landscape, size), find(changed(landscape, shift=shift), size)
    assert moved.count_by_index() == plain.count_by_index()
    assert moved.nullity.tolist() == plain.nullity.tolist()
    assert moved.euler.found == plain.euler.found


@pytest.mark.parametrize("name", ["himmelblau", "muller_brown", "styblinski_tang", "monkey_saddle"])
@pytest.mark.parametrize("x_scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("f_scale", [1e-8, 1.0, 1e8])
def test_units_change_nothing(name, x_scale, f_scale):
    landscape = problem(name)
    plain = find(landscape, 400)
    scaled = find(changed(landscape, x_scale=x_scale, f_scale=f_scale), 400)
    assert scaled.count_by_index() == plain.count_by_index()
    assert scaled.nullity.tolist() == plain.nullity.tolist()
    assert scaled.search_counts == plain.search_counts
    np.testing.assert_allclose(np.sort(scaled.value), np.sort(f_scale * plain.value), rtol=1e-8, atol=1e-12 * f_scale)
    assert scaled.eigenvalues.max() == pytest.approx(plain.eigenvalues.max() * f_scale / x_scale**2, rel=1e-6, abs=1e-3)


def test_the_sign_of_the_function_turns_minima_into_maxima():
    turned = find(changed(problem("himmelblau"), f_scale=-1.0), 300)
    assert turned.count_by_index() == {0: 1, 1: 4, 2: 4}


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "muller_brown"])
@pytest.mark.parametrize("gradient", [True, False])
def test_finite_differences_find_the_same_points(name, gradient):
    exact = problem(name)
    landscape = Landscape.from_function(
        exact.value, exact.gradient if gradient else None, manifold=exact.manifold, confining=True
    )
    assert landscape.provenance.hessian == "finite differences"
    points, expected = find(landscape, 300), find(exact, 300)
    assert points.count_by_index() == expected.count_by_index()
    assert points.euler.holds
    # A gradient by differences is good to about eps^(1/2) or eps^(2/3) of the largest term, whatever its own size.
    np.testing.assert_allclose(points.value, expected.value, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(points.x, expected.x, atol=1e-5)


def test_finite_differences_recognise_a_degenerate_point():
    exact = problem("monkey_saddle")
    points = find(Landscape.from_function(exact.value, exact.gradient, dim=2), 100)
    assert points.nullity.tolist() == [2]


def test_a_jax_loss_is_searched_like_any_other():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        landscape = Landscape.from_jax(
            lambda p: (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2, 2, box=(-6, 6), confining=True
        )
        points = find(landscape, 200)
    finally:
        jax.config.update("jax_enable_x64", before)
    expected = find(problem("himmelblau"), 200)
    assert points.count_by_index() == expected.count_by_index()
    np.testing.assert_allclose(points.x, expected.x, atol=1e-9)


def test_flat_points_are_counted_but_are_no_points():
    # Müller-Brown's plateau far from the wells has a local minimum of the gradient's norm.
    points = find(problem("muller_brown"), 500)
    assert points.search_counts["flat"] > 0
    assert len(points) == 5
    assert SearchStatus.FLAT.name.lower() in points.search_counts


def test_same_starts_same_bits():
    one, other = (find(problem("spherical_spin_glass", n=5), 200, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.eigenvalues, other.eigenvalues)


def test_points_do_not_depend_on_the_order_of_starts():
    himmelblau = problem("himmelblau")
    starts = himmelblau.starts(np.random.default_rng(0), 300)
    one, other = (find_critical_points(himmelblau, x) for x in (starts, starts[::-1]))
    np.testing.assert_allclose(one.x, other.x, atol=1e-9)
    np.testing.assert_array_equal(one.found, other.found)


def test_the_best_copy_stands_for_each_point():
    himmelblau = problem("himmelblau")
    runs = search(himmelblau, himmelblau.starts(np.random.default_rng(0), 300), Newton())
    for point in collect(himmelblau, runs):
        copies = np.linalg.norm(runs.x - point.x, axis=1) < 1e-5
        assert copies.sum() == point.found[0]
        assert point.gradient_norm[0] <= runs.gradient_norm[copies].min() * (1 + 1e-9)


def test_the_method_is_a_choice():
    himmelblau = problem("himmelblau")
    assert find(himmelblau, 200, method=EigenvectorFollowing(2)).count_by_index() == {2: 1}
    assert find(himmelblau, 200, method=Newton()).count_by_index() == {0: 4, 1: 4, 2: 1}


def test_starts_are_not_written_and_may_be_a_list():
    himmelblau = problem("himmelblau")
    starts = himmelblau.starts(np.random.default_rng(0), 30)
    starts.flags.writeable = False
    one = find_critical_points(himmelblau, starts)
    other = find_critical_points(himmelblau, starts.tolist())
    np.testing.assert_array_equal(one.x, other.x)


def test_no_start_finds_nothing():
    points = find_critical_points(problem("himmelblau"), np.zeros((0, 2)))
    assert len(points) == 0
    assert points.euler.found == 0
    assert not points.euler.holds


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (np.zeros((10, 3)), r"^starts has shape \(10, 3\) but the landscape has dim 2$"),
        ([[0.0, np.nan]], "^starts has coordinates that are not finite$"),
        ([["x", "y"]], "^starts must be numbers"),
        ([[0.0, 1.0], [2.0]], "^starts must be numbers"),
    ],
)
def test_bad_starts_are_named(starts, message):
    with pytest.raises(ValueError, match=message):
        find_critical_points(problem("himmelblau"), starts)
