import numpy as np
import pytest

from landscape.figures.paths import distance_along, equally_spaced


def test_distances_of_a_helix_are_those_of_its_chords():
    turn = np.linspace(0, 4 * np.pi, 401)
    helix = np.stack([np.cos(turn), np.sin(turn), turn], axis=1)
    chord = np.hypot(2 * np.sin(turn[1] / 2), turn[1])
    np.testing.assert_allclose(distance_along(helix), chord * np.arange(401), rtol=1e-12, atol=1e-12)


def test_points_of_a_circle_are_equally_far_apart_however_it_was_sampled():
    turn = 2 * np.pi * np.linspace(0, 1, 5001) ** 2
    fresh = equally_spaced(np.stack([np.cos(turn), np.sin(turn)], axis=1), 13)
    angle = np.unwrap(np.arctan2(fresh[:, 1], fresh[:, 0]))
    np.testing.assert_allclose(angle, np.arange(13) * np.pi / 6, atol=1e-5)


def test_both_ends_stay_and_a_path_already_equally_spaced_is_itself():
    line = np.linspace(0, 1, 11)[:, None] * np.array([3.0, -4.0, 12.0])
    np.testing.assert_allclose(equally_spaced(line, 11), line, atol=1e-14)
    uneven = line[[0, 1, 5, 10]]
    fresh = equally_spaced(uneven, 7)
    np.testing.assert_array_equal(fresh[[0, -1]], uneven[[0, -1]])


def test_what_comes_after_the_end_of_a_path_is_left_out():
    path = np.array([[0.0, 0.0], [2.0, 0.0], [np.nan, np.nan], [np.nan, np.nan]])
    np.testing.assert_allclose(equally_spaced(path, 3), [[0, 0], [1, 0], [2, 0]])


@pytest.mark.parametrize(
    ("path", "number", "message"),
    [
        (np.zeros(3), 3, r"path has shape \(3,\) but must have shape \(frames, n\)"),
        (np.zeros((0, 2)), 3, r"path has shape \(0, 2\)"),
        (np.full((2, 2), np.nan), 3, "path has no finite point"),
        (np.zeros((2, 2)), 1, "number is 1 but must be at least 2"),
    ],
)
def test_what_is_no_path_is_refused(path, number, message):
    with pytest.raises(ValueError, match=message):
        equally_spaced(path, number)
