"""Factorizations: every critical point is where theory puts it, of the index it says, and a search finds them all."""

from collections import Counter

import numpy as np
import pytest

from landscape import Kind, classify, find_critical_points
from landscape.problems import problem
from landscape.problems.data import load_data
from landscape.theory.deep_linear import learnt_subsets, left_out, subset_index

EIGENVALUES = (2.9, 0.7, 1.6, 3.8)
SIZES = pytest.mark.parametrize(("n", "rank"), [(2, 1), (3, 2), (3, 3), (4, 2), (4, 4)])


def factors(eigenvalues, rank, rng):
    """All critical points of |X X^T - M|^2 / 4 with their columns turned at random, (sets, n rank)."""
    n = len(eigenvalues)
    learnt = learnt_subsets(n, rank)
    x = np.zeros((len(learnt), n, rank))
    for point, chosen in zip(x, learnt, strict=True):
        which = np.flatnonzero(chosen)
        point[which, np.arange(which.size)] = np.sqrt(np.array(eigenvalues)[which])
        point[:] = point @ np.linalg.qr(rng.normal(size=(rank, rank)))[0]
    return x.reshape(len(learnt), n * rank)


def layers(strengths, rank, rng):
    """W_2 W_1 = diag(strengths) on each set of modes, with a random basis of the hidden layer, (sets, 2 n rank)."""
    n = len(strengths)
    points = []
    for chosen in learnt_subsets(n, rank):
        which = np.flatnonzero(chosen)
        first, second = np.zeros((rank, n)), np.zeros((n, rank))
        first[np.arange(which.size), which] = np.array(strengths)[which]
        second[which, np.arange(which.size)] = 1.0
        basis = np.eye(rank) + 0.3 * rng.normal(size=(rank, rank))
        points.append(np.concatenate([(basis @ first).ravel(), (second @ np.linalg.inv(basis)).ravel()]))
    return np.array(points)


def case(name, n, rank, rng):
    """A landscape, all its critical points, and what each mode costs when it is left out."""
    lam = np.array(EIGENVALUES[:n])
    if name == "matrix_factorization":
        return problem(name, eigenvalues=lam, rank=rank), factors(lam, rank, rng), lam**2 / 4
    if name == "deep_linear":
        return problem(name, singular_values=lam, widths=rank), layers(lam, rank, rng), lam**2 / 2
    return problem(name, eigenvalues=lam, rank=rank), layers(np.ones(n), rank, rng), lam


@SIZES
@pytest.mark.parametrize("name", ["matrix_factorization", "deep_linear", "linear_autoencoder"])
def test_all_subsets_are_critical_with_their_value_and_index(name, n, rank):
    landscape, x, costs = case(name, n, rank, np.random.default_rng(n + rank))
    learnt = learnt_subsets(n, rank)
    points = classify(landscape, x)
    assert (points.kind != Kind.NOT_CRITICAL).all()
    np.testing.assert_allclose(points.value, left_out(costs, learnt), rtol=1e-12, atol=1e-12)
    expected = subset_index(EIGENVALUES[:n], learnt, rank)
    np.testing.assert_array_equal(points.index, expected)
    assert (points.nullity == 0).all()  # beyond the symmetry
    assert landscape.truth.counts == Counter(expected.tolist())
    assert landscape.truth.minimum_value == pytest.approx(points.value.min(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", ["deep_linear", "linear_autoencoder"])
@pytest.mark.parametrize(("n", "rank"), [(3, 2), (4, 2), (4, 4)])
def test_the_null_space_of_a_full_rank_point_has_dimension_rank_squared(name, n, rank):
    # Baldi & Hornik 1989: counted in the whole Hessian, with no symmetry taken out.
    landscape, x, _ = case(name, n, rank, np.random.default_rng(3))
    full = x[learnt_subsets(n, rank).sum(axis=1) == rank]
    eigenvalues = np.linalg.eigvalsh(landscape.hessian(full))
    zeros = (np.abs(eigenvalues) < 1e-10 * np.abs(eigenvalues).max(axis=1, keepdims=True)).sum(axis=1)
    assert (zeros == rank**2).all()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("matrix_factorization", {"eigenvalues": (3.0, 2.0, 1.0), "rank": 2}),
        ("linear_autoencoder", {"eigenvalues": (3.0, 2.0, 1.0), "rank": 1}),
        ("phase_retrieval", {"dim": 4}),
    ],
)
def test_a_search_finds_them_all_once(name, parameters):
    landscape = problem(name, **parameters)
    # Wide starts: the origin, the highest of these points, has a small basin.
    starts = np.random.default_rng(5).uniform(-1, 1, (600, landscape.dim)) * np.linspace(0.05, 1.5, 600)[:, None]
    points = find_critical_points(landscape, starts)
    assert (points.nullity == 0).all()
    assert Counter(points.index.tolist()) == landscape.truth.counts


def test_morse_sum_of_the_factorization_of_rank_one():
    landscape = problem("matrix_factorization", eigenvalues=EIGENVALUES, rank=1)
    assert landscape.euler_characteristic == 1
    points = classify(landscape, factors(EIGENVALUES, 1, np.random.default_rng(6)))
    assert (points.orbit_size * (-1) ** points.index).sum() == 1


def test_eigenvalues_of_which_no_count_is_known():
    for eigenvalues in ((2.0, 2.0), (2.0, -1.0), (2.0, 0.0)):
        landscape = problem("matrix_factorization", eigenvalues=eigenvalues, rank=1)
        assert landscape.truth.counts is None
    # The best X X^T of rank 1 to diag(2, -1) is diag(2, 0).
    landscape = problem("matrix_factorization", eigenvalues=(2.0, -1.0), rank=1)
    best = np.array([np.sqrt(2.0), 0.0])
    assert landscape.truth.minimum_value == pytest.approx(0.25, rel=1e-14)
    assert landscape.value(best) == pytest.approx(0.25, rel=1e-14)
    assert np.abs(landscape.gradient(best)).max() < 1e-15
    assert problem("matrix_factorization", eigenvalues=range(1, 41), rank=20).truth.counts is None


def test_deep_networks_reach_the_best_map_of_their_narrowest_layer():
    landscape = problem("deep_linear", singular_values=(3.0, 2.0, 1.0), widths=(4, 2, 5))
    assert landscape.truth.minimum_value == pytest.approx(0.5, rel=1e-14)
    shapes = [(4, 3), (2, 4), (5, 2), (3, 5)]
    weights = [np.eye(*shape) for shape in shapes]
    weights[0][:2, :2] = np.diag([3.0, 2.0])
    x = np.concatenate([w.ravel() for w in weights])
    assert landscape.value(x) == pytest.approx(0.5, rel=1e-14)
    assert np.abs(landscape.gradient(x)).max() < 1e-14


def test_deep_linear_on_data_is_half_the_mean_squared_error(tmp_path):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3))
    targets = inputs @ rng.normal(size=(3, 2)) + rng.normal(size=(30, 2))
    np.savez(tmp_path / "own.npz", x=inputs, y=targets)
    landscape = problem("deep_linear", data=str(tmp_path / "own.npz"), widths=(1,))
    x = rng.normal(size=(4, landscape.dim))
    first, second = x[:, :3].reshape(4, 1, 3), x[:, 3:].reshape(4, 2, 1)
    answers = inputs @ (second @ first).swapaxes(1, 2)
    np.testing.assert_allclose(landscape.value(x), ((answers - targets) ** 2).sum(axis=2).mean(axis=1) / 2, rtol=1e-12)
    # Reduced-rank regression: the minimum found by descent is the closed form.
    points = find_critical_points(landscape, landscape.starts(rng, 50))
    assert points.value.min() == pytest.approx(landscape.truth.minimum_value, rel=1e-10)


def test_autoencoder_of_real_data_leaves_out_the_smallest_variances():
    pytest.importorskip("sklearn")
    landscape = problem("linear_autoencoder", data="iris", rank=2)
    x = load_data("iris").inputs
    variances, axes = np.linalg.eigh(x.T @ x / len(x))
    assert landscape.truth.minimum_value == pytest.approx(variances[:2].sum(), rel=1e-12)
    best = np.concatenate([axes[:, 2:].T.ravel(), axes[:, 2:].ravel()])
    assert landscape.value(best) == pytest.approx(variances[:2].sum(), rel=1e-12)
    assert classify(landscape, best).kind[0] == Kind.MINIMUM
    error = ((x - x @ axes[:, 2:] @ axes[:, 2:].T) ** 2).sum(axis=1).mean()
    assert landscape.value(best) == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize(("data", "left"), [("iris", 4), ("digits_4x4", 16), ("digits", 61)])
def test_factorization_of_real_data_is_that_of_its_variances(data, left):
    """Three pixels of the digits never vary, and are left out."""
    pytest.importorskip("sklearn")
    landscape = problem("matrix_factorization", data=data, rank=2)
    x = load_data(data).inputs
    variances = np.linalg.eigvalsh(x.T @ x / len(x))[::-1][:left]
    same = problem("matrix_factorization", eigenvalues=variances, rank=2)
    starts = landscape.starts(np.random.default_rng(1), 5)
    np.testing.assert_allclose(landscape.value(starts), same.value(starts), rtol=1e-12)
    assert landscape.truth.counts == same.truth.counts
    # Eckart and Young: nothing of rank two is nearer to the matrix x^T x / N itself.
    assert landscape.truth.minimum_value == pytest.approx((variances[2:] ** 2).sum() / 4, rel=1e-10)
    learnt = learnt_subsets(left, 2)[:60]
    points = classify(landscape, factors(variances, 2, np.random.default_rng(2))[:60])
    np.testing.assert_allclose(points.value, left_out(variances**2 / 4, learnt), rtol=1e-12)
    np.testing.assert_array_equal(points.index, subset_index(variances, learnt, 2))
    assert (points.nullity == 0).all()


def test_some_samples_and_a_table_of_ones_own(tmp_path):
    pytest.importorskip("sklearn")
    some = problem("matrix_factorization", data="iris", samples=40, rank=1)
    x = load_data("iris", 40).inputs
    np.testing.assert_allclose(some.value(np.zeros(4)), ((x.T @ x / 40) ** 2).sum() / 4, rtol=1e-12)
    file = str(tmp_path / "own.npz")
    np.savez(file, x=np.outer(np.arange(1.0, 6.0), [3.0, 4.0, 0.0]), y=np.zeros(5))
    line = problem("matrix_factorization", data=file, rank=1)  # one direction, of mean square 11 * 25
    assert (line.dim, line.truth.counts) == (1, {0: 1, 1: 1})
    assert line.value(np.zeros(1)) == pytest.approx(275**2 / 4, rel=1e-12)
    np.savez(file, x=np.zeros((5, 2)), y=np.zeros(5))
    with pytest.raises(ValueError, match="has inputs that are all zero, and so no variances"):
        problem("matrix_factorization", data=file, rank=1)


def test_the_count_of_degenerate_data_is_not_known():
    """Of an input that never varies, the variance is zero but for rounding: no set of modes is isolated."""
    pytest.importorskip("sklearn")
    assert problem("linear_autoencoder", data="digits", rank=1).truth.counts is None
    assert problem("linear_autoencoder", data="digits_4x4", rank=1).truth.counts is not None


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_phase_retrieval_is_the_mean_over_measurements(dim):
    # Gauss-Hermite quadrature with 5 nodes an axis is exact for this polynomial of degree 8.
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    a = np.stack(np.meshgrid(*[nodes] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    w = np.prod(np.meshgrid(*[weights / weights.sum()] * dim, indexing="ij"), axis=0).ravel()
    landscape = problem("phase_retrieval", dim=dim)
    x = np.random.default_rng(8).normal(size=(6, dim))
    expected = w @ (((a @ x.T) ** 2 - a[:, :1] ** 2) ** 2) / 4
    np.testing.assert_allclose(landscape.value(x), expected, rtol=1e-12)


def test_critical_points_of_phase_retrieval():
    # By hand: f and the Hessian's eigenvalues at the origin, on the sphere of saddles, and at the signal.
    landscape = problem("phase_retrieval", dim=5)
    x = np.zeros((3, 5))
    x[1, 1:] = np.array([0.6, 0.0, -0.8, 0.0]) / np.sqrt(3)
    x[2, 0] = -1.0
    points = classify(landscape, x)
    np.testing.assert_allclose(points.value, [3 / 4, 2 / 3, 0], atol=1e-14)
    assert points.kind.tolist() == [Kind.MAXIMUM, Kind.SADDLE, Kind.MINIMUM]
    spectra = [[-3, -1, -1, -1, -1], [-2, 0, 0, 0, 2], [2, 2, 2, 2, 6]]
    np.testing.assert_allclose(np.linalg.eigvalsh(landscape.hessian(x)), spectra, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("matrix_factorization", {"rank": 5}, "rank is 5 but there are 4 eigenvalues"),
        ("linear_autoencoder", {"rank": 5}, "rank is 5 but there are 4 inputs"),
        ("linear_autoencoder", {"eigenvalues": (1.0, -1.0)}, "variances are not negative"),
        ("linear_autoencoder", {"data": "iris", "eigenvalues": (1, 2)}, "those of data 'iris' are its own: give one"),
        ("matrix_factorization", {"data": "iris", "eigenvalues": 3}, "those of data 'iris' are its own: give one"),
        ("deep_linear", {"data": "iris", "singular_values": 3}, "those of data 'iris' are its own: give one"),
        ("matrix_factorization", {"data": "iris", "rank": 5}, "rank is 5 but there are 4 eigenvalues"),
        ("matrix_factorization", {"data": "flowers"}, "data is 'flowers' but must be digits"),
        ("deep_linear", {"widths": (3, 0)}, "every width in widths is 0 but must be at least 1"),
        ("phase_retrieval", {"dim": 0}, "dim is 0 but must be at least 1"),
    ],
)
def test_errors_are_one_sentence(name, parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem(name, **parameters)
