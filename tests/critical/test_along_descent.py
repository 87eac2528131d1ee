"""Starts along descents: on the path without noise, displaced by as much as is asked for, and good for recovery."""

import numpy as np
import pytest

from landscape import GradientDescent, along_descent, descend, find_critical_points, problem
from landscape.theory.deep_linear import learnt_subsets, left_out, subset_index


def way(landscape, rng, starts=20, lr=0.01, steps=100):
    return descend(landscape, landscape.starts(rng, starts), GradientDescent(lr), max_steps=steps, record=1)


def test_without_noise_starts_are_on_the_way_each_run_up_to_its_end():
    landscape, rng = problem("himmelblau"), np.random.default_rng(0)
    descent = way(landscape, rng)
    x = along_descent(landscape, descent, rng, 3000, noise=0.0)
    frames = descent.trajectory.x
    same = (x[:, None, None] == frames).all(axis=-1)
    assert same.any(axis=(1, 2)).all()
    run, frame = same.any(axis=1).argmax(axis=1), same.any(axis=2).argmax(axis=1)
    assert (frame <= descent.steps[run]).all()
    counts = np.bincount(run, minlength=20)
    assert ((counts - 150) ** 2 / 150).sum() < 60  # chi squared, 19 degrees: beyond with probability 4e-6


@pytest.mark.parametrize("name", ["mlp", "spherical_spin_glass"])
def test_noise_has_the_length_that_is_asked_for(name):
    landscape, rng = problem(name), np.random.default_rng(1)
    descent = way(landscape, rng, starts=1, steps=0)
    x = along_descent(landscape, descent, rng, 2000, noise=0.01)
    length = landscape.manifold.distance(x, descent.x)
    scale = (
        landscape.manifold.length_scale
        if landscape.manifold.compact
        else np.linalg.norm(descent.x) / np.sqrt(landscape.dim)
    )
    d = landscape.manifold.intrinsic_dim
    assert np.sqrt((length**2).mean()) == pytest.approx(0.01 * scale * np.sqrt(d), rel=5 / np.sqrt(2 * d * 2000))


@pytest.mark.parametrize(
    ("name", "cost"), [("matrix_factorization", lambda lam: lam**2 / 4), ("linear_autoencoder", lambda lam: lam)]
)
def test_critical_points_of_factorizations_are_recovered(name, cost):
    """All that is found agrees with the closed form in value, index and nullity (Baldi & Hornik 1989)."""
    lam = np.array([4.0, 2.6, 1.7, 0.9])
    landscape, rng = problem(name, eigenvalues=tuple(lam), rank=2), np.random.default_rng(2)
    descent = way(landscape, rng, lr=0.03, steps=400)
    starts = along_descent(landscape, descent, rng, 150, noise=0.5)
    points = find_critical_points(landscape, starts)
    learnt = learnt_subsets(4, 2)
    level, index = left_out(cost(lam), learnt), subset_index(lam, learnt, 2)
    agree = (np.abs(points.value[:, None] - level) < 1e-9) & (points.index[:, None] == index)
    good = agree.any(axis=1) & (points.nullity == 0)
    assert points.found.sum() >= 100
    assert points.found[good].sum() >= 0.95 * points.found.sum()
    assert agree.any(axis=0).sum() > 1  # not one and the same point


def test_bad_input_is_refused():
    landscape, rng = problem("himmelblau"), np.random.default_rng(0)
    with pytest.raises(ValueError, match="the descent has no trajectory"):
        along_descent(landscape, descend(landscape, [[0.0, 0.0]], GradientDescent()), rng, 1)
    descent = way(landscape, rng, 2, steps=3)
    with pytest.raises(ValueError, match="noise is -1"):
        along_descent(landscape, descent, rng, 1, noise=-1)
    with pytest.raises(ValueError, match="size is -1"):
        along_descent(landscape, descent, rng, -1)
