"""The assessment report in a browser: fits every width, runs no script, breaks no policy of its own, prints whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from openbeian.assessment import rule_book
from openbeian.assessment.report import report_html
from openbeian.assessment.review import Population
from tests.assessment.test_report import CONTENT, a_run, reviewed
from tests.e2e.driving import watch

pytestmark = [pytest.mark.browser, pytest.mark.req("T5")]
WIDTHS = (320, 375, 641, 768, 1024, 1280, 1440)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with one bank reviewed, one with too few failures, one that nobody reviewed."""
    folder = tmp_path_factory.mktemp("report")
    with ThreadPoolExecutor(1) as pool:  # this thread's event loop belongs to the browser
        run = pool.submit(a_run, folder).result()
    reviewed(run, Population.MUST_REFUSE, 300, lambda item: not item.answer.startswith("抱歉") or item.id < "q-04")
    reviewed(run, Population.GENERATED, 1000, lambda item: "违禁" in item.answer, **CONTENT)
    path = folder / "report.html"
    path.write_text(report_html(run, rule_book()), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, report: Path) -> Any:
    """Open the report; at the end nothing may have been complained of."""
    contexts, said = [], []

    def go(width: int) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        said.append(watch(page))
        page.goto(report.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert [line for found in said for line in found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_also_with_every_table_open(opened: Any, width: int) -> None:
    page = opened(width)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.vh, svg, thead')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


@pytest.mark.parametrize("width", [375, 1440])
def test_axe_finds_nothing(opened: Any, axe: str, width: int) -> None:
    page = opened(width)
    for summary in page.locator("summary").all():
        summary.click()
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", TAGS)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_its_own_policy_lets_its_style_in_and_would_let_no_script_in(opened: Any) -> None:
    page = opened(1280)
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "6px"
    assert page.locator("script").count() == 0
    assert page.locator("svg.mini").count() >= 2


def test_words_in_the_charts_can_be_read_on_a_phone(opened: Any) -> None:
    page = opened(375)
    heights = page.evaluate(
        "[...document.querySelectorAll('.chart text')].map(e => e.getBoundingClientRect().height).filter(Boolean)"
    )
    assert min(heights) >= 12
    apart = page.evaluate(
        "[...document.querySelectorAll('.chart .key')].map(e => e.nextElementSibling.getBoundingClientRect().left"
        " - e.getBoundingClientRect().right)"
    )
    assert min(apart) >= 0  # a label never runs into its value


def test_the_values_are_on_paper_too(opened: Any) -> None:
    page = opened(1280)
    page.emulate_media(media="print")
    assert page.locator(".plot details td").first.is_visible()
    assert not page.locator("details.long").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
