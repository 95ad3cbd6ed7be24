"""Rules as data: packs with sources, the process table, the legal calendar and clocks, the findings engine."""

from openbeian.rules.calendar import Calendar, Day, legal_day
from openbeian.rules.clocks import Deadline, Stop, Term, due, remaining
from openbeian.rules.completeness import check, check_form, completeness, explain, load_checked
from openbeian.rules.findings import EvidenceView, Finding, MetricValue, Verdict, find
from openbeian.rules.packs import clause_pack, form_pack, load_pack, pack_ids, requirements, risk_pack
from openbeian.rules.process import Process, Route, Transition

__all__ = [
    "Calendar",
    "Day",
    "Deadline",
    "EvidenceView",
    "Finding",
    "MetricValue",
    "Process",
    "Route",
    "Stop",
    "Term",
    "Transition",
    "Verdict",
    "check",
    "check_form",
    "clause_pack",
    "completeness",
    "due",
    "explain",
    "find",
    "form_pack",
    "legal_day",
    "load_checked",
    "load_pack",
    "pack_ids",
    "remaining",
    "requirements",
    "risk_pack",
]
