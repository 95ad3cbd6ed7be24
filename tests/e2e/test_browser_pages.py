"""Every page in a browser: nothing refused by the policy, nothing wider than the screen, nothing axe complains of."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tools.screenshots import pages

pytestmark = pytest.mark.browser
WIDTHS = (320, 375, 768, 1440)
WITH_AXE = {375, 1440}
PARTS = 4  # so that several processes share the walk
SKIPPED = {"styleguide"}
AXE_RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
  return found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 4).join(' | '));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _walk(
    open_as: Callable[..., Any], office: SimpleNamespace, part: int, look: Callable[[Any], list[str]]
) -> list[str]:
    wrong = []
    opened: dict[str, Any] = {}
    for name, user, path in pages(office)[part::PARTS]:
        if name in SKIPPED:
            continue
        if user not in opened:
            opened[user] = open_as(user, quiet=False)
        page = opened[user]
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text) if message.type == "error" else None)
        page.goto(path)
        expected_missing = name in {"not-found", "verify-unknown"}
        wrong += [f"{name}: {line}" for line in [*look(page), *said] if not (expected_missing and "404" in line)]
    return wrong


@pytest.mark.long
@pytest.mark.req("T1", "M2")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_breaks_the_policy_scrolls_sideways_or_breaks_a_rule_of_axe(
    open_as: Callable[..., Any], office: SimpleNamespace, axe: str, part: int
) -> None:
    def look(page: Any) -> list[str]:
        found = []
        page.evaluate(axe)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate(TOO_WIDE)
            found += [f"{wide} px too wide at {width}"] if wide > 0 else []
            found += [f"{line} at {width}" for line in page.evaluate(AXE_RUN)] if width in WITH_AXE else []
        return found

    assert _walk(open_as, office, part, look) == []
