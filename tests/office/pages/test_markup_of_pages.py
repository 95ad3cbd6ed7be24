"""What holds for the markup of every page: strict policy, own assets, labels, unique ids, tokens, one heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.office.pages.test_access_to_pages import ROLES, reader, table
from tests.office.pages.world import World

VOID = {"meta", "link", "input", "wbr", "br", "img", "hr"}


class Page(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str]] = []
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.refers: list[str] = []
        self.posts = self.tokens = self.primaries = 0
        self._in_label = 0
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.ids.update([given["id"]] if "id" in given else [])
        is_ours = tag == "script" and given.get("src", "").startswith("/static/openbeian/")
        self._in_script = is_ours
        if (
            (tag in {"style", "script", "iframe"} and not is_ours)
            or "style" in given
            or any(name.startswith("on") for name in given)
        ):
            self.wrong.append(f"{tag} {given}")
        for name in ("src", "href", "action"):
            if "//" in given.get(name, "").split("?")[0]:
                self.wrong.append(f"{tag} {given[name]}")
        self.links += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        self.refers += [name for key in ("aria-labelledby", "aria-describedby") for name in given.get(key, "").split()]
        self._in_label += tag == "label"
        self.labelled.update([given["for"]] if tag == "label" and "for" in given else [])
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.controls.append(given | ({"wrapped": "1"} if self._in_label else {}))
        self.posts += tag == "form" and given.get("method", "").lower() == "post"
        self.tokens += given.get("name") == "csrfmiddlewaretoken"
        self.primaries += "btn-p" in given.get("class", "").split() and "disabled" not in given

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.wrong.append("a script inside the page")

    def handle_endtag(self, tag: str) -> None:
        self._in_label -= tag == "label"
        self._in_script = False


def problems(address: str, text: str) -> list[str]:
    page = Page(text)
    said = [f"not allowed: {item}" for item in page.wrong]
    said += [f"id {name} stands {count} times" for name, count in page.ids.items() if count > 1]
    said += [
        f"no label: {item}"
        for item in page.controls
        if "wrapped" not in item and item.get("id", "") not in page.labelled and "aria-label" not in item
    ]
    said += [f"link to #{name} leads nowhere" for name in page.links if name not in page.ids]
    said += [f"refers to {name}, which is not there" for name in page.refers if name not in page.ids]
    said += [] if page.posts == page.tokens else [f"{page.posts} forms, {page.tokens} tokens"]
    said += [] if "simbar" in text else ["does not say that it is simulated"]
    said += [] if page.tags["h1"] == 1 else [f"{page.tags['h1']} main headings"]
    said += [] if page.primaries <= (2 if "/office/cases/" in address else 1) else [f"{page.primaries} primary buttons"]
    said += [word for word in ("温馨提示", "官方", "！", "None", "{{", "{%") if word in text]
    return [f"{address}: {item}" for item in said]


@pytest.mark.req("T1", "M2")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_answers_and_keeps_the_rules_of_markup(
    enter: Callable[[str], Client], world: World, language: str
) -> None:
    clients = {name: enter(name) for name in ("", "kefu", "reviewer")}
    wrong = []
    for address, statuses in table(world).items():
        user = reader(address)
        clients[user].cookies["django_language"] = language
        answer = clients[user].get(address)
        wanted = statuses[ROLES.index(user)]
        wrong += [] if answer.status_code == wanted else [f"{address}: {answer.status_code}, not {wanted}"]
        if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
            answer.close()
        elif answer.status_code in {200, 404}:
            wrong += problems(address, answer.content.decode())
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
    assert wrong == []


def test_a_refused_form_keeps_the_rules_of_markup(enter: Callable[[str], Client], world: World) -> None:
    case = f"/office/cases/{world.numbers['second']}/"
    shown = [
        (
            f"/notices/{world.numbers['notice']}/object/",
            enter("").post(f"/notices/{world.numbers['notice']}/object/", {}),
        ),
        ("/complain/", enter("").post("/complain/", {})),
        ("/receipts/", enter("").post("/receipts/", {})),
        ("/provider/new/", enter("kefu").post("/provider/new/", {"source": "a: ["})),
        (f"{case}acts/sign_opinion/", enter("reviewer").post(f"{case}acts/sign_opinion/", {})),
        (f"{case}supplement/", enter("reviewer").post(f"{case}supplement/", {"count": "1"})),
        ("/provider/services/shili-caogao/submit/", enter("kefu").post("/provider/services/shili-caogao/submit/", {})),
        (
            "/provider/services/shili-tianqi/supplement/",
            enter("kefu").post("/provider/services/shili-tianqi/supplement/", {}),
        ),
    ]
    wrong = [item for address, answer in shown for item in problems(address, answer.content.decode())]
    assert wrong == []
