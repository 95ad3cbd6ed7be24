"""The reports in a browser, of an assessment, a scan and of training: they fit every width, run no script, break no policy of their own, print whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from openbeian.assessment import rule_book
from openbeian.assessment.report import report_html
from openbeian.assessment.review import Population
from openbeian.reports import Mark, interval_chart
from openbeian.studio.runs import grid_png
from openbeian.studio.runs import report_html as training_report
from tests.assessment.test_report import CONTENT, a_run, reviewed
from tests.e2e.driving import watch
from tests.screening.reporting import scans
from tests.studio.runs import sample

pytestmark = [pytest.mark.browser, pytest.mark.req("T5", "M8")]
WIDTHS = (320, 375, 641, 768, 1024, 1280, 1440)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


TRAINED = ("gan", "collapsed", "vae", "texts")
SCANNED = ("scan", "scan-of-nothing")
SHOWN = [("assessment", width) for width in WIDTHS]
SHOWN += [(kind, width) for kind in (*TRAINED, *SCANNED) for width in (375, 1440)]
PHONE_AND_DESK = [(kind, width) for kind, width in SHOWN if width in {375, 1440}]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An assessment with one bank reviewed, one with too few failures, one that nobody reviewed; and a report of each kind of training."""
    folder = tmp_path_factory.mktemp("report")
    with ThreadPoolExecutor(1) as pool:  # this thread's event loop belongs to the browser
        run = pool.submit(a_run, folder).result()
    reviewed(run, Population.MUST_REFUSE, 300, lambda item: not item.answer.startswith("抱歉") or item.id < "q-04")
    reviewed(run, Population.GENERATED, 1000, lambda item: "违禁" in item.answer, **CONTENT)
    grid = grid_png(np.arange(40 * 64, dtype=np.uint8).reshape(40, 8, 8), 10)
    pictures = {"samples": grid, "walk": grid, "neighbours": grid, "reconstructions": grid}
    pages = {
        "assessment": report_html(run, rule_book()),
        "gan": training_report(sample.gan_run(), sample.gan_rows(), pictures),
        "collapsed": training_report(sample.collapsed_run(), sample.gan_rows(collapses=True), {}),
        "vae": training_report(sample.vae_run(), sample.vae_rows(), pictures),
        "texts": training_report(sample.text_run(), sample.text_rows(), {}, sample.texts()),
        "scan": scans.everything(folder / "scan").read_text(encoding="utf-8"),
        "scan-of-nothing": scans.nothing(folder / "nothing").read_text(encoding="utf-8"),
    }
    for kind, page in pages.items():
        (folder / f"{kind}.html").write_text(page, encoding="utf-8")
    return {kind: folder / f"{kind}.html" for kind in pages}


@pytest.fixture
def opened(browser: Any, reports: dict[str, Path]) -> Any:
    """Open a report; at the end nothing may have been complained of."""
    contexts, said = [], []

    def go(width: int, kind: str = "assessment") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        said.append(watch(page))
        page.goto(reports[kind].as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert [line for found in said for line in found] == []


@pytest.mark.parametrize(("kind", "width"), SHOWN)
def test_nothing_scrolls_sideways_also_with_every_table_open(opened: Any, kind: str, width: int) -> None:
    page = opened(width, kind)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.vh, svg, thead')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


@pytest.mark.parametrize(("kind", "width"), PHONE_AND_DESK)
def test_axe_finds_nothing(opened: Any, axe: str, kind: str, width: int) -> None:
    page = opened(width, kind)
    for summary in page.locator("summary").all():
        summary.click()
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", TAGS)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


@pytest.mark.parametrize("kind", [*TRAINED, "scan"])
def test_words_in_the_charts_stay_apart(opened: Any, kind: str) -> None:
    """No label of a chart covers another: a target's words, the last value, the numbers of the axes."""
    covered = opened(1440, kind).evaluate(
        """[...document.querySelectorAll('svg.chart')].flatMap(chart => {
            const box = e => DOMRect.fromRect(e.getBBox())  // without the ground that a word has around it
            const words = [...chart.querySelectorAll('text')].map(e => [e.textContent, box(e)])
            return words.flatMap(([one, a], at) => words.slice(at + 1).filter(([, b]) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3
            ).map(([other]) => [one, other]))
        })"""
    )
    assert covered == []


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("limit", [0.05, 0.15, 0.3, 0.82])
def test_the_limit_of_a_chart_shows_through_no_word(browser: Any, width: int, limit: float) -> None:
    """Neither through a letter nor between two: words have a ground of their own, as wide as the gaps in them."""
    style = files("openbeian.reports").joinpath("report.css").read_text(encoding="utf-8")
    names = ("a", "web", "百科", "论坛（人工）", "quite-a-long-name-of…")
    marks = [Mark(name, 0.6, None, "60.00%（50.00–70.00）", "bad", "　1\u202f000 行") for name in names]
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.set_content(f"<style>{style}</style>{interval_chart(marks, limit, '超过', '占比')}")
    picture = np.asarray(Image.open(BytesIO(page.locator("svg").screenshot())).convert("RGB")).astype(int)
    scale = picture.shape[1] / 560
    for text, *box in page.evaluate(
        "[...document.querySelectorAll('.key, .value')].map(e => [e.getBBox(), e.textContent])"
        ".map(([box, text]) => [text, box.x, box.y, box.x + box.width, box.y + box.height])"
    ):
        left, top, right, bottom = (round(each * scale) for each in box)
        ground = picture[top + 2 : bottom - 2, left:right]
        assert not (ground[..., 0] > ground[..., 1] + 40).any(), text  # nothing else is red
    page.close()


def test_its_own_policy_lets_its_style_in_and_would_let_no_script_in(opened: Any) -> None:
    page = opened(1280)
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "6px"
    assert page.locator("script").count() == 0
    assert page.locator("svg.mini").count() >= 2


@pytest.mark.parametrize("kind", ["assessment", "scan"])
def test_words_in_the_charts_can_be_read_on_a_phone(opened: Any, kind: str) -> None:
    page = opened(375, kind)
    heights = page.evaluate(
        "[...document.querySelectorAll('.chart text')].map(e => e.getBoundingClientRect().height).filter(Boolean)"
    )
    assert min(heights) >= 12
    apart = page.evaluate(
        "[...document.querySelectorAll('.chart .key')].map(e => [e.getBBox(), e.nextElementSibling.getBBox()])"
        ".map(([key, value]) => value.x - key.x - key.width)"
    )
    assert min(apart) >= 0  # a label never runs into its value


def test_the_values_are_on_paper_too(opened: Any) -> None:
    page = opened(1280)
    page.emulate_media(media="print")
    assert page.locator(".plot details td").first.is_visible()
    assert not page.locator("details.long").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
