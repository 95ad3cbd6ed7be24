"""Undoing encodings in their place: the text as it reads, and for each character the stretch of the original it came from."""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.screening.disguises.facts import syllables
from openbeian.screening.disguises.matches import VIAS

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNTOUCHED: Final = -1
_LEAST_HEX: Final = 12
_LEAST_RUN: Final = 8
_LONGEST_PATH: Final = 2000  # characters of a run that may be several, between the signs of an address
_MOST_TAG: Final = 300
_CP1252: Final = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0))
_PIECES: Final = re.compile(
    rf"""
      (?P<percent>(?:%[0-9A-Fa-f]{{2}}|%u[0-9A-Fa-f]{{4}})+)
    | (?P<entities>(?:&(?:\#[0-9]{{1,7}}|\#[xX][0-9A-Fa-f]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});?)+)
    | (?P<escapes>(?:\\u[0-9A-Fa-f]{{4}}|\\u\{{[0-9A-Fa-f]{{1,6}}\}}|\\U[0-9A-Fa-f]{{8}}|\\x[0-9A-Fa-f]{{2}}|\\[0-3][0-7]{{2}})+)
    | (?P<points>(?:[Uu]\+[0-9A-Fa-f]{{4,6}}[\ ,;]?)+)
    | (?P<quoted>(?:=[0-9A-F]{{2}}(?:=\r?\n)?){{2,}})
    | (?P<punycode>[Xx][Nn]--[A-Za-z0-9-]{{1,59}})
    | (?P<tones>(?<![A-Za-z0-9+/=_-])(?:[a-z]{{1,6}}[1-5]){{2,}}(?![A-Za-z0-9+/=_-]))
    | (?P<run>(?:[A-Za-z0-9+/]{{60,76}}\r?\n)*(?:[A-Za-z0-9+/_-]{{{_LEAST_RUN},}}={{0,2}}|[A-Za-z0-9+/_-]{{6,7}}==?))
    | (?P<mojibake>[\x80-\xff{_CP1252}]{{4,}})
    | (?P<bidi>[\u202d\u202e][^\u202c\r\n]*)
    | (?P<markup></?[A-Za-z][^<>]{{0,{_MOST_TAG}}}>)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Undone:
    """Texts with their encodings undone.

    Attributes:
        row: for each text the row it comes from.
        texts: what the rows read as.
        first: where the characters of each text begin in the columns below, and where the last one ends.
        start: for each character where the stretch of the original begins that it came from.
        end: where that stretch ends.
        via: how it was undone (`UNTOUCHED`: it stands there as it is).
    """

    row: NDArray[np.int64]
    texts: list[str]
    first: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    via: NDArray[np.int8]

    def then(self, inner: Undone) -> Undone:
        """Return what was undone in these texts, with rows and stretches of the first original."""
        base = np.repeat(self.first[inner.row], np.diff(inner.first))
        first, last = base + inner.start, base + inner.end - 1
        via = np.where(inner.via == UNTOUCHED, self.via[first], inner.via)
        return Undone(self.row[inner.row], inner.texts, inner.first, self.start[first], self.end[last], via)


def undone(texts: Sequence[tuple[int, str, Iterable[int]]]) -> Undone:
    """Return those texts that hold an encoded stretch, with every one undone.

    Args:
        texts: number of the row, its text, and the places in it where a stretch may begin.
    """
    held = [(row, text, pieces) for row, text, places in texts if (pieces := list(_pieces(text, places)))]
    base, pieces, counts = 0, [], []
    for _, text, found in held:
        # An empty piece at the end of each row, so that no text between two pieces runs over it.
        found.append((len(text), len(text), "", UNTOUCHED))
        pieces += [(base + first, base + last, form, way) for first, last, form, way in found]
        counts.append(len(found))
        base += len(text)
    return _put_together(held, pieces, np.array(counts, np.int64))


def _put_together(
    held: Sequence[tuple[int, str, object]], pieces: Sequence[tuple[int, int, str, int]], counts: NDArray[np.int64]
) -> Undone:
    """Return the texts with their pieces in place; `counts` says how many pieces each text has."""
    whole = "".join(text for _, text, _ in held)
    forms = [form for _, _, form, _ in pieces]
    first, last, way = (np.array([piece[column] for piece in pieces], np.int64) for column in (0, 1, 3))
    done = np.concatenate([np.zeros(min(len(last), 1), np.int64), last[:-1]])  # where the text before a piece begins
    lengths = _in_turn(first - done, np.array([*map(len, forms)], np.int64))
    literal = np.repeat(np.arange(len(lengths)) % 2 == 0, lengths)
    within = np.arange(len(literal)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = np.repeat(_in_turn(done, first), lengths) + np.where(literal, within, 0)
    end = np.where(literal, start + 1, np.repeat(_in_turn(done, last), lengths))
    via = np.repeat(_in_turn(np.full(len(done), UNTOUCHED), way), lengths).astype(np.int8)
    between = map(whole.__getitem__, map(slice, done.tolist(), first.tolist()))
    read = "".join(chain.from_iterable(zip(between, forms, strict=True)))
    ends = np.append(0, np.cumsum(lengths))[2 * np.append(0, np.cumsum(counts))]
    sizes = np.array([len(text) for _, text, _ in held], np.int64)
    base = np.repeat(np.cumsum(sizes) - sizes, np.diff(ends))
    texts = [read[a:b] for a, b in pairwise(ends.tolist())]
    return Undone(np.array([row for row, _, _ in held], np.int64), texts, ends, start - base, end - base, via)


def _in_turn(one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([one, two], axis=1).ravel()


def _pieces(text: str, places: Iterable[int]) -> Iterator[tuple[int, int, str, int]]:
    done = 0
    for place in places:
        match = _PIECES.match(text, place) if place >= done else None
        if match is None:
            continue
        done = match.end()
        found = _UNDOING[match.lastgroup or ""](match[0])
        if found is not None and found[0] != match[0]:
            yield match.start(), done, _clean(found[0]), VIAS.index(found[1])


def _clean(text: str) -> str:
    """Join pairs of surrogates; what stands alone becomes the sign for a broken character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


Found = tuple[str, str] | None


def _percent(piece: str) -> Found:
    units = re.findall("%u([0-9A-Fa-f]{4})|((?:%[0-9A-Fa-f]{2})+)", piece)
    text = "".join(
        chr(int(point, 16)) if point else _lenient(bytes.fromhex(run.replace("%", ""))) for point, run in units
    )
    return text, "percent"


def _entity(piece: str) -> Found:
    return html.unescape(piece), "entities"


def _escapes(piece: str) -> Found:
    return re.sub(r"(?:\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2})+|\\[uU]\{?([0-9A-Fa-f]+)\}?", _unescaped, piece), "escapes"


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _character(int(match[1], 16))
    units = re.findall(r"\\x(..)|\\(...)", match[0])
    return _lenient(bytes(int(hexadecimal, 16) if hexadecimal else int(octal, 8) for hexadecimal, octal in units))


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 else "\ufffd"


def _points(piece: str) -> Found:
    return "".join(_character(int(code, 16)) for code in re.findall(r"\+([0-9A-Fa-f]+)", piece)), "escapes"


def _quoted(piece: str) -> Found:
    text = _strict(bytes.fromhex("".join(re.findall("=([0-9A-F]{2})", piece))))
    return (text, "quoted-printable") if text is not None else None


def _punycode(piece: str) -> Found:
    try:
        return piece[4:].encode("ascii").decode("punycode"), "punycode"
    except (UnicodeError, ValueError, OverflowError):
        return None


def _tones(piece: str) -> Found:
    """Return syllables without the digits of their tones."""
    found = re.findall("[a-z]+", piece)
    return ("".join(found), "pinyin") if syllables().issuperset(found) else _run(piece)


def _run(piece: str) -> Found:
    whole = _in_hex(piece) or _in_base64(piece)
    if whole is not None:
        return whole
    segments = re.split("([-+/_]+)", piece) if len(piece) <= _LONGEST_PATH else []
    found = [_in_hex(segment) or _in_base64(segment) for segment in segments] if len(segments) > 1 else []
    if not any(found):
        return None
    via = next(one[1] for one in found if one)
    return "".join(one[0] if one else segment for one, segment in zip(found, segments, strict=True)), via


def _in_hex(piece: str) -> Found:
    if len(piece) < _LEAST_HEX or len(piece) % 2 or not _HEX.fullmatch(piece):
        return None
    text = _strict(bytes.fromhex(piece))
    return (text, "hex") if text is not None else None


def _in_base64(piece: str) -> Found:
    if len(piece) < _LEAST_RUN or not _MIXED.search(piece, 1):
        return None
    body = "".join(piece.rstrip("=").split()).translate(_STANDARD)
    if len(body) % 4 == 1:
        return None
    text = _strict(binascii.a2b_base64(body + "=" * (-len(body) % 4)))
    return (text, "base64") if text is not None else None


def _mojibake(piece: str) -> Found:
    data = b"".join(_BYTES.get(char) or char.encode("latin-1") for char in piece)
    text = _strict(data)
    return (text, "mojibake") if text is not None else None


def _bidi(piece: str) -> Found:
    return piece[:0:-1], "bidi"


def _markup(_: str) -> Found:
    return "", "markup"


_HEX: Final = re.compile("[0-9A-Fa-f]+")
_MIXED: Final = re.compile("(?<=[a-z0-9])[A-Z]|(?<=[A-Za-z])[0-9]|(?<=[0-9])[a-z]")  # no word, no number
_STANDARD: Final = str.maketrans("-_", "+/")
_BYTES: Final = {char: char.encode("cp1252") for char in _CP1252}
_UNDOING: Final[dict[str, Callable[[str], Found]]] = {
    "percent": _percent,
    "entities": _entity,
    "escapes": _escapes,
    "points": _points,
    "quoted": _quoted,
    "punycode": _punycode,
    "tones": _tones,
    "run": _run,
    "mojibake": _mojibake,
    "bidi": _bidi,
    "markup": _markup,
}


def _lenient(data: bytes) -> str:
    """Return bytes as text: UTF-8, else GB 18030, else with signs for what is broken."""
    text = _strict(data)
    return text if text is not None else data.decode("utf-8", "replace")


def _strict(data: bytes) -> str | None:
    """Return bytes as text when they can well be one: valid, and nothing unprintable in it."""
    for encoding in ("utf-8", "gbk"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text, encoding):
            return text
    return None


_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1d\x1f\x7f-\x9f\ue000-\uf8ff\ufffe\uffff]")
_NOT_CHINESE: Final = re.compile("[^\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\\s\x21-\x7e]")


def _is_text(text: str, encoding: str) -> bool:
    if _UNPRINTABLE.search(text):
        return False
    return encoding == "utf-8" or (not text.isascii() and not _NOT_CHINESE.search(text))
