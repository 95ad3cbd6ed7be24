"""Reports as one HTML file each: open without a server, print, keep; no script, nothing from elsewhere."""

from openbeian.reports.axes import Axis, decimal
from openbeian.reports.bars import Bar, bar_chart
from openbeian.reports.charts import Mark, Scale, interval_chart, mini_interval, scale_of, share_bar
from openbeian.reports.curves import Series, legend, line_chart
from openbeian.reports.drawing import Line, value_table
from openbeian.reports.levels import Counts, Level, histogram, histogram_keys, level_chart, level_keys
from openbeian.reports.page import number, render, short, write

__all__ = [
    "Axis",
    "Bar",
    "Counts",
    "Level",
    "Line",
    "Mark",
    "Scale",
    "Series",
    "bar_chart",
    "decimal",
    "histogram",
    "histogram_keys",
    "interval_chart",
    "legend",
    "level_chart",
    "level_keys",
    "line_chart",
    "mini_interval",
    "number",
    "render",
    "scale_of",
    "share_bar",
    "short",
    "value_table",
    "write",
]
