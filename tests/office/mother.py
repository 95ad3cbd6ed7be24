"""Makes offices, actors and cases in any state, by the acts of the process and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from openbeian.office.accounts.actors import Actor, public_at
from openbeian.office.accounts.models import User
from openbeian.office.accounts.queries import actor_of, this_office
from openbeian.office.filings import services
from openbeian.office.filings.models import Filing
from openbeian.office.filings.submissions import Submission, SubmissionIn, check_submission
from openbeian.office.notices import services as notices
from openbeian.office.register import services as register
from openbeian.rules import Process

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "customer-service" / "service.yaml"
START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
ANSWERS = {
    "filing": {"public": "yes", "opinion": "yes", "model": "own"},
    "registration": {"public": "yes", "opinion": "yes", "model": "filed_api"},
    "algorithm_filing": {"public": "yes", "opinion": "yes", "model": "none"},
}


@cache
def submission(slug: str = "shili-kefu", track: str = "filing", days: int = 5) -> Submission:
    """Return a checked round of the example."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("id: shili-kefu ", f"id: {slug} ").replace("track: filing ", f"track: {track} ")
    if track == "registration":
        text = text.replace("origin: 完全自研", "origin: 调用已备案模型")
        text = text.replace(
            "base_model: null ", "base_model: {name: 示例基座, version: '1', licence: 商业授权, filing_number: MoNi-1} "
        )
    text = text.replace("response_days: 5", f"response_days: {days}")
    return check_submission(SubmissionIn(manifest_source=text), max_bytes=1 << 20)


def actor(name: str) -> Actor:
    """Return one of the seeded people, or someone of the public."""
    return public_at(this_office().pk) if name == "public" else actor_of(User.objects.get(username=name))


@dataclass
class Case:
    """One case with a clock of its own; `days` is what the provider's next round answers within."""

    number: str
    now: datetime
    track: str = "filing"
    slug: str = "shili-kefu"
    days: int = 5

    def actor(self, name: str) -> Actor:
        return actor(name)

    @property
    def filing(self) -> Filing:
        return Filing.objects.get(number=self.number)

    @property
    def papers(self) -> Submission:
        return submission(self.slug, self.track, self.days)

    @property
    def state(self) -> str:
        return self.filing.state

    def act(self, name: str, act: str) -> None:
        """Do one act with sensible words."""
        who, number, now = self.actor(name), self.number, self.now
        first = {"is_passed": True, "summary": "通过"} if act == "record_test" else {}
        {
            "submit_round": lambda: services.submit_round(number, self.papers, actor=who, now=now),
            "accept": lambda: services.accept(number, actor=who, now=now),
            "return_filing": lambda: services.return_filing(number, actor=who, now=now, reason="缺件"),
            "withdraw": lambda: services.withdraw(number, actor=who, now=now),
            "request_supplement": lambda: services.request_supplement(
                number, [services.SupplementRequest("请补")], actor=who, now=now
            ),
            "answer_supplement": lambda: services.answer_supplement(
                number, {1: "已补"}, self.papers, actor=who, now=now
            ),
            "mark_checklist": lambda: self.mark(name),
            "sign_opinion": lambda: services.sign_opinion(number, "pass", "齐全", actor=who, now=now),
            "approve_opinion": lambda: services.approve_opinion(number, actor=who, now=now),
            "reject_opinion": lambda: services.reject_opinion(number, actor=who, now=now, reason="再核"),
            "reject": lambda: services.reject(number, actor=who, now=now, reason="不符合"),
            "record_test": lambda: services.record_test(number, actor=who, now=now, **first),
            "report_up": lambda: services.report_up(number, actor=who, now=now),
            "record_national_review": lambda: services.record_national_review(
                number, actor=who, now=now, summary="通过"
            ),
            "recuse": lambda: services.recuse(number, actor=who, now=now, reason="亲属"),
            "open_notice": lambda: notices.open_notice(number, actor=who, now=now),
            "close_notice": lambda: notices.close_notice(number, actor=who, now=now),
            "assign_number": lambda: register.assign_number(number, actor=who, now=now),
            "publish": lambda: register.publish(number, actor=who, now=now),
            "open_change": lambda: services.open_change(self.filing.service_id, "换了答复时限", actor=who, now=now),
        }[act]()

    def mark(self, name: str) -> None:
        for item in Process.load().pack.checklist:
            services.mark_checklist(self.number, item.id, "符合", actor=self.actor(name), now=self.now)

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)


ROAD = (
    ("submitted", []),
    ("provincial_review", [("clerk", "accept")]),
    ("opinion", [("reviewer", "mark_checklist"), ("reviewer", "sign_opinion")]),
    ("provincial_test", [("approver", "approve_opinion")]),
    ("reported", [("reviewer", "record_test"), ("clerk", "report_up")]),
    ("national_review", [("clerk", "record_national_review")]),
    ("in_notice", [("approver", "open_notice")]),
    ("filed", [("wait", "31"), ("clerk", "close_notice"), ("approver", "assign_number")]),
    ("published", [("clerk", "publish")]),
)
SHORT_ROAD = (
    *ROAD[:3],
    ("approved", [("approver", "approve_opinion")]),
    ("registered", [("approver", "assign_number")]),
    ("published", [("clerk", "publish")]),
)


def a_case(until: str = "submitted", track: str = "filing", slug: str = "shili-kefu") -> Case:
    """Return a case brought to a point of its road by the right persons."""
    filing = services.start_filing(submission(slug, track), ANSWERS[track], actor=actor("kefu"), now=START)
    return walk(Case(filing.number, START, track, slug), until)


def walk(case: Case, until: str) -> Case:
    """Bring a submitted case on to a point of its road."""
    for point, acts in ROAD if case.track == "filing" else SHORT_ROAD:
        for name, act in acts:
            case.wait(int(act)) if name == "wait" else case.act(name, act)
        if point == until:
            return case
    raise AssertionError(until)


def a_change(case: Case, until: str = "draft") -> Case:
    """Return the change of a published case, with another answer time, brought to a point of its road."""
    case.act("kefu", "open_change")
    number = Filing.objects.filter(kind="change", service_id=case.filing.service_id).latest("pk").number
    change = Case(number, case.now, case.track, case.slug, days=3)
    if until == "draft":
        return change
    change.act("kefu", "submit_round")
    return walk(change, until)


ASIDE = {
    "returned": ("submitted", "clerk", "return_filing"),
    "withdrawn": ("submitted", "kefu", "withdraw"),
    "supplement": ("provincial_review", "reviewer", "request_supplement"),
    "rejected": ("provincial_review", "approver", "reject"),
    "change_pending": ("published", "kefu", "open_change"),
}


def a_filing(state: str = "submitted", track: str = "filing", slug: str = "shili-kefu") -> Case:
    """Return a case in any state that acts can reach; `draft` is that of a change."""
    if state == "draft":
        return a_change(a_case("published", track, slug))
    if state not in ASIDE:
        return a_case(state, track, slug)
    point, name, act = ASIDE[state]
    case = a_case(point, track, slug)
    case.act(name, act)
    return case
