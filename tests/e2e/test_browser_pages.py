"""Every page in a browser: nothing refused by the policy, nothing wider than the screen, nothing axe complains of."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tools.screenshots import pages

pytestmark = pytest.mark.browser
WIDTHS = (320, 375, 768, 1440)
SKIPPED = {"styleguide"}
AXE_RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}});
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 4).join(' | '));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _walk(open_as: Callable[..., Any], office: SimpleNamespace, look: Callable[[Any, str], list[str]]) -> list[str]:
    wrong = []
    opened: dict[str, Any] = {}
    for name, user, path in pages(office):
        if name in SKIPPED:
            continue
        if user not in opened:
            opened[user] = open_as(user, quiet=False)
        page = opened[user]
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text) if message.type == "error" else None)
        page.goto(path)
        expected_missing = name in {"not-found", "verify-unknown"}
        wrong += [f"{name}: {line}" for line in [*look(page, name), *said] if not (expected_missing and "404" in line)]
    return wrong


@pytest.mark.req("T1", "M2")
def test_no_page_breaks_the_policy_or_scrolls_sideways_at_any_width(
    open_as: Callable[..., Any], office: SimpleNamespace
) -> None:
    def look(page: Any, _name: str) -> list[str]:
        over = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate(TOO_WIDE)
            over += [f"{wide} px too wide at {width}"] if wide > 0 else []
        return over

    assert _walk(open_as, office, look) == []


@pytest.mark.req("M2")
@pytest.mark.parametrize("width", [1440, 375])
def test_axe_finds_nothing_on_any_page(
    open_as: Callable[..., Any], office: SimpleNamespace, axe: str, width: int
) -> None:
    def look(page: Any, _name: str) -> list[str]:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(axe)
        return list(page.evaluate(AXE_RUN))

    assert _walk(open_as, office, look) == []
