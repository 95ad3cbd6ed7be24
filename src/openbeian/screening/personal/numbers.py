r"""Numbers with a checksum or a plan: identity, bank card, mobile, landline, device, IP address.

A number is one or several whole groups of digits, the groups set apart by one and the same character. Borders are
digits and letters, not `\b`: a Chinese character counts as a word character, so `\b` would miss half of the mentions.
All rules run on folded text: half-width, small letters, nothing invisible.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from openbeian.screening.personal.checks import AREA, is_card, is_id_card, is_luhn, is_old_id_card
from openbeian.screening.personal.kinds import Found, PersonalKind
from openbeian.screening.personal.surroundings import is_free, is_of_a_thing, left_of

TOKEN: Final = re.compile(r"[0-9](?:[ \-.·()]?[0-9]){5,}")
LONGEST: Final = 19
_LANDLINE_GROUPS = 3  # area code, local number in halves
_LEAST_OF_IP = 6  # digits; with fewer it is rather a chapter or a version, unless a word says what it is
_DOTS = 3  # of an IP address
_LEAST, _LEAST_WITH_ZERO = 11, 10  # digits of the shortest number there is: a mobile, a landline
_SIZES: Final = frozenset(range(9, LONGEST + 1)) - {14}
_GROUP: Final = re.compile(r"[0-9]+")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LOCAL: Final = re.compile(r"[2-9][0-9]{6,7}")
_COUNTRY: Final = frozenset({"86", "0086"})
_LAST_X: Final = re.compile(r"[ \-.·]?x(?![a-z0-9])")
_EXTENSION: Final = re.compile(r" ?(?:转|分机号?|ext\.?)[: ]?[0-9]{1,5}(?![0-9])")
_DASHED: Final = re.compile(r"-[0-9]{1,5}(?![0-9])(?!-[0-9])")
_DEVICE: Final = re.compile(r"串号|串码|imei|设备识别码|移动设备|设备号|机身码|meid")
_VERSION: Final = re.compile(
    r"(?:版本号?|version|ver\.?|固件|内核|build|升级[到至]|更新[到至]|[第§])[:是为 ]{0,2}v?\Z|(?<![a-z])v\Z"
)
# How people group mobiles, identity numbers and cards.
_USUAL: Final = frozenset(
    {(3, 4, 4), (3, 8), (7, 4), (3, 5, 3), (6, 8, 4), (6, 4, 4, 4), (6, 8, 3), (6, 4, 4, 3)}
    | {(4, 4, 4, 4), (4, 4, 4, 4, 3), (6, 10), (6, 13), (6, 6, 3)}
)


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a token: whole groups. `before` and `after` are the characters that set its neighbours apart, or empty."""

    text: str
    groups: tuple[tuple[int, int], ...]
    before: str
    after: str

    @property
    def start(self) -> int:
        """Where it begins in the folded text."""
        return self.groups[0][0]

    @property
    def end(self) -> int:
        """Where it ends in the folded text."""
        return self.groups[-1][1]

    @property
    def digits(self) -> str:
        """The digits without what sets them apart."""
        return "".join(self.text[start:end] for start, end in self.groups)

    @property
    def gaps(self) -> set[str]:
        """The characters inside that set groups apart."""
        return {self.text[end] for _, end in self.groups[:-1]}

    def stands_alone(self) -> bool:
        """Tell whether the groups are one number: people write some groupings with any gap, others with a dash or dot only."""
        gaps = self.gaps
        if len(gaps) > 1 or gaps & {"(", ")", self.after} or "." in (self.before, self.after):
            return False
        sizes = tuple(end - start for start, end in self.groups)
        return not gaps or gaps <= {"-", "·"} or sizes in _USUAL or set(sizes) == {1}


def numbers(text: str) -> Iterator[Found]:
    """Yield the numbered mentions that a run of at least six digits leads to."""
    for token in TOKEN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *token.span())]
        least = _LEAST_WITH_ZERO if text[token.start()] == "0" else _LEAST
        is_long = len(token.group()) - len(groups) + 1 >= least
        if is_long or token.group().count(".") >= _DOTS:
            for first in range(len(groups)):
                yield from _from_group(text, groups, first)


def _from_group(text: str, groups: list[tuple[int, int]], first: int) -> Iterator[Found]:
    """Read the runs of whole groups that begin with one group."""
    start, end = groups[first]
    before = text[groups[first - 1][1]] if first else ""
    gap = text[end] if first + 1 < len(groups) else ""
    neighbour = groups[first - 1] if first else None
    is_landline = text[start] == "0" or _is_country(text, neighbour)
    is_within = before == gap != "" and not is_landline  # as in a table of numbers
    size = 0
    most = 1 if is_within else _LANDLINE_GROUPS if text[start] == "0" else len(groups)
    for last in range(first, min(first + most, len(groups))):
        size += groups[last][1] - groups[last][0]
        is_mixed = last > first and text[groups[last - 1][1]] != gap
        if size > LONGEST or (is_mixed and not (is_landline and last - first < _LANDLINE_GROUPS)):
            return
        if size in _SIZES or (gap == "." and last - first == _DOTS):
            after = text[groups[last][1]] if last + 1 < len(groups) else ""
            found = _read(Run(text, tuple(groups[first : last + 1]), before, after), size, neighbour)
            if found is not None:
                yield found


def _read(run: Run, size: int, neighbour: tuple[int, int] | None) -> Found | None:
    """Return what the run is, if it is anything; `neighbour` is the group before it."""
    reader = _READERS.get(size)
    found = reader(run, neighbour) if reader is not None else None
    if found is None and size >= _LEAST_OF_IP and len(run.groups) == _DOTS + 1 and run.gaps == {"."}:
        found = _ip(run)
    if found is None and run.text[run.start] == "0" and 10 <= size <= 12:
        found = _landline(run, run.digits[1:], neighbour)
    if found is None and 9 <= size <= 11 and neighbour is not None and _is_country(run.text, neighbour):
        found = _landline(run, run.digits, neighbour)
    return found


def _is_country(text: str, group: tuple[int, int] | None) -> bool:
    return group is not None and text[group[0] : group[1]] in _COUNTRY and text[group[0] - 1 : group[0]] != "."


def _with_country(run: Run, neighbour: tuple[int, int] | None) -> int:
    """Return where the number begins, its +86 included."""
    start = neighbour[0] if neighbour is not None and _is_country(run.text, neighbour) else run.start
    return start - 1 if run.text[start - 1 : start] in {"+", "("} and start != run.start else start


def _mobile(run: Run, neighbour: tuple[int, int] | None) -> Found | None:
    if _MOBILE.fullmatch(run.digits) is None or not run.stands_alone():
        return None
    start = _with_country(run, neighbour)
    is_second = neighbour is not None and neighbour[1] - neighbour[0] == 11
    if run.before == "-" and start == run.start and not is_second:
        return None
    if not is_free(run.text, start, run.end) or is_of_a_thing(run.text, start):
        return None
    return Found(start, run.end, PersonalKind.MOBILE)


def _mobile_of_country(run: Run, _neighbour: tuple[int, int] | None) -> Found | None:
    if len(run.groups) > 1 or not run.digits.startswith("86") or _MOBILE.fullmatch(run.digits[2:]) is None:
        return None
    if run.before in {".", "-"} or not is_free(run.text, run.start, run.end) or is_of_a_thing(run.text, run.start):
        return None
    return Found(run.start - (run.text[run.start - 1 : run.start] == "+"), run.end, PersonalKind.MOBILE)


def _of_fifteen(run: Run, _neighbour: tuple[int, int] | None) -> Found | None:
    if not run.stands_alone() or not is_free(run.text, run.start, run.end):
        return None
    if _DEVICE.search(left_of(run.text, run.start)):
        return Found(run.start, run.end, PersonalKind.IMEI) if is_luhn(run.digits) else None
    if is_old_id_card(run.digits) and not is_of_a_thing(run.text, run.start):
        return Found(run.start, run.end, PersonalKind.ID_CARD)
    return None


def _card(run: Run, _neighbour: tuple[int, int] | None) -> Found | None:
    if not run.stands_alone() or not is_card(run.digits) or not is_free(run.text, run.start, run.end):
        return None
    return None if is_of_a_thing(run.text, run.start) else Found(run.start, run.end, PersonalKind.BANK_CARD)


def _identity(run: Run, _neighbour: tuple[int, int] | None) -> Found | None:
    if run.stands_alone() and is_id_card(run.digits) and is_free(run.text, run.start, run.end):
        return Found(run.start, run.end, PersonalKind.ID_CARD)
    return None


def _identity_with_x(run: Run, _neighbour: tuple[int, int] | None) -> Found | None:
    last = _LAST_X.match(run.text, run.end)
    if last is None or not run.stands_alone() or not is_id_card(run.digits + "x"):
        return None
    return Found(run.start, last.end(), PersonalKind.ID_CARD) if is_free(run.text, run.start, last.end()) else None


def _landline(run: Run, digits: str, neighbour: tuple[int, int] | None) -> Found | None:
    """Read area code and local number; in the two old shapes of area codes the local number has eight digits."""
    area = AREA.match(digits)
    if area is None or _LOCAL.fullmatch(digits, area.end()) is None or not _is_grouped(run, digits, area.end()):
        return None
    if area.end() == 2 and len(digits) != 10:
        return None
    start = _with_country(run, neighbour)
    if run.before in {".", "-"} and start == run.start:
        return None
    if len(run.groups) > 1 and start == run.start and run.text[start - 1 : start] + run.text[run.groups[0][1]] == "()":
        start -= 1
    extension = _EXTENSION.match(run.text, run.end) or _DASHED.match(run.text, run.end)
    end = extension.end() if extension else run.end
    if not is_free(run.text, start, end) or is_of_a_thing(run.text, start):
        return None
    return Found(start, end, PersonalKind.LANDLINE)


def _is_grouped(run: Run, digits: str, area: int) -> bool:
    """Tell whether the groups are area code, then local number whole or in halves; no group at all is a grouping too."""
    sizes = [end - start for start, end in run.groups]
    lead = sum(sizes) - len(digits)
    local = len(digits) - area
    return sizes == [lead + len(digits)] or sizes in ([lead + area, local], [lead + area, local - 4, 4])


def _ip(run: Run) -> Found | None:
    parts = [run.text[start:end] for start, end in run.groups]
    if "." in (run.before, run.after) or not is_address(parts) or not is_free(run.text, run.start, run.end):
        return None
    is_other = run.text[run.end : run.end + 1] == "年" or _VERSION.search(left_of(run.text, run.start))
    return None if is_other else Found(run.start, run.end, PersonalKind.IP)


def is_address(parts: list[str]) -> bool:
    """Tell whether four numbers are an IP address (RFC 791) that is some machine's: not 0.x, 127.x or a broadcast."""
    is_shaped = all(len(part) <= 3 and int(part) <= 255 and part == str(int(part)) for part in parts)
    return is_shaped and parts[0] not in {"0", "127"} and parts != ["255"] * 4 and parts[:2] != ["255", "255"]


_READERS: Final[dict[int, Callable[[Run, tuple[int, int] | None], Found | None]]] = {
    11: _mobile,
    13: _mobile_of_country,
    15: _of_fifteen,
    16: _card,
    17: _identity_with_x,
    18: _identity,
    19: _card,
}
