"""`str.translate` and pyahocorasick, document by document, matches of the folded text counted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import ahocorasick
from turns import take_turns, words


class Counted:
    """Counts the matches."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.table = given.table
        self.automaton = ahocorasick.Automaton()
        for index, word in enumerate(words(given)):
            self.automaton.add_word(word, index)
        self.automaton.make_automaton()

    def scan(self, texts: Sequence[str]) -> int:
        """Return the number of matches."""
        find, table = self.automaton.iter, self.table
        return sum(sum(1 for _ in find(text.translate(table))) for text in texts)


if __name__ == "__main__":
    take_turns(Counted, ["pyahocorasick"])
