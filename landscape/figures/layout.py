"""The constrained layout, the same to the last bit whenever it is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine

from landscape.arrays import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure, FigureBase


class RepeatableLayout(ConstrainedLayoutEngine):
    """Matplotlib's constrained layout with places on a grid: its solver goes by addresses in memory, and what it finds
    is the same to rounding only."""

    def execute(self, fig: Figure) -> Any:
        grids = super().execute(fig)
        _put_parts_on_grid(fig)
        for ax in fig.axes:
            if ax.get_in_layout():
                box = ax.get_position(original=True)
                ax.set_position(box.from_extents(*_on_grid(np.array(box.extents))))
                ax.set_in_layout(True)  # what is given a position by hand leaves the layout
        return grids


def _put_parts_on_grid(figure: FigureBase) -> None:
    for part in figure.subfigs:
        part.bbox_relative.set_points(_on_grid(part.bbox_relative.get_points()))
        _put_parts_on_grid(part)


def _on_grid(places: Array) -> Array:
    """Shares of a figure rounded to 2^-30; a power of two, as sizes in pixels and points are never half way between."""
    return np.round(places * 2.0**30) / 2.0**30
