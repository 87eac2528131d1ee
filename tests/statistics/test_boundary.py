"""Boundaries whose dimension is known."""

import numpy as np
import pytest

from landscape.statistics.boundary import box_counts, power_law, uncertain_counts


def cantor(x):
    """The generation of the gap of Cantor's set in which a point lies, up to the sixteenth."""
    label = np.zeros(x.shape[:-1], dtype=int)
    t, found = x[..., 0].copy(), np.zeros(x.shape[:-1], dtype=bool)
    for generation in range(1, 17):
        t = 3 * t
        digit = np.floor(t)
        gap = (digit == 1) & ~found
        label[gap] = generation
        found |= gap
        t = t - digit
    return label


def test_a_straight_boundary_has_exponent_one_and_the_right_number_of_uncertain_points():
    rng = np.random.default_rng(0)
    m = 200_000
    distances = np.array([0.1, 0.05, 0.02, 0.01])
    counts = uncertain_counts(lambda x: (x[:, 0] > 0).astype(int), rng.uniform(-1, 1, (m, 2)), distances, rng)
    # A point at distance u is moved across if the direction's component exceeds u: on average E|cos| = 2/pi, over an
    # interval of length 2, both sides together. Counts are binomial; each within 4.5 standard deviations (7e-6).
    p = distances * (2 / np.pi) / 2
    assert (np.abs(counts - m * p) < 4.5 * np.sqrt(m * p * (1 - p))).all()
    slope, error = power_law(distances, counts)
    assert abs(slope - 1) < 0.05
    assert error < 0.05


def test_cantors_set_has_its_dimension():
    rng = np.random.default_rng(1)
    distances = 3.0 ** -np.arange(4, 11)  # whole generations, so that the law has no ripple
    counts = uncertain_counts(cantor, rng.uniform(0, 1, (200_000, 1)), distances, rng)
    slope, _ = power_law(distances, counts)
    assert slope == pytest.approx(1 - np.log(2) / np.log(3), abs=0.02)


def test_boxes_of_a_line_and_of_sierpinskis_carpet():
    x = np.arange(82)
    diagonal = (x[:, None] > x + 0.5).astype(int)
    assert box_counts(diagonal, [1, 3, 27]).tolist() == [81 + 80, 27 + 26, 3 + 2]
    assert box_counts(np.zeros((10, 10), dtype=int), [1, 3]).tolist() == [0, 0]
    sizes = [1, 3, 9, 27]
    carpet = np.ones((1, 1), dtype=int)
    for _ in range(4):
        carpet = np.kron([[1, 1, 1], [1, 0, 1], [1, 1, 1]], carpet)
    # A label of its own for each cell of the carpet at its lower corner: every box that meets the carpet is mixed.
    labels = np.zeros((82, 82), dtype=int)
    labels[:-1, :-1] = carpet * np.arange(1, 81 * 81 + 1).reshape(81, 81)
    inside = box_counts(labels, sizes[1:])
    assert inside[0] >= 8**3
    slope, _ = power_law(sizes[1:], inside)
    assert -slope == pytest.approx(np.log(8) / np.log(3), abs=0.1)


def test_power_law():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    assert power_law(x, 3 * x**-0.7)[0] == pytest.approx(-0.7)
    rng = np.random.default_rng(2)
    slopes, errors = zip(*(power_law(x, x**2 * np.exp(0.1 * rng.standard_normal(4))) for _ in range(2000)), strict=True)
    assert np.mean(np.square(errors)) == pytest.approx(np.var(slopes), rel=0.15)
    for bad in ([1.0, 2.0], [1.0, 0.0, 2.0]):
        with pytest.raises(ValueError, match=r"^a power law needs at least three points, all positive$"):
            power_law(np.arange(1, len(bad) + 1), bad)


def test_a_grid_that_boxes_do_not_fill_is_refused():
    with pytest.raises(ValueError, match=r"^labels has shape \(8, 8\), which boxes of 3 grid steps do not fill$"):
        box_counts(np.zeros((8, 8), dtype=int), [3])
    with pytest.raises(ValueError, match=r"^labels has shape \(8, 7\)"):
        box_counts(np.zeros((8, 7), dtype=int), [7])


@pytest.mark.parametrize("size", [0, -1])
def test_boxes_without_a_side_are_refused(size):
    with pytest.raises(ValueError, match=rf"^sizes has {size} but each must be at least 1$"):
        box_counts(np.zeros((8, 8), dtype=int), [1, size])
