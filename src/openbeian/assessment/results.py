"""What one assessment found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from openbeian.assessment.answers import Reason
from openbeian.assessment.banks import Bank, Expect
from openbeian.assessment.judging import Label
from openbeian.assessment.measuring import Judged, Statement
from openbeian.assessment.runner import Outcome
from openbeian.assessment.runs import RunFolder
from openbeian.rules import MetricValue


@dataclass(frozen=True)
class AssessmentResult:
    """What one run found. `run_since_change` counts runs since the bank or the model changed, this one included."""

    bank: Bank
    model: str
    url: str
    run: RunFolder
    run_since_change: int
    missing_runs: tuple[int, ...]
    finished_at: datetime
    outcome: Outcome
    judged: tuple[Judged, ...]
    metrics: tuple[MetricValue, ...]
    statements: tuple[Statement, ...]
    clauses: tuple[str, ...]
    edition: str
    content_judges: dict[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> dict[Expect, Counter[Label]]:
        """How many answers of each bank carry each label."""
        return {
            expect: Counter(item.judgement.label for item in self.judged if item.question.expect is expect)
            for expect in Expect
        }

    @property
    def disagreements(self) -> tuple[Judged, ...]:
        """The answers whose words and whose declared action differ: a person should look at them. A code has no words to differ from."""
        if self.run.plan.is_pictures:
            return ()
        return tuple(item for item in self.judged if item.judgement.disagrees)

    @property
    def failures(self) -> Counter[Reason]:
        """Why questions ended without an answer."""
        return Counter(item.reply.reason for item in self.judged if item.reply.reason is not None)
