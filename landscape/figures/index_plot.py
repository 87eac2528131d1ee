"""The share of minima against dimension, as `landscape index --plot` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landscape.figures.plots import plot_measured, plot_theory
from landscape.figures.style import BLACK, BLUE, GREY, VERMILION, new_figure
from landscape.statistics.index import IndexStatistics

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_index_statistics(measured: IndexStatistics, title: str) -> Figure:
    """Two panels: the share of minima against dimension, and the law of the index in the highest dimension."""
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2)
    order = np.argsort(measured.dim)
    rows = measured[order]
    seen = rows[rows.counts[:, 0] > 0]
    unseen = rows[rows.counts[:, 0] == 0]
    plot_theory(rows.dim, 0.5**rows.dim, left, color=GREY, linestyle="--", label="independent, $2^{-n}$")
    known = np.isfinite(rows.exact[:, 0]) & (rows.exact[:, 0] > 0)
    if known.any():
        plot_theory(rows.dim[known], rows.exact[known, 0], left, color=VERMILION, label="exact law")
    plot_measured(seen.dim, seen.minimum, seen.low, seen.high, left, color=BLUE, label="measured")
    if len(unseen):
        left.plot(unseen.dim, unseen.high, "v", color=BLACK, mfc="none", label="upper end, none seen")
    left.set(xlabel="dimension $n$", ylabel="share of minima", yscale="log")
    left.legend(loc="lower left")
    left.set_title(title)

    last = rows[-1]
    k = np.arange(int(last.dim[0]) + 1)
    if np.isfinite(last.exact[0, k]).all():
        plot_theory(k, last.exact[0, k], right, color=VERMILION)
    plot_measured(k, last.shares[0, k], last.index_low[0, k], last.index_high[0, k], right, color=BLUE)
    right.set(xlabel="index $k$", ylabel="share of critical points", ylim=(0, None))
    for ax in (left, right):
        ax.xaxis.get_major_locator().set_params(integer=True)
    right.set_title(f"$n$ = {int(last.dim[0])}")
    return figure
