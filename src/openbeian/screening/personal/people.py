"""Birth dates by their context, and names: a surname alone is none, so a label, a title or a number must stand beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from openbeian.screening.personal.checks import is_birth_date
from openbeian.screening.personal.kinds import REVIEW, Found, PersonalKind
from openbeian.screening.personal.lexicon import DOUBLE_SURNAMES, LABELS, NO_GIVEN, PLAIN_SURNAMES, SURNAMES, TITLES
from openbeian.screening.personal.surroundings import HAN, left_of, right_of

_DATE: Final = r"((?:19|20)[0-9]{2})(?:年|[-/.])([01]?[0-9])(?:月|[-/.])([0-3]?[0-9])(?![0-9])日?|((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])(?![0-9])"
_BORN_LEFT: Final = re.compile(
    rf"(?:出生年月日|出生日期|出生时间|出生年月|出生于|生日|生于|诞辰|birthday|birthdate|date of birth)[:是为在于 ]{{0,3}}(?:{_DATE})"
)
_BORN_RIGHT: Final = re.compile(rf"(?<![0-9])(?:{_DATE})(?: ?出生|生人|生(?![{HAN}]))")
_GIVEN: Final = rf"(?![{NO_GIVEN}])[{HAN}]"
_DOUBLE: Final = "|".join(DOUBLE_SURNAMES)
NAME: Final = rf"(?:(?:{_DOUBLE}|[{PLAIN_SURNAMES}])(?:{_GIVEN}){{1,2}})"
_ANY_NAME: Final = rf"(?:(?:{_DOUBLE}|[{SURNAMES}])(?:{_GIVEN}){{1,2}})"  # where a label leads it in
_ENDS: Final = (
    rf"(?=[^{HAN}]|\Z|先生|女士|小姐|老师|医生|您好|你好|的|电话|手机|男|女|身份|证件|签收|在|于|住|与|和|已|因|是|为)"
)
_LABELLED: Final = re.compile(rf"(?:{'|'.join(LABELS)})(?:[:是为叫,、 ]|名字){{0,2}}({_ANY_NAME}){_ENDS}")
_TITLED: Final = re.compile(rf"(?:(?<![{HAN}])|(?<=[请给找由和与及是向为对的]))({NAME})(?={'|'.join(TITLES)})")
_SEX: Final = re.compile(
    rf"(?<![{HAN}])({_ANY_NAME}|[{PLAIN_SURNAMES}][{HAN}]{{1,2}})(?=[:,、( ]{{1,2}}[男女](?:性|士|[^{HAN}]|\Z))"
)
_BEFORE_NUMBER: Final = re.compile(
    rf"(?:(?<![{HAN}])|(?<=[请给找由和与及是向为对的]))({NAME})[:,(、/ -]{{0,2}}(?:联系电话|联系方式|手机号码?|手机|电话|身份证号码?|身份证|tel)?[:是为 ]{{0,2}}\Z"
)
_AFTER_NUMBER: Final = re.compile(rf"[(/ -]{{1,2}}({NAME})(?=[^{HAN}]|\Z)")
_BESIDE: Final = frozenset({PersonalKind.MOBILE, PersonalKind.ID_CARD, PersonalKind.BANK_CARD, PersonalKind.LANDLINE})
REACH: Final = 20  # characters to either side in which a name beside a number is looked for


def birth_dates(text: str) -> Iterator[Found]:
    """Yield the dates that a word calls somebody's birth."""
    for pattern in (_BORN_LEFT, _BORN_RIGHT):
        for match in pattern.finditer(text):
            parts = [index for index in range(1, 7) if match.group(index)]
            if is_birth_date(*(match.group(index) for index in parts)):
                start = match.start(parts[0])
                is_day = parts[0] == 1 and text[match.end(3) : match.end(3) + 1] == "日"
                yield Found(start, match.end(parts[2]) + is_day, PersonalKind.BIRTH_DATE)


def names(text: str, numbered: Iterable[Found]) -> Iterator[Found]:
    """Yield names with a label or title, and those beside a number of somebody's; all for a person to look at."""
    for pattern in (_LABELLED, _TITLED, _SEX):
        for match in pattern.finditer(text):
            yield Found(*match.span(1), PersonalKind.PERSON, REVIEW)
    for found in numbered:
        if found.kind in _BESIDE:
            yield from _beside(text, found)


def _beside(text: str, found: Found) -> Iterator[Found]:
    before = left_of(text, found.start, REACH)
    left = _BEFORE_NUMBER.search(before)
    if left is not None:
        shift = found.start - len(before)
        yield Found(left.start(1) + shift, left.end(1) + shift, PersonalKind.PERSON, REVIEW)
    right = _AFTER_NUMBER.match(right_of(text, found.end, REACH))
    if right is not None:
        yield Found(right.start(1) + found.end, right.end(1) + found.end, PersonalKind.PERSON, REVIEW)
