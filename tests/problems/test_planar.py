"""Critical points of the planar functions, from an independent exhaustive search (multiple precision)."""

import numpy as np
import pytest

from landscape.problems import problem

# (index, x, y, f, smaller and larger Hessian eigenvalue)
HIMMELBLAU = [
    (0, 3.0, 2.0, 0.0, 25.715728752538098, 82.2842712474619),
    (0, 3.5844283403305, -1.8481265269644, 0.0, 28.69067715675524, 105.41890833631604),
    (0, -3.7793102533777, -3.2831859912862, 0.0, 70.71435474424426, 133.7856152130671),
    (0, -2.8051180869527, 3.1313125182506, 0.0, 64.8403727706842, 80.55007177893319),
    (1, 3.385154183607, 0.073851879837749, 13.311926270406, -14.135178485450488, 97.54787810260181),
    (1, 0.086677504555396, 2.8842547011748, 67.719150087526, -31.706622362774343, 75.50760923823204),
    (1, -3.0730257507644, -0.081353044287968, 104.01516291756, -39.65149625621666, 72.43524806811874),
    (1, -0.12796134673068, -1.9537149802446, 178.33723920193, -50.610239320365764, 20.28404997593508),
    (2, -0.27084459066735, -0.92303855647998, 181.61652152258, -45.60522929278952, -16.066019667290867),
]
SIX_HUMP_CAMEL = [
    (0, 0.089842013100318, -0.71265640302074, -1.0316284534899, 7.682251413369076, 16.493195232227734),
    (0, 1.70360671497, -0.79608356867263, -0.21546382438372, 18.817138635160475, 22.697515006928892),
    (0, 1.6071047529202, 0.56865145488413, 2.1042503103113, 7.12151212020715, 10.021602516183247),
    (1, 0.0, 0.0, 0.0, -8.06225774829855, 8.06225774829855),
    (1, 1.1092053368048, -0.76826809250954, 0.54371860097819, -7.902619119987385, 20.366739739128008),
    (1, 1.6380679841898, 0.22867406904439, 2.2293571975307, -5.545775017246524, 12.436664436358413),
    (1, 1.2960702671671, 0.60508438803866, 2.2294708180299, -6.177182126967418, 9.637588488012842),
    (2, 1.2302298765167, 0.16233458445899, 2.4962953510236, -8.014907156539833, -5.953724166834649),
]
MULLER_BROWN = [
    (0, -0.55822363463302, 1.4417258418047, -146.69951720995, 410.5311346928895, 4068.1989550264857),
    (0, 0.62349940493088, 0.028037758528686, -108.16672411685, 543.8361890186197, 3005.3958645326766),
    (0, -0.050010822998206, 0.46669410487197, -80.767818129659, 221.03747287232125, 1479.1970220128346),
    (1, 0.21248658200066, 0.29298832510737, -72.248940112325, -735.2472621113651, 510.88656547254686),
    (1, -0.82200155873273, 0.62431280281487, -40.664843508657, -750.8626628392773, 490.24070805963055),
]


@pytest.mark.parametrize(
    ("name", "rows"),
    [("himmelblau", HIMMELBLAU), ("six_hump_camel", SIX_HUMP_CAMEL), ("muller_brown", MULLER_BROWN)],
)
def test_known_critical_points(name, rows):
    landscape = problem(name)
    table = np.array(rows)
    index, x, f, eigenvalues = table[:, 0], table[:, 1:3], table[:, 3], table[:, 4:]
    curvature = np.abs(eigenvalues).max(axis=1)
    assert (np.abs(landscape.gradient(x)).max(axis=1) < 1e-11 * (1 + curvature)).all()
    np.testing.assert_allclose(landscape.value(x), f, rtol=1e-11, atol=1e-11)
    measured = np.linalg.eigvalsh(landscape.hessian(x))
    np.testing.assert_allclose(measured, eigenvalues, rtol=1e-9)
    np.testing.assert_array_equal((measured < 0).sum(axis=1), index)
    low, high = landscape.manifold.box
    assert ((low < x) & (x < high)).all()


@pytest.mark.parametrize(("name", "rows"), [("himmelblau", HIMMELBLAU), ("muller_brown", MULLER_BROWN)])
def test_truth_counts_them(name, rows):
    found, counts = np.unique([row[0] for row in rows], return_counts=True)
    expected = {int(k): int(c) for k, c in zip(found, counts, strict=True)}
    assert {k: c for k, c in problem(name).truth.counts.items() if c} == expected


def test_the_camel_is_even_so_that_half_the_table_is_all_of_it():
    landscape = problem("six_hump_camel")
    x = np.random.default_rng(0).uniform(-2, 2, (20, 2))
    np.testing.assert_array_equal(landscape.value(x), landscape.value(-x))
    assert landscape.truth.counts == {0: 6, 1: 7, 2: 2}


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel"])
def test_gradients_agree_with_the_complex_step(name):
    landscape = problem(name)
    textbook = {
        "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        "six_hump_camel": lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2,
    }[name]
    x, y = np.random.default_rng(1).uniform(-3, 3, (2, 50))
    points = np.stack([x, y], axis=1)
    by_x = textbook(x + 1e-30j, y).imag / 1e-30
    by_y = textbook(x, y + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(landscape.gradient(points), np.stack([by_x, by_y], axis=1), rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(landscape.value(points), textbook(x, y), rtol=1e-12, atol=1e-12)


def test_muller_brown_far_away_is_infinite_without_a_warning():
    assert problem("muller_brown").value(np.array([100.0, 100.0])) == np.inf


def test_monkey_saddle_is_flat_to_second_order_and_has_threefold_symmetry():
    landscape = problem("monkey_saddle")
    origin = np.zeros(2)
    assert not landscape.gradient(origin).any()
    assert not landscape.hessian(origin).any()
    assert landscape.truth.degenerate == 1
    angle = 2 * np.pi / 3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x = np.random.default_rng(2).standard_normal((10, 2))
    np.testing.assert_allclose(landscape.value(x @ turn), landscape.value(x), atol=1e-13)
