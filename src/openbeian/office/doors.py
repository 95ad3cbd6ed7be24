"""Who stands at the door: the actor and the instant of a request, and which pages a role may enter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from openbeian.office import clock
from openbeian.office.accounts.actors import Actor, public_at
from openbeian.office.accounts.models import User
from openbeian.office.accounts.queries import actor_of, this_office
from openbeian.rules import legal_day

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def now() -> datetime:
    """Return the instant of the office's clock, in UTC."""
    return clock.now(settings.HOME, is_demo=settings.DEMO)


def today() -> date:
    """Return the legal day of the office's clock."""
    return legal_day(now())


def actor(request: HttpRequest) -> Actor:
    """Return who is acting; someone without an account is the public."""
    if isinstance(request.user, User) and request.user.role:
        return actor_of(request.user)
    return public_at(this_office().pk)


def providers_only(view: View[P]) -> View[P]:
    """Let only members of a provider in; the signed-out are asked to sign in."""
    return _door(view, lambda who: who.is_provider)


def office_only(view: View[P]) -> View[P]:
    """Let only people of the filing office in; the signed-out are asked to sign in."""
    return _door(view, lambda who: who.is_office)


def signed_in(view: View[P]) -> View[P]:
    """Let in whoever has an account; the signed-out are asked to sign in."""
    return _door(view, lambda _who: True)


def _door(view: View[P], may_enter: Callable[[Actor], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not may_enter(actor(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
