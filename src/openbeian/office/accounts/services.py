"""Making offices, organisations, users and tokens: the only writer of these tables."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from openbeian.office.accounts.actors import Role
from openbeian.office.accounts.models import ApiToken, Office, Organisation, User

TOKEN_LIFE = timedelta(days=365)


@transaction.atomic
def ensure_office(code: str, *, name: str, prefix: str, is_demo: bool) -> Office:
    """Return the office of this code, made if it is not there."""
    office, _ = Office.objects.get_or_create(code=code, defaults={"name": name, "prefix": prefix, "is_demo": is_demo})
    return office


@transaction.atomic
def ensure_organisation(office: Office, *, name: str, uscc: str) -> Organisation:
    """Return the organisation of this credit code, made if it is not there."""
    organisation, _ = Organisation.objects.get_or_create(office=office, uscc=uscc, defaults={"name": name})
    return organisation


@transaction.atomic
def ensure_user(
    username: str,
    *,
    office: Office,
    role: Role,
    display_name: str,
    password: str,
    organisation: Organisation | None = None,
) -> User:
    """Return the user of this name, made with the password if not there."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(
            username=username, office=office, role=role.value, display_name=display_name, organisation=organisation
        )
        user.set_password(password)
        user.save()
    return user


@transaction.atomic
def set_password(user: User, password: str) -> None:
    """Give a user another password."""
    user.set_password(password)
    user.save(update_fields=["password"])


@transaction.atomic
def issue_token(user: User, *, label: str, now: datetime) -> str:
    """Make a bearer token and return it; it is shown only this once."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, digest=token_digest(token), label=label, created_at=now, expires_at=now + TOKEN_LIFE
    )
    return token


def token_digest(token: str) -> str:
    """Return the hash under which a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
