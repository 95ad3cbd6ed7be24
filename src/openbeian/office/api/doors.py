"""Who calls the API: a bearer token's user, or the public within its limits."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from openbeian.office import clock
from openbeian.office.accounts.actors import Actor, public_at
from openbeian.office.accounts.queries import actor_of_token, this_office


def now() -> datetime:
    """Return the instant of the office's clock, in UTC."""
    return clock.now(settings.HOME, is_demo=settings.DEMO)


class TokenAuth(HttpBearer):
    """Accepts a token that is known, not expired and not revoked."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the token's actor."""
        del request
        return actor_of_token(token, now=now())


def caller(request: HttpRequest) -> Actor:
    """Return the actor of an authenticated request."""
    actor = getattr(request, "auth", None)
    assert isinstance(actor, Actor)
    return actor


def public() -> Actor:
    """Return a member of the public at this office."""
    return public_at(this_office().pk)
