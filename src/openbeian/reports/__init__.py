"""Reports as one HTML file each: open without a server, print, keep; no script, nothing from elsewhere."""

from openbeian.reports.charts import Mark, Scale, interval_chart, mini_interval, scale_of, share_bar
from openbeian.reports.page import render, write

__all__ = ["Mark", "Scale", "interval_chart", "mini_interval", "render", "scale_of", "share_bar", "write"]
