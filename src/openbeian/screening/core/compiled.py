"""The compiled core: `scanner.c`, called through ctypes so that one build serves every version of Python."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import POINTER, byref, c_int, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openbeian.screening.core.alphabet import DIGITS, GAPS, LATIN, Found, Pattern

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARY: Final = Path(__file__).parent / "scanner.so"
_DROPPED, _OTHER, _DIGIT, _SPECIAL = 0, 1, 2, 0xFFFF  # as in scanner.c, and the fixed characters follow in its order
_FIXED: Final = DIGITS + GAPS + LATIN
_FIRST_PLANE: Final = 0x10000
_LONGEST_FOLD: Final = 24  # codes of one character; the room scanner.c keeps for a step rests on it
_MOST_BYTES: Final = 2**32 - 1


class TooManyCharacters(ValueError):
    """The forms use more different characters than sixteen bits tell apart."""


def load() -> ctypes.CDLL | None:
    """Return the compiled library, or None where none was built."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    library.scanner_new.restype = c_void_p
    library.scanner_new.argtypes = [c_void_p] * 4 + [c_int64, c_void_p, c_void_p, c_int64, c_void_p, c_int32]
    library.scanner_free.argtypes = [c_void_p]
    library.scanner_find.restype = c_int
    library.scanner_find.argtypes = [
        c_void_p, c_void_p, c_void_p, c_int64,
        POINTER(c_void_p), POINTER(c_int64), POINTER(c_void_p), POINTER(c_int64),
    ]  # fmt: skip
    library.found_free.argtypes = [c_void_p]
    return library


class CompiledCore:
    """Finds by the compiled library.

    Raises:
        TooManyCharacters: when the forms do not fit its alphabet.
    """

    def __init__(self, library: ctypes.CDLL, pattern: Pattern) -> None:
        self._library = library
        codes = _codes(pattern.forms)
        special, starts, sequences = _specials(pattern, codes)
        lengths = np.array([len(form) for form in pattern.forms], np.int64)
        form_at = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        # The scanner points into these arrays, so they live as long as it does.
        self._arrays: list[NDArray[Any]] = [
            _first_plane(pattern, codes), special, starts, sequences,
            codes[_points("".join(pattern.forms))], form_at, np.array([*pattern.edges, 0], np.uint8),
        ]  # fmt: skip
        self._scanner = library.scanner_new(
            *map(_pointer, self._arrays[:4]), len(special), *map(_pointer, self._arrays[4:6]), len(pattern.forms),
            _pointer(self._arrays[6]), int(pattern.numbers),
        )  # fmt: skip
        if not self._scanner:
            raise MemoryError

    def find(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Found:
        """Return all mentions in the texts data[offsets[i]:offsets[i + 1]], which are valid UTF-8."""
        if offsets[-1] > _MOST_BYTES:
            raise ValueError("a batch of texts must be smaller than 4 GiB")
        found, numbers = c_void_p(), c_void_p()
        count, number_count = c_int64(), c_int64()
        is_done = self._library.scanner_find(
            self._scanner, _pointer(data), _pointer(offsets), len(offsets) - 1,
            byref(found), byref(count), byref(numbers), byref(number_count),
        )  # fmt: skip
        if not is_done:
            raise MemoryError
        forms, runs = self._taken(found, count.value), self._taken(numbers, number_count.value)
        return Found(*(np.concatenate([forms, runs], axis=1) if number_count.value else forms))

    def _taken(self, found: c_void_p, count: int) -> NDArray[np.int32]:
        """Return a copy of the C array, one column after the other, and free it."""
        try:
            if not count:
                return np.empty((4, 0), np.int32)
            rows = np.ctypeslib.as_array(ctypes.cast(found, POINTER(c_int32)), (count, 4))
            return rows.T.copy()  # the C array is freed below
        finally:
            self._library.found_free(found)

    def __del__(self) -> None:
        if getattr(self, "_scanner", None):
            self._library.scanner_free(self._scanner)


def _pointer(array: NDArray[Any]) -> int:
    assert array.flags.c_contiguous
    return int(array.ctypes.data)


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _codes(forms: Iterable[str]) -> NDArray[np.uint16]:
    """Return the code of every code point: fixed ones for digits, gaps and letters, one for each other that stands in a form."""
    used = np.unique(_points("".join(forms)))
    own = np.setdiff1d(used, _points(_FIXED))
    if _DIGIT + len(_FIXED) + len(own) > _SPECIAL:
        raise TooManyCharacters
    codes = np.full(0x110000, _OTHER, np.uint16)
    codes[_points(_FIXED)] = _DIGIT + np.arange(len(_FIXED), dtype=np.uint16)
    # Neighbouring characters get codes far apart, which spreads the pairs over the bitmaps.
    codes[own] = _DIGIT + len(_FIXED) + np.random.default_rng(1).permutation(len(own)).astype(np.uint16)
    return codes


def _first_plane(pattern: Pattern, codes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    plane = codes[:_FIRST_PLANE].copy()
    for code, form in pattern.table.mapping.items():
        if code < _FIRST_PLANE:
            plane[code] = codes[ord(form)] if len(form) == 1 else (_SPECIAL if form else _DROPPED)
    return plane


def _specials(
    pattern: Pattern, codes: NDArray[np.uint16]
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.uint16]]:
    """Return the code points that the table of the first plane cannot hold: those that become several, and those beyond it."""
    mapping = pattern.table.mapping
    beyond = np.flatnonzero(codes[_FIRST_PLANE:] != _OTHER) + _FIRST_PLANE
    forms = {int(code): chr(code) for code in beyond}
    forms |= {code: form for code, form in mapping.items() if len(form) > 1 or code >= _FIRST_PLANE}
    assert max(map(len, forms.values()), default=0) <= _LONGEST_FOLD
    special = sorted(forms)
    lengths = [len(forms[code]) for code in special]
    starts = np.concatenate([np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)]).astype(np.int32)
    sequences = codes[_points("".join(forms[code] for code in special))]
    return np.array(special, np.uint32), starts, np.ascontiguousarray(sequences)
