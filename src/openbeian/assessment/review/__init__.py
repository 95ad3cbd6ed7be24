"""Human double review: a replayable sample, two blind reviewers, a third who decides, and what it comes to."""

from openbeian.assessment.review.folder import ReviewFolder
from openbeian.assessment.review.marks import Mark, Review, Seat, Settled
from openbeian.assessment.review.task import Item, Policy, Population, Stratum, Task, Verdict, draw_task

__all__ = [
    "Item",
    "Mark",
    "Policy",
    "Population",
    "Review",
    "ReviewFolder",
    "Seat",
    "Settled",
    "Stratum",
    "Task",
    "Verdict",
    "draw_task",
]
