"""Who acts: a value that services and policies take, made at the border from a session or a token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles of the process pack, and the two actors without an account."""

    PROVIDER_MEMBER = "provider_member"
    CLERK = "clerk"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"
    PUBLIC = "public"
    SYSTEM = "system"


OFFICE_ROLES = frozenset({Role.CLERK, Role.REVIEWER, Role.APPROVER, Role.INSPECTOR, Role.AUDITOR})
ACCOUNT_ROLES = frozenset({Role.PROVIDER_MEMBER}) | OFFICE_ROLES


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who acts, in one role, at one office, perhaps for an organisation."""

    role: Role
    office_id: int
    user_id: int | None = None
    organisation_id: int | None = None
    name: str = ""

    @property
    def person(self) -> int:
        """The account's id, for acts only accounts can do; the public and the clockwork have none."""
        if self.user_id is None:
            raise ValueError(f"{self.role} has no account")
        return self.user_id

    @property
    def company(self) -> int:
        """The organisation's id; 0, which no organisation has, for everybody else."""
        return self.organisation_id or 0

    @property
    def is_office(self) -> bool:
        """Whether the actor belongs to the filing office."""
        return self.role in OFFICE_ROLES

    @property
    def is_provider(self) -> bool:
        """Whether the actor acts for a provider."""
        return self.role is Role.PROVIDER_MEMBER


def public_at(office_id: int) -> Actor:
    """Return a member of the public, without an account."""
    return Actor(Role.PUBLIC, office_id)


def system_at(office_id: int) -> Actor:
    """Return the office's own clockwork."""
    return Actor(Role.SYSTEM, office_id)
