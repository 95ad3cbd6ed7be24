"""What a run leaves behind: its folder and record, and what people look at: report, model card, pictures. Needs no torch.

`report` and `card` put together what `families` says of a family: its claims, plots and courses stand in the modules that begin with its name.
"""

from openbeian.studio.runs.card import model_card
from openbeian.studio.runs.pictures import (
    class_grid_png,
    grid_png,
    nearest,
    neighbours_png,
    pairs_png,
    walk_png,
    write_png,
)
from openbeian.studio.runs.report import report_html

__all__ = [
    "class_grid_png",
    "grid_png",
    "model_card",
    "nearest",
    "neighbours_png",
    "pairs_png",
    "report_html",
    "walk_png",
    "write_png",
]
