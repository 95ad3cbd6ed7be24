"""Who is acting, from a session's user or a bearer token; which office this deployment serves."""

from __future__ import annotations

from datetime import datetime

from openbeian.office.accounts.actors import Actor, Role
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.accounts.models import ApiToken, Office, Organisation, User
from openbeian.office.accounts.services import token_digest


def this_office() -> Office:
    """Return the office this deployment serves."""
    office = Office.objects.order_by("pk").first()
    if office is None:
        raise NotFoundOrHidden
    return office


def actor_of(user: User) -> Actor:
    """Return the actor a signed-in user is."""
    return Actor(
        role=Role(user.role),
        office_id=user.office_id or 0,
        user_id=user.pk,
        organisation_id=user.organisation_id,
        name=str(user),
    )


def user_of_token(token: str, *, now: datetime) -> User | None:
    """Return the user a bearer token belongs to, or None when it is unknown, expired or revoked."""
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=token_digest(token), expires_at__gt=now, revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    return found.user if found else None


def user_names(user_ids: set[int]) -> dict[int, str]:
    """Return display names by user id."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=user_ids)}


def organisation(organisation_id: int) -> Organisation:
    """Return an organisation."""
    return Organisation.objects.get(pk=organisation_id)


def actor_of_token(token: str, *, now: datetime) -> Actor | None:
    """Return the actor a bearer token stands for, or None."""
    user = user_of_token(token, now=now)
    return actor_of(user) if user else None
