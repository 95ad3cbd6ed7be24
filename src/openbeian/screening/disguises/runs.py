"""Runs of letters and digits that can be base64, hexadecimal or syllables with tones: told from words by their first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST: Final = 8
_LEAST_PADDED: Final = 6  # before a sign of equality that fills up
_LEAST_HEX: Final = 12
_STEP: Final = _LEAST // 2
_BYTES: Final = 6  # looked at, of what a run would stand for
_LONGEST_SYLLABLE: Final = 6
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _numbered(alphabet: bytes, *others: bytes) -> NDArray[np.uint8]:
    """Return for each byte its place in an alphabet; others are other ways to write its end, 255 is none of it."""
    table = np.full(256, 255, np.uint8)
    for letters in (alphabet, *others):
        table[list(letters)] = np.arange(len(alphabet) - len(letters), len(alphabet))
    return table


def _within(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


_SEXTET: Final = _numbered(_ALPHABET, b"-_")
_NIBBLE: Final = _numbered(b"0123456789abcdef", b"ABCDEF")
_IN_RUN: Final = _SEXTET < 255
_IS_HEX: Final = _NIBBLE < 255
_DIVIDES: Final = _within((0x2B, 0x2B), (0x2D, 0x2D), (0x2F, 0x2F), (0x5F, 0x5F))
_SMALL: Final = _within((0x61, 0x7A))
_TONE: Final = _within((0x31, 0x35))
_PRINTABLE: Final = _within((0x20, 0x7E), (0x09, 0x0A), (0x0D, 0x0D))
_FURTHER: Final = _within((0x80, 0xBF))
_NEEDS: Final = np.array(
    [1 * (0xC2 <= b <= 0xDF) + 2 * (0xE0 <= b <= 0xEF) + 3 * (0xF0 <= b <= 0xF4) for b in range(256)]
)
_LEAD: Final = _within(
    (0xA1, 0xA1), (0xA3, 0xA3), (0xB0, 0xF7)
)  # punctuation, wide letters and Chinese characters of GB 2312
_TRAIL: Final = _within((0xA1, 0xFE))
_PLUS, _PLUS_TO_NINE = np.uint8(ord("+")), ord("9") - ord("+") + 1
_SMALL_A, _LETTERS = np.uint8(ord("a")), 26


def is_letter(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which bytes are Latin letters."""
    places = text | 0x20
    places -= _SMALL_A  # in its place: memory that is asked for anew costs more than the sum
    return np.asarray(places < _LETTERS)


def windows(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the places of some bytes among which are those of all runs that are long enough.

    A run of the least length holds two neighbours of every fourth byte, so only there is each byte looked at.
    """
    sampled = np.ascontiguousarray(text[::_STEP])
    samples = is_letter(sampled) | (sampled - _PLUS < _PLUS_TO_NINE) | (sampled == ord("_")) | (sampled == ord("="))
    pairs = np.flatnonzero(samples[:-1] & samples[1:])
    if not len(pairs):
        return pairs
    breaks = np.flatnonzero(np.diff(pairs) > 1)
    first = np.concatenate([pairs[:1], pairs[breaks + 1]]) * _STEP - (_STEP - 1)
    last = (np.concatenate([pairs[breaks], pairs[-1:]]) + 1) * _STEP + _STEP
    return _ranges(np.maximum(first, 0), np.minimum(last, len(text)))


def run_starts(data: NDArray[np.uint8], offsets: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places where a run starts, or goes on after a dividing sign, that can stand for text.

    Args:
        data: the bytes of a column.
        offsets: where each row starts, and where the last one ends.
        places: the bytes to look at, in order.
    """
    if not len(places):
        return places
    is_row_start = offsets[np.searchsorted(offsets, places)] == places
    return places[_likely(data[places], (np.diff(places, prepend=-2) > 1) | is_row_start)]


def _ranges(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all half-open ranges, one range after the other."""
    first = np.maximum(first, np.concatenate([[0], last[:-1]]))
    lengths = last - first
    return np.asarray(np.arange(lengths.sum()) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths))


def _likely(text: NDArray[np.uint8], begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the likely starts in windows of bytes, one after the other; `begins` marks where a window or a row begins."""
    inside = _IN_RUN[text]
    opens = begins | ~np.concatenate([np.zeros(1, np.bool_), inside[:-1]])
    divided = np.concatenate([np.zeros(1, np.bool_), _DIVIDES[text[:-1]]])
    stops = np.concatenate([~inside[1:] | begins[1:], np.ones(1, np.bool_)])
    ends = np.flatnonzero(inside & stops) + 1
    starts = np.flatnonzero(inside & (opens | divided))
    lengths = ends[np.searchsorted(ends, starts, side="right")] - starts
    padded = np.concatenate([(text == ord("=")) & ~begins, np.zeros(1, np.bool_)])[starts + lengths]
    kept = (lengths >= _LEAST) | (padded & (lengths >= _LEAST_PADDED))
    starts, lengths = starts[kept], lengths[kept]
    ahead = np.concatenate([text, np.zeros(_LEAST_HEX, np.uint8)])
    likely = _is_text(_from_base64(ahead, starts, lengths), lengths * 3 // 4)
    digits = ahead[starts[:, None] + np.arange(_LEAST_HEX)]
    likely |= (lengths >= _LEAST_HEX) & _IS_HEX[digits].all(axis=1) & _is_text(_from_hex(digits), lengths // 2)
    return starts[likely | _has_tone(digits)]


def _from_base64(ahead: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the first bytes that each run stands for."""
    places = np.arange(_LEAST)
    sextets = np.where(places < lengths[:, None], _SEXTET[ahead[starts[:, None] + places]], 0).reshape(-1, 2, 4)
    one, two, three, four = np.moveaxis(sextets, 2, 0)
    return np.stack([one << 2 | two >> 4, two << 4 | three >> 2, three << 6 | four], axis=2).reshape(-1, _BYTES)


def _from_hex(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    nibbles = _NIBBLE[digits]
    return np.asarray(nibbles[:, ::2] << 4 | nibbles[:, 1::2] & 15)


def _is_text(data: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which rows of bytes can begin a text in UTF-8 or in GB 2312; `lengths` says how many bytes there are."""
    needed, waits = np.zeros(len(data), np.int64), np.zeros(len(data), np.bool_)
    is_utf8, is_gb = np.ones(len(data), np.bool_), np.ones(len(data), np.bool_)
    for place in range(_BYTES):
        byte, beyond = data[:, place], place >= lengths
        printable = _PRINTABLE[byte]
        is_utf8 &= beyond | np.where(needed > 0, _FURTHER[byte], printable | (_NEEDS[byte] > 0))
        needed = np.where(needed > 0, needed - 1, _NEEDS[byte])
        is_gb &= beyond | np.where(waits, _TRAIL[byte], printable | _LEAD[byte])
        waits = ~waits & _LEAD[byte]
    return is_utf8 | is_gb


def _has_tone(digits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which runs begin with a syllable, the digit of its tone and a letter."""
    found, letters = np.zeros(len(digits), np.bool_), _SMALL[digits[:, 0]]
    for place in range(1, _LONGEST_SYLLABLE + 1):
        found |= letters & _TONE[digits[:, place]] & _SMALL[digits[:, place + 1]]
        letters &= _SMALL[digits[:, place]]
    return found
