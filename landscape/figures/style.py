"""The look of every figure: sizes, fonts and colours that readers with any colour vision can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape.arrays import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe & Ito 2008, *Color Universal Design*.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)

WIDTH = 5.2  # inches, 132 mm: printed 100 mm wide, the smallest letters are 5.7 points high

_SETTINGS: dict[str, Any] = {
    "figure.dpi": 150,
    "savefig.dpi": 160,
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same letters on every machine
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.0,
    "errorbar.capsize": 2.0,
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Matplotlib's settings for our figures while the block runs, whatever the user's own; as they were after it."""
    import matplotlib
    from cycler import cycler

    settings: Any = matplotlib.rcParams
    with matplotlib.rc_context():
        # The back end is the user's, and looking it up would choose one.
        settings.update({k: v for k, v in matplotlib.rcParamsDefault.items() if "backend" not in k})
        settings.update(_SETTINGS)
        settings["axes.prop_cycle"] = cycler(color=PALETTE)
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of that size in inches; it needs no window and no pyplot.

    Drawn twice, it is the same to the last bit.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    class Repeatable(ConstrainedLayoutEngine):
        """The constrained layout with places on a grid: its solver goes by addresses in memory, and what it finds is
        the same to rounding only."""

        def execute(self, fig: Figure) -> Any:
            grids = super().execute(fig)
            for part in fig.subfigs:
                part.bbox_relative.set_points(_on_grid(part.bbox_relative.get_points()))
            for ax in fig.axes:
                if ax.get_in_layout():
                    box = ax.get_position(original=True)
                    ax.set_position(box.from_extents(*_on_grid(np.array(box.extents))))
                    ax.set_in_layout(True)  # what is given a position by hand leaves the layout
            return grids

    return Figure(figsize=(width, height), layout=Repeatable())


def _on_grid(places: Array) -> Array:
    """Shares of a figure rounded to 2^-30; a power of two, as sizes in pixels and points are never half way between."""
    return np.round(places * 2.0**30) / 2.0**30
