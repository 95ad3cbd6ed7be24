"""What a scan came to: the report for programs, the page for people, the record for the findings."""

from openbeian.screening.reporting.figures import Beside, Figures, Source
from openbeian.screening.reporting.page import page_html
from openbeian.screening.reporting.queue import likeliest, queue_csv
from openbeian.screening.reporting.record import record_of
from openbeian.screening.reporting.report import report_json, report_text
from openbeian.screening.reporting.shares import EDITION, Share
from openbeian.screening.reporting.summary import row_sum, summary_lines

__all__ = [
    "EDITION",
    "Beside",
    "Figures",
    "Share",
    "Source",
    "likeliest",
    "page_html",
    "queue_csv",
    "record_of",
    "report_json",
    "report_text",
    "row_sum",
    "summary_lines",
]
