"""The tables of facts: syllables, look-alikes, parts, numerals, English words that read like syllables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from openbeian.screening.folding import fold


def _lines(name: str) -> list[list[str]]:
    text = (files("openbeian.screening") / "tables" / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.split("\n") if line]


@cache
def readings() -> Mapping[str, tuple[str, ...]]:
    """Return the syllables, without tone, of each common character; its usual one first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = _lines("syllables.tsv")
    for column in (1, 2):
        for row in rows:
            for char in row[column]:
                found[char].append(row[0])
    return {char: tuple(syllables) for char, syllables in found.items()}


@cache
def same_sound() -> Mapping[str, str]:
    """Return for each common character the one that stands for all of its usual syllable."""
    return {char: row[1][0] for row in _lines("syllables.tsv") for char in row[1]}


@cache
def syllables() -> frozenset[str]:
    """Return all syllables without tone."""
    return frozenset(row[0] for row in _lines("syllables.tsv"))


@cache
def english_words() -> frozenset[str]:
    """Return English words that could be read as several syllables of Chinese."""
    return frozenset(row[0] for row in _lines("english.tsv"))


@cache
def letter_look_alikes() -> Mapping[str, frozenset[str]]:
    """Return for each character that is used in place of Latin letters those letters."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for letter, others in _lines("letters.tsv"):
        for char in others.split(" "):
            found[fold(char)[:1] or char].add(letter)
    return {char: frozenset(letters) for char, letters in found.items() if not "a" <= char <= "z"}


@cache
def shape_look_alikes() -> Mapping[str, str]:
    """Return for each character those that look like it."""
    found: defaultdict[str, str] = defaultdict(str)
    for (group,) in _lines("look_alikes.tsv"):
        for char in group:
            found[char] += group.replace(char, "")
    return dict(found)


@cache
def parts() -> Mapping[str, tuple[str, ...]]:
    """Return for each character with a left and a right part the ways to write them one after the other."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for radical, others, pairs in _lines("parts.tsv"):
        for pair in pairs.split():
            if len(pair) > 1:
                found[pair[0]] += [left + pair[1:] for left in (radical, *others)]
    return {char: tuple(dict.fromkeys(ways)) for char, ways in found.items()}


@cache
def numerals() -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """Return three tables that write numerals in digits, in plain and in formal characters."""
    styles: tuple[dict[str, str], ...] = ({}, {}, {})
    for row in _lines("numerals.tsv"):
        for char in filter(None, row):
            for style, form in zip(styles, row, strict=True):
                style[char] = form or row[1]
    return styles[0], styles[1], styles[2]
