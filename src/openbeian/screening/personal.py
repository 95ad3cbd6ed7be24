r"""Personal information in text, with checksums where the number has one (T2a).

Borders are digits, not `\b`: a Chinese character counts as a word character, so `\b` would miss half of the mentions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2

from openbeian.screening.folding import fold_with_origin


class PersonalKind(StrEnum):
    """Kinds of personal information, in the order in which one outranks another on the same span."""

    ID_CARD = "id_card"
    CREDIT_CODE = "credit_code"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    EMAIL = "email"
    PLATE = "plate"

    @property
    def placeholder(self) -> str:
        """What stands in place of it after masking."""
        return f"［{self.word}］"

    @property
    def word(self) -> str:
        """The Chinese word."""
        return TITLES[self]


TITLES = {
    PersonalKind.ID_CARD: "身份证号",
    PersonalKind.CREDIT_CODE: "统一社会信用代码",
    PersonalKind.BANK_CARD: "银行卡号",
    PersonalKind.MOBILE: "手机号",
    PersonalKind.LANDLINE: "固定电话",
    PersonalKind.EMAIL: "邮箱",
    PersonalKind.PLATE: "车牌号",
}


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """One mention, by its span in the original text."""

    start: int
    end: int
    kind: PersonalKind


def _is_valid(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except ValidationError:
        return False
    return True


def _is_id_card(text: str) -> bool:
    """Check birth date and, on the number of 18 places, the check digit (GB 11643-1999); the old number has none."""
    is_old = len(text) == 15
    born = f"19{text[6:12]}" if is_old else text[6:14]
    try:
        date(int(born[:4]), int(born[4:6]), int(born[6:]))
    except ValueError:
        return False
    return is_old or _is_valid(mod_11_2.validate, text.upper())


def _is_plate(text: str) -> bool:
    """Accept letters without a digit only in capitals: small ones are words."""
    return any(char.isdigit() for char in text[2:]) or text[1:] == text[1:].upper()


def _digits(text: str) -> str:
    return re.sub(r"[ -]", "", text)


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: PersonalKind
    pattern: re.Pattern[str]
    check: Callable[[str], bool] = lambda _: True


GAP = r"[ -]?"
REGION = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)"
PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Patterns run on folded text: half-width, lower case, without invisible characters.
RULES = (
    _Rule(
        PersonalKind.ID_CARD,
        re.compile(
            rf"(?<![0-9])(?:{REGION}\d{{4}}{GAP}(?:18|19|20)\d{{2}}{GAP}\d{{4}}{GAP}\d{{3}}[0-9x]|{REGION}\d{{13}})(?![0-9x])"
        ),
        lambda text: _is_id_card(_digits(text)),
    ),
    _Rule(
        PersonalKind.CREDIT_CODE,
        re.compile(r"(?<![0-9a-z])[0-9a-z]{2}\d{6}[0-9a-z]{10}(?![0-9a-z])"),
        lambda text: _is_valid(uscc.validate, text.upper()),
    ),
    _Rule(
        PersonalKind.BANK_CARD,
        re.compile(r"(?<![0-9])(?:62|4[0-9]|5[1-5]|35|9[0-9])\d{2}(?:[ -]?\d{4}){3}(?:[ -]?\d{3})?(?![0-9])"),
        lambda text: bool(luhn.is_valid(_digits(text))),
    ),
    _Rule(PersonalKind.MOBILE, re.compile(r"(?<![0-9])(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9])")),
    _Rule(
        PersonalKind.LANDLINE,
        re.compile(r"(?<![0-9])\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]?[2-8]\d{6,7}(?:(?:-|转)\d{1,5})?(?![0-9])"),
    ),
    _Rule(
        PersonalKind.EMAIL,
        re.compile(
            r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}\.[a-z]{2,12}(?![a-z0-9])"
        ),
    ),
    _Rule(
        PersonalKind.PLATE,
        re.compile(rf"[{PLACES}][a-z][· ]?(?:[a-hj-np-z0-9]{{5,6}}|[a-hj-np-z0-9]{{4}}[挂学警港澳])(?![a-z0-9])"),
        _is_plate,
    ),
)
ORDER = {kind: rank for rank, kind in enumerate(PersonalKind)}


def find_personal(text: str) -> list[PersonalSpan]:
    """Return the mentions of personal information in reading order, without overlaps."""
    folded = fold_with_origin(text)
    found = []
    for rule in RULES:
        for match in rule.pattern.finditer(folded.text):
            start, end = folded.span(*match.span())
            if rule.check(_plain(text[start:end]) if rule.kind is PersonalKind.PLATE else match.group()):
                found.append(PersonalSpan(start, end, rule.kind))
    return _without_overlaps(found)


def mask(text: str) -> tuple[str, list[PersonalSpan]]:
    """Return the text with every mention replaced by its placeholder, and the mentions (spans of the original)."""
    spans = find_personal(text)
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], span.kind.placeholder]
        end = span.end
    return "".join([*pieces, text[end:]]), spans


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _without_overlaps(found: Iterable[PersonalSpan]) -> list[PersonalSpan]:
    """Keep, of overlapping mentions, the kind that outranks the others."""
    kept: list[PersonalSpan] = []
    for span in sorted(found, key=lambda s: (ORDER[s.kind], s.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)
