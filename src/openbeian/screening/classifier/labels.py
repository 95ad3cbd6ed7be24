"""Labelled texts: each once, with its risks and the group whose flags are counted apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.screening.folding import fold

CLEAN: Final = frozenset({"", "0", "合格", "safe", "clean", "ok"})
HELD_OUT: Final = 5  # one text in five is kept for the figures and for nothing else
_BETWEEN: Final = re.compile(r"[、,，;；|\n]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text; `risks` are the codes of its risks, none for a text that qualifies."""

    text: str
    risks: tuple[str, ...] = ()
    group: str = ""

    @property
    def key(self) -> str:
        """The digest of the folded text: texts that differ in width or case only are one."""
        return hashlib.sha256(fold(self.text).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept for the figures. It follows from the text, so a later run splits alike."""
        return int(self.key[:8], 16) % HELD_OUT == 0


def labelled(rows: Iterable[Sequence[str]]) -> list[Labelled]:
    """Return texts from rows of text, risks and, where there is one, group; each text once, in the order of its digest.

    Several risks stand in one field, separated by 、,;| or a line break. A text that stands in several rows has all their
    risks: one who saw none has overlooked them.
    """
    found: dict[str, Labelled] = {}
    for text, risks, *rest in rows:
        if not text.strip():
            continue
        own = Labelled(text, _codes(risks), rest[0].strip() if rest else "")
        key = own.key
        before = found.get(key)
        if before is not None:
            risks_of_both = tuple(sorted({*before.risks, *own.risks}))
            own = Labelled(before.text, risks_of_both, before.group or own.group)
        found[key] = own
    return [found[key] for key in sorted(found)]


def _codes(risks: str) -> tuple[str, ...]:
    codes = {code.strip() for code in _BETWEEN.split(risks)}
    return tuple(sorted(code for code in codes if code.casefold() not in CLEAN))
