"""The picture of `landscape index`: measurement as points, exact laws as lines, what was not seen as an upper end."""

import numpy as np

from landscape import GOE, Wishart, index_statistics
from landscape.figures.index_plot import plot_index_statistics


def labels(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_measured_exact_and_unseen():
    measured = index_statistics(GOE(), [6, 2, 4], 300, np.random.default_rng(0))
    figure = plot_index_statistics(measured, "goe")
    left, right = figure.axes
    assert labels(figure) == ["independent, $2^{-n}$", "exact law", "upper end, none seen", "measured"]
    exact = next(line for line in left.lines if line.get_label() == "exact law")
    np.testing.assert_array_equal(exact.get_xdata(), [2, 4, 6])
    np.testing.assert_allclose(exact.get_ydata(), measured.exact[[1, 2, 0], 0])
    assert left.get_yscale() == "log"
    assert right.get_title(loc="left") == "$n$ = 6" or right.get_title() == "$n$ = 6"
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_without_a_law_there_is_no_line_for_it():
    figure = plot_index_statistics(index_statistics(Wishart(), [1, 2], 200, np.random.default_rng(0)), "wishart")
    assert labels(figure) == ["independent, $2^{-n}$", "measured"]
