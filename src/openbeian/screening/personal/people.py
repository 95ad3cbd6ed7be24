"""Birth dates by their context, and names: a surname alone is none, so a label, a title or a number must stand beside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from openbeian.screening.personal.checks import is_birth_date
from openbeian.screening.personal.kinds import REVIEW, Found, PersonalKind
from openbeian.screening.personal.lexicon import (
    DOUBLE_SURNAMES,
    LABELS,
    MARKS,
    NO_GIVEN,
    NO_NAMES,
    PLAIN_SURNAMES,
    ROLES,
    SURNAMES,
    TITLES,
)
from openbeian.screening.personal.surroundings import HAN, left_of, right_of

_DATE: Final = r"((?:19|20)[0-9]{2})(?:年|[-/.])([01]?[0-9])(?:月|[-/.])([0-3]?[0-9])(?![0-9])日?|((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])(?![0-9])"
_BORN_LEFT: Final = re.compile(
    rf"(?:出生年月日|出生日期|出生时间|出生年月|出生于|生日|生于|诞辰|birthday|birthdate|date of birth)[:是为在于 ]{{0,3}}(?:{_DATE})"
)
_BORN: Final = re.compile(rf"出生|生人|生(?![{HAN}])")
_DATE_BEFORE: Final = re.compile(rf"(?<![0-9])(?:{_DATE}) ?\Z")
_GIVEN: Final = rf"(?![{NO_GIVEN}])[{HAN}]"
_DOUBLE: Final = "|".join(DOUBLE_SURNAMES)
_WORDS: Final = "|".join(NO_NAMES)
NAME: Final = rf"(?!{_WORDS})(?:(?:{_DOUBLE}|[{PLAIN_SURNAMES}])(?:{_GIVEN}){{1,2}})"
_ANY_NAME: Final = rf"(?!{_WORDS})(?:(?:{_DOUBLE}|[{SURNAMES}])(?:{_GIVEN}){{1,2}})"  # where a label leads it in
_ENDS: Final = (
    rf"(?=[^{HAN}]|\Z|先生|女士|小姐|老师|医生|您好|你好|的|电话|手机|男|女|身份|证件|签收|在|于|住|与|和|已|因|是|为)"
)
_LABELLED: Final = re.compile(rf"(?:{'|'.join(LABELS + ROLES)})[{MARKS}]{{0,2}}({_ANY_NAME}){_ENDS}")
_TITLE: Final = re.compile("|".join(TITLES))
_BORDER: Final = rf"(?:(?<![{HAN}])|(?<=[请给找由和与及是向为对的]))"
_NAME_BEFORE: Final = re.compile(rf"{_BORDER}({NAME})\Z")
_SEX: Final = re.compile(rf"[男女](?:性|士|(?![{HAN}]))")
_NAME_OF_SEX: Final = re.compile(rf"(?<![{HAN}])({_ANY_NAME}|[{PLAIN_SURNAMES}][{HAN}]{{1,2}})[:,、( ]{{1,2}}\Z")
_BEFORE_NUMBER: Final = re.compile(
    rf"{_BORDER}({NAME})[:,(、/ -]{{0,2}}(?:联系电话|联系方式|手机号码?|手机|电话|身份证号码?|身份证|tel)?[:是为 ]{{0,2}}\Z"
)
_AFTER_NUMBER: Final = re.compile(rf"[(/ -]{{1,2}}({NAME})(?=[^{HAN}]|\Z)")
_BESIDE: Final = frozenset({PersonalKind.MOBILE, PersonalKind.ID_CARD, PersonalKind.BANK_CARD, PersonalKind.LANDLINE})
REACH: Final = 20  # characters to either side in which a name beside a number is looked for


def birth_dates(text: str) -> Iterator[Found]:
    """Yield the dates that a word calls somebody's birth."""
    for after in _BORN_LEFT.finditer(text):
        yield from _birth(text, after, 0)
    for word in _BORN.finditer(text):
        before = left_of(text, word.start())
        match = _DATE_BEFORE.search(before)
        if match is not None and (word.group() == "出生" or not match.group().endswith(" ")):
            yield from _birth(text, match, word.start() - len(before))


def _birth(text: str, match: re.Match[str], shift: int) -> Iterator[Found]:
    year, month, day = parts = (1, 2, 3) if match.group(1) else (4, 5, 6)
    if is_birth_date(*match.group(*parts)):
        end = match.end(day) + shift
        is_said = month == 2 and text[end : end + 1] == "日"
        yield Found(match.start(year) + shift, end + is_said, PersonalKind.BIRTH_DATE)


def labelled_names(text: str) -> Iterator[Found]:
    """Yield names behind a label such as 收件人; for a person to look at, as all names."""
    for match in _LABELLED.finditer(text):
        yield Found(*match.span(1), PersonalKind.PERSON, REVIEW)


def titled_names(text: str) -> Iterator[Found]:
    """Yield names before a title such as 先生."""
    for title in _TITLE.finditer(text):
        yield from _name_before(text, title.start(), _NAME_BEFORE)


def names_of_a_sex(text: str) -> Iterator[Found]:
    """Yield names that 男 or 女 follows, as in lists and résumés."""
    for sex in _SEX.finditer(text):
        yield from _name_before(text, sex.start(), _NAME_OF_SEX)


def names_beside(text: str, numbered: Iterable[Found]) -> Iterator[Found]:
    """Yield names that stand beside a number of somebody's."""
    for found in numbered:
        if found.kind in _BESIDE:
            yield from _name_before(text, found.start, _BEFORE_NUMBER)
            right = _AFTER_NUMBER.match(right_of(text, found.end, REACH))
            if right is not None:
                yield Found(right.start(1) + found.end, right.end(1) + found.end, PersonalKind.PERSON, REVIEW)


def _name_before(text: str, end: int, pattern: re.Pattern[str]) -> Iterator[Found]:
    before = left_of(text, end, REACH)
    match = pattern.search(before)
    if match is not None:
        shift = end - len(before)
        yield Found(match.start(1) + shift, match.end(1) + shift, PersonalKind.PERSON, REVIEW)
