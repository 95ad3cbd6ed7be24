"""What an admitted 不符合 tells beside its reason: what was done and is planned, or an equivalent measure with proof."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from openbeian.manifest import Statement

NEEDED = {"measures": "已采取的措施", "plan": "整改计划", "plan_until": "完成日期", "plan_by": "责任人"}
EQUIVALENT_PROOF = "等效措施有效性的证明"


def lacking(statement: Statement) -> tuple[str, ...]:
    """Return what an admitted 不符合 still has to tell, in words; nothing for other verdicts."""
    if statement.verdict != "不符合":
        return ()
    if statement.equivalent:
        return () if statement.proof else (EQUIVALENT_PROOF,)
    return tuple(words for name, words in NEEDED.items() if not getattr(statement, name))


def remedy(statement: Statement, today: date) -> str | None:
    """Return what is done about an admitted 不符合, as one text; None when nothing is told. A day that is over is said."""
    return "；".join(_told(statement, today)) or None


def _told(statement: Statement, today: date) -> Iterator[str]:
    if statement.measures:
        yield f"已采取：{statement.measures}"
    if statement.plan:
        yield _plan(statement, statement.plan, today)
    if statement.equivalent:
        yield f"等效措施：{statement.equivalent}" + (f"（证明 {statement.proof}）" if statement.proof else "")


def _plan(statement: Statement, plan: str, today: date) -> str:
    day, who = statement.plan_until, statement.plan_by
    named = [f"责任人 {who}"] if who else []
    if day is not None:
        named.append(f"{day} 前完成" + ("，已逾期" if day < today else ""))
    if not named and not statement.measures:
        return plan
    return f"计划：{plan}" + (f"（{'，'.join(named)}）" if named else "")
