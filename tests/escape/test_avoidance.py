"""Strict saddles: never reached from random starts, always from their stable manifolds, and the bound of a count."""

import numpy as np
import pytest

from landscape import GradientDescent, Landscape, PerturbedGradientDescent, SaddleAvoidance, problem, saddle_avoidance
from landscape.escape import avoidance
from landscape.statistics.intervals import clopper_pearson

WELLS = problem("double_well", dim=2)
ON_THE_LINE = WELLS.with_options(sampler=lambda rng, size: rng.uniform(-2, 2, (size, 1)) * [1.0, 0.0])


def test_random_starts_avoid_saddles():
    runs = saddle_avoidance(WELLS, 20_000, GradientDescent(0.08), np.random.default_rng(0))
    assert isinstance(runs, SaddleAvoidance)
    assert (runs.starts, runs.minima, runs.saddles, runs.undecided, runs.unfinished) == (20_000, 20_000, 0, 0, 0)
    assert runs.upper_bound == clopper_pearson(0, 20_000)[1]
    assert runs.saddle_starts.shape == (0, 2)
    assert "20000 minima; probability of a strict saddle at most 0.000184 (95 % interval)" in repr(runs)


def test_starts_on_a_stable_manifold_do_not():
    runs = saddle_avoidance(ON_THE_LINE, 300, GradientDescent(0.08), np.random.default_rng(0))
    assert runs.saddles == 300
    assert runs.upper_bound == 1
    assert (runs.saddle_starts[:, 1] == 0).all()
    noisy = PerturbedGradientDescent(0.08, radius=1e-3, gradient_threshold=1e-3, wait=300)
    assert saddle_avoidance(ON_THE_LINE, 300, noisy, np.random.default_rng(0)).minima == 300


def test_a_mixture_is_counted_and_its_starts_are_kept(monkeypatch):
    monkeypatch.setattr(avoidance, "_HESSIAN_ENTRIES", 4 * 70)  # chunks of 70
    mixed = WELLS.with_options(
        sampler=lambda rng, size: np.where(
            np.arange(size)[:, None] % 7 == 0, [[1.5, 0.0]], rng.uniform(-2, 2, (size, 2))
        )
    )
    seen = []
    runs = saddle_avoidance(
        mixed,
        700,
        GradientDescent(0.08),
        np.random.default_rng(1),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (runs.saddles, runs.minima) == (100, 600)
    np.testing.assert_array_equal(runs.saddle_starts, np.tile([1.5, 0.0], (100, 1)))
    assert runs.upper_bound == clopper_pearson(100, 700)[1]
    assert seen == [(70 * k, 700) for k in range(1, 11)]


def test_what_is_not_decided_counts_against_the_claim():
    runs = saddle_avoidance(WELLS, 100, GradientDescent(0.08), np.random.default_rng(0), max_steps=20, confidence=0.9)
    assert runs.unfinished == 100
    assert runs.upper_bound == 1
    trough = Landscape.from_function(
        lambda x: x[..., 0] ** 2,
        lambda x: 2 * x * [1.0, 0.0],
        lambda x: np.broadcast_to(np.diag([2.0, 0.0]), (*x.shape, 2)),
        dim=2,
    )
    flat = saddle_avoidance(trough, 50, GradientDescent(0.1), np.random.default_rng(0))
    assert (flat.undecided, flat.minima) == (50, 0)
    assert flat.upper_bound == 1


def test_zero_modes_of_a_symmetry_are_not_flat():
    cluster = problem("lennard_jones", atoms=3)
    near = cluster.with_options(
        sampler=lambda rng, size: np.array([0, 0, 0, 1.12, 0, 0, 0.56, 0.97, 0]) + 0.05 * rng.standard_normal((size, 9))
    )
    runs = saddle_avoidance(near, 30, GradientDescent(2e-3), np.random.default_rng(0))
    assert runs.minima == 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_starts": 0}, "^n_starts is 0 but must be at least 1$"),
        ({"confidence": 1.0}, "^confidence is 1.0 but must lie strictly between 0 and 1$"),
        ({"tol": -1.0}, "^tol is -1.0"),
    ],
)
def test_bad_arguments_are_named(options, message):
    usual = {"n_starts": 10, "method": GradientDescent(0.1), "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=message):
        saddle_avoidance(WELLS, **{**usual, **options})
