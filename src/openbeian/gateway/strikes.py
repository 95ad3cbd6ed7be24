"""Bad inputs by user: in a row and in a day, against the filed limits (7 g 1); users are pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from openbeian.manifest import Manifest


@dataclass
class _Count:
    on: date
    in_a_row: int = 0
    in_the_day: int = 0


@dataclass
class Strikes:
    """Counts bad inputs; a user is suspended for the rest of the day once a limit is reached."""

    in_a_row: int
    per_day: int
    _users: dict[str, _Count] = field(default_factory=dict)

    @staticmethod
    def of(manifest: Manifest) -> Strikes:
        """Return the counter with the filed limits."""
        return Strikes(manifest.security.strikes.in_a_row, manifest.security.strikes.per_day)

    def is_suspended(self, user: str, today: date) -> bool:
        """Tell whether this user has reached a limit today."""
        count = self._count(user, today)
        return count.in_a_row >= self.in_a_row or count.in_the_day >= self.per_day

    def note(self, user: str, today: date, *, is_bad: bool) -> None:
        """Count one input."""
        count = self._count(user, today)
        if is_bad:
            count.in_a_row += 1
            count.in_the_day += 1
        else:
            count.in_a_row = 0

    def _count(self, user: str, today: date) -> _Count:
        count = self._users.get(user)
        if count is None or count.on != today:
            count = self._users[user] = _Count(today)
        return count
