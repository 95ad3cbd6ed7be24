"""Letters and digits mixed: passport, permit, licence plate, unified social credit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from openbeian.screening.personal.checks import is_credit_code
from openbeian.screening.personal.kinds import REVIEW, Found, PersonalKind
from openbeian.screening.personal.surroundings import HAN, context_of, left_of

PLACES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_LETTERS: Final = "abcdefghjklmnopqrstuvwxyz"
_DIGITS: Final = re.compile(r"[0-9]{6,}")
_LATIN: Final = re.compile(r"[a-z]")
_HAN: Final = re.compile(f"[{HAN}]")
_LONGEST_LETTERED: Final = 15  # characters: a border, two letters, a blank, ten digits, one to spare
# A letter or two, a blank at most, digits: the digits are what the core finds.
_LETTERED: Final = re.compile(r"(?<![a-z0-9])([a-z]{1,2}) ?([0-9]{7,10})(?![0-9a-z])(?![.\-][0-9])")
_PASSPORT: Final = re.compile(r"(?:[edspg][0-9]{8}|e[a-hj-np-z][0-9]{7})")
_PERMIT: Final = re.compile(r"(?:[cw][0-9]{8}|c[a-hj-np-z][0-9]{7}|[hm][0-9]{8}(?:[0-9]{2})?)")
_OF_PASSPORT: Final = re.compile(r"护照|passport|证件|签证|出境|出国")
_OF_PERMIT: Final = re.compile(r"通行证|回乡证|回乡卡|来往内地|往来港澳|港澳|证件")
_CODE: Final = re.compile(r"(?<![a-z0-9])[1-9any][1-9][0-9]{6}[0-9a-z]{10}(?![a-z0-9])")
_PLATE: Final = re.compile(
    rf"[{PLACES}][{PLATE_LETTERS}][· .\-]?(?:[a-hj-np-z0-9]{{5,6}}|[a-hj-np-z0-9]{{4}}[挂学警港澳领试超])(?![a-z0-9])"
)
_NEW_ENERGY: Final = re.compile(r"[a-hjk][a-hj-np-z0-9][0-9]{4}|[0-9]{5}[a-hjk]")  # GA 36-2018
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz ")
_CODE_LENGTH: Final = 18
_SURE_DIGITS: Final = 3  # small letters with fewer digits are rather words
_EMBASSIES: Final = frozenset("使领")
_OF_PLATE: Final = re.compile(r"车牌|号牌|牌照|车号|车辆|轿车")


def documents(text: str) -> Iterator[Found]:
    """Yield what has at least six digits in a row: passports, permits, credit codes, plates of embassies."""
    for digits in _DIGITS.finditer(text):
        start, end = digits.span()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if before in _LETTERS:
            yield from _lettered(text, end)
        elif before in _EMBASSIES and end - start == 6:
            yield from _embassy(text, start - 1, end)
        if after in _LETTERS or end - start == _CODE_LENGTH:
            yield from _code(text, start)


def plates(text: str) -> Iterator[Found]:
    """Yield the licence plates that begin with a province."""
    for match in _PLATE.finditer(text):
        number = match.group()[2:].lstrip("· .-")
        if len(number) != 6 or _NEW_ENERGY.fullmatch(number):
            is_sure = sum(map(str.isdecimal, number)) >= _SURE_DIGITS or _OF_PLATE.search(left_of(text, match.start()))
            yield Found(*match.span(), PersonalKind.PLATE, capitals=not is_sure)


def _embassy(text: str, start: int, end: int) -> Iterator[Found]:
    is_part = _HAN.match(text[start - 1 : start]) and text[start - 1] not in "牌照车号"
    if not is_part and not _LATIN.match(text, end) and _OF_PLATE.search(context_of(text, start, end)):
        yield Found(start, end, PersonalKind.PLATE)


def _code(text: str, start: int) -> Iterator[Found]:
    """Read a credit code whose digits begin at its first or its second character."""
    for begin in (start, start - 1):
        match = _CODE.match(text, begin) if begin >= 0 else None
        if match is not None and is_credit_code(match.group()):
            yield Found(*match.span(), PersonalKind.CREDIT_CODE)


def _lettered(text: str, end: int) -> Iterator[Found]:
    begin = max(0, end - _LONGEST_LETTERED)
    match = _LETTERED.search(text[begin : end + 2])
    if match is None or begin + match.end() != end:
        return
    start, number = begin + match.start(), match.group(1) + match.group(2)
    around = context_of(text, start, end)
    if _PERMIT.fullmatch(number) and _OF_PERMIT.search(around):
        yield Found(start, end, PersonalKind.HK_MACAO_PERMIT)
    elif _PASSPORT.fullmatch(number) and _OF_PASSPORT.search(around):
        yield Found(start, end, PersonalKind.PASSPORT)
    elif number[0] == "e" and _PASSPORT.fullmatch(number) and " " not in match.group():
        yield Found(start, end, PersonalKind.PASSPORT, REVIEW)
