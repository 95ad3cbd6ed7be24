"""Runs of letters and digits that can be base64, hexadecimal or syllables with tones: told from words by how they are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST: Final = 8
_LEAST_PADDED: Final = 6  # before a sign of equality that fills up
_LEAST_HEX: Final = 12
_MOST: Final = 16  # looked at, of a run
_LONGEST_SYLLABLE: Final = 6
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _numbered(alphabet: bytes, *others: bytes) -> NDArray[np.uint8]:
    """Return for each byte its place in an alphabet; others are other ways to write its end, 255 is none of it."""
    table = np.full(256, 255, np.uint8)
    for letters in (alphabet, *others):
        table[list(letters)] = np.arange(len(alphabet) - len(letters), len(alphabet))
    return table


def _of(members: Sequence[int]) -> bytes:
    """Return a table that says of each byte whether it is a member."""
    return bytes(byte in members for byte in range(256))


def _within(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


_SEXTET: Final = _numbered(_ALPHABET, b"-_")
_NIBBLE: Final = _numbered(b"0123456789abcdef", b"ABCDEF")
_IS_HEX: Final = _NIBBLE < 255
_HEX: Final = _IS_HEX.tobytes()
_DIVIDES: Final = _within((0x2B, 0x2B), (0x2D, 0x2D), (0x2F, 0x2F), (0x5F, 0x5F))
_SMALL: Final = _within((0x61, 0x7A))
_TONE: Final = _within((0x31, 0x35))
_PRINTABLE: Final = _within((0x20, 0x7E), (0x09, 0x0A), (0x0D, 0x0D))
_FURTHER: Final = _within((0x80, 0xBF))
_NEEDS: Final = [1 * (0xC2 <= b <= 0xDF) + 2 * (0xE0 <= b <= 0xEF) + 3 * (0xF0 <= b <= 0xF4) for b in range(256)]
_LEAD: Final = _within(
    (0xA1, 0xA1), (0xA3, 0xA3), (0xB0, 0xF7)
)  # punctuation, wide letters and Chinese characters of GB 2312
_TRAIL: Final = _within((0xA1, 0xFE))
_BROKEN: Final = 4  # a state of UTF-8 beside the number of bytes that must follow
_NEITHER: Final = 15


def _after_utf8(state: int, byte: int) -> int:
    if state == 0:
        return _NEEDS[byte] if _PRINTABLE[byte] or _NEEDS[byte] else _BROKEN
    return state - 1 if state < _BROKEN and _FURTHER[byte] else _BROKEN


def _after_gb(state: int, byte: int) -> int:
    """Return the state of GB 2312 after a byte: 0 between characters, 1 inside one, 2 broken."""
    if state == 0:
        return 0 if _PRINTABLE[byte] else 1 if _LEAD[byte] else 2
    return 0 if state == 1 and _TRAIL[byte] else 2


def _states() -> NDArray[np.uint16]:
    """Return what follows each state and byte: states of both encodings in one number, times 256."""
    table = np.full((16, 256), _NEITHER, np.uint16)
    for utf8, gb, byte in product(range(_BROKEN + 1), range(3), range(256)):
        after = _after_utf8(utf8, byte) * 3 + _after_gb(gb, byte)
        table[utf8 * 3 + gb, byte] = min(after, _NEITHER - 1)
    return (table.ravel() << 8).astype(np.uint16)


_AFTER: Final = _states()
_OUTSIDE, _DIVIDER, _LOWER, _UPPER, _FIGURE = range(5)


def _kinds() -> NDArray[np.uint8]:
    table = np.full(256, _OUTSIDE, np.uint8)
    table[_DIVIDES] = _DIVIDER
    table[list(range(97, 123))], table[list(range(65, 91))], table[list(range(48, 58))] = _LOWER, _UPPER, _FIGURE
    return table


_KIND: Final = _kinds().tobytes()
_MIXED: Final = (
    (_LOWER, _UPPER),
    (_FIGURE, _UPPER),
    (_LOWER, _FIGURE),
    (_UPPER, _FIGURE),
    (_FIGURE, _LOWER),
)  # neighbours as they do not stand in words and numbers
_IS_MIXED: Final = _of([before * 8 + after for before, after in _MIXED])


def mapped(text: NDArray[np.uint8], table: bytes) -> NDArray[np.uint8]:
    """Return for each byte what the table says; numpy does the same in four times the time."""
    return np.frombuffer(text.tobytes().translate(table), np.uint8)


def places_of(text: NDArray[np.uint8], members: bytes) -> NDArray[np.int64]:
    """Return the places of the bytes that a table of zeros and ones says are wanted."""
    return np.flatnonzero(mapped(text, members).view(np.bool_))


def run_starts(text: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places where a run starts, or goes on after a dividing sign, that can stand for text.

    Args:
        text: the bytes of some rows.
        offsets: where each row starts, and where the last one ends.
    """
    kinds = mapped(text, _KIND)
    telling = np.concatenate([_mixes(kinds), _long_hexadecimals(text)])
    if not len(telling):
        return telling
    starts, ends = _runs_at(kinds, offsets, telling)
    starts, ends = _with_divided(text, starts, ends)
    padded = np.append(text, np.uint8(0))[ends] == ord("=")
    lengths = ends - starts
    kept = (lengths >= _LEAST) | (padded & (lengths >= _LEAST_PADDED))
    starts, lengths = starts[kept], lengths[kept]
    return np.asarray(starts[_likely(text, starts, lengths)])


def _mixes(kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places of letters and digits that are followed by such as they are not in words and numbers."""
    pairs = kinds[:-1] * np.uint8(8)
    pairs += kinds[1:]
    return places_of(pairs, _IS_MIXED)


def _long_hexadecimals(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places from which on there are hexadecimal digits enough, mixed or not."""
    step = _LEAST_HEX // 3  # of so many digits three stand where one in four is looked at
    sampled = mapped(text[::step], _HEX).view(np.bool_)
    places = np.flatnonzero(sampled[:-2] & sampled[1:-1] & sampled[2:]) * step
    for shift in range(1, 2 * step):
        places = places[_IS_HEX[text[places + shift]]]
    return places


def _runs_at(
    kinds: NDArray[np.uint8], offsets: NDArray[np.int64], places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the runs in which the places lie start and end, each once."""
    inside = kinds != _OUTSIDE
    edges = np.concatenate([[0], np.flatnonzero(inside[1:] != inside[:-1]) + 1, [len(kinds)]])
    run, row = np.searchsorted(edges, places, side="right"), np.searchsorted(offsets, places, side="right")
    starts = np.maximum(edges[run - 1], offsets[row - 1])
    ends = np.minimum(edges[run], offsets[row])
    kept = distinct(starts)
    return starts[kept], ends[kept]


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return where each number stands first, in order of the numbers; faster than `np.unique` for numbers mostly in order."""
    order = np.argsort(numbers, kind="stable")
    return order[np.append(True, np.diff(numbers[order]) > 0)] if len(numbers) else order


def _with_divided(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return runs and what is left of them after each dividing sign, in order."""
    lengths = ends - starts
    places = np.arange(lengths.sum()) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    opens = np.concatenate([[True], _DIVIDES[text[places[:-1]]] | (np.diff(places) > 1)])
    opens[np.cumsum(lengths)[:-1]] = True
    return places[opens], np.repeat(ends, lengths)[opens]


def _likely(text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which runs can be undone, by what they begin with."""
    ahead = np.concatenate([text, np.zeros(_MOST, np.uint8)])
    found = _has_tone(ahead[starts[:, None] + np.arange(_LONGEST_SYLLABLE + 2)])
    hopeful = np.flatnonzero(_begins_text(ahead[starts[:, None] + np.arange(4)]))
    found[hopeful] |= _can_be_undone(ahead[starts[hopeful, None] + np.arange(_MOST)], lengths[hopeful])
    return found


def _begins_text(four: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which runs, by their first four signs, can begin in base64, or are in hexadecimal: most words are not."""
    return _is_text(_from_base64(four), np.full(len(four), 3)) | _IS_HEX[four].all(axis=1)


def _can_be_undone(ahead: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    divided = _DIVIDES[ahead]
    until = np.where(divided.any(axis=1), divided.argmax(axis=1), _MOST)
    # A part up to a dividing sign is undone by itself when it is long enough, else only the whole is.
    lengths = np.minimum(np.where(until >= _LEAST, np.minimum(until, lengths), lengths), _MOST)
    signs = np.where(np.arange(_MOST) < lengths[:, None], ahead, np.uint8(ord("A")))  # stands for no bits
    found = _is_text(_from_base64(signs), lengths * 3 // 4)
    digits = ahead[:, :_LEAST_HEX]
    long = np.flatnonzero((lengths >= _LEAST_HEX) & _IS_HEX[digits].all(axis=1))
    found[long] |= _is_text(_from_hex(digits[long]), np.full(len(long), _LEAST_HEX // 2))
    return found


def _from_base64(signs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes that runs stand for, four signs for three."""
    count = signs.shape[1] // 4
    one, two, three, four = np.moveaxis(_SEXTET[signs].reshape(-1, count, 4), 2, 0)
    joined = np.stack([one << 2 | two >> 4, two << 4 | three >> 2, three << 6 | four], axis=2)
    return joined.reshape(len(signs), count * 3)


def _from_hex(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    nibbles = _NIBBLE[digits]
    return np.asarray(nibbles[:, ::2] << 4 | nibbles[:, 1::2] & 15)


def _is_text(data: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which rows of bytes can begin a text in UTF-8 or in GB 2312; `lengths` says how many bytes there are."""
    state = np.zeros(len(data), np.uint16)
    for place in range(data.shape[1]):
        state = np.where(place < lengths, _AFTER[state | data[:, place]], state)
    return np.asarray(state < (_NEITHER - 1) << 8)


def _has_tone(digits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which runs begin with a syllable, the digit of its tone and a letter."""
    letters = _SMALL[digits[:, : _LONGEST_SYLLABLE + 1]]
    row, place = np.arange(len(digits)), letters.argmin(axis=1)
    return np.asarray(letters[:, 0] & _TONE[digits[row, place]] & _SMALL[digits[row, place + 1]])
