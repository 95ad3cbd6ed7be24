"""Where something could be: short literals and runs of digits, each with how far its rules look.

Every mention, with all that its rule looks at, lies within the reach of a trigger inside it. So a rule that sees only the
surroundings of triggers says what it says of the whole text.
"""

from __future__ import annotations

from itertools import product
from typing import Final

from openbeian.screening.personal.addresses import BUILDINGS, LEFT, RIGHT, ROADS
from openbeian.screening.personal.documents import PLACES, PLATE_LETTERS
from openbeian.screening.personal.lexicon import LABELS, TITLES
from openbeian.screening.personal.numerals import NUMERALS, ONES, SECONDS
from openbeian.screening.personal.online import LOCAL_PART

_DIGITS: Final = "0123456789"
_HEX: Final = "0123456789abcdef"
_WORDS: Final = "abcdefghijklmnopqrstuvwxyz"


def _pairs(*parts: object) -> tuple[str, ...]:
    return tuple("".join(piece) for piece in product(*parts))  # type: ignore[call-overload]


# Literals and the reach in characters to the left and right that their rules need.
_GROUPS: Final[tuple[tuple[tuple[str, ...], tuple[int, int]], ...]] = (
    (_pairs(_WORDS + _DIGITS + "_.%+-", "@"), (LOCAL_PART + 4, 148)),
    (_pairs(PLACES, PLATE_LETTERS), (4, 16)),
    (_pairs(":", _HEX, _HEX, ":") + tuple(p for p in _pairs("-", _HEX, _HEX, "-") if not p[1:3].isdigit()), (24, 24)),
    (("ip:", "ip ", "ip地", "ip为", "ip是", "ipv4", *_pairs("ip", _DIGITS)), (4, 32)),
    (
        (
            "2001:",
            "2002:",
            *_pairs("24", _HEX, _HEX, ":"),
            *_pairs("2", "6a", _HEX, _HEX, ":"),
            "fe80:",
            *_pairs("f", "cd", _HEX, _HEX, ":"),
        ),
        (4, 48),
    ),
    (("qq", "扣扣", "加q"), (4, 24)),
    (("微信", "wechat", "weixin", "vx", "wx", "v信", "薇信", "威信"), (4, 40)),
    (("出生", "生日", "生于", "诞辰", "birth", *_pairs(_DIGITS + "日", "生")), (20, 28)),
    (_pairs(ONES, SECONDS, NUMERALS), (4, 28)),
    (LABELS, (4, 16)),
    (TITLES, (8, 4)),
    (_pairs(":,、( ", "男女"), (8, 4)),
    (_pairs(ROADS, _DIGITS) + _pairs(_DIGITS, BUILDINGS), (LEFT + 8, RIGHT + 16)),
)
TRIGGERS: Final = tuple(literal for literals, _ in _GROUPS for literal in literals)
REACH: Final = tuple(reach for literals, reach in _GROUPS for _ in literals)
NUMBERS_REACH: Final = (28, 28)  # of a run of digits
LONGEST_REACH: Final = (max(left for left, _ in REACH), max(right for _, right in REACH))
