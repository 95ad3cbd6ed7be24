"""Banks, the runner, judging, statistics and sampling: from a question bank and a running service to evidence."""

from openbeian.assessment.assess import assess
from openbeian.assessment.banks import Bank, Expect, Question, load_bank
from openbeian.assessment.client import Endpoint
from openbeian.assessment.judging import Judge, Judgement, Label, default_judge
from openbeian.assessment.measuring import Statement
from openbeian.assessment.reporting import result_json, summary_text, to_record
from openbeian.assessment.results import AssessmentResult
from openbeian.assessment.rulebook import RuleBook, Threshold, rule_book
from openbeian.assessment.runner import Limits, Outcome, Progress, run_bank
from openbeian.assessment.sampling import Allocation, allocate, draw, rank, seed_from

__all__ = [
    "Allocation",
    "AssessmentResult",
    "Bank",
    "Endpoint",
    "Expect",
    "Judge",
    "Judgement",
    "Label",
    "Limits",
    "Outcome",
    "Progress",
    "Question",
    "RuleBook",
    "Statement",
    "Threshold",
    "allocate",
    "assess",
    "default_judge",
    "draw",
    "load_bank",
    "rank",
    "result_json",
    "rule_book",
    "run_bank",
    "seed_from",
    "summary_text",
    "to_record",
]
