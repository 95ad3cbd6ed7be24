"""Rules as data: packs with sources, the process table, the legal calendar and clocks, the findings engine."""

from openbeian.rules.calendar import Calendar, Day, legal_day
from openbeian.rules.clocks import Deadline, Stop, Term, due, remaining
from openbeian.rules.completeness import check, check_form, completeness, explain, load_checked
from openbeian.rules.editions import changed_findings, compare_editions
from openbeian.rules.explaining import Explanation, explain_finding
from openbeian.rules.findings import EvidenceView, Finding, MetricValue, Verdict, find
from openbeian.rules.packs import clause_pack, form_pack, load_pack, pack_ids, requirements, risk_pack
from openbeian.rules.process import Process, Route, Transition
from openbeian.rules.sarif import sarif_log

__all__ = [
    "Calendar",
    "Day",
    "Deadline",
    "EvidenceView",
    "Explanation",
    "Finding",
    "MetricValue",
    "Process",
    "Route",
    "Stop",
    "Term",
    "Transition",
    "Verdict",
    "changed_findings",
    "check",
    "check_form",
    "clause_pack",
    "compare_editions",
    "completeness",
    "due",
    "explain",
    "explain_finding",
    "find",
    "form_pack",
    "legal_day",
    "load_checked",
    "load_pack",
    "pack_ids",
    "remaining",
    "requirements",
    "risk_pack",
    "sarif_log",
]
