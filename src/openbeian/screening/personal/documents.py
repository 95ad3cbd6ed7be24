"""Letters and digits mixed: passport, permit, licence plate, unified social credit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from openbeian.screening.personal.checks import is_credit_code
from openbeian.screening.personal.kinds import EXACT, REVIEW, Found, PersonalKind
from openbeian.screening.personal.numbers import context_of

PLACES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_LETTERS: Final = "abcdefghjklmnopqrstuvwxyz"
# A letter or two, a blank at most, digits: the digits are what the core finds.
_LETTERED: Final = re.compile(r"(?<![a-z0-9])([a-z]{1,2}) ?([0-9]{7,10})(?![0-9a-z])(?![.\-][0-9])")
_PASSPORT: Final = re.compile(r"(?:[edspg][0-9]{8}|e[a-hj-np-z][0-9]{7}|1[45][0-9]{7})")
_PERMIT: Final = re.compile(r"(?:[cw][0-9]{8}|c[a-hj-np-z][0-9]{7}|[hm][0-9]{8}(?:[0-9]{2})?)")
_OF_PASSPORT: Final = re.compile(r"护照|passport|证件|签证|出境|出国")
_OF_PERMIT: Final = re.compile(r"通行证|回乡证|回乡卡|来往内地|往来港澳|港澳|证件")
_CODE: Final = re.compile(r"(?<![a-z0-9])[1-9any][1-9][0-9]{6}[0-9a-z]{10}(?![a-z0-9])")
_PLATE: Final = re.compile(
    rf"[{PLACES}][{PLATE_LETTERS}][· .\-]?(?:[a-hj-np-z0-9]{{5,6}}|[a-hj-np-z0-9]{{4}}[挂学警港澳领试超])(?![a-z0-9])"
)
_NEW_ENERGY: Final = re.compile(r"[a-hjk][a-hj-np-z0-9][0-9]{4}|[0-9]{5}[a-hjk]")  # GA 36-2018
_EMBASSY: Final = re.compile(
    r"(?<=[牌照车号:]|[ ,])[使领][0-9]{6}(?![0-9a-z])|(?<![\u4e00-\u9fff])[使领][0-9]{6}(?![0-9a-z])"
)
_OF_PLATE: Final = re.compile(r"车牌|号牌|牌照|车号|车辆|轿车")


def documents(text: str) -> Iterator[Found]:
    """Yield passports, permits, plates and credit codes."""
    yield from _lettered(text)
    for match in _CODE.finditer(text):
        if is_credit_code(match.group()):
            yield Found(*match.span(), PersonalKind.CREDIT_CODE)
    for match in _PLATE.finditer(text):
        number = match.group()[2:].lstrip("· .-")
        if (len(number) != 6 or _NEW_ENERGY.fullmatch(number)) and any(char.isascii() for char in number):
            yield Found(*match.span(), PersonalKind.PLATE)
    for match in _EMBASSY.finditer(text):
        if _OF_PLATE.search(context_of(text, *match.span())):
            yield Found(*match.span(), PersonalKind.PLATE)


def _lettered(text: str) -> Iterator[Found]:
    for match in _LETTERED.finditer(text):
        number, around = match.group(1) + match.group(2), context_of(text, *match.span())
        if _PERMIT.fullmatch(number) and _OF_PERMIT.search(around):
            yield Found(*match.span(), PersonalKind.HK_MACAO_PERMIT)
        elif _PASSPORT.fullmatch(number) and _OF_PASSPORT.search(around):
            yield Found(*match.span(), PersonalKind.PASSPORT)
        elif number[0] == "e" and _PASSPORT.fullmatch(number) and " " not in match.group():
            yield Found(*match.span(), PersonalKind.PASSPORT, REVIEW)


def is_written_as_plate(original: str) -> bool:
    """Tell from the original writing whether it is a plate: small letters with few digits are words."""
    return sum(char.isdigit() for char in original) >= 3 or original == original.upper()


__all__ = ["EXACT", "documents", "is_written_as_plate"]
