"""Texts as numbers and back, in the form they have to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from openbeian.studio.data.lines import Kind, TextData, TextSet
from openbeian.studio.data.phrases import cut_up, learn_phrases
from openbeian.studio.data.verse import LINES, bare, punctuated
from openbeian.studio.networks.sequences import END, MAY_END, MUST_END, MUST_NOT_END, UNKNOWN, Asked

Form = Literal["五言", "七言"]
FORMS: Final[tuple[Form, ...]] = ("五言", "七言")
LENGTHS: Final = {"五言": 5, "七言": 7}
WIDEST: Final = 7
SHORTEST_SPOKEN: Final = 3  # characters or phrases of a free text
OVER: Final = 0  # the place after the end


@dataclass(frozen=True)
class Alphabet:
    """How texts of one run are numbered.

    Attributes:
        characters: in order; symbol 2 is the first.
        phrases: runs of characters that are said as one, after the characters; none in verse, whose characters are counted.
        words: whole words for conditions, after the phrases: occasions, or the two forms.
        kind: whether conditions are occasions or titles.
        is_verse: whether texts are quatrains.
        longest: steps of the longest text, its end counted.
    """

    characters: tuple[str, ...]
    phrases: tuple[str, ...]
    words: tuple[str, ...]
    kind: Kind
    is_verse: bool
    longest: int

    @classmethod
    def of(cls, data: TextData, phrases: int = 0) -> Alphabet:
        """Return the alphabet of a training part, with at most so many phrases."""
        words = (data.occasions if data.kind == "occasion" else ()) + (FORMS if data.is_verse else ())
        if data.is_verse:
            return cls(data.alphabet, (), words, data.kind, True, LINES * WIDEST)
        found = learn_phrases(data.train.texts, phrases)
        longest = max(len(cut_up(text, found)) for text in data.train.texts) + 1
        return cls(data.alphabet, found, words, data.kind, False, longest)

    @property
    def choices(self) -> int:
        """How many symbols can be spoken."""
        return 2 + len(self.characters) + len(self.phrases)

    @property
    def symbols(self) -> int:
        """How many symbols there are."""
        return self.choices + len(self.words)

    @property
    def places(self) -> int:
        """How many places are told apart."""
        return 1 + (LINES * WIDEST if self.is_verse else self.longest)

    def encode(self, texts: Iterable[str]) -> Tensor:
        """Return symbols, int64 (n, longest), 0 from the end of each text on; what is too long is cut."""
        numbers, known = self._numbers(), frozenset(self.phrases)
        limit = self.longest if self.is_verse else self.longest - 1
        rows = []
        for text in texts:
            units = list(bare(text)) if self.is_verse else cut_up(text, known)
            row = [numbers.get(unit, UNKNOWN) for unit in units[:limit]]
            rows.append(row + [END] * (self.longest - len(row)))
        return torch.tensor(rows)

    def decode(self, symbols: Tensor) -> list[str]:
        """Return texts of symbols (n, length), each up to its end, as they are shown."""
        units = self.characters + self.phrases
        texts = []
        for row in symbols.tolist():
            said = row[: row.index(END)] if END in row else row
            text = "".join(units[symbol - 2] for symbol in said)
            texts.append(punctuated(text) if self.is_verse else text)
        return texts

    def lengths(self) -> Tensor:
        """Return how many characters each symbol that can be spoken stands for, int64 (choices,); an end counts as one."""
        return torch.tensor([1, 1, *(len(unit) for unit in self.characters + self.phrases)])

    def ask(self, conditions: Sequence[str], forms: Sequence[str] = ()) -> Asked:
        """Return what is asked of a generator.

        Args:
            conditions: an occasion or a title for each text.
            forms: `五言` or `七言` for each quatrain.
        """
        numbers = self._numbers()
        words = {word: self.choices + place for place, word in enumerate(self.words)}
        rows = [
            self._condition(said, forms[row] if forms else None, numbers, words) for row, said in enumerate(conditions)
        ]
        widest = max(len(row) for row in rows)
        places, ends = zip(*(self._form(forms[row] if forms else None) for row in range(len(rows))), strict=True)
        filled = [row + [END] * (widest - len(row)) for row in rows]
        return Asked(torch.tensor(filled), torch.tensor(places), torch.tensor(ends))

    def ask_as(self, texts: TextSet) -> Asked:
        """Return what a generator is asked that should write texts like these."""
        return self.ask(texts.conditions, [form_of(text) for text in texts.texts] if self.is_verse else ())

    def _numbers(self) -> dict[str, int]:
        return {unit: 2 + place for place, unit in enumerate(self.characters + self.phrases)}

    def _condition(self, said: str, form: str | None, numbers: dict[str, int], words: dict[str, int]) -> list[int]:
        meant = [words[said]] if self.kind == "occasion" else [numbers.get(c, UNKNOWN) for c in said]
        return meant + ([words[form]] if form else [])

    def _form(self, form: str | None) -> tuple[list[int], list[int]]:
        """Return the places and the ends of a text's steps. A line's places are counted from its end: there the rhyme stands."""
        if form is None:
            steps = range(self.longest)
            return [1 + step for step in steps], [
                MAY_END if step >= SHORTEST_SPOKEN else MUST_NOT_END for step in steps
            ]
        length = LENGTHS[form]
        places = [1 + line * WIDEST + length - 1 - place for line in range(LINES) for place in range(length)]
        rest = self.longest - len(places)
        return places + [OVER] * rest, [MUST_NOT_END] * len(places) + [MUST_END] * rest


def form_of(quatrain: str) -> Form:
    """Return a quatrain's form."""
    return FORMS[0] if len(bare(quatrain)) == LINES * LENGTHS[FORMS[0]] else FORMS[1]


def before(symbols: Tensor) -> Tensor:
    """Return the symbol before each step, of the shape of `symbols` (n, length); a text begins with 0."""
    return torch.cat([torch.full_like(symbols[:, :1], END), symbols[:, :-1]], 1)


def counted(symbols: Tensor, ends: Tensor) -> Tensor:
    """Return which steps (n, length) count in a likelihood: characters of the alphabet and a free text's end, not what follows."""
    first_end = (symbols == END).int().cumsum(1) == 1
    return (symbols > UNKNOWN) | ((symbols == END) & first_end & (ends == MAY_END))
