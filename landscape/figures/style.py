"""The look of every figure: sizes, fonts and colours that readers with any colour vision can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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

    Made and drawn anew, it is the same to the last bit.
    """
    from matplotlib.figure import Figure

    from landscape.figures.layout import RepeatableLayout

    return Figure(figsize=(width, height), layout=RepeatableLayout())
