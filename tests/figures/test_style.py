import pickle

import numpy as np

from landscape.figures.style import figure_style, new_figure


def parts(figure):
    """Of a figure, those within them too."""
    return [part for own in figure.subfigs for part in (own, *parts(own))]


def corners(figure):
    """Of all parts and axes, in shares of the figure that holds them."""
    boxes = [part.bbox_relative for part in parts(figure)] + [ax.get_position(original=True) for ax in figure.axes]
    return np.array([box.extents for box in boxes])


def drawn():
    with figure_style():
        figure = new_figure(4.0)
        above, below = figure.subfigures(2, 1, height_ratios=(2, 1))
        left, right = above.subfigures(1, 2, width_ratios=(2, 1))
        for ax in (*left.subplots(1, 2).flat, right.add_subplot()):
            ax.set(xlabel="x", ylabel="y")
        ax = below.add_subplot()
        below.colorbar(ax.pcolormesh(np.arange(6.0).reshape(2, 3)), ax=ax, label="z")
        below.legend(handles=ax.plot([0, 1], [0, 1], label="line"), loc="outside upper center")
        figure.draw_without_rendering()
    return figure


def test_places_are_on_a_grid_much_finer_than_letters_and_coarser_than_rounding():
    figure = drawn()
    places = corners(figure)
    assert len(places) == 4 + 5
    assert ((places * 2.0**30) % 1 == 0).all()
    widths = places[:, 2:] - places[:, :2]
    assert (widths > 0.05).all()


def test_the_layout_goes_on_following_what_is_drawn():
    figure = drawn()
    before = figure.axes[0].get_position().x0
    figure.axes[0].set_ylabel("a label\nin two lines")
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().x0 > before + 0.01


def test_a_figure_can_be_sent_to_another_process():
    again = pickle.loads(pickle.dumps(drawn()))
    again.draw_without_rendering()
    np.testing.assert_array_equal(corners(again)[:4], corners(drawn())[:4])
