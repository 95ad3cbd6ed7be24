"""Who may do what on a case, and why not: one pure function over the transition table and the case's past.

Rights depend on role, organisation, state *and past acts on this case*: who accepted or reviewed does not approve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openbeian.office.accounts.actors import Actor, Role
from openbeian.office.accounts.errors import Conflict, NotFoundOrHidden, Refused
from openbeian.rules import Process, Transition


@dataclass(frozen=True, slots=True)
class PastAct:
    """An act already done on the case."""

    act: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class OpenOpinion:
    """A signed opinion that nobody has decided on yet."""

    reviewer_id: int
    round_digest: str
    recommendation: str


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """How the public notice stands; legal days have been counted already."""

    is_elapsed: bool
    is_closed: bool
    unanswered_objections: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a decision on rights may depend on."""

    number: str
    office_id: int
    organisation_id: int
    track: str
    state: str
    round_digest: str | None = None
    past: tuple[PastAct, ...] = ()
    reviewer_ids: frozenset[int] = frozenset()
    recused_ids: frozenset[int] = frozenset()
    has_open_supplement: bool = False
    unmarked_items: int = 0
    opinion: OpenOpinion | None = None
    test_passed: bool | None = None
    notice: NoticeFacts | None = None
    has_open_change: bool = False

    def did(self, actor: Actor, act: str) -> bool:
        """Tell whether this person has done this act on this case."""
        return any(past.act == act and past.user_id == actor.user_id for past in self.past)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The act may be done, by this row of the table."""

    row: Transition


@dataclass(frozen=True, slots=True)
class Denied:
    """The act may not be done: the stable code, the reason in Chinese, the clause or policy behind it."""

    code: str
    reason: str
    clause: str

    @property
    def is_conflict(self) -> bool:
        """Whether the state is the obstacle, not the person."""
        return self.code == "wrong-state"


Guard = Callable[[Actor, CaseView], str | None]


def _reason(text: str, *, unless: bool) -> str | None:
    return None if unless else text


GUARDS: dict[str, Guard] = {
    "own_case": lambda actor, case: _reason("这不是本单位的案卷", unless=actor.organisation_id == case.organisation_id),
    "not_recused": lambda actor, case: _reason("您已声明回避本案", unless=actor.user_id not in case.recused_ids),
    "no_open_supplement": lambda _, case: _reason("还有补正没有答复", unless=not case.has_open_supplement),
    "all_items_answered": lambda _, case: _reason("没有待答复的补正", unless=case.has_open_supplement),
    "checklist_complete": lambda _, case: _reason(
        f"核对清单还有 {case.unmarked_items} 项未核", unless=case.unmarked_items == 0
    ),
    "did_not_accept": lambda actor, case: _reason("受理本案的人不得再审核或批准", unless=not case.did(actor, "accept")),
    "opinion_on_this_round": lambda _, case: _reason("本轮还没有签署的承办意见", unless=case.opinion is not None),
    "different_person": lambda actor, case: _reason(
        "承办人与批准人不能是同一人", unless=actor.user_id not in case.reviewer_ids
    ),
    "round_unchanged": lambda _, case: _reason(
        "意见签署后材料有变，须重新签署",
        unless=case.opinion is not None and case.opinion.round_digest == case.round_digest,
    ),
    "test_passed": lambda _, case: _reason("技术测试还没有通过的记录", unless=case.test_passed is True),
    "notice_elapsed": lambda _, case: _reason("公示期未满", unless=case.notice is not None and case.notice.is_elapsed),
    "objections_answered": lambda _, case: _reason(
        "还有异议没有答复", unless=case.notice is not None and case.notice.unanswered_objections == 0
    ),
    "notice_closed": lambda _, case: _reason(
        "公示还没有结束", unless=case.notice is not None and case.notice.is_closed
    ),
    "change_ended": lambda _, case: _reason("变更还在办理", unless=not case.has_open_change),
}


def can_see(actor: Actor, case: CaseView) -> bool:
    """Tell whether this actor may know the case at all; a recused person may not."""
    if actor.office_id != case.office_id or actor.user_id in case.recused_ids:
        return False
    if actor.is_provider:
        return actor.organisation_id == case.organisation_id
    return actor.is_office and case.state != "draft"


def can(actor: Actor, act: str, case: CaseView) -> Allowed | Denied:
    """Answer whether the actor may do the act on this case now, and by which row or for which reason not."""
    process = Process.load()
    row = process.transition(case.track, case.state, act)
    if row is None:
        state = process.state(case.state).name_zh
        return Denied("wrong-state", f"案卷在“{state}”，不能{_name(act)}", f"流程表 {case.track}")
    if actor.role.value not in row.roles:
        needed = "、".join(role.name_zh for role in process.pack.roles if role.id in row.roles)
        return Denied("wrong-role", f"{_name(act)}由{needed}办理", row.basis)
    # Whatever a row says: a provider acts on its own cases only.
    for name in ("own_case", *row.guards) if actor.is_provider else row.guards:
        reason = GUARDS[name](actor, case)
        if reason is not None:
            return Denied(name.replace("_", "-"), reason, row.basis)
    return Allowed(row)


def require(actor: Actor, act: str, case: CaseView) -> Transition:
    """Return the row that allows the act.

    Raises:
        NotFoundOrHidden: when the actor must not know the case.
        Conflict: when the state is the obstacle; Refused: when the person or a guard is.
    """
    if not can_see(actor, case) and actor.role is not Role.SYSTEM:
        raise NotFoundOrHidden
    answer = can(actor, act, case)
    if isinstance(answer, Allowed):
        return answer.row
    raise (Conflict if answer.is_conflict else Refused)(answer.code, answer.reason, answer.clause)


def _name(act: str) -> str:
    words = Process.load().pack.acts.get(act)
    return words.name_zh if words else act
