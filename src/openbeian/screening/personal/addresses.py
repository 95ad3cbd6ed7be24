"""Postal addresses down to the house: a road with its number, or building and room, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from openbeian.screening.personal.kinds import REVIEW, Found, PersonalKind
from openbeian.screening.personal.lexicon import PROVINCES
from openbeian.screening.personal.surroundings import HAN, left_of, right_of

LEFT, RIGHT = 44, 48  # characters of an address before and after its first number
# Roads end like this; triggers are made of these characters and a digit.
ROADS: Final = "路街道巷弄同里村线段镇浜庄屯坊湾桥苑座"
_SURE_ROADS: Final = (
    "路街道巷弄同"  # a number behind these is an address by itself; behind others a place must stand before
)
BUILDINGS: Final = ("号楼", "号院", "栋", "幢", "单元", "室")
_NUMBER: Final = frozenset("0123456789.")
_SHORTEST, _LEAST_SIGNS = 3, 2
_CORE: Final = re.compile(
    rf"[{ROADS}][0-9]{{1,5}}(?:-[0-9]{{1,4}})?(?:号|弄|巷|[栋幢])|座[0-9]{{2,5}}|[0-9]{{1,4}}(?:{'|'.join(BUILDINGS)})"
)
_TAIL: Final = re.compile(
    rf"(?:[{HAN}]{{0,10}}?(?<![共有满约])[a-z]?[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{0,2}}(?:号楼|栋|幢|座|号|单元|层|楼|室|户|房|弄|铺))*"
    rf"(?:(?<=[楼栋幢座元院])[0-9]{{3,5}}(?![0-9]))?"
)
_LEAD: Final = re.compile(rf"[{HAN}0-9a-z]+(?:(?<=[{HAN}])[-_](?=[{HAN}])[{HAN}0-9a-z]+)*\Z")
_PROVINCE: Final = re.compile(rf"(?:{'|'.join(PROVINCES)})(?![东南西北中]?[一二三四]?[路街巷])(?!大道|大街)")
_UNIT: Final = re.compile(r"[省市区县旗镇乡村路街道巷弄苑园城里]")
_CUT: Final = re.compile(
    r".*(?:地址|住址|家住|现住|住在|位于|坐落于|寄到|寄往|送到|发往|搬到|开在|在|是|为|到|于|至|往|从|住|给|[0-9a-z](?=[^0-9a-z号]))"
)
_PLACE: Final = re.compile(r"[省市区县旗州乡]|小区|花园|街道|[苑城村镇园]")


def addresses(text: str) -> Iterator[Found]:
    """Yield addresses; all for a person to look at."""
    done = 0
    for core in _CORE.finditer(text):
        if core.start() < done or _is_cut_off(text, core.start()):
            continue
        road = core.group()[0] if core.group()[0] in ROADS else ""
        lead = _lead(left_of(text, core.start(), LEFT) + road)
        tail = _TAIL.match(right_of(text, core.end(), RIGHT))
        length = tail.end() if tail else 0
        places = len(_PLACE.findall(lead[: len(lead) - len(road)])) + (road in _SURE_ROADS and bool(road))
        if len(lead) >= _SHORTEST and places + (length > 0 or bool(road)) >= _LEAST_SIGNS:
            done = core.end() + length
            yield Found(core.start() + len(road) - len(lead), done, PersonalKind.ADDRESS, REVIEW)


def _is_cut_off(text: str, start: int) -> bool:
    """Tell whether the number goes on to the left."""
    return text[start] in _NUMBER and text[start - 1 : start] in _NUMBER


def _lead(before: str) -> str:
    """Return what of the text before the first number belongs to the address: from its province on, or its first unit."""
    lead = _LEAD.search(before)
    if lead is None:
        return ""
    piece = lead.group()
    province = _PROVINCE.search(piece)
    if province is not None:
        return piece[province.start() :]
    unit = _UNIT.search(piece)
    cut = _CUT.match(piece[: unit.start() if unit else len(piece)])
    return piece[cut.end() :] if cut else piece
