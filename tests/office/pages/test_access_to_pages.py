"""Every address as every role: one table says what comes back. Nothing is ever a 500; hidden looks like missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.office.pages.world import World

ROLES = ("", "kefu", "other", "clerk", "reviewer", "approver", "inspector", "auditor")
EVERYBODY = (200,) * 8
OWN_PROVIDER = (302, 200, 404, 403, 403, 403, 403, 403)
ANY_PROVIDER = (302, 200, 200, 403, 403, 403, 403, 403)
OFFICE = (302, 403, 403, 200, 200, 200, 200, 200)
CASE_FILES = (302, 200, 404, 200, 200, 200, 200, 200)
NO_SEAT = (302, 403, 404, 403, 403, 403, 403, 403)
SENDS_ON = (302,) * 8
NOBODY = (404,) * 8


def reader(address: str) -> str:
    """Return the user a page is for; an empty name is the public."""
    return next(
        (user for start, user in (("/provider/", "kefu"), ("/office/", "reviewer")) if address.startswith(start)), ""
    )


def table(world: World) -> dict[str, tuple[int, ...]]:
    """Return every address with the statuses for the roles."""
    n, c = world.numbers, world.codes
    service = "/provider/services/shili-kefu/"
    sha = _attachment(world)
    return {
        "/": EVERYBODY,
        "/about/": EVERYBODY,
        "/register/": EVERYBODY,
        "/register/?q=示例 客服&track=filing": EVERYBODY,
        f"/register/?q={world.registration}": SENDS_ON,
        f"/register/{world.registration}/": EVERYBODY,
        f"/register/{world.registration.upper()}/": EVERYBODY,
        "/register/MoNi-Nowhere-0/": NOBODY,
        "/verify/": EVERYBODY,
        f"/verify/?number={world.registration}": SENDS_ON,
        f"/verify/{world.registration}/": EVERYBODY,
        "/verify/MoNi-Nowhere-0/": NOBODY,
        "/notices/": EVERYBODY,
        f"/notices/{n['notice']}/": EVERYBODY,
        f"/notices/{n['published']}/": EVERYBODY,
        f"/notices/{n['supplement']}/": NOBODY,
        f"/notices/{n['notice']}/object/": EVERYBODY,
        f"/notices/{n['supplement']}/object/": NOBODY,
        "/complain/": EVERYBODY,
        f"/complain/?number={world.registration}": EVERYBODY,
        "/complain/?number=nothing": EVERYBODY,
        "/receipts/": EVERYBODY,
        f"/receipts/{c['objection-answered']}/": EVERYBODY,
        f"/receipts/{c['objection-received']}/": EVERYBODY,
        f"/receipts/{c['complaint-closed'].lower()}/": EVERYBODY,
        f"/receipts/{c['complaint-received']}/": EVERYBODY,
        "/receipts/YY-0000000000/": NOBODY,
        "/ledger/": EVERYBODY,
        "/ledger/checkpoint": EVERYBODY,
        "/ledger/receipt/0.json": EVERYBODY,
        "/ledger/receipt/999999.json": NOBODY,
        "/styleguide/": NOBODY,
        "/nowhere/": NOBODY,
        "/accounts/login/": (200, *(302,) * 7),
        "/work/": SENDS_ON,
        "/provider/": ANY_PROVIDER,
        "/provider/track/": ANY_PROVIDER,
        "/provider/track/?public=yes&opinion=yes&model=own": ANY_PROVIDER,
        "/provider/track/?public=maybe": ANY_PROVIDER,
        "/provider/new/": ANY_PROVIDER,
        "/provider/rules/": ANY_PROVIDER,
        "/provider/complaints/": ANY_PROVIDER,
        f"/provider/complaints/{c['complaint-forwarded']}/": OWN_PROVIDER,
        f"/provider/complaints/{c['complaint-received']}/": (302, 404, 404, 403, 403, 403, 403, 403),
        service: OWN_PROVIDER,
        f"{service}manifest/": OWN_PROVIDER,
        f"{service}findings/": OWN_PROVIDER,
        f"{service}findings/?show=none": OWN_PROVIDER,
        f"{service}submit/": OWN_PROVIDER,
        f"{service}supplement/": (302, 302, 404, 403, 403, 403, 403, 403),
        "/provider/services/shili-tianqi/supplement/": OWN_PROVIDER,
        "/provider/services/shili-tianqi/": OWN_PROVIDER,
        "/provider/services/shili-caogao/": OWN_PROVIDER,
        "/provider/services/shili-caogao/submit/": OWN_PROVIDER,
        f"{service}change/": OWN_PROVIDER,
        f"{service}dossier/": OWN_PROVIDER,
        "/provider/services/nothing/": (302, 404, 404, 403, 403, 403, 403, 403),
        f"/provider/cases/{n['second']}/rounds/2/": CASE_FILES,
        f"/provider/cases/{n['second']}/rounds/9/": (302, *(404,) * 7),
        f"/cases/{n['published']}/files/{sha}/": CASE_FILES,
        f"/cases/{n['published']}/files/{'0' * 64}/": (302, *(404,) * 7),
        "/provider/reviews/": ANY_PROVIDER,
        f"{service}reviews/new/": OWN_PROVIDER,
        **{f"/provider/reviews/{c[name]}/": OWN_PROVIDER for name in ("review-half", "review-fresh", "review-done")},
        f"/provider/reviews/{c['review-half']}/marks.jsonl": OWN_PROVIDER,
        f"/provider/reviews/{c['review-half']}/mark/": NO_SEAT,
        f"/provider/reviews/{c['review-half']}/mark/1/": NO_SEAT,
        "/provider/reviews/FH-0000000000/": (302, 404, 404, *(403,) * 5),
        "/office/": OFFICE,
        "/office/?mine&stage=review&track=filing&kind=initial&q=示例": OFFICE,
        "/office/?finished": OFFICE,
        **{f"/office/cases/{n[name]}/": OFFICE for name in n},
        "/office/cases/2026-9999/": (302, 403, 403, *(404,) * 5),
        f"/office/cases/{n['second']}/rounds/2/": CASE_FILES,
        "/office/objections/": OFFICE,
        f"/office/objections/{c['objection-received']}/": OFFICE,
        f"/office/objections/{c['objection-answered']}/": OFFICE,
        "/office/objections/YY-0000000000/": (302, 403, 403, *(404,) * 5),
        "/office/complaints/": OFFICE,
        f"/office/complaints/{c['complaint-received']}/": OFFICE,
        "/office/complaints/TS-0000000000/": (302, 403, 403, *(404,) * 5),
        "/office/drift/": OFFICE,
        "/office/ledger/": OFFICE,
    }


def _attachment(world: World) -> str:
    from openbeian.office.filings.queries import access_filing, rounds_of

    return str(rounds_of(access_filing(world.actor("clerk"), world.numbers["published"]))[0].attachments[0]["sha256"])


@pytest.mark.req("F2", "T1c")
def test_every_page_for_every_role_answers_as_the_table_says(enter: Callable[[str], Client], world: World) -> None:
    wrong = []
    for role_at, role in enumerate(ROLES):
        client = enter(role)
        for address, statuses in table(world).items():
            answer = client.get(address)
            answer.close()
            if answer.status_code != statuses[role_at]:
                wrong.append(f"{role or 'public'} {address}: {answer.status_code}, not {statuses[role_at]}")
    assert wrong == []


def test_a_page_in_english_answers_with_the_same_status(enter: Callable[[str], Client], world: World) -> None:
    """Each answer of each page once; the test of markup asks for what a page shows to those it is for."""
    wrong = []
    asked = {(address, statuses[ROLES.index(reader(address))]) for address, statuses in table(world).items()}
    for role_at, role in ((0, ""), (1, "kefu"), (4, "reviewer")):
        client = enter(role)
        client.cookies["django_language"] = "en"
        for address, statuses in table(world).items():
            wanted = statuses[role_at]
            if (address, wanted) in asked:
                continue
            asked.add((address, wanted))
            answer = client.get(address)
            answer.close()
            if answer.status_code != wanted:
                wrong.append(f"{role or 'public'} {address}: {answer.status_code}, not {wanted}")
    assert wrong == []


# Address, data, and the statuses for the roles. 302 of the signed-out leads to the sign-in page.
def posts(world: World) -> list[tuple[str, dict[str, str], tuple[int, ...]]]:
    """Return every address that takes a form, with what each role gets."""
    n, c = world.numbers, world.codes
    office = "/office/cases/"
    refused_to_others = (302, 403, 403)
    return [
        (f"{office}{n['submitted']}/acts/accept/", {"note": ""}, (*refused_to_others, 302, 403, 403, 403, 403)),
        (f"{office}{n['submitted']}/acts/accept/", {"note": "x" * 6000}, (*refused_to_others, 422, 403, 403, 403, 403)),
        (
            f"{office}{n['submitted']}/acts/return_filing/",
            {"reason": "缺材料"},
            (*refused_to_others, 302, 403, 403, 403, 403),
        ),
        (
            f"{office}{n['submitted']}/acts/return_filing/",
            {"reason": ""},
            (*refused_to_others, 422, 403, 403, 403, 403),
        ),
        (f"{office}{n['second']}/acts/accept/", {"note": ""}, (*refused_to_others, *(409,) * 5)),
        (
            f"{office}{n['second']}/acts/sign_opinion/",
            {"recommendation": "pass", "reason": "同意"},
            (*refused_to_others, *(403,) * 5),
        ),
        (
            f"{office}{n['approval']}/acts/approve_opinion/",
            {"reason": ""},
            (*refused_to_others, 403, 403, 302, 403, 403),
        ),
        (f"{office}{n['approval']}/acts/nothing/", {}, (*refused_to_others, *(404,) * 5)),
        (f"{office}2026-9999/acts/accept/", {"note": ""}, (*refused_to_others, *(404,) * 5)),
        (f"{office}{n['notice']}/acts/close_notice/", {}, (*refused_to_others, 403, 403, 403, 403, 403)),
        (
            f"{office}{n['second']}/supplement/",
            {"count": "1", "request_1": "请补"},
            (*refused_to_others, 403, 302, 403, 403, 403),
        ),
        (
            f"{office}{n['second']}/supplement/",
            {"count": "1", "request_1": ""},
            (*refused_to_others, 403, 422, 403, 403, 403),
        ),
        (
            f"{office}{n['second']}/checklist/",
            {"v_L1": "不符合", "n_L1": "名称不一致"},
            (*refused_to_others, 403, 302, 403, 403, 403),
        ),
        (f"{office}{n['second']}/checklist/", {"v_L1": "大概"}, (*refused_to_others, 403, 422, 403, 403, 403)),
        (f"{office}{n['second']}/recuse/", {"reason": "亲属"}, (*refused_to_others, *(302,) * 5)),
        (f"{office}{n['second']}/recuse/", {"reason": ""}, (*refused_to_others, *(422,) * 5)),
        (
            f"/office/objections/{c['objection-received']}/",
            {"act": "verify", "verification": "已核"},
            (*refused_to_others, 403, 302, 403, 403, 403),
        ),
        (
            f"/office/objections/{c['objection-received']}/",
            {"act": "answer", "is_upheld": "no", "answer": "不成立"},
            (*refused_to_others, 403, 409, 403, 403, 403),
        ),
        (f"/office/objections/{c['objection-received']}/", {"act": "answer"}, (*refused_to_others, *(422,) * 5)),
        (
            f"/office/complaints/{c['complaint-received']}/",
            {"act": "forward"},
            (*refused_to_others, 302, 403, 403, 403, 403),
        ),
        (
            f"/office/complaints/{c['complaint-received']}/",
            {"act": "close", "outcome": "办结"},
            (*refused_to_others, 409, 403, 403, 403, 403),
        ),
        (f"/provider/complaints/{c['complaint-forwarded']}/", {"answer": "已改"}, (302, 302, 404, *(403,) * 5)),
        (f"/provider/complaints/{c['complaint-forwarded']}/", {"answer": ""}, (302, 422, 404, *(403,) * 5)),
        ("/provider/services/shili-kefu/change/", {"reason": "增加渠道"}, (302, 302, 404, *(403,) * 5)),
        ("/provider/services/shili-tianqi/change/", {"reason": "增加渠道"}, (302, 409, 404, *(403,) * 5)),
        ("/provider/services/shili-kefu/change/", {"reason": ""}, (302, 422, 404, *(403,) * 5)),
        ("/provider/services/shili-kefu/drift/", {}, (302, 302, 404, *(403,) * 5)),
        ("/provider/services/shili-tianqi/drift/", {}, (302, 409, 404, *(403,) * 5)),
        (f"/provider/cases/{n['submitted']}/withdraw/", {}, (302, 302, 404, *(403,) * 5)),
        (f"/provider/cases/{n['notice']}/withdraw/", {}, (302, 409, 404, *(403,) * 5)),
        ("/provider/new/", {"source": "a: [1"}, (302, 422, 422, *(403,) * 5)),
        ("/provider/services/shili-caogao/manifest/", {"source": "a: [1"}, (302, 422, 404, *(403,) * 5)),
        ("/provider/services/shili-kefu/reviews/new/", {}, (302, 422, 404, *(403,) * 5)),
        (f"/provider/reviews/{c['review-half']}/mark/1/", {"verdict": "拒答"}, NO_SEAT),
        (
            f"/provider/reviews/{c['review-half']}/seats/",
            {"seat": "third", "person": "0"},
            (302, 422, 404, *(403,) * 5),
        ),
        ("/language/", {"language": "en", "next": "/about/"}, SENDS_ON),
        ("/type/", {"type": "large", "next": "https://elsewhere.example/"}, SENDS_ON),
    ]


@pytest.mark.req("F2", "F3", "F4")
def test_every_form_for_every_role_answers_as_the_table_says(enter: Callable[[str], Client], world: World) -> None:
    from django.db import transaction

    wrong = []
    for role_at, role in enumerate(ROLES):
        client = enter(role)
        for address, data, statuses in posts(world):
            with transaction.atomic():
                answer = client.post(address, data)
                transaction.set_rollback(True)
            if answer.status_code != statuses[role_at]:
                wrong.append(f"{role or 'public'} {address} {data}: {answer.status_code}, not {statuses[role_at]}")
    assert wrong == []


def test_every_named_page_stands_in_the_tables(world: World, db: None) -> None:
    asked = [address.split("?")[0] for address in table(world)] + [address for address, _, _ in posts(world)]
    matched = {_route(address) for address in asked}
    routes = {route for route in _routes(get_resolver()) if not route.startswith(("api/", "accounts/", "livez"))}
    elsewhere = {
        "ledger/public-key",
        "ledger/entries.jsonl",
        "ledger/leaf-hashes",
        "provider/services/<slug:slug>/dossier.zip",
    }
    assert routes - matched - elsewhere == set()


def _route(address: str) -> str:
    from django.urls import Resolver404, resolve

    try:
        return resolve(address).route
    except Resolver404:
        return ""


def _routes(resolver: URLResolver, before: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        here = before + str(pattern.pattern)
        found += [here] if isinstance(pattern, URLPattern) else _routes(pattern, here)
    return found


def test_a_recused_reviewer_no_longer_finds_the_case(enter: Callable[[str], Client], world: World) -> None:
    client = enter("reviewer2")
    address = f"/office/cases/{world.numbers['second']}/"
    assert client.get(address).status_code == 200
    client.post(f"{address}recuse/", {"reason": "与提供者有亲属关系"})
    assert client.get(address).status_code == 404
    assert world.numbers["second"] not in client.get("/office/").content.decode()


def test_the_signed_out_are_led_to_sign_in_and_back(enter: Callable[[str], Client]) -> None:
    answer = enter("").get("/office/?mine")
    assert answer.url == "/accounts/login/?next=/office/%3Fmine"


def test_a_form_without_its_token_is_refused_in_plain_words(world: World, db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/complain/", {"number": world.registration, "text": "x"})
    assert answer.status_code == 403
    assert "表单已失效" in answer.content.decode()
