"""The few ways in which an act or a question is turned down; one border translates them into pages and problem details."""

from __future__ import annotations

from collections.abc import Sequence

from openbeian.manifest import Problem


class DomainError(Exception):
    """Something was turned down: a stable code, the reason in Chinese, the clause or policy behind it."""

    status = 400

    def __init__(self, code: str, reason: str, clause: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.clause = clause
        self.problems = tuple(problems)


class Refused(DomainError):
    """The actor may not do this now."""

    status = 403


class NotFoundOrHidden(DomainError):
    """It does not exist, or this actor must not know that it does."""

    status = 404

    def __init__(self) -> None:
        super().__init__("not-found", "没有这一项，或您无权查看")


class Conflict(DomainError):
    """The state is another than the act needs."""

    status = 409


class Incomplete(DomainError):
    """What was handed in lacks something, or is not of the right shape."""

    status = 422


class TooMany(DomainError):
    """Too many requests from one place."""

    status = 429
