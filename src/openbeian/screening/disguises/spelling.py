"""The other spellings of a word that one pass over the joined text can look for: parts, shapes, numerals, Latin syllables, backwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from typing import Final

from openbeian.screening.disguises.characters import joined_table
from openbeian.screening.disguises.facts import numerals, parts, readings, shape_look_alikes
from openbeian.screening.keywords import Keyword

PLAIN: Final = "plain"
PINYIN: Final = "pinyin"
_MOST: Final = 8  # spellings of one kind for one word
_LEAST_SURE: Final = 3  # characters; a shorter word is too often another one backwards or in a similar shape
_LEAST_LATIN: Final = 4  # letters
_LONGEST_MIXED: Final = 4  # characters
_MOST_READINGS: Final = 2


Spelling = tuple[
    str, str
]  # a form to look for and its way: in the joined text, or, in syllables, with blanks for separators


def spellings(keyword: Keyword, *, mixed: bool) -> Iterator[Spelling]:
    """Return the plain spelling of a word and its disguised ones.

    Args:
        keyword: the word; `sound` False leaves out the spellings by sound.
        mixed: whether words of Latin syllables and characters in turn are wanted.
    """
    word = joined_table().fold(keyword.word)
    yield word, PLAIN
    if len(word) < 2:
        return
    yield from _backwards(word)
    if len(word) >= _LEAST_SURE:
        yield from _written("doubled", ["".join(char * 2 for char in word)])
        yield from _written("shapes", _replaced(word, shape_look_alikes()))
    yield from _written("numerals", _in_numerals(word))
    yield from _written("mojibake", _misread(keyword.word))
    yield from _in_parts(word)
    if keyword.sound is not False:
        yield from latin_spellings(word, mixed=mixed)


def _written(via: str, forms: Iterable[str]) -> Iterator[Spelling]:
    return ((form, via) for form in forms)


def _backwards(word: str) -> Iterator[Spelling]:
    least = _LEAST_SURE + word.isascii()  # short Latin words are too often others backwards
    if len(word) >= least and word != word[::-1] and not word.isdigit():
        yield word[::-1], "reversed"


def _replaced(word: str, others: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Return the word with one or more characters replaced, at most `_MOST` ways."""
    if others.keys().isdisjoint(word):
        return
    choices = [(char, *others.get(char, ())) for char in word]
    yield from islice((form for form in map("".join, product(*choices)) if form != word), _MOST)


def _in_parts(word: str) -> Iterator[Spelling]:
    """Return the word with characters written as their parts: all of them, or one."""
    if parts().keys().isdisjoint(word):
        return
    ways = [parts().get(char, ()) for char in word]
    whole = [[char] if not way else list(way) for char, way in zip(word, ways, strict=True)]
    forms = list(islice(map("".join, product(*whole)), _MOST * 2))
    forms += [word[:i] + way + word[i + 1 :] for i, found in enumerate(ways) for way in found]
    for form in dict.fromkeys(forms):
        if form != word:
            yield form, "parts"


def _in_numerals(word: str) -> Iterator[str]:
    """Return the word with its numerals in digits, plain or formal characters.

    Not for short words nor numbers in characters: 三天 is written 3天 by everyone.
    """
    if numerals()[1].keys().isdisjoint(word):
        return
    if not word.isdigit() and (len(word) < _LEAST_SURE or all(char in numerals()[1] for char in word)):
        return
    for style in numerals():
        form = "".join(style.get(char, char) for char in word)
        if form != word and not (form.isdigit() and len(form) < 3):
            yield form


def _misread(word: str) -> Iterator[str]:
    """Return what the UTF-8 of a word looks like when it is read as GBK, from either half of a pair."""
    data = word.encode("utf-8", "replace")
    for first in (0, 1):
        text = data[first : first + (len(data) - first) // 2 * 2].decode("gbk", "ignore")
        form = joined_table().fold(text)
        if len(form) >= 3 and not form.isascii() and len(text) == (len(data) - first) // 2:
            yield form


def latin_spellings(word: str, *, mixed: bool) -> Iterator[Spelling]:
    """Return the word in Latin syllables, wholly or with some characters left as they are."""
    if len(word) < 2 or not _typed().keys() >= set(word):
        return
    found = [_typed()[char] for char in word]
    for choice in islice(product(*found), _MOST // 2):
        yield "".join(choice), PINYIN
        yield " ".join(choice), PINYIN
    if mixed and len(word) <= _LONGEST_MIXED:
        yield from _mixed(word, [ways[0] for ways in found])


@cache
def _typed() -> Mapping[str, tuple[str, ...]]:
    """Return for each character how its syllables are typed: ü is v, u or (before e) ue."""
    return {
        char: tuple(
            dict.fromkeys(way for syllable in ways[:_MOST_READINGS] for way in (syllable, syllable.replace("v", "u")))
        )
        for char, ways in readings().items()
    }


def _mixed(word: str, syllables: Sequence[str]) -> Iterator[Spelling]:
    """Return spellings with one character in Latin letters, or all but one."""
    for place, (char, syllable) in enumerate(zip(word, syllables, strict=True)):
        one = [*word[:place], syllable, *word[place + 1 :]]
        yield "".join(one), PINYIN
        if len(word) > 2:
            others = [*syllables[:place], char, *syllables[place + 1 :]]
            yield "".join(others), PINYIN
