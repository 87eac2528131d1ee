"""Identical particles: one structure is one point, rigid motions are flat, symmetric structures stay symmetric."""

from itertools import permutations, product
from math import factorial, lgamma, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape import find_critical_points, problem
from landscape.arrays import matvec, norm, transpose
from landscape.manifolds import Euclidean
from landscape.particles import ParticleSymmetry

PHI = (1 + np.sqrt(5)) / 2
_RECTANGLES = np.array([[0, a, b * PHI] for a in (1, -1) for b in (1, -1)])
ICOSAHEDRON = np.concatenate([np.roll(_RECTANGLES, k, axis=1) for k in range(3)])
CUBE = np.array([[a, b, c] for a in (1.0, -1) for b in (1, -1) for c in (1, -1)])

STRUCTURES = {
    "one": np.ones((1, 3)),
    "pair": np.array([[0.0, 0, 0], [1, 0, 0]]),
    "line": np.outer([0, 1, 2.3, 3], [1.0, 1, 1]),
    "symmetric line": np.outer([-2, -1, 0, 1, 2.0], [0.0, 0, 1]),
    "triangle": np.array([[0.0, 0, 0], [1, 0, 0], [0.5, np.sqrt(0.75), 0]]),
    "square": np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]),
    "flat": np.random.default_rng(7).normal(size=(6, 3)) * [1, 1, 0],
    "tetrahedron with centre": np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [0, 0, 0.0]]),
    "cube": CUBE,
    "icosahedron": ICOSAHEDRON,
    "icosahedron with centre": np.concatenate([ICOSAHEDRON, np.zeros((1, 3))]),
    "generic": np.random.default_rng(8).normal(size=(7, 3)),
}
LINEAR = ("pair", "line", "symmetric line")
# Order of the point group; of the reflections and rotations that differ otherwise than by a turn about the line.
POINT_GROUP = {
    "one": 2,
    "pair": 4,
    "line": 2,
    "symmetric line": 4,
    "triangle": 12,
    "square": 16,
    "flat": 2,
    "tetrahedron with centre": 24,
    "cube": 48,
    "icosahedron": 120,
    "icosahedron with centre": 120,
    "generic": 1,
}

every_structure = pytest.mark.parametrize("r", STRUCTURES.values(), ids=STRUCTURES.keys())
SMALL = {name: r for name, r in STRUCTURES.items() if len(r) <= 7}  # 7! permutations can be tried
seeds = st.integers(0, 2**32 - 1)


def rotation(rng):
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def copy(r, rng, reflect=True):
    """A congruent copy: permuted, rotated, translated and, half of the time, reflected; (3 N,)."""
    sign = -1 if reflect and rng.random() < 0.5 else 1
    return (sign * r[rng.permutation(len(r))] @ rotation(rng).T + rng.normal(size=3)).ravel()


def point_group_order(r, reflection=True, translation=True):
    """By trying every permutation, with and without inversion, (N, 3): how many the best rotation (Kabsch) undoes."""
    r = r - r.mean(axis=0) if translation else r
    images = r[np.array(list(permutations(range(len(r)))))]
    images = np.concatenate([images, -images]) if reflection else images
    u, _, vt = np.linalg.svd(r.T @ images)
    u[:, :, -1] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return int((norm((r @ u @ vt - images).reshape(len(images), -1)) < 1e-6).sum())


def space(r):
    return Euclidean(r.size, (-2, 2))


def pair_energy(x):
    """A smooth function of pair distances: invariant under the whole group."""
    r = x.reshape(-1, 3)
    i, j = np.triu_indices(len(r), k=1)
    return np.exp(-0.3 * ((r[i] - r[j]) ** 2).sum(axis=1)).sum()


def pair_gradient(x):
    r = x.reshape(-1, 3)
    difference = r[:, None] - r
    weight = np.exp(-0.3 * (difference**2).sum(axis=2))
    return (-0.6 * weight[:, :, None] * difference).sum(axis=1).ravel()


@every_structure
@given(seed=seeds)
def test_fingerprint_is_invariant(r, seed):
    symmetry = ParticleSymmetry(len(r))
    other = copy(r, np.random.default_rng(seed))
    expected = symmetry.fingerprint(space(r), r.ravel())
    assert expected.shape == (len(r) * (len(r) - 1) // 2,)
    np.testing.assert_allclose(symmetry.fingerprint(space(r), other), expected, atol=1e-12)


@every_structure
@given(seed=seeds, size=st.floats(1e-8, 1.0))
def test_fingerprint_moves_at_most_twice_as_fast_as_the_point(r, seed, size):
    symmetry = ParticleSymmetry(len(r))
    step = size * np.random.default_rng(seed).normal(size=r.size)
    change = symmetry.fingerprint(space(r), r.ravel() + step) - symmetry.fingerprint(space(r), r.ravel())
    assert np.abs(change).max(initial=0.0) <= 2 * norm(step) + 1e-13


@every_structure
@pytest.mark.parametrize("within", [np.inf, 1e-2])
def test_congruent_copies_are_at_distance_zero(r, within):
    rng = np.random.default_rng(3)
    copies = np.array([copy(r, rng) for _ in range(20)])
    distance = ParticleSymmetry(len(r)).distance(space(r), r.ravel(), copies, within)
    assert distance.shape == (20,)
    assert distance.max() < 1e-13 * max(1, norm(r.ravel()))


@every_structure
@settings(max_examples=30)
@given(seed=seeds)
def test_distance_of_perturbed_copies(r, seed):
    rng = np.random.default_rng(seed)
    symmetry, size = ParticleSymmetry(len(r)), 1e-3
    a, b = r + size * rng.normal(size=(2, *r.shape))
    raw = norm((a - b).ravel())
    there = symmetry.distance(space(r), a.ravel(), copy(b, rng), within=0.1)
    back = symmetry.distance(space(r), copy(b, rng), copy(a, rng), within=0.1)
    assert there <= raw * (1 + 1e-9)
    assert there == pytest.approx(float(back), rel=1e-6, abs=1e-12)
    # It is of the size of the perturbation, not zero: pair distances differ, and each moves by sqrt(2) times
    # at most.
    gap = np.abs(np.subtract(*(symmetry.fingerprint(space(r), p.ravel()) for p in (a, b)))).max(initial=0.0)
    assert there >= gap / np.sqrt(2) * (1 - 1e-9)


@given(seed=seeds)
def test_distance_between_any_two_structures_is_at_most_the_raw_one(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 4, 15))
    symmetry, manifold = ParticleSymmetry(5), Euclidean(15)
    distance = symmetry.distance(manifold, a, b)
    assert (distance <= norm(a - b) * (1 + 1e-12)).all()
    assert (distance > 0).all()


@pytest.mark.parametrize("reflection", [True, False])
def test_mirror_images_of_a_chiral_structure(reflection):
    r = STRUCTURES["generic"]
    mirror = (r * [1, 1, -1]).ravel()
    distance = ParticleSymmetry(len(r), reflection=reflection).distance(space(r), r.ravel(), mirror)
    assert (distance < 1e-13) is np.bool_(reflection)
    assert reflection or distance > 0.1


def test_mirror_images_of_a_flat_structure_are_one_even_without_reflection():
    r = STRUCTURES["flat"]
    symmetry = ParticleSymmetry(len(r), reflection=False)
    assert symmetry.distance(space(r), r.ravel(), (r * [-1, 1, 1]).ravel()) < 1e-13


@pytest.mark.parametrize("within", [1e-6, 1e-2])
def test_different_structures_are_farther_than_asked(within):
    a, b = CUBE, CUBE.copy()
    b[0] *= 1.5
    assert ParticleSymmetry(8).distance(space(a), a.ravel(), b.ravel(), within) > within


@pytest.mark.parametrize("within", [np.inf, 1e-2])
def test_coincident_particles_and_empty_batches(within):
    symmetry, manifold = ParticleSymmetry(3), Euclidean(9)
    together, apart = np.zeros(9), np.arange(9.0)
    assert symmetry.distance(manifold, together, together + 1.0, within) == pytest.approx(0.0, abs=1e-15)
    assert symmetry.distance(manifold, together, apart) == pytest.approx(np.sqrt(6 * 9))
    assert symmetry.distance(manifold, np.zeros((0, 9)), np.zeros((0, 9)), within).shape == (0,)
    assert symmetry.distance(manifold, np.zeros((2, 1, 9)), np.zeros((3, 9)), within).shape == (2, 3)


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(4)
    r = STRUCTURES["icosahedron with centre"]
    symmetry = ParticleSymmetry(len(r))
    a = np.array([copy(r + 1e-3 * rng.normal(size=r.shape), rng) for _ in range(6)])
    whole = symmetry.distance(space(r), a, a[::-1], within=0.1)
    monkeypatch.setattr("landscape.particles._PAIRS_PER_BLOCK", 1000)
    np.testing.assert_allclose(symmetry.distance(space(r), a, a[::-1], within=0.1), whole, rtol=1e-12)


@every_structure
def test_zero_modes_are_the_rigid_motions(r, request):
    name = request.node.callspec.id
    modes = ParticleSymmetry(len(r)).zero_modes(r.ravel())
    assert modes.shape == (r.size, 6)
    gram = modes.T @ modes
    expected = {"one": 3}.get(name, 5 if name in LINEAR else 6)
    np.testing.assert_allclose(gram, np.diag(np.round(np.diag(gram))), atol=1e-12)
    assert np.trace(gram) == pytest.approx(expected)
    # An invariant function has no slope along them, wherever it is.
    assert np.abs(modes.T @ pair_gradient(r.ravel())).max() < 1e-12
    # Translations and rotations lie in their span.
    turned = np.cross([0.3, -0.2, 0.5], r).ravel() + np.tile([1.0, 2.0, 3.0], len(r))
    np.testing.assert_allclose(matvec(modes, matvec(modes.T, turned)), turned, atol=1e-10)


def test_zero_modes_are_flat_at_a_critical_point_and_work_in_batches():
    # By a step along a mode, then second differences of an invariant function at a generic point's orbit.
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, 3, 12))
    modes = ParticleSymmetry(4).zero_modes(x)
    assert modes.shape == (2, 3, 12, 6)
    np.testing.assert_allclose(transpose(modes) @ modes, np.broadcast_to(np.eye(6), (2, 3, 6, 6)), atol=1e-12)
    h = 1e-5
    for k in range(6):
        forward, backward = x[0, 0] + h * modes[0, 0, :, k], x[0, 0] - h * modes[0, 0, :, k]
        assert abs(pair_energy(forward) - pair_energy(backward)) / (2 * h) < 1e-9


@every_structure
def test_orbit_size_is_the_number_of_isomers(r, request):
    n, order = len(r), POINT_GROUP[request.node.callspec.id]
    rng = np.random.default_rng(6)
    copies = np.array([copy(r, rng) for _ in range(6)]) + 1e-9 * rng.normal(size=(6, r.size))
    sizes = ParticleSymmetry(n).orbit_size(space(r), copies.reshape(2, 3, -1))
    assert sizes.tolist() == [[2 * factorial(n) // order] * 3] * 2


@pytest.mark.parametrize("r", SMALL.values(), ids=SMALL.keys())
@pytest.mark.parametrize("translation", [True, False])
@pytest.mark.parametrize("reflection", [True, False])
def test_orbits_by_trying_every_permutation(r, reflection, translation):
    n = len(r)
    symmetry = ParticleSymmetry(n, reflection, translation)
    order = point_group_order(r, reflection, translation)
    assert symmetry.point_group_order(space(r), r.ravel()) == order
    # The group's components are the permutations, each with and without a reflection; those that map the structure to
    # itself, after a turn, do not lead to another orbit of the rigid motions.
    assert symmetry.orbit_size(space(r), r.ravel()) == (2 if reflection else 1) * factorial(n) // order


@pytest.mark.parametrize("reflection", [True, False])
@pytest.mark.parametrize("particles", [3, 4, 5, 6])
def test_orders_of_random_symmetric_structures_by_trying_every_permutation(particles, reflection):
    rng = np.random.default_rng(particles)
    symmetry = ParticleSymmetry(particles, reflection)
    x = symmetry.symmetrize(rng.normal(size=(30, 3 * particles)), rng)
    expected = [point_group_order(r, reflection) for r in x.reshape(-1, particles, 3)]
    assert symmetry.point_group_order(space(x[0]), x).tolist() == expected
    assert max(expected) > 1


def test_orbit_size_of_a_structure_that_is_nearly_symmetric():
    # Beyond the tolerance at which structures are told apart, a distorted cube is no cube.
    cube = ParticleSymmetry(8)
    stretched = (CUBE * [1, 1, 1.001]).ravel()
    assert cube.orbit_size(Euclidean(24), stretched) == 2 * factorial(8) // 16
    assert cube.orbit_size(Euclidean(24), (CUBE * [1, 1.001, 1.002]).ravel()) == 2 * factorial(8) // 8


def test_orbit_sizes_that_64_bits_cannot_hold_are_told_by_their_logarithms():
    r = np.random.default_rng(0).normal(size=63)
    assert ParticleSymmetry(20).orbit_size(Euclidean(60), r[:60]) == 2 * factorial(20)
    assert ParticleSymmetry(21).orbit_size(Euclidean(63), r) is None
    for reflection in (True, False):
        symmetry = ParticleSymmetry(21, reflection)
        assert symmetry.log_orbit_size(Euclidean(63), r) == pytest.approx(log((1 + reflection) * factorial(21)))
        assert symmetry.log_orbit_size(Euclidean(63), np.tile(r, (2, 3, 1))).shape == (2, 3)


def test_orbits_of_particles_that_coincide_are_not_told():
    x = np.array([[0.0, 0, 0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 3, 0, 0], np.zeros(9)])
    symmetry, manifold = ParticleSymmetry(3), Euclidean(9)
    assert symmetry.point_group_order(manifold, x).tolist() == [0, 2, 0]
    assert symmetry.orbit_size(manifold, x).tolist() == [0, 6, 0]
    np.testing.assert_allclose(symmetry.log_orbit_size(manifold, x), [np.nan, log(6), np.nan])


def truncated_octahedron():
    """The 38 sites of a face-centred cubic crystal nearest to a hole between them, (38, 3)."""
    sites = np.array([site for site in product(range(-2, 3), repeat=3) if sum(site) % 2], dtype=float)
    return sites[(sites**2).sum(axis=1) <= 5] / np.sqrt(2)


def marks_decahedron():
    """75 particles in columns round a fivefold axis, without those of the outer edges, (75, 3)."""
    columns = []
    for sector in range(5):
        one, other = (np.array([np.cos(a), np.sin(a), 0]) for a in 2 * np.pi * np.array([sector, sector + 1]) / 5)
        for i, j in ((1, 0), (1, 1), (2, 0), (2, 1), (1, 2)):
            columns.append((np.sqrt(0.75) * (i * one + j * other), 5 - i - j))
    columns.append((np.zeros(3), 5))
    heights = {length: np.outer(np.arange(length) - (length - 1) / 2, [0, 0, 1]) for _, length in columns}
    return np.concatenate([place + heights[length] for place, length in columns])


def snub_cube():
    """24 points with the rotations of a cube and none of its reflections, (24, 3)."""
    t = (1 + np.cbrt(19 - 3 * np.sqrt(33)) + np.cbrt(19 + 3 * np.sqrt(33))) / 3  # the tribonacci constant
    points = []
    for turn, signs in product(range(3), product((1, -1), repeat=3)):
        even = np.prod(signs) > 0
        points.append(np.roll(np.array([1, 1 / t, t] if even else [1, t, 1 / t]) * signs, turn))
    return np.array(points)


DODECAHEDRON = np.concatenate([CUBE, *(np.roll(_RECTANGLES * [1, PHI, PHI**-2], k, axis=1) for k in range(3))])


def unit(r):
    return r / norm(r)[:, None]


# Lowest energies: Wales & Doye 1997, J. Phys. Chem. A 101, 5111; Wales & Ulker 2006, Phys. Rev. B 74, 212101.
MINIMA = {
    "LJ4 Td": (problem("lennard_jones", atoms=4), CUBE[[0, 3, 5, 6]] / np.sqrt(8), -6.0, 24),
    "LJ6 Oh": (problem("lennard_jones", atoms=6), np.concatenate([np.eye(3), -np.eye(3)]) / 1.42, -12.712062, 48),
    "LJ13 Ih": (problem("lennard_jones", atoms=13), STRUCTURES["icosahedron with centre"] / 2, -44.326801, 120),
    "LJ38 Oh": (problem("lennard_jones", atoms=38), truncated_octahedron(), -173.928427, 48),
    "LJ75 D5h": (problem("lennard_jones", atoms=75), marks_decahedron(), -397.492331, 20),
    "Thomson 12 Ih": (problem("thomson", charges=12), unit(ICOSAHEDRON), 49.165253058, 120),
    "Thomson 24 O": (problem("thomson", charges=24), unit(snub_cube()), 223.347074052, 24),
    "Thomson 32 Ih": (
        problem("thomson", charges=32),
        unit(np.concatenate([ICOSAHEDRON, DODECAHEDRON])),
        412.261274651,
        120,
    ),
}


@pytest.mark.parametrize(("landscape", "r", "energy", "order"), MINIMA.values(), ids=MINIMA.keys())
def test_point_groups_of_known_minima(landscape, r, energy, order):
    rng = np.random.default_rng(9)
    scale = 2 ** (1 / 6) if landscape.name == "lennard_jones" else 1.0
    points = find_critical_points(landscape, scale * r.reshape(1, -1))
    assert points.value[0] == pytest.approx(energy, abs=1e-6)  # six digits are published
    assert points.index[0] == 0
    n, symmetry, relaxed = len(r), landscape.symmetry, points.x.reshape(-1, 3)
    turned = np.array([relaxed[rng.permutation(n)] @ rotation(rng).T * rng.choice([-1, 1]) for _ in range(4)])
    turned = landscape.manifold.normalize(turned.reshape(4, -1) + 1e-7 * rng.normal(size=(4, 3 * n)))
    assert symmetry.point_group_order(landscape.manifold, turned).tolist() == [order] * 4
    isomers = lgamma(n + 1) + log(2 / order)
    np.testing.assert_allclose(symmetry.log_orbit_size(landscape.manifold, turned), isomers, rtol=1e-13)
    if n <= 20:
        assert symmetry.orbit_size(landscape.manifold, turned).tolist() == [2 * factorial(n) // order] * 4


@pytest.mark.parametrize(
    ("name", "reflection", "order", "orbits"),
    [
        ("LJ38 Oh", True, 48, 3),
        ("LJ38 Oh", False, 24, 3),
        ("LJ75 D5h", True, 20, 10),
        ("LJ75 D5h", False, 10, 11),
        ("Thomson 24 O", True, 24, 1),
        ("Thomson 24 O", False, 24, 1),
        ("Thomson 32 Ih", True, 120, 2),
        ("Thomson 32 Ih", False, 60, 2),
    ],
)
def test_pulling_a_particle_outwards_leaves_its_stabilizer(name, reflection, order, orbits):
    """A particle with k images has a stabilizer of order |group| / k: summed over the particles, these are the order
    times the number of sets of equivalent particles."""
    r = MINIMA[name][1]
    symmetry = ParticleSymmetry(len(r), reflection, translation=False)
    pulled = np.tile(r, (len(r), 1, 1))
    pulled[np.arange(len(r)), np.arange(len(r))] *= 1.1
    assert symmetry.point_group_order(space(r), r.ravel()) == order
    assert symmetry.point_group_order(space(r), pulled.reshape(len(r), -1)).sum() == order * orbits


@every_structure
@given(seed=seeds)
def test_without_translations_the_origin_stays(r, seed):
    rng = np.random.default_rng(seed)
    symmetry = ParticleSymmetry(len(r), translation=False)
    turned = (r[rng.permutation(len(r))] @ rotation(rng).T * rng.choice([-1, 1])).ravel()
    x, shift = r.ravel(), np.tile(rng.normal(size=3), len(r))
    for within in (np.inf, 1e-2):
        assert symmetry.distance(space(r), x, turned, within) < 1e-13 * max(1, norm(x))
    np.testing.assert_allclose(symmetry.fingerprint(space(r), turned), symmetry.fingerprint(space(r), x), atol=1e-12)
    assert symmetry.orbit_size(space(r), turned) == symmetry.orbit_size(space(r), x)
    # A displaced structure is another, unless its distances from the origin happen to be the same.
    radii = [np.sort(norm(z.reshape(-1, 3))) for z in (x, x + shift)]
    assert symmetry.distance(space(r), x, x + shift) >= np.abs(radii[0] - radii[1]).max() - 1e-12
    change = symmetry.fingerprint(space(r), x + 1e-3 * shift) - symmetry.fingerprint(space(r), x)
    assert np.abs(change).max() <= 2e-3 * norm(shift) + 1e-13


@every_structure
def test_without_translations_zero_modes_are_the_rotations_about_the_origin(r, request):
    modes = ParticleSymmetry(len(r), translation=False).zero_modes(r.ravel())
    assert modes.shape == (r.size, 3)
    through_origin = np.linalg.matrix_rank(r, tol=1e-9) == 1
    gram = modes.T @ modes
    np.testing.assert_allclose(gram, np.diag(np.round(np.diag(gram))), atol=1e-12)
    assert np.trace(gram) == pytest.approx(2 if through_origin else 3)
    turned = np.cross([0.3, -0.2, 0.5], r).ravel()
    np.testing.assert_allclose(matvec(modes, matvec(modes.T, turned)), turned, atol=1e-10)


def test_about_the_origin_a_point_group_is_that_of_the_structure_with_the_origin():
    about = ParticleSymmetry(8, translation=False)
    assert about.orbit_size(Euclidean(24), CUBE.ravel()) == 2 * factorial(8) // 48
    assert about.orbit_size(Euclidean(24), (np.array([0, 0, 0.3]) + CUBE).ravel()) == 2 * factorial(8) // 8  # C4v
    assert about.orbit_size(Euclidean(24), (np.array([0.1, 0.2, 0.3]) + CUBE).ravel()) == 2 * factorial(8)


@given(seed=seeds, width=st.floats(1e-5, 1.0))
def test_zero_modes_of_nearly_linear_structures_are_orthonormal(seed, width):
    rng = np.random.default_rng(seed)
    r = (rng.normal(size=(5, 3)) * [1, width, width]) @ rotation(rng).T
    modes = ParticleSymmetry(5).zero_modes(r.ravel())
    np.testing.assert_allclose(modes.T @ modes, np.eye(6), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_line_has_two_rotations_whatever_its_direction_and_its_rounding(seed):
    rng = np.random.default_rng(seed)
    axis = rng.standard_normal(3)
    line = np.outer(np.arange(4.0), axis / np.linalg.norm(axis)).ravel()
    modes = ParticleSymmetry(4).zero_modes(line + 1e-8 * rng.standard_normal((50, 12)))
    assert ((modes**2).sum(axis=(-2, -1)).round(9) == 5).all()


@pytest.mark.parametrize("reflection", [True, False])
@pytest.mark.parametrize("translation", [True, False])
@pytest.mark.parametrize("particles", [1, 2, 3, 5, 6, 9])
def test_symmetrized_structures_have_a_symmetry_and_no_particles_that_meet(particles, reflection, translation):
    rng = np.random.default_rng(particles)
    symmetry = ParticleSymmetry(particles, reflection, translation)
    manifold = Euclidean(3 * particles, (-2, 2))
    x = rng.normal(size=(200, 3 * particles))
    before = x.copy()
    y = symmetry.symmetrize(x, rng)
    np.testing.assert_array_equal(x, before)
    assert y.shape == x.shape
    r = y.reshape(-1, particles, 3)
    if particles > 1:
        whole = (2 if reflection else 1) * factorial(particles)
        straight = np.linalg.matrix_rank(r - r.mean(axis=1, keepdims=True), tol=1e-9) == 1  # turns about it are motions
        assert (symmetry.orbit_size(manifold, y)[~straight] < whole).all()
        i, j = np.triu_indices(particles, k=1)
        assert norm(r[:, i] - r[:, j]).min() > 1e-6


def test_every_kind_of_symmetry_is_drawn():
    # The order of the point group is 2 N! over the orbit's size. One set of images of a particle about an axis has
    # mirrors through the axis as well: order 6 for three images and two on the axis, 20 for a flat pentagon.
    rng = np.random.default_rng(0)
    symmetry = ParticleSymmetry(5)
    y = symmetry.symmetrize(rng.normal(size=(2000, 15)), rng)
    order = 2 * factorial(5) // symmetry.orbit_size(space(y[0]), y)
    assert set(order.tolist()) == {2, 4, 6, 20}
    r = y.reshape(-1, 5, 3)
    centred = r - r.mean(axis=1, keepdims=True)
    rank = np.linalg.matrix_rank(centred, tol=1e-9)
    assert set(rank.tolist()) == {1, 2, 3}


@given(seed=seeds)
@settings(max_examples=20)
def test_the_gradient_at_a_symmetrized_structure_keeps_its_symmetry(seed):
    rng = np.random.default_rng(seed)
    symmetry = ParticleSymmetry(6)
    y = symmetry.symmetrize(rng.normal(size=(1, 18)), rng)
    down = y - 0.05 * pair_gradient(y[0])
    manifold = Euclidean(18, (-2, 2))
    assert symmetry.orbit_size(manifold, down) <= symmetry.orbit_size(manifold, y)
