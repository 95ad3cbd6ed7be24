"""Where something could be: short literals and runs of digits, each with how far its rules look, and the rules.

Every mention, with all that its rule looks at, lies within the reach of a trigger of its family that stands inside it. So a
rule that sees only the surroundings of these triggers says what it says of the whole text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from openbeian.screening.personal import online
from openbeian.screening.personal.addresses import BUILDINGS, LEFT, RIGHT, ROADS, addresses
from openbeian.screening.personal.documents import PLACES, PLATE_LETTERS, documents, plates
from openbeian.screening.personal.kinds import Found
from openbeian.screening.personal.lexicon import DOUBLE_SURNAMES, LABELS, MARKS, ROLES, SURNAMES, TITLES
from openbeian.screening.personal.numbers import numbers
from openbeian.screening.personal.numerals import NUMERALS, ONES, SECONDS, numerals
from openbeian.screening.personal.people import birth_dates, labelled_names, names_beside, names_of_a_sex, titled_names

_DIGITS: Final = "0123456789"
_HEX: Final = "0123456789abcdef"
_WORD: Final = "abcdefghijklmnopqrstuvwxyz0123456789_.%+-"


@dataclass(frozen=True)
class Family:
    """Triggers that call the same rule, and how many characters to their left and right it looks at most."""

    rule: Callable[[str], Iterable[Found]]
    left: int
    right: int
    literals: tuple[str, ...] = ()


def _each(*parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map("".join, product(*parts)))


def _numbered(text: str) -> Iterator[Found]:
    found = [*numbers(text), *documents(text)]
    yield from found
    yield from names_beside(text, found)


# A role alone is too frequent to call a rule: the next character must be a mark or begin a surname.
_AFTER_ROLE: Final = sorted({*MARKS, *SURNAMES, *(name[0] for name in DOUBLE_SURNAMES)})
NUMBERS_FAMILY: Final = Family(_numbered, 28, 28)  # its triggers are the runs of at least six digits
FAMILIES: Final = (
    Family(online.emails, online.LOCAL_PART + 4, 148, _each(_WORD, "@")),
    Family(plates, 20, 16, _each(PLACES, PLATE_LETTERS)),
    Family(online.macs, 24, 24, _each(":", _HEX, _HEX, ":") + _each("-", _HEX, _HEX, "-")),
    Family(online.short_ips, 4, 32, ("ip:", "ip ", "ip地", "ip为", "ip是", "ipv4", *_each(["ip"], _DIGITS))),
    Family(
        online.long_ips,
        4,
        48,
        ("2001:", "2002:", "fe80:", *_each(["24", "26", "2a", "fc", "fd"], _HEX, _HEX, ":")),
    ),
    Family(online.qqs, 4, 24, ("qq", "扣扣", "加q")),
    Family(online.wechats, 4, 40, ("微信", "wechat", "weixin", "vx", "wx", "v信", "薇信", "威信")),
    Family(birth_dates, 20, 28, ("出生", "生日", "生于", "诞辰", "birth", "生人", *_each(_DIGITS + "日", "生"))),
    Family(numerals, 4, 28, _each(ONES, SECONDS, NUMERALS)),
    Family(labelled_names, 8, 16, LABELS + _each(ROLES, _AFTER_ROLE)),
    Family(titled_names, 8, 4, TITLES),
    Family(names_of_a_sex, 8, 4, _each(":,、( ", "男女")),
    Family(addresses, LEFT + 8, RIGHT + 16, _each(ROADS, _DIGITS) + _each(_DIGITS, BUILDINGS)),
    NUMBERS_FAMILY,
)
TRIGGERS: Final = tuple(literal for family in FAMILIES for literal in family.literals)
# For each trigger the index of its family; -1, a run of digits, is the last.
FAMILY_OF: Final = (*(i for i, family in enumerate(FAMILIES) for _ in family.literals), len(FAMILIES) - 1)
