"""The picture of a descent: paths in the plane, and values against steps in any dimension."""

import numpy as np
import pytest

from landscape import DescentStatus, GradientDescent, descend, problem
from landscape.figures.descent_plot import SHOWN, plot_descent
from landscape.figures.style import figure_style


def drawn(name, lr, size=20, steps=60, **options):
    landscape = problem(name, **options)
    starts = landscape.starts(np.random.default_rng(0), size)
    runs = descend(landscape, starts, GradientDescent(lr), steps, record=1)
    with figure_style():
        return landscape, runs, plot_descent(landscape, runs, "title")


def test_in_the_plane_every_path_leads_from_its_start_to_its_end():
    _, runs, figure = drawn("himmelblau", 0.01)
    plane, falling = figure.axes
    paths = [line for line in plane.lines if line.get_marker() == "None"]
    assert len(paths) == 20
    ends = {tuple(line.get_xydata()[0]) for line in paths}
    assert ends == {tuple(x) for x in runs.start}
    assert {tuple(line.get_xydata()[-1]) for line in paths} == {tuple(x) for x in runs.x}
    assert plane.get_xlim() == (-6, 6)
    assert len(falling.lines) == 20


def test_a_value_line_is_the_fall_of_a_run_and_ends_with_it():
    landscape, runs, figure = drawn("quadratic", 0.5, steps=100, eigenvalues=(1.0, 0.8, 0.6))
    assert (runs.status == DescentStatus.CONVERGED).all()  # lines are drawn status by status
    (falling,) = figure.axes
    value = landscape.value(runs.trajectory.x)
    for k, line in enumerate(falling.lines):
        above = value[: runs.steps[k] + 1, k] - value.min()
        shown = line.get_ydata()
        kept = above > 0
        np.testing.assert_allclose(shown[: runs.steps[k] + 1][kept], above[kept])
        assert np.isnan(shown[runs.steps[k] + 1 :]).all()


def test_runs_that_ran_away_are_told_apart_and_do_not_set_the_scale():
    _, runs, figure = drawn("himmelblau", 0.0275, size=60)
    diverged = int((runs.status == DescentStatus.DIVERGED).sum())
    assert 0 < diverged < 60
    falling = figure.axes[1]
    texts = [text.get_text() for text in falling.get_legend().get_texts()]
    assert f"diverged: {diverged}" in texts
    assert f"step limit: {60 - diverged}" in texts
    assert falling.get_ylim()[1] < 1e6
    _, runs, figure = drawn("himmelblau", 5.0)
    assert (runs.status == DescentStatus.DIVERGED).all()


def test_a_path_round_the_torus_is_no_line_across_the_picture():
    _, runs, figure = drawn("xy_chain", 0.1, size=30, n=3)
    crossed = (np.abs(np.diff(runs.trajectory.x, axis=0)) > np.pi).any()
    assert crossed
    for line in figure.axes[0].lines:
        if line.get_marker() != "None":
            continue  # the ends
        assert not (np.abs(np.diff(line.get_xydata(), axis=0)) > np.pi).any()


def test_no_more_runs_than_can_be_told_apart():
    _, _, figure = drawn("himmelblau", 0.01, size=SHOWN + 50, steps=3)
    assert len(figure.axes[1].lines) == SHOWN
    assert figure.axes[1].get_title(loc="left") == f"{SHOWN} of {SHOWN + 50} runs"


def test_without_trajectory_there_is_nothing_to_draw():
    landscape = problem("himmelblau")
    with pytest.raises(ValueError, match=r"^a descent without trajectory cannot be drawn: give descend record=\.\.\.$"):
        plot_descent(landscape, descend(landscape, [[1.0, 1.0]], GradientDescent(0.01)), "title")
