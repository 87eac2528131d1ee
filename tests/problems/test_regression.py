import sys

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from landscape import Certificate, HiddenUnits, Identity, Kind, find_critical_points
from landscape.arrays import matvec, norm
from landscape.cli import main
from landscape.problems import problem, regression
from landscape.problems.data import load_data

REAL = [("breast_cancer", 2, 0.01), ("iris", 3, 0.1), ("digits_4x4", 10, 0.01)]
real = pytest.mark.parametrize(("data", "classes", "weight_decay"), REAL)


def own_file(folder, classes, samples=40):
    """Two inputs and overlapping classes that no plane separates."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((samples, 2))
    scores = x @ rng.standard_normal((2, classes)) + rng.gumbel(size=(samples, classes))
    path = folder / f"own{classes}.npz"
    np.savez(path, x=x, y=scores.argmax(axis=1))
    return str(path)


def design_and_labels(data):
    table = load_data(data)
    label, _ = table.labels("the test")
    return np.column_stack([table.inputs, np.ones(len(label))]), label


def lowest(landscape):
    """The minimum by Newton's method with steps halved, which asks for nothing but convexity."""
    w = np.zeros(landscape.dim)
    for _ in range(50):
        gradient = landscape.gradient(w)
        step, length = np.linalg.solve(landscape.hessian(w), gradient), 1.0
        while landscape.value(w - length * step) > landscape.value(w) - 0.25 * length * step @ gradient:
            length /= 2
            if length < 1e-3:  # rounding: there is nothing left to gain
                return w - step
        w = w - length * step
    return w


def test_the_worked_example():
    # Independent computation: optimum (0.7, 2), residual sum of squares 2.3, eigenvalues of the Hessian.
    landscape = problem("linear_regression")
    best = np.array([0.7, 2.0])
    assert np.abs(landscape.gradient(best)).max() < 1e-14
    assert landscape.value(best) == pytest.approx(2.3 / 4, rel=1e-14)
    assert landscape.truth.minimum_value == pytest.approx(2.3 / 4, rel=1e-14)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(landscape.hessian(best)), [0.2993902665716375, 16.70060973342836], rtol=1e-12
    )


def test_five_hundred_steps_from_zero():
    landscape = problem("linear_regression")
    w = np.zeros(2)
    for _ in range(500):
        w = w - 0.01 * landscape.gradient(w)
    np.testing.assert_allclose(w, [0.8199460313236937, 1.647344040887361], rtol=1e-12)


def test_data_of_the_user():
    x, y = np.array([0.0, 1.0, 5.0, -2.0, 3.0]), np.array([1.0, 30.0, -4.0, 2.0, 2.0])
    landscape = problem("linear_regression", x=x, y=y)
    w = np.polyfit(x, y, 1)
    assert np.abs(landscape.gradient(w)).max() < 1e-12
    assert landscape.value(w) == pytest.approx(((np.polyval(w, x) - y) ** 2).mean(), rel=1e-13)
    low, high = landscape.manifold.box
    assert ((low < w) & (w < high)).all()


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        ((1, 2), (1, 2, 3), "x has 2 numbers but y has 3"),
        ((2, 2), (1, 2), "needs at least two different numbers"),
    ],
)
def test_data_that_fix_no_line(x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("linear_regression", x=x, y=y)


def test_logistic_regression_is_convex_with_one_minimum():
    landscape = problem("logistic_regression")
    rng = np.random.default_rng(0)
    ends = [
        minimize(landscape.value, x, jac=landscape.gradient, method="BFGS", options={"gtol": 1e-9}).x
        for x in landscape.starts(rng, 5)
    ]
    np.testing.assert_allclose(ends, np.broadcast_to(ends[0], (5, 3)), atol=1e-6)
    far = rng.uniform(-20, 20, (200, 3))
    assert np.linalg.eigvalsh(landscape.hessian(far)).min() >= 0.01 - 1e-12


def test_logistic_regression_is_stable_far_away():
    landscape = problem("logistic_regression", weight_decay=0.0)
    far = np.array([[1e4, -1e4, 1e4], [-1e8, 0.0, 0.0]])
    assert np.isfinite(landscape.value(far)).all()
    assert np.isfinite(landscape.gradient(far)).all()
    assert np.isfinite(landscape.hessian(far)).all()
    assert landscape.truth is None
    assert not landscape.confining


def test_logistic_value_at_zero_is_ln_two():
    assert problem("logistic_regression").value(np.zeros(3)) == pytest.approx(np.log(2), rel=1e-15)


def test_the_synthetic_set_is_the_default_and_drawn_as_described():
    landscape = problem("logistic_regression")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 3))
    noise = rng.random(100)
    s = np.where(noise < 1 / (1 + np.exp(-x @ rng.standard_normal(3))), 1, -1)
    w = np.random.default_rng(1).standard_normal((5, 3))
    expected = np.log1p(np.exp(-s * (w @ x.T))).mean(axis=1) + 0.005 * (w**2).sum(axis=1)
    np.testing.assert_allclose(landscape.value(w), expected, rtol=1e-13)
    assert landscape.terms.count == 100
    np.testing.assert_array_equal(problem("logistic_regression", samples=100).value(w), landscape.value(w))


@pytest.mark.parametrize("classes", [2, 3])
def test_the_loss_on_own_data_is_the_negative_log_likelihood(tmp_path, classes):
    path = own_file(tmp_path, classes)
    landscape = problem("logistic_regression", data=path, weight_decay=0.3)
    x, label = design_and_labels(path)
    w = np.random.default_rng(1).normal(0, 2, (4, landscape.dim))
    if classes == 2:
        assert landscape.dim == 3  # two weights and the intercept, for the last class against the first
        chance = expit(w @ x.T)
        likelihood = np.log(np.where(label == 1, chance, 1 - chance))
    else:
        assert landscape.dim == 9  # weights class by class, then intercepts
        scores = np.einsum("mki,si->msk", w[:, :6].reshape(4, 3, 2), x[:, :2]) + w[:, None, 6:]
        likelihood = log_softmax(scores, axis=-1)[:, np.arange(40), label]
    np.testing.assert_allclose(landscape.value(w), -likelihood.mean(axis=1) + 0.15 * (w**2).sum(axis=1), rtol=1e-12)
    assert landscape.symmetry == Identity()
    assert landscape.confining


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("blocks", [False, True])
def test_derivatives_on_own_data(tmp_path, monkeypatch, classes, blocks):
    if blocks:  # as where points and samples are too many for the memory
        monkeypatch.setattr(regression, "_BLOCK", 90)
        monkeypatch.setattr(regression, "_PRODUCTS", 90)
    landscape = problem("logistic_regression", data=own_file(tmp_path, classes), weight_decay=0.1)
    n, rng = landscape.dim, np.random.default_rng(2)
    x, v = rng.normal(0, 1.5, (2, 3, 5, n)), rng.standard_normal((2, 3, 5, n))

    def along(function, h=1e-3):
        at = {k: function(x + k * h * v) for k in (-2, -1, 1, 2)}
        return (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)

    np.testing.assert_allclose((landscape.gradient(x) * v).sum(axis=-1), along(landscape.value), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(landscape.hvp(x, v), along(landscape.gradient), rtol=1e-7, atol=1e-9)
    hessian = landscape.hessian(x)
    assert hessian.shape == (2, 3, 5, n, n)
    np.testing.assert_allclose(hessian, np.swapaxes(hessian, -1, -2), rtol=0, atol=1e-15)
    np.testing.assert_allclose(matvec(hessian, v), landscape.hvp(x, v), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(matvec(hessian[0, 0, 0], v), landscape.hvp(x[0, 0, 0], v), rtol=1e-11, atol=1e-12)
    assert landscape.value(np.zeros((3, 0, n))).shape == (3, 0)
    assert landscape.hessian(np.zeros((0, n))).shape == (0, n, n)
    every = np.broadcast_to(np.arange(40), (5, 40))
    np.testing.assert_allclose(landscape.terms.gradient(x[0, 0], every), landscape.gradient(x[0, 0]), atol=1e-14)


@real
def test_the_minimum_is_that_of_scikit_learn(data, classes, weight_decay):
    linear_model = pytest.importorskip("sklearn.linear_model")
    landscape = problem("logistic_regression", data=data, weight_decay=weight_decay)
    x, label = design_and_labels(data)
    fitted = linear_model.LogisticRegression(
        C=1 / (len(x) * weight_decay), fit_intercept=False, tol=1e-10, solver="newton-cg", max_iter=1000
    ).fit(x, label)
    w = fitted.coef_
    theirs = w[0] if classes == 2 else np.concatenate([w[:, :-1].ravel(), w[:, -1]])
    # A point is as far from the minimum of a strongly convex function as its gradient over weight_decay, at most.
    error = norm(landscape.gradient(theirs)) / weight_decay
    assert error < 1e-4
    ours = lowest(landscape)
    assert norm(landscape.gradient(ours)) < 1e-13
    assert norm(ours - theirs) <= error + 1e-9
    if classes == 2:
        right = (x @ ours > 0) == label
    else:
        right = (x[:, :-1] @ ours[:-classes].reshape(classes, -1).T + ours[-classes:]).argmax(axis=1) == label
    assert right.mean() == pytest.approx(fitted.score(x, label), abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_minimum_is_the_fixed_point_of_the_chances(tmp_path, classes):
    # At the minimum w = mean (y - p) x / weight_decay (representer theorem), with p the chance of the last class, or of
    # each: p alone is iterated, with damping, and loss and derivatives of the landscape are not asked.
    path, weight_decay = own_file(tmp_path, classes), 0.5
    landscape = problem("logistic_regression", data=path, weight_decay=weight_decay)
    x, label = design_and_labels(path)
    gram = x @ x.T / (len(x) * weight_decay)
    y = np.eye(classes)[label] if classes > 2 else label[:, None].astype(float)
    p = np.full_like(y, 1 / classes)
    for _ in range(2000):
        scores = gram @ (y - p)
        p = 0.7 * p + 0.3 * (softmax(scores, axis=1) if classes > 2 else expit(scores))
    w = (y - p).T @ x / (len(x) * weight_decay)
    expected = w[0] if classes == 2 else np.concatenate([w[:, :-1].ravel(), w[:, -1]])
    points = find_critical_points(landscape, landscape.starts(np.random.default_rng(0), 30))
    assert len(points) == 1
    assert points.kind[0] == Kind.MINIMUM
    assert points.certificate[0] == Certificate.RIGOROUS
    np.testing.assert_allclose(points.x[0], expected, atol=1e-12)
    assert landscape.truth.counts == {0: 1}
    assert landscape.euler_characteristic == 1


@real
def test_curvature_lies_between_weight_decay_and_the_smoothness_bound(data, classes, weight_decay):
    pytest.importorskip("sklearn")
    landscape = problem("logistic_regression", data=data, weight_decay=weight_decay)
    x, _ = design_and_labels(data)
    largest = np.linalg.eigvalsh(x.T @ x / len(x))[-1]
    smoothness = weight_decay + (0.25 if classes == 2 else 0.5) * largest
    rng = np.random.default_rng(3)
    size = 5 if classes > 3 else 40
    points = landscape.starts(rng, size) * rng.uniform(0, 1, (size, 1)) ** 3
    eigenvalues = np.linalg.eigvalsh(landscape.hessian(points))
    assert eigenvalues.min() >= weight_decay - 1e-12
    assert eigenvalues.max() <= smoothness
    # At the origin all chances are equal: two classes reach the bound there, more of them 2 / classes of it.
    at_zero = np.linalg.eigvalsh(landscape.hessian(np.zeros(landscape.dim)))[-1]
    assert at_zero == pytest.approx(weight_decay + largest / (4 if classes == 2 else classes), rel=1e-12)


@real
def test_the_hessian_never_changes_faster_than_its_bound(data, classes, weight_decay):
    pytest.importorskip("sklearn")
    landscape = problem("logistic_regression", data=data, weight_decay=weight_decay)
    bound = float(landscape.hessian_lipschitz(np.zeros(landscape.dim), np.array(0.0)))
    rng = np.random.default_rng(4)
    pairs = 6 if classes > 3 else 40
    x = rng.standard_normal((pairs, landscape.dim)) * rng.uniform(0, 0.3, (pairs, 1))
    step = rng.standard_normal(x.shape)
    # Half of the steps go where the inputs vary most, and where the Hessian changes.
    samples, _ = design_and_labels(data)
    along = np.linalg.eigh(samples.T @ samples)[1][:, -1]
    if classes > 2:
        apart = np.zeros((classes, len(along) - 1))
        apart[0], apart[1] = along[:-1], -along[:-1]
        along = np.concatenate([apart.ravel(), np.zeros(classes)])
    step[::2] = along
    step *= (10.0 ** rng.uniform(-3, 0, pairs) / norm(step))[:, None]
    change = np.linalg.eigvalsh(landscape.hessian(x + step) - landscape.hessian(x))
    rate = np.abs(change).max(axis=1) / norm(step)
    assert (rate <= bound).all()
    assert rate.max() > bound / 100


def test_one_sample_of_two_classes_reaches_the_bound(tmp_path):
    # Along a sample x of length |x| the loss ln(1 + exp(-|x| t)) has third derivative |x|^3 / (6 sqrt(3)) at most,
    # where exp(|x| t) = 2 + sqrt(3); the other label adds a linear function.
    path = tmp_path / "own.npz"
    np.savez(path, x=[[np.sqrt(8.0)], [np.sqrt(8.0)]], y=[0, 1])  # with the intercept, length 3
    landscape = problem("logistic_regression", data=str(path), weight_decay=0)
    expected = 27 / (6 * np.sqrt(3))
    assert landscape.hessian_lipschitz(np.zeros((4, 2)), np.ones(4)) == pytest.approx(expected, rel=1e-12)
    u, t, h = np.array([np.sqrt(8.0), 1.0]) / 3, np.log(2 + np.sqrt(3)) / 3, 1e-4
    change = u @ (landscape.hessian(u * (t + h)) - landscape.hessian(u * (t - h))) @ u
    assert abs(change) / (2 * h) == pytest.approx(expected, rel=1e-6)


def test_a_sample_between_two_of_three_classes_reaches_the_bound(tmp_path):
    # Two classes apart by exp(s) = 2 + sqrt(3), the third hopeless; the weights of the two go in opposite directions.
    path = tmp_path / "own.npz"
    np.savez(path, x=[[np.sqrt(8.0)]] * 3, y=[0, 1, 2])
    landscape = problem("logistic_regression", data=str(path), weight_decay=0)
    expected = 2**1.5 * 27 / (6 * np.sqrt(3))
    assert landscape.hessian_lipschitz(np.zeros((4, 6)), np.ones(4)) == pytest.approx(expected, rel=1e-12)
    weights, intercepts = np.sqrt(8.0) / 3 * np.array([1, -1, 0]), np.array([1, -1, 0]) / 3
    u = np.concatenate([weights, intercepts]) / np.sqrt(2)
    third_out = np.array([0, 0, 0, 0, 0, -40.0])
    t, h = np.log(2 + np.sqrt(3)) / (3 * np.sqrt(2)), 1e-4
    change = u @ (landscape.hessian(third_out + u * (t + h)) - landscape.hessian(third_out + u * (t - h))) @ u
    assert abs(change) / (2 * h) == pytest.approx(expected, rel=1e-6)


def test_without_weight_decay_shifted_classes_are_one_point(tmp_path):
    path = own_file(tmp_path, 3, samples=120)
    landscape = problem("logistic_regression", data=path, weight_decay=0)
    assert landscape.symmetry == HiddenUnits((2, 3), odd=True, shift=True)
    assert landscape.truth is None
    assert not landscape.confining
    rng = np.random.default_rng(0)
    w = landscape.starts(rng, 6)
    shift = rng.standard_normal(3)
    moved = w + np.concatenate([np.tile(shift[:2], 3), np.full(3, shift[2])])
    np.testing.assert_allclose(landscape.value(moved), landscape.value(w), rtol=1e-12)
    assert landscape.symmetry.distance(landscape.manifold, w, moved).max() < 1e-12
    modes = landscape.symmetry.zero_modes(w[0])
    assert modes.shape == (9, 3)
    np.testing.assert_allclose(landscape.hessian(w) @ modes, 0, atol=1e-13)
    points = find_critical_points(landscape, landscape.starts(rng, 40))
    assert points.count_by_index() == {0: 1}
    assert points.orbit_dimension[0] == 3
    assert points.certificate[0] == Certificate.RIGOROUS
    # The most likely parameters reproduce, for each class, the sums of its inputs.
    x, label = design_and_labels(path)
    scores = x[:, :2] @ points.x[0, :6].reshape(3, 2).T + points.x[0, 6:]
    np.testing.assert_allclose(softmax(scores, axis=1).T @ x, np.eye(3)[label].T @ x, atol=1e-10)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data": "absent.csv"}, "there is no file 'absent.csv'"),
        ({"data": "chebyshev3"}, "the logistic loss needs one class a sample, .* 20 different values, not all of them"),
        ({"data": "mnist"}, "data is 'mnist' but must be"),
        ({"data": "chebyshev1", "features": 4}, "features and seed are for synthetic data, but data is 'chebyshev1'"),
        ({"data": "chebyshev1", "seed": 1}, "features and seed are for synthetic data, but data is 'chebyshev1'"),
        ({"samples": -1}, "samples is -1 but must be at least 0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1 but must be at least 0"),
    ],
)
def test_bad_parameters_are_told_in_one_sentence(parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem("logistic_regression", **parameters)


def test_numbers_are_no_classes():
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match=r"diabetes has answers of shape \(442,\) with 214 .*, not all of them whole"):
        problem("logistic_regression", data="diabetes")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1,2,a\n3,4,a\n", "with 1 different value"),
        ("1,2,a\n3,b\n", "expected lines with as many numbers each, the answer last"),
        ("1,2,a\n3,nan,b\n", "has numbers that are not finite"),
        ("1e200,2,a\n3,4,b\n", "has inputs so large that their cubes overflow: scale them"),
    ],
)
def test_commands_refuse_such_files_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "own.csv"
    path.write_text(content)
    for command in ("study", "descend", "spectrum"):
        result = CliRunner().invoke(main, [command, "logistic_regression", "--set", f"data={path}"])
        assert result.exit_code == 2
        told = result.output.strip().splitlines()
        assert len(told) == 1
        assert told[0].startswith("landscape: problem 'logistic_regression': ")
        assert told[0].endswith(sentence)


def test_without_scikit_learn_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = CliRunner().invoke(main, ["spectrum", "logistic_regression", "--set", "data=breast_cancer"])
    assert result.exit_code == 2
    assert result.output.strip() == (
        "landscape: breast_cancer comes with scikit-learn, which is not installed; "
        "install it with: pip install 'landscape[data]'"
    )
    assert problem("logistic_regression").dim == 3


def test_commands_take_real_data():
    pytest.importorskip("sklearn")
    words = ["logistic_regression", "--set", "data=breast_cancer"]
    spectrum = CliRunner().invoke(main, ["spectrum", *words, "--top", "1"])
    where, how, *_ = spectrum.output.splitlines()
    assert where.startswith("At a random start, seed 0: value ")
    assert how == "31 directions; all eigenvalues of the dense Hessian"
    descents = CliRunner().invoke(main, ["descend", *words, "--starts", "5"])
    assert "minimum   0.100446304      100.0%" in descents.output
    study = CliRunner().invoke(main, ["study", *words, "--set", "samples=50", "--starts", "5"])
    assert study.exit_code == 0
    assert "Certified: 1 of 1" in study.output
