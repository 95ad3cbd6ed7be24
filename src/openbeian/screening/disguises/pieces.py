"""The ways to write text in other characters, and how each is undone: one piece at a time, of a row's bytes read as Latin-1."""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from openbeian.screening.disguises.facts import syllables
from openbeian.screening.disguises.matches import VIAS

_LEAST_HEX: Final = 12
_LEAST_RUN: Final = 8
_LONGEST_PATH: Final = 2048  # characters of a run that may be several, between the signs of an address
_CP1252: Final = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0))
_MISREAD: Final = "|".join(char.encode().decode("latin-1") for char in _CP1252)
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
    | (?P<mojibake>(?:[\xc2\xc3][\x80-\xbf]|{_MISREAD}){{4,}})
    | (?P<bidi>\xe2\x80[\xad\xae](?:(?!\xe2\x80\xac)[^\r\n])*)
    """,
    re.VERBOSE,
)


def pieces_at(text: str, places: Iterable[int]) -> Iterator[tuple[int, int, bytes, int]]:
    """Return the encoded pieces that begin at some of the places.

    Args:
        text: the bytes of a row, read as Latin-1.
        places: where to look, in order.

    Yields:
        start, end, what it stands for, and its way in `VIAS`.
    """
    done = 0
    for place in places:
        match = _PIECES.match(text, place) if place >= done else None
        if match is None:
            continue
        done = match.end()
        found = _UNDOING[match.lastgroup or ""](match[0])
        if found is not None and found[0] != match[0]:
            yield place, done, _bytes(found[0]), _WAYS[found[1]]


def _bytes(text: str) -> bytes:
    """Return text in UTF-8: pairs of surrogates joined; what stands alone becomes the sign for a broken character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


_WAYS: Final = {name: number for number, name in enumerate(VIAS)}
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
    data = b"".join(_BYTES.get(char) or char.encode("latin-1") for char in piece.encode("latin-1").decode())
    text = _strict(data)
    return (text, "mojibake") if text is not None else None


def _bidi(piece: str) -> Found:
    return piece.encode("latin-1").decode()[:0:-1], "bidi"


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
