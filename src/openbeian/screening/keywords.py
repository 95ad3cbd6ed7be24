"""Keyword libraries: brought by the user, folded by the same table as the text, matched in one pass, allow beats deny."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from openbeian.manifest import Fault, digest
from openbeian.screening.folding import FOLD, fold
from openbeian.screening.matching import LEFT_EDGE, RIGHT_EDGE, Matcher

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openbeian.screening.matching import Matches

MIN_CHARS: Final = 2
_ROW: Final = 32  # bits: rows above, positions below


@dataclass(frozen=True, slots=True)
class Keyword:
    """One word of the library with its classes (risk codes of annex A, or the user's own).

    Attributes:
        level: the user's own grade of severity.
        border: whether Latin letters and digits at an edge must end there as words and numbers do; None: yes. With it “SM” is
            not found in “Smoking”, nor “110” in “1100”, “110px” or “3.110”.
        sound: whether the second pass looks for words that sound the same; None: by its own rule.
    """

    word: str
    class1: str = ""
    class2: str = ""
    level: str = ""
    border: bool | None = None
    sound: bool | None = None

    @property
    def edges(self) -> int:
        """The edges to be checked, for the matcher."""
        return 0 if self.border is False else LEFT_EDGE | RIGHT_EDGE


@dataclass(frozen=True, slots=True)
class Hit:
    """One mention, by its span in the original text."""

    start: int
    end: int
    keyword: Keyword


class Library:
    """A compiled keyword library. Words are compared in folded form; a longer allowed word shields the words inside it.

    Raises:
        Fault: `library-empty`, `keyword-too-short`.
    """

    def __init__(self, keywords: Iterable[Keyword], allowed: Iterable[str] = ()) -> None:
        self.keywords = tuple(keywords)
        self.allowed = tuple(allowed)
        if not self.keywords:
            raise Fault("library-empty", "关键词库是空的", "至少放入一个关键词")
        self._forms = [_form(word) for word in (*(keyword.word for keyword in self.keywords), *self.allowed)]
        self._matcher = self.matcher()

    @property
    def digest(self) -> str:
        """The digest of the library's content, the same whatever the file format and order."""
        rows = sorted(_row(keyword) for keyword in self.keywords)
        return digest({"keywords": rows, "allowed": sorted(self.allowed)})

    @property
    def counts(self) -> dict[str, int]:
        """How many different words each second class has."""
        words: dict[str, set[str]] = {}
        for keyword, form in zip(self.keywords, self._forms, strict=False):
            words.setdefault(keyword.class2, set()).add(form)
        return {name: len(forms) for name, forms in sorted(words.items())}

    @property
    def size(self) -> int:
        """How many different words the library has: one word in two spellings or two classes is one."""
        return len(set(self._forms[: len(self.keywords)]))

    def matcher(self, further: Sequence[str] = (), *, numbers: bool = False) -> Matcher:
        """Return a matcher of all keywords, then all allowed words, then further forms (folded already)."""
        edges = [keyword.edges for keyword in self.keywords] + [0] * (len(self.allowed) + len(further))
        return Matcher([*self._forms, *further], FOLD, edges=edges, numbers=numbers)

    def mentions(self, found: Matches) -> Matches:
        """Return those of a matcher's finds that are keywords not shielded by an allowed word."""
        is_denied = (found.form >= 0) & (found.form < len(self.keywords))
        if is_denied.all():
            return found
        denied = found[is_denied]
        is_allowed = (found.form >= len(self.keywords)) & (found.form < len(self._forms))
        return denied[~shielded(denied, found[is_allowed])]

    def scan(self, text: str) -> list[Hit]:
        """Return all mentions in reading order; a mention inside an allowed longer word does not count."""
        found = self.mentions(self._matcher.find_text(text))
        spans = zip(found.start.tolist(), found.end.tolist(), found.form.tolist(), strict=True)
        return [Hit(start, end, self.keywords[form]) for start, end, form in spans]

    @staticmethod
    def load(path: Path) -> Library:
        """Read a library from xlsx, csv, yaml or plain text; raises as `library_files.read_entries`."""
        from openbeian.screening.library_files import read_entries  # it makes keywords of this module

        entries = read_entries(path)
        return Library(entries.keywords, entries.allowed)


def _form(word: str) -> str:
    form = fold(word.strip())
    if len(form.strip()) < MIN_CHARS:
        raise Fault("keyword-too-short", f"关键词“{word}”太短，会命中几乎所有文字", f"至少 {MIN_CHARS} 个字")
    return form


def _row(keyword: Keyword) -> list[str]:
    """Return what decides an outcome; options not given leave the digest as it was before there were options."""
    options = [keyword.level, *("" if option is None else str(option) for option in (keyword.border, keyword.sound))]
    return [keyword.word, keyword.class1, keyword.class2, *(options if any(options) else [])]


def shielded(found: Matches, allowed: Matches) -> NDArray[np.bool_]:
    """Tell of each find whether it lies inside an allowed one of the same row."""
    if not len(allowed):
        return np.zeros(len(found), np.bool_)
    start, end = _places(allowed)
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    wanted, wanted_end = _places(found)
    before = np.searchsorted(start, wanted, side="right") - 1
    return np.asarray((before >= 0) & (reach[before] >= wanted_end))


def _places(found: Matches) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row = found.row.astype(np.int64) << _ROW
    return row + found.start, row + found.end
