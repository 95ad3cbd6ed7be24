"""Mobile numbers in Chinese numerals: certain enough to count, told apart as derived."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from openbeian.screening.personal.kinds import DERIVED, Found, PersonalKind

ONES: Final = "一幺壹"
SECONDS: Final = "三四五六七八九叁肆伍陆柒捌玖"
NUMERALS: Final = "零〇洞一幺壹二两贰三叁四肆五伍六陆七拐柒八捌九勾玖"
_NUMERALS: Final = frozenset(NUMERALS)
_MOBILE: Final = re.compile(rf"[{ONES}][{SECONDS}][{NUMERALS}](?:[ \-.·,、]?[{NUMERALS}]){{8}}(?![{NUMERALS}十百千万])")


def numerals(text: str) -> Iterator[Found]:
    """Yield mobile numbers whose digits are written as words."""
    for match in _MOBILE.finditer(text):
        if text[match.start() - 1 : match.start()] in _NUMERALS:
            continue
        yield Found(*match.span(), PersonalKind.MOBILE, DERIVED)
