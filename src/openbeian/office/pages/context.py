"""What every page knows: which door it belongs to, its links, language, type size, and whether anything is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from openbeian.office import clock, doors
from openbeian.office.accounts.actors import Actor
from openbeian.office.accounts.errors import NotFoundOrHidden
from openbeian.office.accounts.queries import this_office
from openbeian.office.pages import queries

TYPE_COOKIE = "openbeian_type"
LARGE = "large"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the main navigation."""

    name: str
    url: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a page."""

    door: str
    door_name: str
    width: str
    links: tuple[Link, ...]
    is_simulated: bool
    days_ahead: int
    now: datetime
    is_large: bool


def site(request: HttpRequest) -> dict[str, object]:
    """Return the frame of this page, computed only when a template asks for it.

    It is not called `site`: the sign-in pages of allauth put another thing under that name.
    """
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    door = next((name for name in ("provider", "office") if request.path.startswith(f"/{name}/")), "public")
    who = _actor(request)
    if (door == "office" and not (who and who.is_office)) or (door == "provider" and not (who and who.is_provider)):
        door, who = "public", None
    names = {"provider": _("提供者工作台"), "office": _("备案机构工作台"), "public": ""}
    ahead = clock.offset(settings.HOME).days if settings.DEMO else 0
    return Frame(
        door=door,
        door_name=names[door],
        width="wide" if door == "office" else "",
        links=_links(door, request.path, who),
        is_simulated=_is_demo() or ahead > 0,
        days_ahead=ahead,
        now=doors.now(),
        is_large=request.COOKIES.get(TYPE_COOKIE) == LARGE,
    )


def _actor(request: HttpRequest) -> Actor | None:
    try:
        return doors.actor(request) if hasattr(request, "user") else None
    except NotFoundOrHidden:
        return None


def _is_demo() -> bool:
    try:
        return this_office().is_demo
    except NotFoundOrHidden:
        return settings.DEMO


def _links(door: str, path: str, who: Actor | None) -> tuple[Link, ...]:
    waiting = queries.waiting(who) if who is not None and door != "public" else queries.Waiting()
    rows: dict[str, list[tuple[str, str, tuple[str, ...], int]]] = {
        "public": [
            (_("查备案"), reverse("home"), ("/register/", "/verify/"), 0),
            (_("公示与异议"), reverse("notices"), ("/notices/",), 0),
            (_("投诉与回执"), reverse("complain"), ("/complain/", "/receipts/"), 0),
            (_("核验账本"), reverse("ledger"), ("/ledger/",), 0),
            (_("关于本站"), reverse("about"), ("/about/",), 0),
        ],
        "provider": [
            (_("我的服务"), reverse("provider"), ("/provider/services/", "/provider/cases/"), 0),
            (_("复核"), reverse("reviews"), ("/provider/reviews/",), waiting.reviews),
            (_("选线路"), reverse("track"), ("/provider/track/", "/provider/new/"), 0),
            (_("投诉"), reverse("provider_complaints"), ("/provider/complaints/",), waiting.complaints),
            (_("规则"), reverse("rules"), ("/provider/rules/",), 0),
        ],
        "office": [
            (_("案卷"), reverse("queue"), ("/office/cases/",), waiting.cases),
            (_("公示与异议"), reverse("office_objections"), ("/office/objections/",), waiting.objections),
            (_("投诉"), reverse("office_complaints"), ("/office/complaints/",), waiting.complaints),
            (_("运行与备案不一致"), reverse("office_drift"), ("/office/drift/",), waiting.drifts),
            (_("账本"), reverse("office_ledger"), ("/office/ledger/",), 0),
        ],
    }
    return tuple(
        Link(name, url, is_current=path == url or path.startswith(under), count=count)
        for name, url, under, count in rows[door]
    )
