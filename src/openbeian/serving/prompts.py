"""Which class a prompt asks for: its name, its index, or a text in which exactly one class is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from openbeian.wire import BadRequest

MOST_NAMED = 30
"""Class names in the words of an error."""
_NUMERALS = {
    "0": "零〇",
    "1": "一壹",
    "2": "二贰",
    "3": "三叁",
    "4": "四肆",
    "5": "五伍",
    "6": "六陆",
    "7": "七柒",
    "8": "八捌",
    "9": "九玖",
}
_IN_NUMBERS = "".join(_NUMERALS.values()) + "两十百千万"
_NEVER = "(?!)"
# After these a numeral says how many or how often, not which: 画一个 7.
_COUNTED = r"(?!\s*[个個张張幅枚只次遍下])"


class ClassWords:
    """The words for the classes of a model. For a model of digits they are also the Chinese numerals.

    Args:
        classes: names in order; empty for a model that draws without classes.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._is_case_told = len({_plain(name).casefold() for name in classes}) < len(classes)
        self._words = {self._folded(name): index for index, name in enumerate(classes) if name.strip()}
        is_digits = bool(classes) and self._words.keys() <= _NUMERALS.keys()
        numerals = {sign: self._words[name] for name in self._words if is_digits for sign in _NUMERALS[name]}
        self._words |= numerals
        either = "|".join(_bounded(word) for word in sorted(self._words, key=len, reverse=True)) or _NEVER
        self._pattern = re.compile(f"(?:{either})" + (_COUNTED if is_digits else ""))

    def find(self, prompt: str) -> int | None:
        """Return the index of the class, or None when the model has no classes.

        A name goes before an index, and where the names themselves are numbers there are no indices.

        Raises:
            BadRequest: 400 `unknown-class` when none is named, `several-classes` when more than one is.
        """
        if not self._classes:
            return None
        said = self._folded(prompt)
        if said in self._words:
            return self._words[said]
        if said.isdecimal() and not any(word.isdecimal() for word in self._words):
            found = {int(said)} & set(range(len(self._classes)))
        else:
            found = {self._words[hit[0]] for hit in self._pattern.finditer(said)}
        if len(found) == 1:
            return found.pop()
        if found:
            named = "、".join(self._classes[index] for index in sorted(found)[:MOST_NAMED])
            raise BadRequest(400, "several-classes", f"prompt 里不止一个类别：{named}；只写一个")
        raise BadRequest(400, "unknown-class", f"prompt 里没有这个模型的类别；可选：{self._known()}")

    def _known(self) -> str:
        more = f" 等 {len(self._classes)} 类" if len(self._classes) > MOST_NAMED else ""
        return "、".join(self._classes[:MOST_NAMED]) + more

    def _folded(self, text: str) -> str:
        plain = _plain(text)
        return plain if self._is_case_told else plain.casefold()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _bounded(word: str) -> str:
    """Return a pattern for a whole word: `cat` is not in `category`, 7 not in 17, 七 not in 十七."""
    return _edge("<!", word[0]) + re.escape(word) + _edge("!", word[-1])


def _edge(sign: str, character: str) -> str:
    if character.isascii() and character.isalnum():
        return f"(?{sign}[A-Za-z0-9])"
    return f"(?{sign}[{_IN_NUMBERS}])" if character in _IN_NUMBERS else ""
