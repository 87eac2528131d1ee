import numpy as np
import pytest

from landscape.figures import plots
from landscape.figures.style import PALETTE, figure_style, new_figure


@pytest.fixture
def ax():
    with figure_style():
        yield new_figure(2.0).add_subplot()


def test_measured_points_have_error_bars(ax):
    returned = plots.plot_measured([1, 2], [3.0, 4.0], [2.5, 3.0], [3.5, 6.0], ax)
    assert returned is ax
    segments = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(segments, [[[1, 2.5], [1, 3.5]], [[2, 3.0], [2, 6.0]]])
    assert ax.containers[0].lines[0].get_linestyle() == "None"


def test_a_bar_whose_end_rounds_past_its_point_is_no_error(ax):
    y = np.array([0.3])
    plots.plot_measured([1.0], y, np.nextafter(y, 1), y, ax)


def test_theory_is_a_line(ax):
    plots.plot_theory([0, 1], [2, 3], ax, color="red")
    (line,) = ax.lines
    assert line.get_color() == "red"
    assert line.get_linestyle() == "-"
    assert line.get_marker() == "None"


def test_critical_points_are_told_apart_by_marker_and_named(ax):
    plots.plot_critical_points([[0, 0], [1, 0], [0, 1], [2, 2]], [0, 1, 2, 1], ax)
    assert [len(c.get_offsets()) for c in ax.collections] == [1, 2, 1]
    labels = ax.get_legend_handles_labels()[1]
    assert labels == ["minimum (index 0)", "saddle (index 1)", "maximum (index 2)"]


def test_basins_keep_their_colour_and_none_is_white(ax):
    plots.plot_basins([0.0, 1.0], [0.0, 1.0, 2.0], [[-1, 0], [1, 6], [2, 8]], ax)
    (mesh,) = ax.collections
    colours = mesh.to_rgba(mesh.get_array()).reshape(3, 2, 4)
    np.testing.assert_allclose(colours[0, 0], 1.0)
    np.testing.assert_allclose(colours[0, 1], colours[1, 1])  # there are six colours
    np.testing.assert_allclose(colours[2, 0], colours[2, 1])
    assert not np.allclose(colours[0, 1], colours[1, 0])


def test_contours_lie_between_the_bottom_and_the_top(ax):
    x = np.linspace(-1, 1, 20)
    plots.plot_contours(x, x, x**2 + x[:, None] ** 2, ax)
    levels = ax.collections[0].levels
    assert len(levels) == 12
    assert 0 < levels[0] < levels[-1] < 2


def test_levels_are_centred_bars(ax):
    plots.plot_energy_levels([1.0, 2.0], [0.0, 3.0], ax, width=1.0)
    np.testing.assert_allclose(ax.collections[0].get_segments(), [[[-0.5, 1], [0.5, 1]], [[2.5, 2], [3.5, 2]]])


def test_paths_are_one_line_each(ax):
    plots.plot_paths(np.zeros((4, 3, 2)), ax)
    assert len(ax.lines) == 3


def test_index_against_value_shows_both_ends(ax):
    plots.plot_index_against_value([0.0, 1.0], [0.0, 1.0], ax)
    low, high = ax.get_ylim()
    assert low < 0
    assert high > 1


def test_panels_are_lettered(ax):
    plots.panel(ax, "a", "title")
    assert ax.get_title(loc="left") == "(a) title"


@pytest.mark.parametrize(
    ("plot", "arguments"),
    [
        (plots.plot_measured, ([1], [2])),
        (plots.plot_theory, ([1], [2])),
        (plots.plot_contours, ([0, 1], [0, 1], [[0, 1], [2, 3]])),
        (plots.plot_basins, ([0, 1], [0, 1], [[0, 1], [2, 3]])),
        (plots.plot_critical_points, ([[0, 0]], [0])),
        (plots.plot_paths, (np.zeros((2, 1, 2)),)),
        (plots.plot_index_against_value, ([0], [0])),
        (plots.plot_energy_levels, ([0], [0])),
    ],
)
def test_without_axes_each_makes_its_own(plot, arguments):
    with figure_style():
        assert plot(*arguments).figure is not plot(*arguments).figure


def test_the_palette_has_no_two_alike():
    assert len(set(PALETTE)) == 8
